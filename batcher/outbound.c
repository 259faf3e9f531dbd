#include "batcher/outbound.h"

#include <stdlib.h>
#include <string.h>

#include "batcher/batch.h"
#include "batcher/control.h"
#include "batcher/signer.h"
#include "lib/log.h"
#include "lib/wildmat.h"

#define OFFER_MAX 1024
#define UNANSWERED_MAX 4
#define ROUND_MAX 16384         /* candidates at a time */
#define WINDOW 32               /* chunks in flight */
#define WINDOW_BYTES (1u << 20) /* and no further one while so much is */
#define RETRY_MIN 60            /* seconds: nothing deferred comes back sooner */
#define RETRY_MAX (7 * 86400)   /* a friend cannot keep an article back for ever */
#define OUT_HIGH (2u << 20)
#define SETTLE_MS 100 /* released articles are noted at most this much later */
#define SETTLE_MANY 4000
#define ID_LEN 12
#define CHUNK_HEAD 12 /* number, reference, plain length: what stands before the frame */

enum fate { FRESH, OFFERED, WANTED, WAITING, SENT, RELEASED };

struct offer {
	size_t first;
	unsigned count;
};

struct flight {
	uint32_t seq;
	unsigned count;
	size_t size;
	uint32_t *index; /* of the articles, in item order */
};

struct outbound {
	struct batcher *b;
	struct friend *f;
	struct session_counts *counts;
	struct due due;
	unsigned char *fate; /* of each candidate */
	size_t next;         /* candidate to offer */
	struct offer *offers;
	size_t offer_count, offer_room, answered;
	uint32_t base;   /* number of the first offer of this round */
	size_t waiting;  /* candidates that another friend is sending */
	uint32_t *queue; /* wanted candidates, in the order of asking */
	size_t queue_head, queue_len, queue_room;
	struct flight flights[WINDOW];
	unsigned flying;
	size_t aloft; /* bytes */
	size_t unsent;
	uint32_t seq;
	struct ranges released, deferred;
	int64_t retry, settled; /* running time; monotonic ms */
	bool noted;             /* the round's arrivals are on record as in flight */
	bool look;              /* gather when this round is done */
	uint64_t seen;          /* last arrival at the last look */
	struct buf article, items, content;
};

void
outbound_free(struct outbound *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < o->flying; i++)
		free(o->flights[i].index);
	due_release(&o->due);
	ranges_release(&o->released);
	ranges_release(&o->deferred);
	buf_release(&o->article);
	buf_release(&o->items);
	buf_release(&o->content);
	free(o->fate);
	free(o->offers);
	free(o->queue);
	free(o);
}

enum err
outbound_new(struct batcher *b, struct friend *f, struct session_counts *counts,
    struct outbound **out)
{
	struct outbound *o = calloc(1, sizeof *o);

	if (o == NULL)
		return ERR_NOMEM;
	o->b = b;
	o->f = f;
	o->counts = counts;
	o->look = true;
	buf_init(&o->article, ARTICLE_MAX);
	buf_init(&o->items, CHUNK_MAX);
	buf_init(&o->content, CHUNK_MAX + 16);
	*out = o;
	return ERR_OK;
}

static enum err
room_for(void **p, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *q;

	if (n < *room)
		return ERR_OK;
	if ((q = reallocarray(*p, want, size)) == NULL)
		return ERR_NOMEM;
	*p = q;
	*room = want;
	return ERR_OK;
}

/* ---- what the friend says -------------------------------------------------------- */

static enum err
release(struct outbound *o, size_t i)
{
	o->fate[i] = RELEASED;
	return ranges_add(&o->released, o->due.c[i].arrival, o->due.c[i].arrival);
}

static enum err
want(struct outbound *o, size_t i)
{
	enum err e = room_for(
	    (void **)&o->queue, &o->queue_room, o->queue_len, sizeof o->queue[0]);

	if (e == ERR_OK) {
		o->queue[o->queue_len++] = (uint32_t)i;
		o->fate[i] = WANTED;
	}
	return e;
}

enum err
outbound_want(struct outbound *o, struct view v)
{
	const struct offer *of;
	uint16_t count;
	uint8_t verdict;
	enum err e = ERR_OK;

	if (o->answered == o->offer_count || view_u16(&v, &count) != ERR_OK)
		return ERR_SYNTAX;
	of = &o->offers[o->answered++];
	if (count != of->count || v.len != count)
		return ERR_SYNTAX;
	for (size_t i = of->first; i < of->first + count && e == ERR_OK; i++) {
		view_u8(&v, &verdict);
		if (verdict == 0) {
			o->counts->had++;
			e = release(o, i);
		} else if (verdict == 1)
			e = want(o, i);
		else if (verdict == 2) {
			o->fate[i] = WAITING;
			o->waiting++;
		} else
			e = ERR_SYNTAX;
	}
	return e;
}

enum err
outbound_later(struct outbound *o, struct view v)
{
	uint32_t offer;
	uint16_t index;
	uint8_t verdict;
	size_t i;

	if (view_u32(&v, &offer) != ERR_OK || view_u16(&v, &index) != ERR_OK ||
	    view_u8(&v, &verdict) != ERR_OK || v.len != 0 || verdict > 1)
		return ERR_SYNTAX;
	if (offer < o->base || offer - o->base >= o->answered ||
	    index >= o->offers[offer - o->base].count)
		return ERR_SYNTAX;
	i = o->offers[offer - o->base].first + index;
	if (o->fate[i] != WAITING)
		return ERR_SYNTAX;
	o->waiting--;
	return verdict == 1 ? want(o, i) : release(o, i);
}

static enum err
except(struct outbound *o, const struct flight *fl, struct view *v)
{
	uint16_t index;
	uint8_t reason;
	uint32_t retry;
	uint64_t arrival;
	int64_t when;

	if (view_u16(v, &index) != ERR_OK || view_u8(v, &reason) != ERR_OK ||
	    view_u32(v, &retry) != ERR_OK || index >= fl->count)
		return ERR_SYNTAX;
	if (reason != 2)
		return ERR_OK;
	arrival = o->due.c[fl->index[index]].arrival;
	when = o->f->ring.ran +
	    (retry > RETRY_MAX          ? RETRY_MAX
		    : retry < RETRY_MIN ? RETRY_MIN
					: (int64_t)retry);
	if (o->deferred.n == 0 || when < o->retry)
		o->retry = when;
	return ranges_add(&o->deferred, arrival, arrival);
}

enum err
outbound_ack(struct outbound *o, struct view v)
{
	struct flight fl;
	uint32_t seq;
	uint16_t count;
	enum err e = ERR_OK;

	/* in order: the oldest first */
	if (o->flying == 0 || view_u32(&v, &seq) != ERR_OK ||
	    view_u16(&v, &count) != ERR_OK || seq != o->flights[0].seq)
		return ERR_SYNTAX;
	fl = o->flights[0];
	for (; count > 0 && e == ERR_OK; count--)
		e = except(o, &fl, &v);
	for (unsigned i = 0; i < fl.count && e == ERR_OK; i++)
		e = release(o, fl.index[i]);
	memmove(&o->flights[0], &o->flights[1], (o->flying - 1) * sizeof fl);
	o->flying--;
	o->aloft -= fl.size;
	free(fl.index);
	return e == ERR_OK && v.len != 0 ? ERR_SYNTAX : e;
}

/* ---- settling -------------------------------------------------------------------- */

/* Released ones leave the friend's state; those of this round that are not stay in flight. */
static enum err
settle_state(struct outbound *o)
{
	struct friend *f = o->f;
	enum err e = ERR_OK;

	f->changed = true;
	f->feed.sent = o->b->now;
	if (!o->noted) {
		for (size_t i = 0; i < o->due.n && e == ERR_OK; i++)
			if (o->due.c[i].arrival > f->feed.top)
				e = ranges_add(&f->state.flight, o->due.c[i].arrival,
				    o->due.c[i].arrival);
		if (e == ERR_OK)
			e = ranges_add_all(&f->state.pending, &o->due.waiting);
		if (o->due.last > f->feed.top)
			f->feed.top = o->due.last;
		o->noted = e == ERR_OK;
	}
	if (e != ERR_OK ||
	    (e = ranges_remove_all(&f->state.flight, &o->released)) != ERR_OK ||
	    (e = ranges_remove_all(&f->state.pending, &o->released)) != ERR_OK ||
	    (e = ranges_remove_all(&f->state.deferred, &o->released)) != ERR_OK)
		return e;
	if (o->deferred.n > 0) {
		/* one date for all, the earliest that is still to come */
		if (f->state.deferred.n == 0 || f->state.retry <= f->ring.ran ||
		    o->retry < f->state.retry)
			f->state.retry = o->retry;
		e = ranges_add_all(&f->state.deferred, &o->deferred);
	}
	return e;
}

static enum err
settle(struct outbound *o)
{
	enum err e;

	if (o->released.n == 0 && o->noted)
		return ERR_OK;
	if ((e = batcher_enter(o->b)) != ERR_OK)
		return e;
	e = batcher_leave(o->b, settle_state(o));
	ranges_release(&o->released);
	ranges_release(&o->deferred);
	return e;
}

enum err
outbound_end(struct outbound *o)
{
	return o->due.n > 0 ? settle(o) : ERR_OK;
}

/* ---- rounds ---------------------------------------------------------------------- */

static bool
round_done(const struct outbound *o)
{
	return o->next == o->due.n && o->answered == o->offer_count && o->waiting == 0 &&
	    o->queue_head == o->queue_len && o->flying == 0;
}

bool
outbound_offered(const struct outbound *o)
{
	return !o->look && o->next == o->due.n;
}

bool
outbound_idle(const struct outbound *o)
{
	return !o->look && round_done(o);
}

void
outbound_again(struct outbound *o)
{
	o->look = true;
}

void
outbound_theirs(struct outbound *o, uint64_t before, uint64_t after)
{
	if (o->seen == before)
		o->seen = after;
}

enum err
outbound_look(struct outbound *o)
{
	uint64_t last;
	enum err e = spool_last_arrival(o->b->spool, &last);

	if (e == ERR_OK && last != o->seen)
		o->look = true;
	return e;
}

static enum err
gather(struct outbound *o)
{
	struct view policy, wants;
	size_t max = ROUND_MAX;
	enum err e;

	if ((e = due_follow(o->b, o->f, &policy)) != ERR_OK)
		return e;
	wants = o->f->wants.len > 0 ? buf_view(&o->f->wants) : VIEW_LIT("*");
	due_release(&o->due);
	o->base += (uint32_t)o->offer_count;
	o->next = o->offer_count = o->answered = o->queue_head = o->queue_len = 0;
	o->noted = false;
	if ((e = due_gather(o->b, o->f, wants, policy, NULL, max, &o->due)) != ERR_OK)
		return e;
	free(o->fate);
	o->fate = calloc(o->due.n + 1, 1);
	o->look = o->due.full;
	if (o->fate == NULL)
		return ERR_NOMEM;
	/* nothing of it is for this friend: it need not be looked at again */
	return o->due.n == 0 ? settle_state(o) : ERR_OK;
}

static enum err
new_round(struct outbound *o)
{
	struct signer_result signed_posts;
	enum err e;

	if (o->due.n > 0 && (e = settle(o)) != ERR_OK)
		return e;
	if ((e = batcher_enter(o->b)) != ERR_OK)
		return e;
	if ((e = spool_last_arrival(o->b->spool, &o->seen)) == ERR_OK &&
	    (e = signer_within(o->b->node, o->b->spool, &signed_posts)) == ERR_OK)
		e = gather(o);
	return batcher_leave(o->b, e);
}

/* ---- saying it ------------------------------------------------------------------- */

static enum err
offer(struct outbound *o, struct buf *out)
{
	size_t n = o->due.n - o->next;
	struct buf body = BUF_INIT(2 + OFFER_MAX * ID_LEN);
	enum err e = room_for(
	    (void **)&o->offers, &o->offer_room, o->offer_count, sizeof o->offers[0]);

	if (e != ERR_OK)
		return e;
	if (n > OFFER_MAX)
		n = OFFER_MAX;
	o->offers[o->offer_count++] = (struct offer){ o->next, (unsigned)n };
	buf_addu16(&body, (uint16_t)n);
	for (size_t i = 0; i < n; i++, o->next++) {
		buf_add(&body, o->due.c[o->next].id, ID_LEN);
		o->fate[o->next] = OFFERED;
	}
	record_add(out, RECORD_OFFER, buf_view(&body));
	o->counts->offered += n;
	buf_release(&body);
	return buf_err(out);
}

/* As for a stick: what was stored must still be what it says it is. ERR_NOTFOUND: it is gone
 * or damaged. */
static enum err
fetch(struct outbound *o, const struct candidate *c, unsigned char *sig, bool *has)
{
	enum err e;

	buf_reset(&o->article);
	e = spool_article(o->b->spool, c->arrival, &o->article, sig, has);
	if (e != ERR_OK)
		return e == ERR_CORRUPT ? ERR_NOTFOUND : e;
	return due_sound(c, buf_view(&o->article), *has) ? ERR_OK : ERR_NOTFOUND;
}

/* An article that is gone meanwhile is released: the friend learns that it does not come. */
static enum err
gone(struct outbound *o, size_t i, struct buf *out)
{
	struct buf body = BUF_INIT(16);

	for (uint32_t k = 0; k < o->offer_count; k++)
		if (i >= o->offers[k].first &&
		    i < o->offers[k].first + o->offers[k].count) {
			buf_addu32(&body, o->base + k);
			buf_addu16(&body, (uint16_t)(i - o->offers[k].first));
		}
	record_add(out, RECORD_GONE, buf_view(&body));
	buf_release(&body);
	return release(o, i);
}

static size_t
chunk_size(const struct outbound *o)
{
	return o->b->speed != 0 ? CHUNK_LINE : CHUNK_PLAIN;
}

void
outbound_unsent(struct outbound *o, size_t n)
{
	o->unsent = n;
}

static bool
held(const struct outbound *o, const struct buf *out)
{
	return o->b->speed != 0 && o->unsent + out->len > 0;
}

bool
outbound_held(const struct outbound *o)
{
	return o->b->speed != 0 && o->queue_head < o->queue_len && o->flying < WINDOW &&
	    o->aloft < WINDOW_BYTES;
}

static enum err
chunk(struct outbound *o, struct buf *out)
{
	struct flight *fl = &o->flights[o->flying];
	unsigned char sig[ARTICLE_SIG_LEN];
	uint32_t *index = calloc(CHUNK_PLAIN / 64, sizeof *index);
	unsigned n = 0;
	enum err e = index == NULL ? ERR_NOMEM : ERR_OK;
	struct buf body = BUF_INIT(CHUNK_MAX + 64);
	bool has;

	buf_reset(&o->items);
	while (e == ERR_OK && o->queue_head < o->queue_len && n < CHUNK_PLAIN / 64) {
		uint32_t i = o->queue[o->queue_head];

		if ((e = fetch(o, &o->due.c[i], sig, &has)) == ERR_NOTFOUND) {
			e = gone(o, i, out);
			o->queue_head++;
			continue;
		}
		if (e != ERR_OK)
			break;
		if (n > 0 &&
		    o->items.len + item_article_size(o->article.len, has) > chunk_size(o))
			break;
		item_add_article(&o->items, buf_view(&o->article), has ? sig : NULL);
		index[n++] = i;
		o->fate[i] = SENT;
		o->queue_head++;
	}
	if (e == ERR_OK && n > 0) {
		*fl = (struct flight){ o->seq++, n, 0, index };
		index = NULL;
		o->flying++;
		buf_addu32(&body, fl->seq);
		if ((e = batch_pack(o->b->zip, buf_view(&o->items), &body)) == ERR_OK)
			record_add(out, RECORD_CHUNK, buf_view(&body));
		fl->size = body.len;
		o->aloft += body.len;
		o->counts->sent += n;
		o->counts->sent_bytes += o->items.len;
		o->counts->packed += body.len - CHUNK_HEAD;
	}
	free(index);
	buf_release(&body);
	return e == ERR_OK ? buf_err(out) : e;
}

enum err
outbound_work(struct outbound *o, int64_t ms, struct buf *out, bool *acted)
{
	enum err e = ERR_OK;

	if (o->look && round_done(o)) {
		if ((e = new_round(o)) != ERR_OK)
			return e;
		*acted |= o->due.n > 0;
	}
	while (e == ERR_OK && out->len < OUT_HIGH && o->next < o->due.n &&
	    o->offer_count - o->answered < UNANSWERED_MAX) {
		e = offer(o, out);
		*acted = true;
	}
	while (e == ERR_OK && out->len < OUT_HIGH && !held(o, out) &&
	    o->flying < WINDOW && o->aloft < WINDOW_BYTES &&
	    o->queue_head < o->queue_len) {
		e = chunk(o, out);
		*acted = true;
	}
	if (e == ERR_OK && o->released.n > 0 &&
	    (ms - o->settled >= SETTLE_MS || ranges_count(&o->released) >= SETTLE_MANY)) {
		o->settled = ms;
		e = settle(o);
	}
	return e;
}
