#include "batcher/inbound.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batcher/batch.h"
#include "batcher/hold.h"
#include "batcher/presence.h"
#include "batcher/wanted.h"

#define OFFER_MAX 1024
#define ID_LEN WANTED_ID
#define STORE 16          /* stored together, while the verifier is at the others */
#define LEASE_LOOK_MS 500 /* between two looks at leases of others */
#define RENEW_MS 5000     /* between two renewals of our leases by parts of a chunk */
#define RENEW_BYTES                                                                      \
	(8u << 10)       /* that such a part has at least: who drips renews nothing */
#define WANTED_MAX 16384 /* articles asked for or waited for: a round of the sender */
#define AHEAD 64         /* of them, where another friend could send them as well */
#define AHEAD_BYTES (256u << 10) /* or about so many bytes */
#define MEAN_FIRST (16u << 10)   /* size of an article while none came */
#define LOOK_MANY 1000           /* leases of others looked at in one turn */
#define RETRY_TROUBLE 600        /* s, when nothing can be stored */
#define REASON_REFUSED 1
#define REASON_DEFERRED 2

struct inbound {
	struct batcher *b;
	struct friend *f;
	struct session_counts *counts;
	uint32_t offers; /* got so far */
	struct wanted wanted;
	struct hold hold;
	uint32_t seq;                /* expected next */
	struct wanted_item *waiting; /* for others' leases, or for room ahead */
	size_t waiting_count, held_back;
	int presence;            /* -1: nothing was offered yet */
	bool crowded;            /* exchanges with others run */
	size_t mean;             /* size of what came last */
	size_t part, renewed_at; /* bytes of the chunk that is arriving, now and then */
	int64_t looked, renewed; /* monotonic ms */
	uint64_t before, after;  /* the last arrivals around what was stored last */
};

void
inbound_free(struct inbound *in)
{
	if (in == NULL)
		return;
	if (in->presence >= 0)
		close(in->presence);
	hold_release(&in->hold);
	wanted_release(&in->wanted);
	free(in->waiting);
	free(in);
}

enum err
inbound_new(struct batcher *b, struct friend *f, struct session_counts *counts,
    struct inbound **out)
{
	struct inbound *in = calloc(1, sizeof *in);

	if (in == NULL)
		return ERR_NOMEM;
	in->b = b;
	in->f = f;
	in->counts = counts;
	in->presence = -1;
	in->mean = MEAN_FIRST;
	hold_init(&in->hold);
	if ((in->waiting = calloc(WANTED_MAX, sizeof *in->waiting)) == NULL) {
		inbound_free(in);
		return ERR_NOMEM;
	}
	*out = in;
	return ERR_OK;
}

bool
inbound_full(const struct inbound *in)
{
	return hold_full(&in->hold);
}

void
inbound_arriving(struct inbound *in, size_t part)
{
	if (part < in->part)
		in->renewed_at = 0;
	in->part = part;
}

void
inbound_stored(const struct inbound *in, uint64_t *before, uint64_t *after)
{
	*before = in->before;
	*after = in->after;
}

bool
inbound_waits(const struct inbound *in)
{
	return in->hold.count > 0;
}

bool
inbound_idle(const struct inbound *in)
{
	return in->hold.count == 0 && in->wanted.count == 0 && in->waiting_count == 0;
}

/* ---- offers ---------------------------------------------------------------------- */

/* Alone, all that is offered is asked for at once; where another friend may offer the same,
 * only what soon comes, so that nobody waits long for who is slow. */
static size_t
room_ahead(const struct inbound *in)
{
	size_t most = in->crowded ? AHEAD_BYTES / in->mean : WANTED_MAX;

	if (in->crowded && most > AHEAD)
		most = AHEAD;
	if (most == 0)
		most = 1;
	return most > in->wanted.count ? most - in->wanted.count : 0;
}

/* Asks for it, when nobody else's lease on it is alive. Our own leases live on by what
 * arrives: a new deadline only where nothing was asked for before. */
static enum err
ask(struct inbound *in, const struct wanted_item *it, bool *ours)
{
	bool first = in->wanted.count == 0;
	enum err e;

	if ((e = feed_lease(in->b->feed, it->id, in->f->feed.id, ours)) != ERR_OK ||
	    !*ours)
		return e;
	if (first && (e = feed_lease_hold(in->b->feed, in->f->feed.id)) != ERR_OK)
		return e;
	return wanted_add(&in->wanted, it);
}

static void
put_back(struct inbound *in, struct wanted_item it, bool held)
{
	it.held = held;
	in->held_back += held;
	in->waiting[in->waiting_count++] = it;
}

/* 0 have it, 1 send it (the lease is ours), 2 another friend is sending it, or later */
static enum err
judge(struct inbound *in, const struct wanted_item *it, uint8_t *verdict)
{
	bool known = false, ours = false, room = room_ahead(in) > 0;
	enum err e;

	e = spool_known_prefix(in->b->spool, it->id, ID_LEN, &known);
	*verdict = 0;
	if (e != ERR_OK || known)
		return e;
	/* no honest friend offers more before what it offered is done */
	if (in->wanted.count + in->waiting_count >= WANTED_MAX)
		return ERR_SYNTAX;
	if (room && (e = ask(in, it, &ours)) != ERR_OK)
		return e;
	*verdict = ours ? 1 : 2;
	if (!ours)
		put_back(in, *it, !room);
	return ERR_OK;
}

/* Leases of an exchange that is gone are nobody's. */
static enum err
bury(struct inbound *in)
{
	uint32_t friend = 0;
	enum err e;

	in->crowded = presence_others(in->presence);
	while ((e = feed_lease_holder(in->b->feed, friend, &friend)) == ERR_OK)
		if (friend != in->f->feed.id && !presence_of(in->presence, friend) &&
		    (e = feed_lease_drop(in->b->feed, friend)) != ERR_OK)
			return e;
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* What an earlier process asked this friend for is not being sent. */
static enum err
begin_leases(struct inbound *in)
{
	enum err e = ERR_OK;

	if (in->presence < 0 &&
	    ((e = presence_enter(in->b->node, in->f->feed.id, &in->presence)) != ERR_OK ||
		(e = feed_lease_drop(in->b->feed, in->f->feed.id)) != ERR_OK))
		return e;
	return bury(in);
}

enum err
inbound_offer(struct inbound *in, struct view v, struct buf *out)
{
	struct buf body = BUF_INIT(2 + OFFER_MAX);
	struct wanted_item it = { .offer = in->offers };
	struct view id;
	uint16_t count;
	uint8_t verdict;
	enum err e;

	if (view_u16(&v, &count) != ERR_OK || count == 0 || count > OFFER_MAX ||
	    v.len != (size_t)count * ID_LEN)
		return ERR_SYNTAX;
	if ((e = batcher_enter(in->b)) != ERR_OK)
		return e;
	buf_addu16(&body, count);
	e = begin_leases(in);
	for (; it.index < count && e == ERR_OK; it.index++) {
		view_take(&v, ID_LEN, &id);
		memcpy(it.id, id.p, ID_LEN);
		if ((e = judge(in, &it, &verdict)) == ERR_OK)
			buf_addc(&body, verdict);
	}
	in->offers++;
	if ((e = batcher_leave(in->b, e)) == ERR_OK)
		record_add(out, RECORD_WANT, buf_view(&body));
	buf_release(&body);
	return e == ERR_OK ? buf_err(out) : e;
}

enum err
inbound_gone(struct inbound *in, struct view v)
{
	uint32_t offer;
	uint16_t index;

	if (view_u32(&v, &offer) != ERR_OK || view_u16(&v, &index) != ERR_OK ||
	    v.len != 0)
		return ERR_SYNTAX;
	return wanted_gone(&in->wanted, offer, index) == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

/* ---- leases of others ------------------------------------------------------------ */

static void
later(const struct wanted_item *w, uint8_t verdict, struct buf *out)
{
	buf_addc(out, RECORD_LATER);
	buf_addu24(out, 7);
	buf_addu32(out, w->offer);
	buf_addu16(out, w->index);
	buf_addc(out, verdict);
}

/* Room for it: is it here meanwhile, or may it be asked for? */
static enum err
look_at(struct inbound *in, const struct wanted_item *w, bool *answered, struct buf *out)
{
	bool known = false, ours = false;
	enum err e = spool_known_prefix(in->b->spool, w->id, ID_LEN, &known);

	if (e == ERR_OK && !known)
		e = ask(in, w, &ours);
	*answered = known || ours;
	if (e == ERR_OK && *answered)
		later(w, ours ? 1 : 0, out);
	return e;
}

/* From the front, while there is room; those that others are sending go to the end. */
static enum err
look_at_leases(struct inbound *in, struct buf *out)
{
	struct wanted_item *kept = calloc(LOOK_MANY, sizeof *kept);
	size_t i = 0, n = 0;
	enum err e = kept == NULL ? ERR_NOMEM : bury(in);

	for (;
	     e == ERR_OK && i < in->waiting_count && i < LOOK_MANY && room_ahead(in) > 0;
	     i++) {
		bool answered = false;

		in->held_back -= in->waiting[i].held;
		in->waiting[i].held = false;
		e = look_at(in, &in->waiting[i], &answered, out);
		if (!answered)
			kept[n++] = in->waiting[i];
	}
	in->waiting_count -= i;
	memmove(in->waiting, in->waiting + i, in->waiting_count * sizeof *in->waiting);
	if (n > 0)
		memcpy(in->waiting + in->waiting_count, kept, n * sizeof *kept);
	in->waiting_count += n;
	free(kept);
	return e;
}

/* Now and then, for others; at once, when what was asked for came and more waits for that. */
static bool
look_is_due(const struct inbound *in, int64_t ms)
{
	if (in->waiting_count == 0)
		return false;
	return ms - in->looked >= LEASE_LOOK_MS ||
	    (in->held_back > 0 && room_ahead(in) > in->wanted.count);
}

/* ---- chunks ---------------------------------------------------------------------- */

enum err
inbound_chunk(struct inbound *in, struct view v)
{
	uint32_t seq;
	enum err e;

	if (inbound_full(in) || view_u32(&v, &seq) != ERR_OK || seq != in->seq ||
	    in->wanted.count == 0)
		return ERR_SYNTAX;
	if ((e = hold_add(&in->hold, in->b, seq, v)) == ERR_OK)
		in->seq++;
	return e;
}

static void
except(struct buf *list, uint16_t *n, unsigned index, uint8_t reason, uint32_t retry)
{
	buf_addu16(list, (uint16_t)index);
	buf_addc(list, reason);
	buf_addu32(list, retry);
	++*n;
}

static enum err
take(struct inbound *in, struct view item, uint64_t ticket, unsigned index,
    struct buf *list, uint16_t *n)
{
	enum intake what;
	enum fault why;
	uint32_t retry = 0;
	enum err e;

	if ((e = intake_article(in->b, in->f, item, ticket, &what, &why, &retry)) !=
	    ERR_OK)
		return e;
	switch (what) {
	case INTAKE_STORED:
		in->counts->articles++;
		break;
	case INTAKE_DUPLICATE:
	case INTAKE_DIFFERS:
		in->counts->duplicates++;
		break;
	case INTAKE_UNWANTED:
	case INTAKE_REFUSED:
		in->counts->refused++;
		except(list, n, index, REASON_REFUSED, 0);
		break;
	case INTAKE_DEFERRED:
		in->counts->deferred++;
		except(list, n, index, REASON_DEFERRED, retry);
		break;
	}
	return ERR_OK;
}

/* Is it the oldest of what was asked for? One that cannot be read is refused later. */
static enum err
expected(struct inbound *in, const struct ahead *a)
{
	struct wanted_item w;

	if (wanted_take(&in->wanted, &w) != ERR_OK)
		return ERR_SYNTAX;
	return !a->readable || memcmp(a->id, w.id, ID_LEN) == 0 ? ERR_OK : ERR_SYNTAX;
}

/* One item of a chunk. Odd types that we do not know are later programs' articles. */
static enum err
store_item(struct inbound *in, const struct held *h, const struct item *it,
    unsigned index, struct buf *list, uint16_t *n)
{
	struct wanted_item w;
	struct ahead a;
	enum err e;

	if (it->type == ITEM_ARTICLE) {
		in->mean = in->mean - in->mean / 8 + it->bytes.len / 8 + 1;
		if (index < HOLD_AHEAD)
			a = h->ahead[index];
		else
			intake_ahead(in->b, it->bytes, &a);
		e = expected(in, &a);
		return e != ERR_OK ? e : take(in, it->bytes, a.ticket, index, list, n);
	}
	if (!(it->type & 1))
		return ERR_OK;
	except(list, n, index, REASON_DEFERRED, 7 * 86400);
	return wanted_take(&in->wanted, &w) == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

/* One chunk into the open transaction; its ACK goes to acks, sent after COMMIT. */
static enum err
store(struct inbound *in, const struct held *h, struct buf *acks)
{
	struct buf list = BUF_INIT(512u << 10), body = BUF_INIT(513u << 10);
	struct view rest = buf_view(&h->items);
	struct item it;
	unsigned index = 0;
	uint16_t n = 0;
	enum err e = ERR_OK;

	for (; rest.len > 0 && e == ERR_OK; index++)
		if (item_next(&rest, &it) != ERR_OK || index >= CHUNK_ITEMS_MAX)
			e = ERR_SYNTAX;
		else
			e = store_item(in, h, &it, index, &list, &n);
	buf_addu32(&body, h->seq);
	buf_addu16(&body, n);
	buf_addv(&body, buf_view(&list));
	if (e == ERR_OK && (e = buf_err(&body)) == ERR_OK)
		record_add(acks, RECORD_ACK, buf_view(&body));
	buf_release(&list);
	buf_release(&body);
	return e;
}

/* On a link nothing is damaged by chance. What came before it stays, unacknowledged. */
static enum err
store_held(struct inbound *in, unsigned n, struct buf *acks, bool *bad)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; i < n && e == ERR_OK; i++)
		e = hold_at(&in->hold, i)->bad ? ERR_SYNTAX
					       : store(in, hold_at(&in->hold, i), acks);
	*bad = e == ERR_SYNTAX;
	if (e == ERR_OK)
		e = feed_lease_hold(in->b->feed, in->f->feed.id);
	return *bad ? ERR_OK : e;
}

/* Nothing of what came was taken, and that is our trouble: not now. */
static void
put_off(struct inbound *in, struct buf *out)
{
	struct buf list = BUF_INIT(512u << 10), body = BUF_INIT(513u << 10);

	for (unsigned i = 0; i < in->hold.count && !hold_at(&in->hold, i)->bad; i++) {
		struct view rest = buf_view(&hold_at(&in->hold, i)->items);
		struct item it;
		uint16_t n = 0;

		buf_reset(&list);
		buf_reset(&body);
		while (n < CHUNK_ITEMS_MAX && item_next(&rest, &it) == ERR_OK)
			except(&list, &n, n, REASON_DEFERRED, RETRY_TROUBLE);
		buf_addu32(&body, hold_at(&in->hold, i)->seq);
		buf_addu16(&body, n);
		buf_addv(&body, buf_view(&list));
		if (buf_err(&body) == ERR_OK)
			record_add(out, RECORD_ACK, buf_view(&body));
	}
	buf_release(&list);
	buf_release(&body);
}

/* What may be asked for now is asked for in the same transaction. */
static enum err
store_oldest(struct inbound *in, int64_t ms, struct buf *out)
{
	unsigned n = in->hold.count < STORE ? in->hold.count : STORE;
	struct buf acks = BUF_INIT(4u << 20);
	bool bad = false;
	enum err e;

	if ((e = batcher_enter(in->b)) != ERR_OK)
		goto out;
	in->f->changed = true; /* strikes and quotas */
	if ((e = spool_last_arrival(in->b->spool, &in->before)) == ERR_OK &&
	    (e = store_held(in, n, &acks, &bad)) == ERR_OK)
		e = spool_last_arrival(in->b->spool, &in->after);
	if (e == ERR_OK && !bad && look_is_due(in, ms)) {
		in->looked = ms;
		e = look_at_leases(in, &acks);
	}
	if (e == ERR_OK)
		e = buf_err(&acks);
	if ((e = batcher_leave(in->b, e)) == ERR_OK)
		buf_addv(out, buf_view(&acks));
	if (e == ERR_OK)
		e = bad ? ERR_SYNTAX : buf_err(out);
out:
	if (e == ERR_FULL || e == ERR_BUSY || e == ERR_IO)
		put_off(in, out);
	hold_forget(&in->hold, e == ERR_OK ? n : in->hold.count);
	buf_release(&acks);
	return e;
}

/* A chunk that takes long to arrive keeps our leases, when enough of it comes. */
static enum err
renew(struct inbound *in, int64_t ms)
{
	enum err e;

	if (in->wanted.count == 0 || in->part < in->renewed_at + RENEW_BYTES ||
	    ms - in->renewed < RENEW_MS)
		return ERR_OK;
	in->renewed = ms;
	in->renewed_at = in->part;
	if ((e = batcher_enter(in->b)) != ERR_OK)
		return e;
	return batcher_leave(in->b, feed_lease_hold(in->b->feed, in->f->feed.id));
}

static enum err
look(struct inbound *in, int64_t ms, struct buf *out)
{
	enum err e;

	in->looked = ms;
	if ((e = batcher_enter(in->b)) != ERR_OK)
		return e;
	if ((e = batcher_leave(in->b, look_at_leases(in, out))) != ERR_OK)
		return e;
	return buf_err(out);
}

enum err
inbound_work(
    struct inbound *in, int64_t ms, bool more_input, struct buf *out, bool *acted)
{
	enum err e = ERR_OK;

	if (in->hold.count > 0 && (!more_input || inbound_full(in))) {
		e = store_oldest(in, ms, out);
		*acted = true;
		in->renewed = ms;
	}
	if (e == ERR_OK)
		e = renew(in, ms);
	if (e == ERR_OK && look_is_due(in, ms))
		e = look(in, ms, out);
	return e;
}

enum err
inbound_end(struct inbound *in)
{
	struct buf nobody = BUF_INIT(4u << 20);
	enum err e = ERR_OK, f;

	while (in->hold.count > 0 && e == ERR_OK)
		e = store_oldest(in, in->looked, &nobody);
	buf_release(&nobody);
	if ((f = batcher_enter(in->b)) == ERR_OK)
		f = batcher_leave(in->b, feed_lease_drop(in->b->feed, in->f->feed.id));
	return e != ERR_OK ? e : f;
}
