#include "batcher/reconcile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "batcher/idset.h"
#include "lib/log.h"

#define PREFIX 16         /* of a keyed id, in NEED */
#define NEEDS_A_BODY 4000 /* 64,000 bytes: no longer than a message */
#define TURN_FEWER 4      /* who has so many times fewer, and 1,000, asks */

enum kind { OPEN, TURN, MESSAGE, NEED };

enum need { NEED_GOES_ON, NEED_ALL, NEED_PARTIAL, NEEDS };

enum state {
	FRESH,  /* nothing said */
	ASKED,  /* OPEN was sent */
	CLIENT, /* asks, and learns what differs */
	SERVER, /* answers, and is told in the end */
	TELLING,
	DONE,
};

struct reconcile {
	struct friend *f;
	struct idset set;
	bool caller, built;
	enum state state;
	struct negentropy n;
	size_t first; /* of the set: older ones are below the other's floor */
	uint64_t floor;
	unsigned char *lacks; /* by index in the set: the friend has not got it */
	unsigned char *needs; /* prefixes of ids: what we lack, or what we were told */
	size_t need_count, need_room, told;
	bool partial;      /* there are more than were asked for */
	struct ranges due; /* arrivals that the friend lacks */
	struct reconcile_counts counts;
};

/* ---- life ------------------------------------------------------------------------------ */

static void
enter(struct reconcile *r, enum state s)
{
	static const char *const names[] = { "fresh", "asked", "client", "server",
		"telling", "done" };

	log_at(LOG_DEBUG, "reconcile friend=%s %s -> %s", r->f->feed.name,
	    names[r->state], names[s]);
	r->state = s;
}

enum err
reconcile_key(const struct key *chain, struct key *out)
{
	return hkdf((struct view){ NULL, 0 }, (struct view){ chain->b, KEY_LEN },
	    VIEW_LABEL("hearsay reconcile 1"), out->b, KEY_LEN);
}

enum err
reconcile_new(struct batcher *b, struct friend *f, const struct key *key, bool caller,
    struct reconcile **out)
{
	struct reconcile *r = calloc(1, sizeof *r);
	enum err e;

	if (r == NULL)
		return ERR_NOMEM;
	r->f = f;
	r->caller = caller;
	if ((e = idset_init(&r->set, b, f, key)) != ERR_OK) {
		reconcile_free(r);
		return e;
	}
	*out = r;
	return ERR_OK;
}

void
reconcile_free(struct reconcile *r)
{
	if (r == NULL)
		return;
	idset_release(&r->set);
	ranges_release(&r->due);
	free(r->lacks);
	free(r->needs);
	free(r);
}

bool
reconcile_done(const struct reconcile *r)
{
	return r->state == DONE;
}

struct reconcile_counts
reconcile_counts(const struct reconcile *r)
{
	return r->counts;
}

enum err
reconcile_build(struct reconcile *r, bool *more)
{
	enum err e = ERR_OK;

	*more = false;
	if (r->built || (e = idset_step(&r->set, more)) != ERR_OK || *more)
		return e;
	r->floor = r->set.floor;
	if ((r->lacks = calloc(r->set.count + 1, 1)) == NULL)
		return ERR_NOMEM;
	e = negentropy_init(&r->n, r->set.items, r->set.count, RECONCILE_FRAME);
	/* the history's key is unique and its dates are checked */
	assert(e == ERR_OK);
	r->built = true;
	r->counts.compared = r->set.count;
	return ERR_OK;
}

/* Both compare what is not older than this. */
static void
raise_floor(struct reconcile *r, uint64_t floor)
{
	r->floor = floor;
	r->first = negentropy_from(r->set.items, r->set.count, floor);
	r->n.items = r->set.items + r->first;
	r->n.count = r->set.count - r->first;
	r->counts.compared = r->n.count;
}

/* ---- what differs ----------------------------------------------------------------------- */

static enum err
add_need(struct reconcile *r, const unsigned char id[PREFIX])
{
	if (r->need_count == RECONCILE_NEEDS_MAX) {
		r->partial = true; /* what is over is found next time */
		return ERR_OK;
	}
	if (r->need_count == r->need_room) {
		size_t room = r->need_room * 2 + 256;
		void *p = reallocarray(r->needs, room, PREFIX);

		if (p == NULL)
			return ERR_NOMEM;
		r->needs = p;
		r->need_room = room;
	}
	memcpy(r->needs + PREFIX * r->need_count++, id, PREFIX);
	return ERR_OK;
}

static enum err
on_need(void *ctx, const unsigned char id[NEGENTROPY_ID_LEN])
{
	return add_need(ctx, id);
}

static enum err
on_have(void *ctx, const struct negentropy_item *it)
{
	struct reconcile *r = ctx;

	r->lacks[it - r->set.items] = 1;
	return ERR_OK;
}

static int
by_prefix(const void *a, const void *b)
{
	return memcmp(a, b, PREFIX);
}

/* Frames may tell the same twice (lib/negentropy.h), and so may a friend. */
static void
sort_needs(struct reconcile *r)
{
	size_t n = 0;

	if (r->need_count == 0)
		return;
	qsort(r->needs, r->need_count, PREFIX, by_prefix);
	for (size_t i = 0; i < r->need_count; i++) {
		const unsigned char *id = r->needs + PREFIX * i;

		if (n == 0 || by_prefix(r->needs + PREFIX * (n - 1), id) != 0)
			memmove(r->needs + PREFIX * n++, id, PREFIX);
	}
	r->need_count = n;
}

static unsigned char *
find_need(const struct reconcile *r, const struct negentropy_item *it)
{
	if (r->need_count == 0)
		return NULL;
	return bsearch(it->id, r->needs, r->need_count, PREFIX, by_prefix);
}

static int
by_arrival(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Arrivals that were compared, all or those that the friend lacks. Sorted first: ranges
 * grow at their end. */
static enum err
collect(const struct reconcile *r, bool all, struct ranges *out)
{
	uint64_t *arrivals = calloc(r->set.count + 1, sizeof *arrivals);
	size_t n = 0;
	enum err e = ERR_OK;

	if (arrivals == NULL)
		return ERR_NOMEM;
	for (size_t i = r->first; i < r->set.count; i++)
		if (all || r->lacks[i])
			arrivals[n++] = r->set.items[i].ref;
	if (n > 1)
		qsort(arrivals, n, sizeof *arrivals, by_arrival);
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = ranges_add(out, arrivals[i], arrivals[i]);
	free(arrivals);
	return e;
}

static enum err
settle(struct reconcile *r, enum state s)
{
	enum err e = collect(r, false, &r->due);

	r->counts.lacks = ranges_count(&r->due);
	if (e == ERR_OK)
		enter(r, s);
	return e;
}

/* The client knows. Two copies with one id and two dates look like one that each lacks:
 * both have it. */
static enum err
learned(struct reconcile *r)
{
	size_t kept = 0;
	bool *same;

	sort_needs(r);
	if ((same = calloc(r->need_count + 1, sizeof *same)) == NULL)
		return ERR_NOMEM;
	for (size_t i = r->first; i < r->set.count && r->need_count > 0; i++) {
		const unsigned char *hit =
		    r->lacks[i] ? find_need(r, &r->set.items[i]) : NULL;

		if (hit != NULL) {
			same[(size_t)(hit - r->needs) / PREFIX] = true;
			r->lacks[i] = 0;
		}
	}
	for (size_t i = 0; i < r->need_count; i++)
		if (!same[i])
			memmove(
			    r->needs + PREFIX * kept++, r->needs + PREFIX * i, PREFIX);
	free(same);
	r->counts.needs = r->need_count = kept;
	return settle(r, TELLING);
}

/* The server was told all. An id that is not in the set is of no interest. */
static enum err
was_told(struct reconcile *r)
{
	sort_needs(r);
	for (size_t i = r->first; i < r->set.count; i++)
		r->lacks[i] = find_need(r, &r->set.items[i]) != NULL;
	return settle(r, DONE);
}

/* ---- saying ------------------------------------------------------------------------------ */

static enum err
say_open(struct reconcile *r, enum kind kind, struct buf *out)
{
	buf_addc(out, kind);
	buf_addu64(out, r->floor);
	buf_addu64(out, r->n.count);
	return negentropy_initiate(&r->n, out);
}

static enum err
say_needs(struct reconcile *r, struct buf *out)
{
	size_t n = r->need_count - r->told;

	if (n > NEEDS_A_BODY)
		n = NEEDS_A_BODY;
	buf_addc(out, NEED);
	buf_addc(out,
	    r->told + n < r->need_count ? NEED_GOES_ON
		: r->partial            ? NEED_PARTIAL
					: NEED_ALL);
	if (n > 0)
		buf_add(out, r->needs + PREFIX * r->told, PREFIX * n);
	r->told += n;
	if (r->told == r->need_count)
		enter(r, DONE);
	return buf_err(out);
}

/* ---- hearing ----------------------------------------------------------------------------- */

static enum err
answer(struct reconcile *r, struct view message, struct buf *out)
{
	const struct negentropy_found found = { on_have, on_need, r };
	bool client = r->state == CLIENT;
	size_t before;
	enum err e;

	buf_addc(out, MESSAGE);
	before = out->len;
	e = negentropy_reconcile(&r->n, message, client ? &found : NULL, out);
	if (e != ERR_OK || out->len > before)
		return e;
	buf_truncate(out, before - 1);
	return learned(r);
}

/* The later floor counts, and who has much less lets the other ask: then it need not be
 * told what it lacks, id by id. */
static enum err
hear_open(struct reconcile *r, struct view body, struct buf *out)
{
	uint64_t floor, count;

	if (view_u64(&body, &floor) != ERR_OK || view_u64(&body, &count) != ERR_OK)
		return ERR_SYNTAX;
	if (r->state == ASKED && r->caller)
		return ERR_OK; /* ours is on its way and stands */
	if (r->state != FRESH && r->state != ASKED)
		return ERR_SYNTAX;
	if (floor < r->floor || (r->n.count > 1000 && r->n.count / TURN_FEWER > count)) {
		if (floor > r->floor)
			raise_floor(r, floor);
		enter(r, CLIENT);
		return say_open(r, TURN, out);
	}
	raise_floor(r, floor);
	enter(r, SERVER);
	return answer(r, body, out);
}

static enum err
hear_turn(struct reconcile *r, struct view body, struct buf *out)
{
	uint64_t floor, count;

	if (r->state != ASKED || view_u64(&body, &floor) != ERR_OK ||
	    view_u64(&body, &count) != ERR_OK || floor < r->floor)
		return ERR_SYNTAX;
	raise_floor(r, floor);
	enter(r, SERVER);
	return answer(r, body, out);
}

static enum err
hear_message(struct reconcile *r, struct view body, struct buf *out)
{
	if (r->state == ASKED)
		enter(r, CLIENT);
	if (r->state != CLIENT && r->state != SERVER)
		return ERR_SYNTAX;
	return answer(r, body, out);
}

static enum err
hear_need(struct reconcile *r, struct view body, struct buf *out)
{
	struct view id;
	uint8_t last;
	enum err e = ERR_OK;

	(void)out;
	if (r->state != SERVER || view_u8(&body, &last) != ERR_OK || last >= NEEDS ||
	    body.len % PREFIX != 0 || body.len / PREFIX > NEEDS_A_BODY)
		return ERR_SYNTAX;
	while (e == ERR_OK && view_take(&body, PREFIX, &id) == ERR_OK)
		e = add_need(r, id.p);
	if (last == NEED_PARTIAL)
		r->partial = true;
	return e == ERR_OK && last != NEED_GOES_ON ? was_told(r) : e;
}

static enum err
hear(struct reconcile *r, struct view body, struct buf *out)
{
	static enum err (*const kinds[])(
	    struct reconcile *, struct view, struct buf *) = {
		[OPEN] = hear_open,
		[TURN] = hear_turn,
		[MESSAGE] = hear_message,
		[NEED] = hear_need,
	};
	uint8_t kind;

	if (body.len > RECONCILE_BODY_MAX || view_u8(&body, &kind) != ERR_OK ||
	    kind > NEED)
		return ERR_SYNTAX;
	if (++r->counts.rounds > RECONCILE_ROUNDS_MAX)
		return ERR_TOOBIG;
	return kinds[kind](r, body, out);
}

enum err
reconcile_step(struct reconcile *r, struct view body, struct buf *reply, bool *more)
{
	size_t before = reply->len;
	bool building = !r->built;
	enum err e = ERR_OK;

	while (building)
		if ((e = reconcile_build(r, &building)) != ERR_OK)
			return e;
	if (body.len > 0) {
		e = hear(r, body, reply);
	} else if (r->state == FRESH) {
		enter(r, ASKED);
		e = say_open(r, OPEN, reply);
	}
	if (e == ERR_OK && r->state == TELLING && reply->len == before)
		e = say_needs(r, reply);
	*more = r->state == TELLING;
	r->counts.bytes += body.len + reply->len - before;
	return e != ERR_OK ? e : buf_err(reply);
}

/* ---- the friend's ranges ------------------------------------------------------------------ */

/* What was compared is no longer pending, and nothing up to here is new. */
static enum err
release_compared(struct reconcile *r, struct feed_state *s)
{
	struct ranges compared = { 0 };
	enum err e = ERR_OK;

	if (r->f->feed.top < r->set.last)
		e = ranges_add(&s->pending, r->f->feed.top + 1, r->set.last);
	if (e == ERR_OK && (e = collect(r, true, &compared)) == ERR_OK)
		e = ranges_remove_all(&s->pending, &compared);
	if (e == ERR_OK && r->f->feed.top < r->set.last)
		r->f->feed.top = r->set.last;
	ranges_release(&compared);
	return e;
}

/* What lies in an envelope or was deferred stays there. */
enum err
reconcile_apply(struct reconcile *r)
{
	struct feed_state *s = &r->f->state;
	struct ranges due = { 0 };
	enum err e = ERR_OK;

	if (r->state != DONE)
		return ERR_DENIED;
	if ((!r->partial && (e = release_compared(r, s)) != ERR_OK) ||
	    (e = ranges_add_all(&due, &r->due)) != ERR_OK ||
	    (e = ranges_remove_all(&due, &s->flight)) != ERR_OK ||
	    (e = ranges_remove_all(&due, &s->deferred)) != ERR_OK ||
	    (e = ranges_add_all(&s->pending, &due)) != ERR_OK)
		goto out;
	/* it sent us some of them itself, and has lost them */
	if (due.n > 0 && r->f->feed.back < due.r[due.n - 1].hi)
		r->f->feed.back = due.r[due.n - 1].hi;
	r->f->changed = true;
out:
	ranges_release(&due);
	return e;
}
