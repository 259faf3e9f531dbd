#include "batcher/owed.h"

#include <string.h>

#include "batcher/control.h"
#include "batcher/pairing.h"
#include "lib/digest.h"

#define LOUD_MAX 64

bool
owed_confirm(const struct ring *r, const struct root *root)
{
	uint32_t gen;

	if (root->state != ROOT_CONFIRMED || pairing_gen(root, &gen) != ERR_OK)
		return false;
	for (unsigned i = 0; i < r->count; i++) {
		const struct root *made = r->root[i];

		if (made->state == ROOT_AGREED && made->side == 0 && made->gen == gen &&
		    made->heard && (!r->friend_gen_known || r->friend_gen >= gen))
			return false;
	}
	return true;
}

struct owed {
	struct batcher *b;
	const struct feed_stream *present;
	size_t count;
	bool due;
};

/* Room that control may need: acknowledgements are random numbers, nothing shrinks them. */
static enum err
owed_size(void *ctx, const struct feed_in *in, struct view details)
{
	uint64_t *size = ctx;

	(void)in;
	*size += 24 + details.len;
	return ERR_OK;
}

enum err
owed_room(struct batcher *b, const struct friend *f, uint64_t *out)
{
	uint64_t size = 0;
	enum err e = feed_owed(b->feed, f->feed.id, CHUNK_PLAIN / 16, owed_size, &size);

	*out = OWED_OVERHEAD + batcher_wants(b).len +
	    (size < CHUNK_PLAIN ? size : CHUNK_PLAIN);
	return e;
}

static enum err
owed_row(void *ctx, const struct feed_in *in, struct view details)
{
	struct owed *o = ctx;

	(void)details;
	if (in->owed != OWED_LOUD)
		return ERR_OK;
	for (size_t i = 0; i < o->count; i++)
		if (o->present[i].friend == in->friend &&
		    feed_carries(
			o->b->feed, in->friend, o->present[i].stream, in->stream))
			return ERR_OK;
	o->due = true;
	return ERR_OK;
}

enum err
owed_control(struct batcher *b, struct friend *f, const struct feed_stream *present,
    size_t count, bool *due)
{
	struct owed o = { b, present, count, false };
	unsigned char told[16];
	bool tell;
	enum err e;

	control_told(b, f, told);
	tell = memcmp(told, f->feed.told, sizeof told) != 0;
	for (size_t i = 0; i < count && tell; i++)
		if (present[i].friend == f->feed.id &&
		    memcmp(present[i].told, told, sizeof told) == 0)
			tell = false;
	e = feed_owed(b->feed, f->feed.id, LOUD_MAX, owed_row, &o);
	*due = tell || o.due;
	return e;
}

bool
owed_still(struct batcher *b, const struct friend *f, const struct feed_stream *s)
{
	static const unsigned char none[16];
	unsigned char told[16], h[DIGEST_LEN];

	if (memcmp(s->pairing, none, sizeof none) == 0) {
		control_told(b, f, told);
		return feed_carries_loud(b->feed, s->friend, s->stream) ||
		    (memcmp(s->told, told, 16) == 0 &&
			memcmp(told, f->feed.told, 16) != 0);
	}
	for (unsigned i = 0; i < f->ring.count; i++) {
		const struct root *root = f->ring.root[i];
		bool join = root->state == ROOT_JOINING;

		if (!join && !owed_confirm(&f->ring, root))
			continue;
		digest_sha256(buf_view(join ? &root->join : &root->confirm), h);
		if (memcmp(h, s->pairing, 16) == 0)
			return true;
	}
	return false;
}
