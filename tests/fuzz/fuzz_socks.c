/* links: newsd */
#include <assert.h>
#include <stddef.h>

#include "newsd/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a proxy says: no more is taken than was wanted, and an end stays an end. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { data, size };
	struct buf out = BUF_INIT(1024);
	struct address to = { .host = "a.onion", .port = 1 };
	struct socks s;
	enum err e = ERR_MORE;

	socks_begin(&s, &to, &out);
	while (e == ERR_MORE && in.len > 0) {
		struct view piece = view_slice(in, 0, socks_wants(&s));
		size_t before = piece.len;

		e = socks_input(&s, &piece, &out);
		assert(piece.len <= before);
		if (piece.len == before)
			break;
		in = view_slice(in, before - piece.len, in.len);
	}
	assert(buf_err(&out) == ERR_OK);
	if (e == ERR_OK || e == ERR_DENIED || e == ERR_SYNTAX)
		assert(socks_wants(&s) == 0);
	buf_release(&out);
	return 0;
}
