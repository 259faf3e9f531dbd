/* purge: what came from one friend since a time goes. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/ask.h"
#include "cli/child.h"
#include "cli/moment.h"
#include "cli/say.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "spool/feed.h"

/* The number that the spool knows the friend by. #N is one whose name is gone. */
static int
ingress_of(struct call *call, const char *via, uint32_t *out)
{
	struct feed_friend f;
	struct feed *feed = NULL;
	uint64_t n;
	enum err e;

	if (via[0] == '#' && text_num(view_str(via + 1), 1, UINT32_MAX, &n) == ERR_OK) {
		*out = (uint32_t)n;
		return DONE;
	}
	if (!text_name(view_str(via)))
		return say_usage(
		    "purge", "--via %s: no friend's name", quoted(view_str(via)));
	e = feed_open(NODE_PATH(&call->node, "exchange.db"), false, &feed);
	if (e == ERR_OK && (e = feed_friend(feed, via, &f)) == ERR_OK)
		*out = f.id;
	feed_close(feed);
	if (e == ERR_NOTFOUND && feed != NULL)
		return say_failed(
		    "purge: no friend is called %s; `hearsay friends` lists them. One that "
		    "was cut has a number: hearsay why '<id>' shows it, say --via '#N'",
		    via);
	return e == ERR_OK ? DONE
			   : say_failed("purge: cannot read %s/exchange.db: %s",
				 call->node.dir, say_why(e));
}

/* reader counts, or removes; it answers with the number. */
static int
run(struct call *call, bool look, uint32_t ingress, int64_t since, uint64_t *n)
{
	struct buf out = BUF_INIT(256), a = BUF_INIT(32), b = BUF_INIT(32);
	struct program p;
	int code = FAILED;

	buf_addnum(&a, ingress);
	buf_addnum(&b, (uint64_t)since);
	if (!child_init(&p, "reader", "--purge", call))
		goto out;
	if (look)
		program_arg(&p, "--look");
	program_arg(&p, buf_cstr(&a));
	program_arg(&p, buf_cstr(&b));
	code = child_run(&p, NULL, &out);
	if (code == DONE &&
	    text_num(view_slice(buf_view(&out), 0, view_chr(buf_view(&out), '\n')), 0,
		INT64_MAX, n) != ERR_OK)
		code = say_failed("purge: reader does not say how many");
out:
	buf_release(&out);
	buf_release(&a);
	buf_release(&b);
	return code;
}

static int
agree(struct call *call, const char *via, int64_t since, uint64_t n)
{
	struct buf when = BUF_INIT(64);

	moment_write(since, &when);
	printf("%" PRIu64 " article%s from %s since %.*s UTC\n", n,
	    n == 1 ? " came" : "s came", via, (int)when.len, (const char *)when.p);
	buf_release(&when);
	if (n == 0 || command_has(call->cmd, OPT_YES))
		return DONE;
	if (!ask_possible())
		return say_usage("purge", "say --yes to remove them for good");
	return ask_yes("Remove them for good? (yes/no)")
	    ? DONE
	    : say_failed("purge: nothing was changed");
}

int
cmd_purge(struct call *call)
{
	const char *via = command_value(call->cmd, OPT_VIA),
		   *when = command_value(call->cmd, OPT_SINCE);
	uint32_t ingress = 0;
	uint64_t n = 0;
	int64_t since;
	int code;

	if (via == NULL || when == NULL)
		return say_usage("purge", "say --via FRIEND and --since TIME");
	if (moment_parse(view_str(when), clock_now(), &since) != ERR_OK)
		return say_usage("purge",
		    "--since %s: write it as 3d, 2h, 2026-11-01 or \"2026-11-01 18:00\"",
		    quoted(view_str(when)));
	if ((code = ingress_of(call, via, &ingress)) != DONE ||
	    (code = run(call, true, ingress, since, &n)) != DONE ||
	    (code = agree(call, via, since, n)) != DONE || n == 0)
		return code;
	if ((code = run(call, false, ingress, since, &n)) == DONE)
		printf("%" PRIu64 " removed; their ids stay known, so that they do not "
		       "come back.\n",
		    n);
	return code;
}
