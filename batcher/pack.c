#include "batcher/pack.h"

#include <stdlib.h>
#include <string.h>

#include "batcher/control.h"
#include "batcher/due.h"
#include "batcher/owed.h"
#include "batcher/pairing.h"
#include "lib/digest.h"
#include "lib/log.h"
#include "lib/wildmat.h"

struct packing {
	struct pack *p;
	struct root *root;
	struct ranges pending, here; /* new state; arrivals that lie here already */
	struct due due;

	struct envelope {
		uint64_t stream;
		struct buf content[ENVELOPE_CHUNKS];
		struct ranges arrivals[ENVELOPE_CHUNKS];
		unsigned n;
		size_t size;
		uint64_t articles;
		bool first;
	} env;
	struct buf items, article;
	struct ranges chunk; /* arrivals of the items */
	unsigned chunk_items;
	uint64_t overhead; /* room kept for control */
	bool full;
	enum err e;
};

static uint64_t
steps(uint64_t n)
{
	return (n + ENVELOPE_STEP - 1) / ENVELOPE_STEP * ENVELOPE_STEP;
}

/* ---- sealing ---------------------------------------------------------------------------- */

static enum err
seal_contents(struct pack *p, struct root *root, uint64_t stream,
    const struct buf *contents, unsigned n, struct buf *out)
{
	struct seal_keys keys;
	struct seal_to to = { .keys = &keys,
		.my_static = &root->my_static,
		.my_sign = &root->my_sign,
		.prekey_id = root->their_prekey_id };
	struct view views[ENVELOPE_CHUNKS];
	enum err e;

	(void)p;
	if ((e = epoch_keys(&root->send.key, &keys)) != ERR_OK)
		return e;
	memcpy(to.root_id, root->id, sizeof to.root_id);
	memcpy(to.their_key,
	    root->their_prekey_id ? root->their_prekey : root->their_static, KEY_LEN);
	for (unsigned i = 0; i < n; i++)
		views[i] = buf_view(&contents[i]);
	e = seal_write(&to, stream, views, n, out);
	seal_keys_release(&keys);
	return e;
}

static enum err
emit(struct pack *p, struct root *root, struct feed_stream *s, const struct buf *contents,
    unsigned n)
{
	struct buf sealed = BUF_INIT(ENVELOPE_CHUNKS * (size_t)(CHUNK_MAX + 64));
	enum err e;

	s->friend = p->f->feed.id;
	s->file = p->file;
	s->epoch = root->send.epoch;
	memcpy(s->root, root->id, sizeof s->root);
	if ((e = seal_contents(p, root, s->stream, contents, n, &sealed)) == ERR_OK &&
	    (e = feed_stream_add(p->b->feed, s)) == ERR_OK)
		e = p->sink(p->ctx, buf_view(&sealed));
	if (e == ERR_OK) {
		p->envelopes++;
		p->used += steps(sealed.len);
		p->f->feed.sent = p->b->now;
		p->f->changed = true;
	}
	buf_release(&sealed);
	return e;
}

/* ---- pairing ------------------------------------------------------------------------------ */

static enum err
pack_pairing(struct pack *p, struct root *root)
{
	bool join = root->state == ROOT_JOINING;
	struct view bytes = buf_view(join ? &root->join : &root->confirm);
	struct buf items = BUF_INIT(CHUNK_PLAIN), content = BUF_INIT(CHUNK_PLAIN);
	struct feed_stream s = { 0 };
	unsigned char h[DIGEST_LEN];
	enum err e = ERR_OK;

	digest_sha256(bytes, h);
	memcpy(s.pairing, h, sizeof s.pairing);
	p->pairing = true;
	for (size_t i = 0; i < p->present_count; i++)
		if (memcmp(p->present[i].pairing, h, sizeof s.pairing) == 0 &&
		    p->present[i].friend == p->f->feed.id)
			goto out;
	if (p->used + steps(bytes.len + OWED_OVERHEAD) > p->room) {
		p->pairing = false;
		p->full = true;
		goto out;
	}
	item_add(&items, join ? ITEM_JOIN : ITEM_CONFIRM, bytes);
	random_bytes(&s.stream, sizeof s.stream);
	if ((e = batch_pack(p->b->zip, buf_view(&items), &content)) == ERR_OK)
		e = emit(p, root, &s, &content, 1);
	if (e == ERR_CRYPTO) {
		log_at(LOG_WARN, "keys/%s.friend: a key of the invitation is no key",
		    p->f->ring.name);
		p->pairing = false;
		e = ERR_OK; /* the others' envelopes go all the same */
	}
out:
	buf_release(&items);
	buf_release(&content);
	return e;
}

static enum err
gather(struct packing *k, struct view wants, struct view policy)
{
	struct pack *p = k->p;
	enum err e = due_gather(p->b, p->f, wants, policy, &k->here, SIZE_MAX, &k->due);

	if (e != ERR_OK)
		return e;
	p->waiting += ranges_count(&k->due.waiting);
	/* what lies here is under way; whoever asked for it again must not lose it */
	if ((e = ranges_add_all(&p->f->state.flight, &k->due.again)) != ERR_OK)
		return e;
	return ranges_add_all(&k->pending, &k->due.waiting);
}

/* ---- articles into chunks into envelopes --------------------------------------------------- */

static void
envelope_reset(struct envelope *env)
{
	for (unsigned i = 0; i < ENVELOPE_CHUNKS; i++) {
		buf_release(&env->content[i]);
		buf_init(&env->content[i], CHUNK_MAX);
		ranges_release(&env->arrivals[i]);
	}
	env->n = 1;
	env->size = 0;
	env->articles = 0;
	random_bytes(&env->stream, sizeof env->stream);
}

static enum err
note_ranges(struct packing *k)
{
	struct pack *p = k->p;
	enum err e = ERR_OK;

	for (unsigned i = 1; i < k->env.n && e == ERR_OK; i++) {
		const struct ranges *r = &k->env.arrivals[i];

		for (size_t j = 0; j < r->n && e == ERR_OK; j++)
			e = feed_stream_range(p->b->feed, p->f->feed.id, k->env.stream, i,
			    r->r[j].lo, r->r[j].hi);
		if (e == ERR_OK)
			e = ranges_add_all(&p->f->state.flight, r);
	}
	return e;
}

static enum err
envelope_close(struct packing *k)
{
	struct pack *p = k->p;
	struct buf items = BUF_INIT(CHUNK_PLAIN);
	struct feed_stream s = { .stream = k->env.stream, .articles = k->env.articles };
	enum err e = ERR_OK;

	if (k->env
		.first) { /* the others tell nothing: their arrival proves no word of it */
		control_told(p->b, p->f, s.told);
		e = control_write(p->b, p->f, k->root, s.stream, CONTROL_WHOLE, &items);
	}
	if (e == ERR_OK)
		e = batch_pack(p->b->zip, buf_view(&items), &k->env.content[0]);
	if (e == ERR_OK && (e = emit(p, k->root, &s, k->env.content, k->env.n)) == ERR_OK)
		e = note_ranges(k);
	k->env.first = false;
	k->overhead = OWED_OVERHEAD / 4;
	envelope_reset(&k->env);
	buf_release(&items);
	return e;
}

/* The items so far become a chunk; when it does not fit, they are left behind. */
static enum err
chunk_close(struct packing *k)
{
	struct pack *p = k->p;
	struct envelope *env = &k->env;
	struct buf *content = &env->content[env->n];
	enum err e;

	if (k->chunk_items == 0)
		return ERR_OK;
	if ((e = batch_pack(p->b->zip, buf_view(&k->items), content)) != ERR_OK)
		return e;
	if (p->used + steps(env->size + content->len + k->overhead) > p->room) {
		k->full = p->full = true;
		p->left += k->chunk_items;
		buf_reset(content);
		e = ranges_add_all(&k->pending, &k->chunk);
	} else {
		env->size += content->len + 64;
		env->articles += k->chunk_items;
		p->articles += k->chunk_items;
		p->bytes += k->items.len;
		env->arrivals[env->n++] = k->chunk;
		k->chunk = (struct ranges){ 0 };
	}
	ranges_release(&k->chunk);
	buf_reset(&k->items);
	k->chunk_items = 0;
	if (e == ERR_OK && env->n == ENVELOPE_CHUNKS)
		e = envelope_close(k);
	return e;
}

/* Damaged meanwhile, or not what it was stored as? The author's signature was verified when it
 * came, and is again by who receives it. */
static bool
sound(struct packing *k, const struct candidate *c, bool signed_)
{
	if (due_sound(c, buf_view(&k->article), signed_))
		return true;
	log_at(LOG_WARN, "pack arrival=%llu friend=%s error=\"is not what was stored\"",
	    (unsigned long long)c->arrival, k->p->f->ring.name);
	k->p->damaged++;
	return false;
}

static enum err
add_article(struct packing *k, const struct candidate *c)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	bool has = false;
	size_t size;
	enum err e;

	buf_reset(&k->article);
	e = spool_article(k->p->b->spool, c->arrival, &k->article, sig, &has);
	if (e == ERR_NOTFOUND || e == ERR_CORRUPT) {
		k->p->damaged += e == ERR_CORRUPT;
		return ERR_OK;
	}
	if (e != ERR_OK || !sound(k, c, has))
		return e;
	size = item_article_size(k->article.len, has);
	if (k->chunk_items > 0 &&
	    (k->items.len + size > CHUNK_PLAIN || k->chunk_items == CHUNK_ITEMS_MAX) &&
	    (e = chunk_close(k)) != ERR_OK)
		return e;
	if (k->full) {
		k->p->left++;
		return ranges_add(&k->pending, c->arrival, c->arrival);
	}
	item_add_article(&k->items, buf_view(&k->article), has ? sig : NULL);
	k->chunk_items++;
	if ((e = buf_err(&k->items)) != ERR_OK)
		return e;
	return ranges_add(&k->chunk, c->arrival, c->arrival);
}

static enum err
fill(struct packing *k)
{
	enum err e = ERR_OK;

	k->full = k->p->control_only;
	for (size_t i = 0; i < k->due.n && e == ERR_OK; i++) {
		const struct candidate *c = &k->due.c[i];

		/* within a chunk the order is that of arrival */
		if (i > 0 && c->weight != c[-1].weight && (e = chunk_close(k)) != ERR_OK)
			break;
		if (k->full) {
			k->p->full = true;
			k->p->left++;
			e = ranges_add(&k->pending, c->arrival, c->arrival);
		} else
			e = add_article(k, c);
	}
	if (e == ERR_OK)
		e = chunk_close(k);
	return e;
}

static void
packing_release(struct packing *k)
{
	for (unsigned i = 0; i < ENVELOPE_CHUNKS; i++) {
		buf_release(&k->env.content[i]);
		ranges_release(&k->env.arrivals[i]);
	}
	buf_release(&k->items);
	buf_release(&k->article);
	ranges_release(&k->pending);
	ranges_release(&k->here);
	ranges_release(&k->chunk);
	due_release(&k->due);
}

static enum err
pack_news(struct pack *p, struct root *root, struct view wants, struct view policy)
{
	struct packing k = { .p = p, .root = root, .env.first = true };
	bool due = false;
	enum err e = ERR_OK;

	buf_init(&k.items, CHUNK_MAX);
	buf_init(&k.article, ARTICLE_MAX);
	envelope_reset(&k.env);
	for (size_t i = 0; i < p->present_count && e == ERR_OK; i++)
		/* what was answered is taken, or was asked for again */
		/* what lies here under another root may be closed to the friend by now */
		if (p->present[i].friend == p->f->feed.id && !p->present[i].acked &&
		    memcmp(p->present[i].root, root->id, sizeof root->id) == 0)
			e = feed_stream_arrivals(
			    p->b->feed, p->f->feed.id, p->present[i].stream, -1, &k.here);
	if (e == ERR_OK && (e = gather(&k, wants, policy)) == ERR_OK &&
	    (e = owed_control(p->b, p->f, p->present, p->present_count, &due)) ==
		ERR_OK &&
	    (e = owed_room(p->b, p->f, &k.overhead)) == ERR_OK)
		e = fill(&k);
	if (e == ERR_OK && k.env.n == 1 && due && k.env.first &&
	    p->used + steps(k.overhead) > p->room) {
		p->full = true;
		due = false;
	}
	if (e == ERR_OK && (k.env.n > 1 || (due && k.env.first)))
		e = envelope_close(&k);
	if (e == ERR_OK) {
		ranges_release(&p->f->state.pending);
		p->f->state.pending = k.pending;
		k.pending = (struct ranges){ 0 };
		e = ranges_remove_all(&p->f->state.flight, &p->f->state.pending);
		p->f->feed.top = k.due.last;
		p->f->changed = true;
	}
	packing_release(&k);
	return e;
}

/* A prekey of small order seals nothing: one friend's must not stop the stick of all. */
static void
try_prekey(struct friend *f, struct root *root)
{
	struct key k, shared;

	if (root->their_prekey_id == 0)
		return;
	key_random(&k);
	if (x25519(&k, root->their_prekey, &shared) != ERR_OK) {
		root->their_prekey_id = 0;
		f->ring.dirty = f->changed = true;
		f->feed.strikes++;
	}
	key_release(&k);
	key_release(&shared);
}

enum err
pack_friend(struct pack *p)
{
	struct ring *r = &p->f->ring;
	struct view policy;
	struct root *root;
	enum err e = ERR_OK;

	for (unsigned i = 0; i < r->count && e == ERR_OK; i++)
		if (r->root[i]->state == ROOT_JOINING || owed_confirm(r, r->root[i]))
			e = pack_pairing(p, r->root[i]);
	if (e != ERR_OK || (root = ring_sending(r)) == NULL)
		return e;
	if ((e = due_follow(p->b, p->f, &policy)) != ERR_OK)
		return e;
	try_prekey(p->f, root);
	return pack_news(p, root,
	    p->f->wants.len > 0 ? buf_view(&p->f->wants) : VIEW_LIT("*"), policy);
}
