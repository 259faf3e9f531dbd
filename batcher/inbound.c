#include "batcher/inbound.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batcher/batch.h"
#include "batcher/intake.h"
#include "lib/log.h"

#define OFFER_MAX 1024
#define ID_LEN 12
#define HOLD 16           /* chunks stored together */
#define LEASE_MS 20000    /* without progress */
#define LEASE_LOOK_MS 500 /* between two looks at leases of others */
#define WAITING_MAX 16384
#define REASON_REFUSED 1
#define REASON_DEFERRED 2

struct waiting {
	uint32_t offer;
	uint16_t index;
	unsigned char id[ID_LEN];
};

struct held {
	uint32_t seq;
	struct buf items;
	bool bad; /* its content did not open: nothing of it is taken */
};

struct inbound {
	struct batcher *b;
	struct friend *f;
	struct session_counts *counts;
	uint32_t offers;      /* got so far */
	uint64_t outstanding; /* wanted and not come */
	struct held held[HOLD];
	unsigned count;
	uint32_t seq; /* expected next */
	struct waiting *waiting;
	size_t waiting_count;
	int64_t looked, progress; /* monotonic ms */
};

void
inbound_free(struct inbound *in)
{
	if (in == NULL)
		return;
	for (unsigned i = 0; i < HOLD; i++)
		buf_release(&in->held[i].items);
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
	for (unsigned i = 0; i < HOLD; i++)
		buf_init(&in->held[i].items, CHUNK_MAX);
	if ((in->waiting = calloc(WAITING_MAX, sizeof *in->waiting)) == NULL) {
		inbound_free(in);
		return ERR_NOMEM;
	}
	*out = in;
	return ERR_OK;
}

bool
inbound_full(const struct inbound *in)
{
	return in->count == HOLD;
}

bool
inbound_idle(const struct inbound *in)
{
	return in->count == 0 && in->outstanding == 0 && in->waiting_count == 0;
}

/* ---- offers ------------------------------------------------------------------------------------ */

/* 0 have it, 1 send it (the lease is ours), 2 another friend is sending it */
static enum err
judge(
    struct inbound *in, const unsigned char id[ID_LEN], uint16_t index, uint8_t *verdict)
{
	bool known = false, ours = false;
	enum err e;

	if ((e = spool_known_prefix(in->b->spool, id, ID_LEN, &known)) != ERR_OK)
		return e;
	if (known) {
		*verdict = 0;
		return ERR_OK;
	}
	if ((e = feed_lease(in->b->feed, id, getpid(), &ours)) != ERR_OK)
		return e;
	*verdict = ours ? 1 : 2;
	if (ours)
		in->outstanding++;
	else if (in->waiting_count < WAITING_MAX) {
		struct waiting *w = &in->waiting[in->waiting_count++];

		w->offer = in->offers;
		w->index = index;
		memcpy(w->id, id, ID_LEN);
	}
	return ERR_OK;
}

enum err
inbound_offer(struct inbound *in, struct view v, struct buf *out)
{
	struct buf body = BUF_INIT(2 + OFFER_MAX);
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
	e = feed_lease_hold(in->b->feed, getpid(), in->f->feed.id);
	for (uint16_t i = 0; i < count && e == ERR_OK; i++) {
		view_take(&v, ID_LEN, &id);
		if ((e = judge(in, id.p, i, &verdict)) == ERR_OK)
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
	if (v.len != 6)
		return ERR_SYNTAX;
	if (in->outstanding > 0)
		in->outstanding--;
	return ERR_OK;
}

/* ---- chunks ------------------------------------------------------------------------------------- */

enum err
inbound_chunk(struct inbound *in, struct view v)
{
	struct held *h = &in->held[in->count];
	enum err e;

	if (in->count == HOLD || view_u32(&v, &h->seq) != ERR_OK || h->seq != in->seq)
		return ERR_SYNTAX;
	buf_reset(&h->items);
	e = batch_unpack(in->b->zip, v, &h->items);
	h->bad = e != ERR_OK;
	if (e == ERR_NOMEM)
		return e;
	in->seq++;
	in->count++;
	return ERR_OK;
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
take(struct inbound *in, struct view item, unsigned index, struct buf *list, uint16_t *n)
{
	enum intake what;
	enum fault why;
	uint32_t retry = 0;
	enum err e;

	if ((e = intake_article(in->b, in->f, item, &what, &why, &retry)) != ERR_OK)
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

	for (; rest.len > 0 && !h->bad && e == ERR_OK; index++) {
		if (item_next(&rest, &it) != ERR_OK || index >= CHUNK_ITEMS_MAX) {
			in->f->feed.strikes++;
			break;
		}
		if (it.type == ITEM_ARTICLE)
			e = take(in, it.bytes, index, &list, &n);
		else if (it.type & 1)
			except(&list, &n, index, REASON_DEFERRED, 7 * 86400);
		if (in->outstanding > 0)
			in->outstanding--;
	}
	buf_addu32(&body, h->seq);
	buf_addu16(&body, n);
	buf_addv(&body, buf_view(&list));
	if (e == ERR_OK && (e = buf_err(&body)) == ERR_OK)
		record_add(acks, RECORD_ACK, buf_view(&body));
	buf_release(&list);
	buf_release(&body);
	return e;
}

static enum err
store_all(struct inbound *in, struct buf *out)
{
	struct buf acks = BUF_INIT(4u << 20);
	enum err e;

	for (unsigned i = 0; i < in->count; i++)
		if (in->held[i].bad) {
			in->f->feed.strikes++;
			return ERR_SYNTAX; /* on a link nothing is damaged by chance */
		}
	if ((e = batcher_enter(in->b)) != ERR_OK)
		return e;
	for (unsigned i = 0; i < in->count && e == ERR_OK; i++)
		e = store(in, &in->held[i], &acks);
	if (e == ERR_OK)
		e = feed_lease_hold(in->b->feed, getpid(), in->f->feed.id);
	if ((e = batcher_leave(in->b, e)) == ERR_OK)
		buf_addv(out, buf_view(&acks));
	in->count = 0;
	buf_release(&acks);
	return e == ERR_OK ? buf_err(out) : e;
}

/* ---- leases of others ------------------------------------------------------------------------------ */

static enum err
later(struct inbound *in, const struct waiting *w, uint8_t verdict, struct buf *out)
{
	struct buf body = BUF_INIT(16);

	(void)in;
	buf_addu32(&body, w->offer);
	buf_addu16(&body, w->index);
	buf_addc(&body, verdict);
	record_add(out, RECORD_LATER, buf_view(&body));
	buf_release(&body);
	return buf_err(out);
}

static enum err
look_at_leases(struct inbound *in, struct buf *out)
{
	size_t kept = 0;
	enum err e;

	if ((e = batcher_enter(in->b)) != ERR_OK)
		return e;
	for (size_t i = 0; i < in->waiting_count && e == ERR_OK; i++) {
		struct waiting w = in->waiting[i];
		bool known = false, ours = false;

		if ((e = spool_known_prefix(in->b->spool, w.id, ID_LEN, &known)) ==
			ERR_OK &&
		    !known)
			e = feed_lease(in->b->feed, w.id, getpid(), &ours);
		if (e != ERR_OK)
			break;
		if (known || ours) {
			in->outstanding += ours;
			e = later(in, &w, ours ? 1 : 0, out);
		} else
			in->waiting[kept++] = w;
	}
	in->waiting_count = kept;
	return batcher_leave(in->b, e);
}

enum err
inbound_work(
    struct inbound *in, int64_t ms, bool more_input, struct buf *out, bool *acted)
{
	enum err e = ERR_OK;

	if (in->count > 0 && (!more_input || in->count == HOLD)) {
		e = store_all(in, out);
		*acted = true;
		in->progress = ms;
	}
	if (e == ERR_OK && in->waiting_count > 0 && ms - in->looked >= LEASE_LOOK_MS) {
		in->looked = ms;
		e = look_at_leases(in, out);
	}
	return e;
}

enum err
inbound_end(struct inbound *in)
{
	struct buf nobody = BUF_INIT(4u << 20);
	enum err e = ERR_OK;

	if (in->count > 0)
		e = store_all(in, &nobody);
	buf_release(&nobody);
	if (e == ERR_OK && (e = batcher_enter(in->b)) == ERR_OK)
		e = batcher_leave(in->b, feed_lease_drop(in->b->feed, getpid()));
	return e;
}
