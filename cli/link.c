#include "cli/link.h"

#include <stdio.h>
#include <string.h>

#include "cli/address.h"
#include "cli/lines.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/limits.h"
#include "lib/log.h"

static const char *const keys[] = { "link", NULL };

static bool
none(const char *value)
{
	return strcmp(value, "none") == 0;
}

int
link_check(const struct command *c)
{
	struct address a;
	const char *why;
	size_t n = 0;
	bool off = false;

	for (size_t i = 0; i < c->ngiven; i++) {
		const char *value = c->given[i].value;

		if (c->given[i].opt != OPT_LINK)
			continue;
		n++;
		off = off || none(value);
		if (none(value))
			continue;
		if (address_parse(view_str(value), &a, &why) != ERR_OK)
			return say_usage(
			    "setup", "--link %s: %s", quoted(view_str(value)), why);
		if (!a.numeric)
			return say_usage("setup",
			    "--link %s: a numeric address is needed, as 0.0.0.0:4119 or "
			    "[::]:4119",
			    quoted(view_str(value)));
	}
	if (off && n > 1)
		return say_usage("setup", "--link none stands alone");
	return DONE;
}

static void
given_lines(const struct command *c, struct buf *out)
{
	for (size_t i = 0; i < c->ngiven; i++)
		if (c->given[i].opt == OPT_LINK && !none(c->given[i].value))
			buf_addf(out, "link %s\n", c->given[i].value);
}

static void
present_lines(const struct node *n, struct buf *out)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, "link"))
			buf_addf(out, "link %.*s\n", (int)line.value.len,
			    (const char *)line.value.p);
}

int
link_change(struct call *call, bool *changed)
{
	struct buf now = BUF_INIT(CONF_MAX), then = BUF_INIT(CONF_MAX);
	enum err e = ERR_OK;

	*changed = false;
	if (!command_has(call->cmd, OPT_LINK))
		return DONE;
	present_lines(&call->node, &now);
	given_lines(call->cmd, &then);
	*changed = !view_eq(buf_view(&now), buf_view(&then));
	if (buf_err(&now) != ERR_OK || buf_err(&then) != ERR_OK)
		e = ERR_TOOBIG;
	else if (*changed)
		e = lines_write(
		    NODE_PATH(&call->node, "node.conf"), keys, buf_view(&then));
	buf_release(&now);
	buf_release(&then);
	if (e == ERR_OK && *changed)
		e = node_load(&call->node);
	return e == ERR_OK ? DONE
			   : say_failed("setup: cannot write %s/node.conf: %s",
				 call->node.dir, say_why(e));
}

void
link_tell(const struct node *n)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, "link"))
			printf("Friends can call this node at %.*s while it is up.\n",
			    (int)line.value.len, (const char *)line.value.p);
}

/* Why an address of ours is no use to a friend elsewhere; NULL when it is. */
static const char *
useless(struct view value)
{
	struct address a;
	const char *why;

	if (address_parse(value, &a, &why) != ERR_OK)
		return why;
	if (a.port == 0)
		return "the port is not fixed";
	switch (address_reach(&a)) {
	case REACH_NOWHERE:
		return "it stands for all addresses of this machine, and names none";
	case REACH_HERE:
		return "only this machine reaches it";
	default:
		return NULL;
	}
}

size_t
link_offer(const struct node *n, link_fn *fn, void *arg)
{
	struct view rest = buf_view(&n->conf);
	struct buf carrier = BUF_INIT(CONF_LINE_MAX);
	struct conf_line line;
	unsigned number = 0;
	size_t count = 0;
	enum err e;

	while (conf_next(&rest, &number, &line, &e)) {
		const char *why;

		if (!view_eqs(line.key, "link"))
			continue;
		count++;
		if ((why = useless(line.value)) != NULL) {
			fprintf(stderr,
			    "hearsay: link %.*s does not go into the token: %s; say "
			    "--address tcp:HOST:PORT if your friend can reach you\n",
			    (int)line.value.len, (const char *)line.value.p, why);
			continue;
		}
		buf_reset(&carrier);
		buf_adds(&carrier, "tcp:");
		buf_addv(&carrier, line.value);
		if (buf_cstr(&carrier) != NULL)
			fn(arg, (const char *)carrier.p);
	}
	buf_release(&carrier);
	return count;
}
