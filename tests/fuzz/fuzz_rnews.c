/* links: reader */
#include <assert.h>
#include <stdint.h>

#include "reader/rnews.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The articles of a batch, summed up; step bytes more at a time. */
static uint64_t
read_all(struct view batch, size_t step)
{
	struct rnews r = { 0 };
	struct rnews_item item;
	struct view in;
	size_t at = 0, shown = 0;
	uint64_t sum = 0;
	enum err e;

	for (;;) {
		in = view_slice(batch, at, shown - at);
		e = rnews_next(&r, &in, shown == batch.len, &item);
		if (e == ERR_NOTFOUND)
			return sum;
		if (e == ERR_MORE) {
			assert(shown < batch.len && item.need > shown - at);
			shown = batch.len - shown > step ? shown + step : batch.len;
			continue;
		}
		assert(e == ERR_OK && in.len <= shown - at);
		at = shown - in.len;
		sum = sum * 31 + (item.kind == RNEWS_ARTICLE ? item.article.len + 1 : 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view batch = { data, size };
	size_t step = size == 0 ? 1 : data[0] % 90 + 1u;

	(void)rnews_begins(batch);
	(void)read_all(batch, step);
	(void)read_all(batch, size + 1);
	return 0;
}
