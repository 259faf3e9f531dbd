/* links: reader */
#include <assert.h>
#include <stdint.h>

#include "reader/lzw.h"

#define OUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err
unpack(struct view in, size_t step, size_t max, struct buf *out)
{
	struct lzw *z = lzw_new();
	size_t at = 0, before;
	struct view part;
	enum err e;

	if (z == NULL)
		return ERR_NOMEM;
	do {
		part = view_slice(in, at, step);
		before = out->len;
		e = lzw_unpack(z, &part, at + step >= in.len, max, out);
		assert(out->len - before <= max);
		at = (size_t)(part.p - in.p);
	} while (
	    e == ERR_OK && out->len < OUT_MAX / 2 && (at < in.len || out->len > before));
	lzw_free(z);
	return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { data, size };
	struct buf whole = BUF_INIT(OUT_MAX), parts = BUF_INIT(OUT_MAX);
	enum err a, b;

	a = unpack(in, size + 1, OUT_MAX / 2, &whole);
	b = unpack(in, 7, 1000, &parts);
	if (whole.len < OUT_MAX / 2) {
		assert(a == b);
		assert(view_eq(buf_view(&whole), buf_view(&parts)));
	}
	buf_release(&whole);
	buf_release(&parts);
	return 0;
}
