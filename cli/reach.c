#include "cli/reach.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/friend.h"
#include "cli/links.h"
#include "cli/say.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/wake.h"

#define TROUBLE_MAX (64u << 10)
#define PHRASE_MAX 400
#define TRIES 2
#define LOOK_MS 100
#define TELLS_MS 1000
#define PAUSE_MS 1500 /* a friend who just started answers the second call */

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* ---- one call ----------------------------------------------------------------------- */

/* What stands behind error=, else the line without the program's name. */
static struct view
phrase(struct view line)
{
	static const char mark[] = "error=\"";
	size_t at = view_find(line, mark), colon;
	struct view v;

	if (at < line.len) {
		v = view_slice(line, at + sizeof mark - 1, line.len);
		return view_slice(v, 0, view_chr(v, '"'));
	}
	colon = view_find(line, ": ");
	return colon < line.len ? view_slice(line, colon + 2, line.len) : line;
}

/* The last line says what ended it. */
static void
explain(struct view said, int code, struct buf *why)
{
	struct view line, last = { 0 };

	while (text_line(&said, &line))
		if (text_trim(line).len > 0 && !view_starts(line, "Try '"))
			last = line;
	if (last.len > 0)
		text_show(why, phrase(last), PHRASE_MAX);
	else
		buf_adds(why, code == LATER ? "no answer" : "newsd does not say why");
}

static void
tell_paired(const char *name)
{
	printf("%s and you are friends now. When you next talk, compare six words: "
	       "hearsay verify %s\n",
	    name, name);
	fflush(stdout);
}

struct listening {
	struct reached *out;
	const char *name;
};

/* At once, for the call goes on with the news. */
static void
on_line(void *arg, struct view line)
{
	struct listening *l = arg;
	size_t at = view_find(line, "paired friend=");

	if (l->out->paired || at == line.len ||
	    !view_eqs(view_slice(line, at + 14, line.len), l->name))
		return;
	l->out->paired = true;
	tell_paired(l->name);
}

void
reached_init(struct reached *r)
{
	*r = (struct reached){ 0 };
	buf_init(&r->why, 4 * PHRASE_MAX);
}

void
reached_release(struct reached *r)
{
	buf_release(&r->why);
}

int
reach(const struct call *call, const char *name, struct reached *out)
{
	struct listening l = { .out = out, .name = name };
	struct buf said = BUF_INIT(TROUBLE_MAX);
	struct program p;
	int code = FAILED;

	if (!child_init(&p, "newsd", NULL, call))
		return FAILED;
	program_arg(&p, "--call");
	program_arg(&p, name);
	code = child_trouble(&p, &said, on_line, &l);
	buf_reset(&out->why);
	if (code != DONE)
		explain(buf_view(&said), code, &out->why);
	buf_release(&said);
	return code == DONE || code == LATER ? code : FAILED;
}

struct look {
	bool known, trying, up;
	int64_t heard;
	struct buf why;
};

/* newsd's word on this friend, and it is told to see to it. */
static void
look(const struct call *call, const char *name, struct look *out)
{
	struct buf file = BUF_INIT(1u << 20), line = BUF_INIT(NAME_MAX_LEN + 16);
	struct links_line l = { 0 };
	struct view rest;
	bool known = false;

	if (fs_read(NODE_PATH(&call->node, "run/links"), &file) == ERR_OK) {
		rest = buf_view(&file);
		while (!known && links_next(&rest, &l))
			known = view_eqs(l.name, name);
	}
	buf_addf(&line, "call %s\n", name);
	/* the file of a newsd that was killed stands still, but nobody hears us */
	if (known && !view_eqs(l.state, "down"))
		known = wake_say(&call->node, buf_view(&line));
	out->known = known;
	out->up = known && view_eqs(l.state, "up");
	out->trying = known && !out->up && !view_eqs(l.state, "down");
	out->heard = known ? l.heard : 0;
	buf_reset(&out->why);
	if (known)
		text_show(&out->why, l.error, PHRASE_MAX);
	buf_release(&file);
	buf_release(&line);
}

/* batcher's own lock: one exchange a friend. */
static bool
exchanging(const struct call *call, const char *name, bool wait)
{
	int fd = -1;
	enum err e = fs_lock(NODE_PATH(&call->node, "run/exchange.%s", name), wait, &fd);

	if (e == ERR_OK)
		close(fd);
	return e == ERR_BUSY;
}

/* Until nobody calls or speaks; false: nobody did. */
static bool
wait_for_others(const struct call *call, const char *name,
    void (*waits)(const char *name), struct look *l, bool *tried)
{
	bool waited = false;

	while (look(call, name, l), !l->up) {
		bool busy = exchanging(call, name, false);

		if (!busy && !l->trying)
			break;
		if (!waited)
			waits(name);
		waited = true;
		*tried = l->trying;
		if (busy)
			exchanging(call, name, true);
		else
			pause_ms(LOOK_MS);
	}
	return waited;
}

enum standing
reach_standing(const struct call *call, const char *name, void (*waits)(const char *name),
    struct reached *out)
{
	struct look l = { .why = BUF_INIT(4 * PHRASE_MAX) };
	int64_t begun = clock_now(), until;
	enum standing r = STANDING_NONE;
	bool tried = false, waited;

	waited = wait_for_others(call, name, waits, &l, &tried);
	/* newsd tells the end a moment later */
	until = clock_ms() + TELLS_MS;
	while (waited && l.heard < begun && l.why.len == 0 && clock_ms() < until) {
		pause_ms(LOOK_MS);
		look(call, name, &l);
	}
	if (waited && l.heard >= begun)
		r = STANDING_DONE;
	else if (l.up)
		r = STANDING_LINK;
	else if (tried && l.why.len > 0) {
		r = STANDING_AWAY;
		buf_reset(&out->why);
		buf_addv(&out->why, buf_view(&l.why));
	}
	buf_release(&l.why);
	return r;
}

/* ---- after a join -------------------------------------------------------------------- */

/* Do both have the new keys? */
static bool
paired(const struct call *call, const char *name)
{
	static const char *const done[] = { " state=unverified ", " state=verified " };
	struct buf out = BUF_INIT(TROUBLE_MAX);
	struct program p;
	bool yes = false;

	if (!child_init(&p, "batcher", "friends", call))
		return false;
	program_arg(&p, "-m");
	program_arg(&p, name);
	if (child_run(&p, NULL, &out) == DONE)
		for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
			yes = yes || view_find(buf_view(&out), done[i]) < out.len;
	buf_release(&out);
	return yes;
}

static bool
try_it(const struct call *call, const char *name, struct reached *r)
{
	int code = DONE;

	for (int i = 0; i < TRIES; i++) {
		if (i > 0 && code != DONE)
			pause_ms(PAUSE_MS);
		code = reach(call, name, r);
		if (r->paired)
			return true;
		if (paired(call, name)) {
			tell_paired(name);
			return true;
		}
	}
	return false;
}

/* All that is known is for a proxy, or lies in a private network, which is not called
 * unasked: it may be another one than the friend's. */
static int
only_near(const char *name, const struct friend_ways *w)
{
	if (w->onion)
		printf("%s has an address that only a Tor proxy reaches: hearsay address "
		       "%s socks5:127.0.0.1:9050/%.*s && hearsay call %s. Else a stick "
		       "does it.\n",
		    name, name, (int)w->near.len, (const char *)w->near.p, name);
	else
		printf("%s has the address %.*s, in a private network. If you are in the "
		       "same one: hearsay address %s tcp:%.*s && hearsay call %s. Else a "
		       "stick does it.\n",
		    name, (int)w->near.len, (const char *)w->near.p, name,
		    (int)w->near.len, (const char *)w->near.p, name);
	return DONE;
}

static int
tell(const struct call *call, const char *name)
{
	struct reached r;

	reached_init(&r);
	if (!try_it(call, name, &r))
		printf(
		    "%s could not be reached: %.*s; the next stick or `hearsay call %s` "
		    "does it.\n",
		    name, r.why.len > 0 ? (int)r.why.len : 9,
		    r.why.len > 0 ? (const char *)r.why.p : "no answer", name);
	reached_release(&r);
	return DONE;
}

bool
reach_possible(const struct call *call, const char *name)
{
	struct friend_ways w;
	bool yes = friend_ways(&call->node, name, &w) == ERR_OK &&
	    w.carriers + w.learned + w.near.len > 0;

	friend_ways_release(&w);
	return yes;
}

int
reach_joined(const struct call *call, const char *name)
{
	struct friend_ways w;
	int code = DONE;

	if (friend_ways(&call->node, name, &w) == ERR_OK) {
		if (w.carriers + w.learned > 0)
			code = tell(call, name);
		else if (w.near.len > 0)
			code = only_near(name, &w);
	}
	friend_ways_release(&w);
	return code;
}
