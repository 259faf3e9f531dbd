/* links: batcher */
/* The content of a chunk, as a friend with a broken node may send it. The first byte says
 * whether the rest is content, or the items themselves. */
#include <assert.h>
#include <stdlib.h>

#include "batcher/batch.h"
#include "lib/article.h"
#include "lib/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken is written the same. */
static void
walk(struct view rest)
{
	struct view all = rest;
	struct buf again = BUF_INIT(CHUNK_MAX * 2);
	struct item it;
	struct item_article a;

	while (item_next(&rest, &it) == ERR_OK) {
		if (it.type == ITEM_ARTICLE && item_article(it.bytes, &a) == ERR_OK)
			item_add_article(&again, a.article,
			    a.signature.len > 0 ? a.signature.p : NULL);
		else
			item_add(&again, it.type, it.bytes);
	}
	if (!view_eq(buf_view(&again), view_slice(all, 0, all.len - rest.len)))
		abort();
	buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf items = BUF_INIT(CHUNK_MAX);
	struct view v = { data, size };
	struct zip *z = NULL;
	uint8_t how;

	if (view_u8(&v, &how) != ERR_OK || zip_new(3, &z) != ERR_OK)
		return 0;
	if (how & 1)
		walk(v);
	else if (batch_unpack(z, v, &items) == ERR_OK)
		walk(buf_view(&items));
	else
		assert(items.len == 0);
	buf_release(&items);
	zip_free(z);
	return 0;
}
