#include "batcher/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batcher/control.h"
#include "batcher/intake.h"
#include "lib/log.h"

#define WINDOW (1u << 20)
#define HITS_MAX 4096           /* of one key in one file: more can only be an attack */
#define DETAILS_MAX (40u << 10) /* an acknowledgement must fit beside all other control */
#define RETRY_NEWER (7 * 86400)

#define ACK_CANNOT_DECODE 1 /* status */
enum { REASON_REFUSED = 1, REASON_DEFERRED = 2 };

#define AHEAD_MAX 512 /* items of a chunk looked at ahead: more are tiny */

/* A chunk that is open. */
struct chunk {
	enum err e;
	struct buf items;
	uint64_t ticket[AHEAD_MAX]; /* of the first items, for intake_article */
};

struct unpacking {
	struct batcher *b;
	int fd;
	uint64_t size;
	unsigned char *tags; /* 16 bytes of every step */
	size_t steps;
	unsigned char *done; /* a byte a step: looked at */
	struct unpack_from *out;
	bool again; /* a new root: look once more */
	struct buf sealed, content;
	struct chunk chunk[2]; /* of even and odd index: one is verified, one is stored */
};

struct opening {
	struct friend *f;
	struct unpack *sum;
	struct root *root;
	struct chain chain;
	struct seal_envelope env;
	uint64_t at;
	struct seal_opening *open;
	struct feed_in in;
	struct buf details;
	unsigned details_count;
	bool loud;
	bool crowded; /* more of the chunk was put off than an acknowledgement can say */
};

static ssize_t
read_at(int fd, void *p, size_t n, uint64_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, (char *)p + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static enum err
gather_tags(struct unpacking *u)
{
	struct stat st;
	unsigned char *w = NULL;
	enum err e = ERR_OK;

	if (fstat(u->fd, &st) != 0 || st.st_size < 0)
		return ERR_IO;
	u->size = (uint64_t)st.st_size;
	if (u->size < SEAL_HEAD_LEN)
		return ERR_OK;
	if (u->size > STICK_FILE_MAX)
		u->size = STICK_FILE_MAX;
	u->steps = (size_t)((u->size - SEAL_HEAD_LEN) / ENVELOPE_STEP + 1);
	u->tags = calloc(u->steps, SEAL_TAG_LEN);
	u->done = calloc(u->steps, 1);
	w = malloc(WINDOW);
	if (u->tags == NULL || u->done == NULL || w == NULL)
		e = ERR_NOMEM;
	for (uint64_t at = 0; at < u->size && e == ERR_OK; at += WINDOW) {
		ssize_t n = read_at(u->fd, w, WINDOW, at);

		if (n < 0)
			e = ERR_IO;
		for (ssize_t i = 0; i + SEAL_TAG_LEN <= n; i += ENVELOPE_STEP) {
			size_t step = (size_t)((at + (uint64_t)i) / ENVELOPE_STEP);

			if (step < u->steps)
				memcpy(
				    u->tags + step * SEAL_TAG_LEN, w + i, SEAL_TAG_LEN);
		}
	}
	free(w);
	return e;
}

/* ---- one envelope ------------------------------------------------------------------------ */

/* What the friend signed and no correct program writes. */
static void
strike(struct opening *o)
{
	o->f->feed.strikes++;
	o->f->changed = true;
}

/* Notes that item `index` of a chunk was not taken. */
static void
except(struct opening *o, unsigned chunk, unsigned index, unsigned reason, uint32_t retry)
{
	if (o->details.len + 8 > DETAILS_MAX) {
		o->crowded |= reason == REASON_DEFERRED;
		return;
	}
	buf_addc(&o->details, (int)chunk);
	buf_addu16(&o->details, (uint16_t)index);
	buf_addc(&o->details, (int)reason);
	buf_addu32(&o->details, retry);
	o->details_count++;
}

static enum err
take_article(struct unpacking *u, struct opening *o, unsigned chunk, unsigned index,
    struct view item, uint64_t ticket)
{
	enum intake what;
	enum fault why;
	uint32_t retry = 0;
	enum err e;

	if ((e = intake_article(u->b, o->f, item, ticket, &what, &why, &retry)) != ERR_OK)
		return e;
	switch (what) {
	case INTAKE_STORED:
		o->sum->articles++;
		break;
	case INTAKE_DUPLICATE:
		o->sum->duplicates++;
		break;
	case INTAKE_DIFFERS:
		o->sum->differing++;
		break;
	case INTAKE_UNWANTED:
		o->sum->unwanted++;
		o->f->feed.unwanted++;
		except(o, chunk, index, REASON_REFUSED, 0);
		break;
	case INTAKE_REFUSED:
		o->sum->refused++;
		log_at(LOG_WARN, "unpack friend=%s refused=%s", o->f->ring.name,
		    fault_name(why));
		except(o, chunk, index, REASON_REFUSED, 0);
		break;
	case INTAKE_DEFERRED:
		o->sum->deferred++;
		except(o, chunk, index, REASON_DEFERRED, retry);
		break;
	}
	return ERR_OK;
}

/* Has the verifier begin on a chunk while the one before it is stored. */
static void
look_ahead(struct unpacking *u, struct chunk *c)
{
	struct view rest = buf_view(&c->items);
	struct ahead ahead;
	struct item it;

	memset(c->ticket, 0, sizeof c->ticket);
	for (size_t i = 0; i < AHEAD_MAX && item_next(&rest, &it) == ERR_OK; i++)
		if (it.type == ITEM_ARTICLE) {
			intake_ahead(u->b, it.bytes, &ahead);
			c->ticket[i] = ahead.ticket;
		}
}

static enum err
take_items(struct unpacking *u, struct opening *o, unsigned chunk)
{
	const struct chunk *c = &u->chunk[chunk % 2];
	struct view rest = buf_view(&c->items);
	struct item it;
	unsigned index = 0;
	enum err e = ERR_OK;

	for (; rest.len > 0 && e == ERR_OK; index++) {
		if (item_next(&rest, &it) != ERR_OK || index > CHUNK_ITEMS_MAX) {
			strike(o); /* signed by the friend, yet not whole items */
			return ERR_OK;
		}
		if (it.type == ITEM_ARTICLE)
			e = take_article(u, o, chunk, index, it.bytes,
			    index < AHEAD_MAX ? c->ticket[index] : 0);
		else if (it.type & 1)
			except(o, chunk, index, REASON_DEFERRED, RETRY_NEWER);
	}
	return e;
}

/* Only what is wrong with this node ends the import: a friend's bytes never do. */
static enum err
take_control_item(struct unpacking *u, struct opening *o, unsigned index,
    const struct item *it, struct control_event *ev)
{
	enum err e = control_got(u->b, o->f, o->root, it, ev);

	switch (e) {
	case ERR_SYNTAX:
	case ERR_CRYPTO:
	case ERR_TOOBIG:
		strike(o);
		return ERR_OK;
	case ERR_VERSION:
		except(o, 0, index, REASON_DEFERRED, RETRY_NEWER);
		return ERR_OK;
	case ERR_FULL:
		if (it->type != ITEM_JOIN && it->type != ITEM_CONFIRM)
			return e;
		log_at(LOG_WARN, "unpack friend=%s error=\"has too many keys\"",
		    o->f->ring.name);
		return ERR_OK;
	default:
		return e;
	}
}

static enum err
take_control(struct unpacking *u, struct opening *o)
{
	struct view rest = buf_view(&u->chunk[0].items);
	struct control_event ev = { 0 };
	struct item it;
	enum err e = ERR_OK;

	for (unsigned i = 0; rest.len > 0 && i <= CHUNK_ITEMS_MAX; i++) {
		if (item_next(&rest, &it) != ERR_OK) {
			strike(o);
			break;
		}
		if ((e = take_control_item(u, o, i, &it, &ev)) != ERR_OK)
			return e;
	}
	o->loud = ev.loud;
	o->sum->paired += ev.paired;
	o->sum->strangers += ev.strangers;
	o->sum->late += ev.late;
	o->sum->revoked += ev.revoked;
	if (ev.paired)
		u->again = true;
	return ERR_OK;
}

/* Reads and opens chunk i. ERR_CRYPTO: damaged or cut off. */
static enum err
open_chunk(struct unpacking *u, struct opening *o, unsigned i)
{
	struct buf *items = &u->chunk[i % 2].items;
	uint64_t at = o->at + o->env.offset[i];
	unsigned char *p;
	ssize_t n;
	enum err e;

	buf_reset(&u->sealed);
	buf_reset(&u->content);
	buf_reset(items);
	if ((p = buf_grow(&u->sealed, o->env.len[i])) == NULL)
		return buf_err(&u->sealed);
	if ((n = read_at(u->fd, p, o->env.len[i], at)) < 0 || (size_t)n < o->env.len[i])
		return ERR_CRYPTO; /* a stick may fail in one place and read in the next */
	if ((e = seal_open_chunk(o->open, i, buf_view(&u->sealed), &u->content)) !=
	    ERR_OK)
		return e;
	return batch_unpack(u->b->zip, buf_view(&u->content), items);
}

static void
open_ahead(struct unpacking *u, struct opening *o, unsigned i)
{
	struct chunk *c = &u->chunk[i % 2];

	if (i >= o->env.n)
		return;
	if ((c->e = open_chunk(u, o, i)) == ERR_OK)
		look_ahead(u, c);
}

static bool
made_wrongly(enum err e)
{
	return e == ERR_SYNTAX || e == ERR_TOOBIG || e == ERR_VERSION;
}

/* ERR_OK also when chunks are damaged: they are counted, and not in the bitmap. */
static enum err
take_chunks(struct unpacking *u, struct opening *o)
{
	enum err e;

	open_ahead(u, o, 1);
	for (unsigned i = 1; i < o->env.n; i++) {
		open_ahead(u, o, i + 1);
		e = u->chunk[i % 2].e;
		if (e == ERR_NOMEM)
			return e;
		if (made_wrongly(e)) {
			if (e != ERR_VERSION)
				strike(o);
			o->sum->undecodable++;
			continue;
		}
		if (e != ERR_OK) {
			o->sum->damaged++;
			continue;
		}
		o->crowded = false;
		if ((e = take_items(u, o, i)) != ERR_OK)
			return e;
		if (!o->crowded)
			o->in.taken = (uint16_t)(o->in.taken | 1u << i);
	}
	return ERR_OK;
}

static enum err
remember(struct unpacking *u, struct opening *o)
{
	struct buf details = BUF_INIT(DETAILS_MAX + 16);
	enum err e;

	o->in.chunks = (uint16_t)((1u << o->env.n) - 1);
	o->in.owed = o->loud || o->env.n > 1 ? OWED_LOUD : OWED_QUIET;
	buf_addu16(&details, (uint16_t)o->details_count);
	buf_addv(&details, buf_view(&o->details));
	e = feed_in_save(u->b->feed, &o->in, buf_view(&details));
	buf_release(&details);
	o->f->feed.heard = u->b->now;
	o->f->changed = true;
	return e;
}

static enum err
open_envelope(struct unpacking *u, struct opening *o)
{
	struct seal_keys keys;
	struct seal_from from = { .keys = &keys };
	unsigned char head[SEAL_HEAD_LEN];
	enum err e;

	if (read_at(u->fd, head, sizeof head, o->at) != (ssize_t)sizeof head)
		return ERR_CRYPTO;
	if ((e = epoch_keys(&o->chain.key, &keys)) != ERR_OK)
		return e;
	e = seal_open_header(
	    &keys, o->in.stream, (struct view){ head, sizeof head }, &o->env);
	if (e == ERR_OK) {
		from.my_key = root_private(o->root, o->env.prekey_id);
		memcpy(from.root_id, o->root->id, sizeof from.root_id);
		memcpy(from.their_static, o->root->their_static, KEY_LEN);
		memcpy(from.their_sign, o->root->their_sign, KEY_LEN);
		e = from.my_key == NULL ? ERR_NOTFOUND
					: seal_opening_new(&from, &o->env, &o->open);
	}
	seal_keys_release(&keys);
	return e;
}

/* Seen before: final, even where chunks were damaged; the friend packs those again. */
static enum err
is_known(struct unpacking *u, struct opening *o, bool *known)
{
	uint64_t stream = o->in.stream;
	enum err e = feed_in(u->b->feed, o->f->feed.id, stream, &o->in);

	*known = e == ERR_OK;
	if (e == ERR_NOTFOUND) {
		o->in = (struct feed_in){
			.friend = o->f->feed.id, .stream = stream, .epoch = o->chain.epoch
		};
		memcpy(o->in.root, o->root->id, sizeof o->in.root);
		e = ERR_OK;
	}
	return e;
}

/* The friend made it so: looking again would change nothing, and it must be told. */
static enum err
take_nothing(struct unpacking *u, struct opening *o)
{
	o->sum->undecodable++;
	o->loud = true;
	o->env.n = 1;
	return remember(u, o);
}

static enum err
take_envelope(struct unpacking *u, struct opening *o)
{
	bool known, agreed;
	enum err e;

	if ((e = is_known(u, o, &known)) != ERR_OK)
		return e;
	if (known) {
		o->sum->known++;
		return ERR_OK;
	}
	e = open_envelope(u, o);
	if (e == ERR_NOTFOUND) {
		o->in.status = ACK_CANNOT_DECODE;
		return take_nothing(u, o);
	}
	if (e == ERR_OK)
		e = open_chunk(u, o, 0);
	if (made_wrongly(e)) {
		if (e != ERR_VERSION)
			strike(o);
		return take_nothing(u, o);
	}
	if (e != ERR_OK && e != ERR_NOMEM) {
		/* our header, another's key: who holds the same token was quicker */
		if (o->root->state == ROOT_JOINING && o->env.n > 0)
			o->sum->beaten++;
		else
			o->sum->damaged++;
		return ERR_OK;
	}
	if (e != ERR_OK)
		return e;
	o->in.taken |= 1;
	o->sum->envelopes++;
	root_opened(&o->f->ring, o->root, &o->chain, o->env.prekey_id);
	/* under a provisional root everybody who saw the token may speak: pairing, no more */
	agreed = o->root->state == ROOT_AGREED;
	if ((e = take_control(u, o)) != ERR_OK)
		return e;
	if (agreed && (e = take_chunks(u, o)) != ERR_OK)
		return e;
	return remember(u, o);
}

/* ---- the search ------------------------------------------------------------------------------ */

static enum err
take_hit(struct unpacking *u, size_t friend, struct root *root, const struct chain *c,
    size_t step, uint64_t stream)
{
	struct opening o = { .f = u->b->friends[friend],
		.sum = &u->out[friend].sum,
		.root = root,
		.chain = *c,
		.at = (uint64_t)step * ENVELOPE_STEP,
		.in.stream = stream };
	enum err e = ERR_OK;

	if (u->done[step])
		return ERR_OK;
	u->done[step] = 1;
	buf_init(&o.details, DETAILS_MAX);
	e = take_envelope(u, &o);
	seal_opening_free(o.open);
	buf_release(&o.details);
	key_release(&o.chain.key);
	if (e == ERR_OK && spool_full(u->b->spool)) {
		if ((e = batcher_commit(u->b)) == ERR_OK)
			e = batcher_begin(u->b);
	}
	return e;
}

static enum err
search_chain(struct unpacking *u, size_t friend, struct root *root, const struct chain *c,
    size_t *hits, uint64_t *streams)
{
	struct seal_keys keys;
	size_t n;
	enum err e;

	if ((e = epoch_keys(&c->key, &keys)) != ERR_OK)
		return e;
	n = seal_find_tags(&keys.tag, u->tags, u->steps, hits, streams, HITS_MAX);
	seal_keys_release(&keys);
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = take_hit(u, friend, root, c, hits[i], streams[i]);
	return e;
}

/* By index: a root may be added or dropped while its friend's envelopes are taken. */
static enum err
search_friend(struct unpacking *u, size_t friend, size_t *hits, uint64_t *streams)
{
	struct ring *r = &u->b->friends[friend]->ring;
	struct chain chains[ROOT_TRIALS];
	struct root *roots[ROOTS_MAX];
	unsigned count = r->count;
	enum err e = ERR_OK;

	memcpy(roots, r->root, sizeof roots);
	for (unsigned i = 0; i < count && e == ERR_OK; i++) {
		bool there = false;
		size_t n;

		for (unsigned j = 0; j < r->count; j++)
			there |= r->root[j] == roots[i];
		if (!there)
			continue;
		n = root_trials(roots[i], chains);
		for (size_t j = 0; j < n && e == ERR_OK; j++)
			e = search_chain(u, friend, roots[i], &chains[j], hits, streams);
		for (size_t j = 0; j < n; j++)
			key_release(&chains[j].key);
	}
	return e;
}

static enum err
search(struct unpacking *u)
{
	size_t *hits = calloc(HITS_MAX, sizeof *hits);
	uint64_t *streams = calloc(HITS_MAX, sizeof *streams);
	enum err e = hits == NULL || streams == NULL ? ERR_NOMEM : ERR_OK;

	do {
		u->again = false;
		for (size_t i = 0; i < u->b->count && e == ERR_OK; i++)
			e = search_friend(u, i, hits, streams);
	} while (u->again && e == ERR_OK);
	free(hits);
	free(streams);
	return e;
}

enum err
unpack_fd(struct batcher *b, int fd, struct unpack_from *out)
{
	struct unpacking *u = calloc(1, sizeof *u);
	enum err e;

	if (u == NULL)
		return ERR_NOMEM;
	u->b = b;
	u->fd = fd;
	u->out = out;
	buf_init(&u->sealed, CHUNK_MAX + 4096);
	buf_init(&u->content, CHUNK_MAX + 4096);
	buf_init(&u->chunk[0].items, CHUNK_MAX);
	buf_init(&u->chunk[1].items, CHUNK_MAX);
	if ((e = gather_tags(u)) == ERR_IO)
		e = ERR_MORE;
	if (e == ERR_OK && u->steps > 0 && (e = batcher_begin(b)) == ERR_OK) {
		e = search(u);
		if (e == ERR_OK)
			e = batcher_commit(b);
		batcher_rollback(b);
	}
	buf_release(&u->sealed);
	buf_release(&u->content);
	buf_release(&u->chunk[0].items);
	buf_release(&u->chunk[1].items);
	free(u->tags);
	free(u->done);
	free(u);
	return e;
}
