#include "batcher/hold.h"

#include <assert.h>
#include <string.h>

#include "batcher/batch.h"

void
hold_init(struct hold *h)
{
	memset(h, 0, sizeof *h);
	for (unsigned i = 0; i < HOLD_MAX; i++)
		buf_init(&h->ring[i].items, CHUNK_MAX);
}

void
hold_release(struct hold *h)
{
	for (unsigned i = 0; i < HOLD_MAX; i++)
		buf_release(&h->ring[i].items);
	h->count = 0;
}

bool
hold_full(const struct hold *h)
{
	return h->count == HOLD_MAX || h->bytes >= HOLD_BYTES;
}

struct held *
hold_at(struct hold *h, unsigned i)
{
	return &h->ring[(h->oldest + i) % HOLD_MAX];
}

static void
look_ahead(struct held *c, struct batcher *b)
{
	struct view rest = buf_view(&c->items);
	struct item it;

	for (size_t i = 0; i < HOLD_AHEAD && item_next(&rest, &it) == ERR_OK; i++)
		if (it.type == ITEM_ARTICLE)
			intake_ahead(b, it.bytes, &c->ahead[i]);
}

enum err
hold_add(struct hold *h, struct batcher *b, uint32_t seq, struct view content)
{
	struct held *c = hold_at(h, h->count);
	enum err e;

	assert(h->count < HOLD_MAX);
	buf_reset(&c->items);
	c->seq = seq;
	e = batch_unpack(b->zip, content, &c->items);
	c->bad = e != ERR_OK;
	if (e == ERR_NOMEM)
		return e;
	if (!c->bad)
		look_ahead(c, b);
	h->count++;
	h->bytes += c->items.len;
	return ERR_OK;
}

void
hold_forget(struct hold *h, unsigned n)
{
	assert(n <= h->count);
	for (; n > 0; n--) {
		h->bytes -= hold_at(h, 0)->items.len;
		h->oldest = (h->oldest + 1) % HOLD_MAX;
		h->count--;
	}
}
