/* One message into a set of 300 items, as server and as client, with a limit and without:
 * the first byte chooses the limit and how the times lie. An answer is a message that the
 * other end accepts, no longer than the limit. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/negentropy.h"

#define ITEMS 300
#define OUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t have, need;
};

static enum err
have(void *ctx, const struct negentropy_item *it)
{
	struct seen *s = ctx;

	assert(it->ref < ITEMS);
	return ++s->have > ITEMS ? ERR_TOOBIG : ERR_OK;
}

static enum err
need(void *ctx, const unsigned char id[NEGENTROPY_ID_LEN])
{
	struct seen *s = ctx;

	s->need += id[0] + 1u;
	return ERR_OK;
}

static void
fill(struct negentropy_item *items, unsigned times)
{
	for (unsigned i = 0; i < ITEMS; i++) {
		items[i] = (struct negentropy_item){ .ref = i, .time = i / times };
		items[i].id[0] = (unsigned char)(i % 7 * 40);
		items[i].id[1] = (unsigned char)(i >> 8);
		items[i].id[31] = (unsigned char)i;
	}
	negentropy_sort(items, ITEMS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf server = BUF_INIT(OUT_MAX), client = BUF_INIT(OUT_MAX),
		   next = BUF_INIT(OUT_MAX);
	struct negentropy_item *items = calloc(ITEMS, sizeof *items);
	struct seen seen = { 0 };
	const struct negentropy_found found = { have, need, &seen };
	struct negentropy n;
	struct view in = { data, size };
	uint8_t how;

	assert(items != NULL);
	if (view_u8(&in, &how) != ERR_OK)
		goto out;
	fill(items, how & 2 ? ITEMS : how & 4 ? 1 : 10);
	if (negentropy_init(&n, items, ITEMS, how & 1 ? NEGENTROPY_FRAME_MIN : 0) !=
	    ERR_OK)
		abort();
	if (negentropy_reconcile(&n, in, NULL, &server) == ERR_OK) {
		assert(server.len > 0 && (n.frame == 0 || server.len <= n.frame));
		if (negentropy_reconcile(&n, buf_view(&server), &found, &next) != ERR_OK)
			abort();
		/* both have the same: what the answer lists is here */
		assert(seen.need == 0);
	}
	seen = (struct seen){ 0 };
	buf_reset(&next);
	if (negentropy_reconcile(&n, in, &found, &client) == ERR_OK && client.len > 0) {
		assert(n.frame == 0 || client.len <= n.frame);
		if (negentropy_reconcile(&n, buf_view(&client), NULL, &next) != ERR_OK)
			abort();
	}
out:
	free(items);
	buf_release(&server);
	buf_release(&client);
	buf_release(&next);
	return 0;
}
