#include "batcher/control.h"

#include <string.h>

#include "batcher/address.h"
#include "batcher/pairing.h"
#include "batcher/select.h"
#include "lib/conf.h"
#include "lib/digest.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"

#define ACKS_MAX 2000       /* in one control chunk: 16 bytes each and their details */
#define CAPS_VERSION 1      /* of the seal that is spoken */
#define ACK_CANNOT_DECODE 1 /* status */
#define REASON_DEFERRED 2
#define ACK_EXCEPTION_LEN 8
#define ROOM_AFTER 160        /* in the chunk, for what follows the acknowledgements */
#define RETRY_MAX (7 * 86400) /* a friend cannot keep an article back for ever */

void
control_told(const struct batcher *b, const struct friend *f, unsigned char out[16])
{
	struct buf s = BUF_INIT(WILDMAT_MAX + 256);
	unsigned char h[DIGEST_LEN];

	buf_add(&s, b->spool_id, sizeof b->spool_id);
	buf_addu32(&s, ring_highest_gen(&f->ring));
	buf_addv(&s, batcher_wants(b));
	address_ours(b, &s);
	digest_sha256(buf_view(&s), h);
	memcpy(out, h, 16);
	buf_release(&s);
}

/* ---- writing ------------------------------------------------------------------------- */

struct ack_writer {
	struct batcher *b;
	struct friend *f;
	struct root *root;
	struct buf *out;
	uint64_t stream;
	enum err e;
};

/* Who sealed to a key that is long gone has lost newer ones, perhaps its own as well: what
 * says so must not be sealed to one of those, or neither would ever hear the other. */
static void
seal_to_static(struct friend *f, struct root *root)
{
	if (root->their_prekey_id == 0)
		return;
	root->their_prekey_id = 0;
	f->ring.dirty = true;
}

static enum err
ack_write(void *ctx, const struct feed_in *in, struct view details)
{
	struct ack_writer *w = ctx;
	struct buf item = BUF_INIT(CHUNK_PLAIN);
	enum err e;

	buf_addu64(&item, in->stream);
	buf_addc(&item, in->status);
	buf_addu16(&item, in->taken);
	if (details.len >= 2)
		buf_addv(&item, details);
	else
		buf_addu16(&item, 0);
	/* what does not fit rides in the next envelope */
	if (buf_err(&item) == ERR_OK &&
	    w->out->len + item.len + ROOM_AFTER < CHUNK_PLAIN) {
		item_add(w->out, ITEM_ACK, buf_view(&item));
		if (in->status == ACK_CANNOT_DECODE)
			seal_to_static(w->f, w->root);
		e = feed_carried(w->b->feed, in->friend, w->stream, in->stream);
	} else
		e = buf_err(&item);
	buf_release(&item);
	return e;
}

/* Of an epoch that we hold: its number, and how many streams of it are remembered. */
static enum err
epoch_write(struct batcher *b, const struct friend *f, const struct root *root,
    const struct chain *c, bool held, struct buf *item)
{
	uint64_t n = 0;
	enum err e;

	e = feed_in_count(b->feed, f->feed.id, root->id, c->epoch, &n);
	buf_addu32(item, held ? c->epoch : UINT32_MAX);
	buf_addu32(item, !held ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n);
	return e;
}

static enum err
state_write(struct batcher *b, struct friend *f, struct root *root, struct buf *out)
{
	struct buf item = BUF_INIT(256);
	enum err e;

	buf_add(&item, b->spool_id, sizeof b->spool_id);
	if ((e = epoch_write(b, f, root, &root->recv, root->opened, &item)) == ERR_OK)
		e = epoch_write(b, f, root, &root->recv_old, root->recv_old.have, &item);
	buf_addu32(&item, ring_highest_gen(&f->ring));
	item_add(out, ITEM_STATE, buf_view(&item));
	buf_release(&item);
	return e;
}

static void
prekey_write(struct friend *f, struct root *root, struct buf *out)
{
	const struct prekey *p = root_prekey(&f->ring, root);
	struct buf item = BUF_INIT(256);
	unsigned char pub[KEY_LEN];

	x25519_public(&p->key, pub);
	buf_addu32(&item, p->id);
	buf_addu64(&item, (uint64_t)p->made);
	buf_add(&item, pub, KEY_LEN);
	item_add(out, ITEM_PREKEY, buf_view(&item));
	buf_release(&item);
}

static void
address_write(const struct batcher *b, struct buf *out)
{
	struct buf list = BUF_INIT(HINTS_MAX * (HINT_MAX + 1));

	address_ours(b, &list);
	if (list.len > 0)
		item_add(out, ITEM_ADDRESS, buf_view(&list));
	buf_release(&list);
}

/* Acknowledgements before the prekey, for one may say that an older prekey is gone, and
 * before the state, which counts what they acknowledge. */
enum err
control_write(struct batcher *b, struct friend *f, struct root *root, uint64_t stream,
    enum control_size size, struct buf *out)
{
	int64_t made = root->prekey_made;
	struct ack_writer w = { b, f, root, out, stream, ERR_OK };
	struct buf item = BUF_INIT(256);
	enum err e;

	/* in a session, nothing said means the base set */
	if (size == CONTROL_WHOLE) {
		buf_addu16(&item, CAPS_VERSION);
		item_add(out, ITEM_CAPS, buf_view(&item));
	}
	buf_release(&item);
	item_add(out, ITEM_WANT, batcher_wants(b));
	address_write(b, out);
	if ((e = feed_owed(b->feed, f->feed.id, ACKS_MAX, ack_write, &w)) != ERR_OK)
		return e;
	if (size == CONTROL_WHOLE || root_prekey(&f->ring, root)->made != made)
		prekey_write(f, root, out);
	if ((e = state_write(b, f, root, out)) != ERR_OK)
		return e;
	return buf_err(out);
}

/* ---- reading ------------------------------------------------------------------------- */

static enum err
release(struct friend *f, const struct ranges *r)
{
	enum err e;

	f->changed = true;
	if ((e = ranges_remove_all(&f->state.flight, r)) != ERR_OK ||
	    (e = ranges_remove_all(&f->state.pending, r)) != ERR_OK)
		return e;
	return ranges_remove_all(&f->state.deferred, r);
}

/* Those that are still in flight go again with the next envelope. */
static enum err
again(struct friend *f, const struct ranges *r)
{
	struct ranges both = { 0 };
	enum err e;

	f->changed = true;
	if ((e = ranges_common(&f->state.flight, r, &both)) == ERR_OK &&
	    (e = ranges_add_all(&f->state.pending, &both)) == ERR_OK)
		e = ranges_remove_all(&f->state.flight, &both);
	ranges_release(&both);
	return e;
}

static enum err
ack_chunks(struct batcher *b, struct friend *f, uint64_t stream, uint16_t taken)
{
	enum err e = ERR_OK;

	for (int i = 1; i < ENVELOPE_CHUNKS && e == ERR_OK; i++) {
		struct ranges r = { 0 };

		e = feed_stream_arrivals(b->feed, f->feed.id, stream, i, &r);
		if (e == ERR_OK)
			e = taken >> i & 1 ? release(f, &r) : again(f, &r);
		ranges_release(&r);
	}
	return e;
}

static enum err
ack_exception(struct batcher *b, struct friend *f, uint64_t stream, struct view *v)
{
	uint8_t chunk, reason;
	uint16_t index;
	uint32_t retry;
	uint64_t arrival;
	int64_t when;
	enum err e;

	if (view_u8(v, &chunk) != ERR_OK || view_u16(v, &index) != ERR_OK ||
	    view_u8(v, &reason) != ERR_OK || view_u32(v, &retry) != ERR_OK)
		return ERR_SYNTAX;
	e = feed_stream_nth(b->feed, f->feed.id, stream, chunk, index, &arrival);
	if (e == ERR_NOTFOUND)
		return ERR_OK;
	if (e != ERR_OK)
		return e;
	if (reason != REASON_DEFERRED) {
		f->feed.refused++;
		return ERR_OK;
	}
	/* one date for all, the earliest: those not yet due are deferred anew */
	when = f->ring.ran + (retry > RETRY_MAX ? RETRY_MAX : (int64_t)retry);
	if (f->state.deferred.n == 0 || when < f->state.retry)
		f->state.retry = when;
	f->changed = true;
	return ranges_add(&f->state.deferred, arrival, arrival);
}

static struct root *
root_by_id(struct ring *r, const unsigned char id[16])
{
	for (unsigned i = 0; i < r->count; i++)
		if (memcmp(r->root[i]->id, id, 16) == 0)
			return r->root[i];
	return NULL;
}

/* The prekey that we sealed to is gone over there: the static key, until it tells another. */
static enum err
cannot_decode(struct batcher *b, struct friend *f, const struct feed_stream *s)
{
	struct root *root = root_by_id(&f->ring, s->root);
	struct ranges all = { 0 };
	enum err e;

	if (root != NULL && root->state == ROOT_AGREED)
		seal_to_static(f, root);
	e = feed_stream_arrivals(b->feed, f->feed.id, s->stream, -1, &all);
	if (e == ERR_OK)
		e = again(f, &all);
	ranges_release(&all);
	return e == ERR_OK ? feed_stream_drop(b->feed, f->feed.id, s->stream) : e;
}

static enum err
got_ack(struct batcher *b, struct friend *f, struct view v, struct control_event *ev)
{
	static const unsigned char nothing[16];
	struct feed_stream s = { 0 };
	struct root *root;
	uint64_t stream;
	uint8_t status;
	uint16_t taken, count;
	enum err e;

	if (view_u64(&v, &stream) != ERR_OK || view_u8(&v, &status) != ERR_OK ||
	    view_u16(&v, &taken) != ERR_OK || view_u16(&v, &count) != ERR_OK ||
	    v.len != (size_t)count * ACK_EXCEPTION_LEN || status > ACK_CANNOT_DECODE)
		return ERR_SYNTAX;
	if ((e = feed_stream(b->feed, f->feed.id, stream, &s)) == ERR_NOTFOUND)
		return ERR_OK; /* forgotten */
	if (e != ERR_OK || s.acked)
		return e; /* heard before */
	ev->fresh = true;
	if (status == ACK_CANNOT_DECODE)
		return cannot_decode(b, f, &s);
	if ((e = ack_chunks(b, f, stream, taken)) != ERR_OK)
		return e;
	for (; count > 0; count--)
		if ((e = ack_exception(b, f, stream, &v)) != ERR_OK)
			return e;
	if ((root = root_by_id(&f->ring, s.root)) != NULL) {
		root_acked(&f->ring, root, s.epoch);
		pairing_confirmed(&f->ring, root);
	}
	/* an envelope without control told nothing */
	if (memcmp(s.told, nothing, sizeof nothing) != 0)
		memcpy(f->feed.told, s.told, sizeof f->feed.told);
	f->changed = true;
	return feed_stream_acked(b->feed, f->feed.id, stream);
}

static enum err
got_prekey(struct friend *f, struct root *root, struct view v)
{
	struct view key;
	uint32_t id;
	uint64_t made;

	if (view_u32(&v, &id) != ERR_OK || view_u64(&v, &made) != ERR_OK ||
	    view_take(&v, KEY_LEN, &key) != ERR_OK || v.len != 0 || id < 2 ||
	    made > INT64_MAX)
		return ERR_SYNTAX;
	if (root->their_prekey_id != 0 && (int64_t)made <= root->their_prekey_made)
		return ERR_OK;
	root->their_prekey_id = id;
	root->their_prekey_made = (int64_t)made;
	memcpy(root->their_prekey, key.p, KEY_LEN);
	f->ring.dirty = true;
	return ERR_OK;
}

/* Everything from `lo` on is sent again, what came from the friend itself included. */
static enum err
resend(struct batcher *b, struct friend *f, uint64_t lo)
{
	uint64_t last;
	enum err e;

	if ((e = spool_last_arrival(b->spool, &last)) != ERR_OK)
		return e;
	f->feed.back = last;
	f->changed = true;
	if (lo <= f->feed.top)
		e = ranges_add(&f->state.pending, lo == 0 ? 1 : lo, f->feed.top);
	if (e == ERR_OK)
		e = ranges_remove_all(&f->state.flight, &f->state.pending);
	return e;
}

struct told_state {
	struct view spool;
	uint32_t epoch, streams;   /* last opened; UINT32_MAX: none */
	uint32_t before, streams0; /* the one before that is still held */
	uint32_t gen;
};

static enum err
state_parse(struct view v, struct told_state *out)
{
	struct told_state t;

	if (view_take(&v, SPOOL_ID_LEN, &t.spool) != ERR_OK ||
	    view_u32(&v, &t.epoch) != ERR_OK || view_u32(&v, &t.streams) != ERR_OK ||
	    view_u32(&v, &t.before) != ERR_OK || view_u32(&v, &t.streams0) != ERR_OK ||
	    view_u32(&v, &t.gen) != ERR_OK || v.len != 0)
		return ERR_SYNTAX;
	if (t.before != UINT32_MAX && (t.before >= t.epoch || t.epoch == UINT32_MAX))
		return ERR_SYNTAX;
	*out = t;
	return ERR_OK;
}

/* Fewer of our streams are remembered than were acknowledged: the friend was rolled back,
 * and everything of those epochs goes again. A state that came late looks the same, unless
 * something in the same envelope is new: then first the friend is made to answer. */
static enum err
compare_streams(struct batcher *b, struct friend *f, const struct root *root,
    const struct told_state *t, bool fresh)
{
	bool two = t->before != UINT32_MAX;
	uint32_t from = t->epoch == UINT32_MAX ? 0 : two ? t->before : t->epoch;
	uint64_t remembered = (uint64_t)t->streams + (two ? t->streams0 : 0);
	uint64_t acked = 0, lowest = 0;
	enum err e;

	e = feed_acked_streams(b->feed, f->feed.id, root->id, from, &acked, &lowest);
	if (e != ERR_OK || acked <= remembered)
		return e;
	if (!fresh) {
		memset(f->feed.told, 0, sizeof f->feed.told);
		f->changed = true;
		return ERR_OK;
	}
	if ((e = resend(b, f, lowest)) != ERR_OK)
		return e;
	return feed_streams_trim(
	    b->feed, f->feed.id, root->id, from, (uint32_t)remembered);
}

/* Stream numbers of epochs that nobody can open any more. */
static enum err
forget_streams(struct batcher *b, struct friend *f, const struct root *root,
    const struct told_state *t)
{
	uint32_t oldest = root->recv_old.have ? root->recv_old.epoch : root->recv.epoch;
	enum err e;

	e = feed_in_forget(b->feed, f->feed.id, root->id, oldest);
	if (e != ERR_OK || t->epoch == UINT32_MAX || t->epoch == 0)
		return e;
	/* the epoch before the last opened one stays: the friend may be rolled back to it */
	return feed_streams_forget(b->feed, f->feed.id, root->id,
	    t->before != UINT32_MAX ? t->before : t->epoch - 1);
}

static enum err
got_state(struct batcher *b, struct friend *f, struct root *root, struct view v,
    const struct control_event *ev)
{
	struct told_state t;
	bool other;
	enum err e;

	if ((e = state_parse(v, &t)) != ERR_OK)
		return e;
	if (!f->ring.friend_gen_known || f->ring.friend_gen != t.gen) {
		f->ring.friend_gen = t.gen;
		f->ring.friend_gen_known = f->ring.dirty = true;
	}
	root_told_epoch(&f->ring, root, t.epoch);
	other = f->feed.their_spool_known &&
	    memcmp(f->feed.their_spool, t.spool.p, SPOOL_ID_LEN) != 0;
	memcpy(f->feed.their_spool, t.spool.p, SPOOL_ID_LEN);
	f->feed.their_spool_known = f->changed = true;
	if (other)
		e = resend(b, f, 1);
	else
		e = compare_streams(b, f, root, &t, ev->fresh);
	return e == ERR_OK ? forget_streams(b, f, root, &t) : e;
}

struct rewant {
	struct select before, now;
	struct friend *f;
	enum err e;
};

static bool
rewant_row(void *ctx, const struct spool_meta *m)
{
	struct rewant *w = ctx;
	enum select_verdict was, is;

	if ((w->e = select_judge(&w->before, m, &was)) != ERR_OK ||
	    (w->e = select_judge(&w->now, m, &is)) != ERR_OK)
		return false;
	if (was == SELECT_NO && is != SELECT_NO)
		w->e = ranges_add(&w->f->state.pending, m->arrival, m->arrival);
	return w->e == ERR_OK;
}

enum err
control_rewant(struct batcher *b, struct friend *f, struct view old_wants,
    struct view old_policy, struct view wants, struct view policy)
{
	struct rewant w = { .f = f };
	enum err e;

	if (f->feed.top == 0 ||
	    (view_eq(old_wants, wants) && view_eq(old_policy, policy)))
		return ERR_OK;
	select_init(&w.before, b, f, old_wants, old_policy);
	select_init(&w.now, b, f, wants, policy);
	e = select_each(b, 1, f->feed.top, rewant_row, &w);
	select_release(&w.before);
	select_release(&w.now);
	f->changed = true;
	return e == ERR_OK ? w.e : e;
}

static enum err
got_want(struct batcher *b, struct friend *f, struct view v, struct control_event *ev)
{
	struct buf policy = BUF_INIT(WILDMAT_MAX), old = BUF_INIT(WILDMAT_MAX);
	enum err e;

	if (!wildmat_valid(v) || !text_utf8(v))
		return ERR_SYNTAX;
	if (view_eq(v, buf_view(&f->wants)))
		return ERR_OK; /* told again: an envelope read late is set right by the next */
	ev->loud = true;
	if ((e = feed_wants(b->feed, f->feed.id, &old, &policy)) == ERR_OK)
		e = control_rewant(
		    b, f, buf_view(&old), buf_view(&policy), v, buf_view(&policy));
	if (e == ERR_OK)
		e = feed_set_wants(b->feed, f->feed.id, v);
	buf_reset(&f->wants);
	buf_addv(&f->wants, v);
	buf_release(&policy);
	buf_release(&old);
	return e;
}

static enum err
got_pairing(struct batcher *b, struct friend *f, struct root *root, const struct item *it,
    struct control_event *ev)
{
	struct buf hints = BUF_INIT(4096);
	enum pairing_event what = PAIRING_NOTHING;
	enum err e;

	if (it->type == ITEM_JOIN)
		e = pairing_got_join(&f->ring, root, it->bytes, b->now, &hints, &what);
	else
		e = pairing_got_confirm(&f->ring, root, it->bytes, &hints, &what);
	buf_release(&hints);
	/* the ring is full: an answer that is too many, not an error of ours */
	if (e == ERR_FULL)
		return ERR_SYNTAX;
	/* strangers get silence */
	ev->loud |= what == PAIRING_PAIRED || what == PAIRING_NOTHING;
	ev->paired |= what == PAIRING_PAIRED;
	ev->strangers += what == PAIRING_STRANGER;
	ev->late += what == PAIRING_LATE;
	ev->revoked += what == PAIRING_REVOKED;
	return e;
}

enum err
control_got(struct batcher *b, struct friend *f, struct root *root, const struct item *it,
    struct control_event *ev)
{
	bool pairing = it->type == ITEM_JOIN || it->type == ITEM_CONFIRM;

	/* under a provisional root everybody who saw the token may speak: pairing, no more */
	if (root->state != ROOT_AGREED && !pairing)
		return ERR_OK;
	switch (it->type) {
	case ITEM_ACK:
		return got_ack(b, f, it->bytes, ev);
	case ITEM_PREKEY:
		return got_prekey(f, root, it->bytes);
	case ITEM_STATE:
		return got_state(b, f, root, it->bytes, ev);
	case ITEM_ADDRESS:
		return address_learn(b, f, it->bytes);
	case ITEM_WANT:
		return got_want(b, f, it->bytes, ev);
	case ITEM_JOIN:
	case ITEM_CONFIRM:
		return got_pairing(b, f, root, it, ev);
	default:
		return it->type & 1 ? ERR_VERSION : ERR_OK;
	}
}
