/* call: calling friends now, from cron or by hand. */
#include "cli/cmd.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/friend.h"
#include "cli/reach.h"
#include "cli/say.h"
#include "lib/fs.h"

#define TRIES 3

static void
say_waits(const char *name)
{
	printf("In an exchange with %s already: waiting for its end.\n", name);
	fflush(stdout);
}

static void
say_done(bool quiet, const char *before, const char *name, const char *after)
{
	if (!quiet)
		printf("%s%s%s\n", before, name, after);
}

static void
say_nothing(const char *name)
{
	(void)name;
}

/* One began while we dialled. */
static bool
busy(const struct reached *r)
{
	return view_find(buf_view(&r->why), "another exchange") < r->why.len;
}

static int
call_one(struct call *call, const char *name)
{
	bool quiet = command_has(call->cmd, OPT_QUIET);
	struct reached r = { 0 };
	int code = DONE, tries = TRIES;

	reached_init(&r);
	do {
		switch (reach_standing(call, name, quiet ? say_nothing : say_waits, &r)) {
		case STANDING_LINK:
			say_done(quiet, "The link with ", name,
			    " stands: what is due goes at once.");
			goto out;
		case STANDING_DONE:
			say_done(quiet, "The exchange with ", name, " has ended well.");
			goto out;
		case STANDING_AWAY:
			code = LATER;
			break;
		case STANDING_NONE:
			code = reach(call, name, &r);
			break;
		}
	} while (code == LATER && --tries > 0 && busy(&r));

	if (code == DONE)
		say_done(
		    quiet, "", name, " was called: all that was due has been exchanged.");
	else if (code == LATER)
		say_failed("call: %s could not be reached: %.*s", name, (int)r.why.len,
		    (const char *)r.why.p);
	else if (code != DONE)
		say_failed("call: the call to %s failed: %.*s", name, (int)r.why.len,
		    (const char *)r.why.p);
out:
	reached_release(&r);
	return code;
}

/* Has newsd a way to call? */
static bool
callable(const struct node *n, const char *name, struct friend_ways *w)
{
	return friend_ways(n, name, w) == ERR_OK && w->carriers + w->learned > 0;
}

static int
no_way(const char *name, const struct friend_ways *w)
{
	if (w->onion)
		return say_failed(
		    "call: %s has only an address that a Tor proxy "
		    "reaches: hearsay address %s socks5:127.0.0.1:9050/%.*s",
		    name, name, (int)w->near.len, (const char *)w->near.p);
	if (w->near.len > 0)
		return say_failed(
		    "call: %s has only the address %.*s, in a private network: if you are "
		    "in the same one, hearsay address %s tcp:%.*s",
		    name, (int)w->near.len, (const char *)w->near.p, name,
		    (int)w->near.len, (const char *)w->near.p);
	return say_failed("call: no address of %s is known: hearsay address %s "
			  "tcp:HOST:PORT",
	    name, name);
}

/* A failure counts more than somebody who is away. */
static int
call_all(struct call *call)
{
	struct friend_list all = { 0 };
	int code = DONE, one;
	size_t called = 0;

	if (friend_list(&call->node, &all) != ERR_OK)
		return say_failed("call: cannot read %s/friends", call->node.dir);
	for (size_t i = 0; i < all.n; i++) {
		struct friend_ways w;

		if (callable(&call->node, all.names[i], &w)) {
			called++;
			one = call_one(call, all.names[i]);
			if (one == FAILED || code == DONE)
				code = one;
		}
		friend_ways_release(&w);
	}
	if (called == 0 && !command_has(call->cmd, OPT_QUIET))
		puts("No friend has an address: hearsay address NAME tcp:HOST:PORT");
	friend_list_free(&all);
	return code;
}

static int
call_named(struct call *call, const char *name)
{
	struct friend_ways w;
	int code = friend_check("call", &call->node, name);

	if (code != DONE)
		return code;
	code = callable(&call->node, name, &w) ? call_one(call, name) : no_way(name, &w);
	friend_ways_release(&w);
	return code;
}

/* One after the other: a cron that comes round while a slow line is busy leaves. */
static int
lock(struct call *call, int *fd)
{
	bool wait = command_has(call->cmd, OPT_WAIT);
	enum err e = fs_mkdir(NODE_PATH(&call->node, "run"), 0700);

	if (e == ERR_OK)
		e = fs_lock(NODE_PATH(&call->node, "run/call.lock"), wait, fd);
	if (e == ERR_OK)
		return DONE;
	if (e != ERR_BUSY)
		return say_failed(
		    "call: cannot lock %s/run/call.lock: %s", call->node.dir, say_why(e));
	say_failed("call: another call is under way; --wait waits for its end");
	return LATER;
}

int
cmd_call(struct call *call)
{
	const struct command *c = call->cmd;
	bool all = command_has(c, OPT_ALL);
	int fd = -1, code;

	if (all == (c->nargs > 0))
		return say_usage("call", "say whom to call: a friend's name, or --all");
	if ((code = lock(call, &fd)) != DONE)
		return code;
	code = all ? call_all(call) : call_named(call, c->args[0]);
	close(fd);
	return code;
}
