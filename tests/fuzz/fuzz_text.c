/* The small readers of text: what is written back reads the same, and nothing that is shown
 * holds a control. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/b32.h"
#include "lib/text.h"

#define SHOWN 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_shown(struct view v)
{
	struct buf shown = BUF_INIT(4096), quoted = BUF_INIT(4096);

	text_show(&shown, v, SHOWN);
	text_quote(&quoted, v, SHOWN);
	if (buf_err(&shown) != ERR_OK || !text_utf8(buf_view(&shown)))
		abort();
	for (size_t i = 0; i < shown.len; i++)
		if (shown.p[i] < 0x20 || shown.p[i] == 0x7f)
			abort();
	for (size_t i = 0; i < quoted.len; i++)
		if (quoted.p[i] < 0x20 || quoted.p[i] > 0x7e)
			abort();
	buf_release(&shown);
	buf_release(&quoted);
}

static void
check_numbers(struct view v)
{
	struct buf b = BUF_INIT(64);
	uint64_t n, again;
	int64_t seconds;

	if (text_num(v, 0, UINT64_MAX, &n) == ERR_OK) {
		buf_addnum(&b, n);
		if (text_num(buf_view(&b), 0, UINT64_MAX, &again) != ERR_OK || again != n)
			abort();
	}
	if (text_duration(v, &seconds) == ERR_OK &&
	    (seconds < 0 || seconds > 36525ll * 86400))
		abort();
	text_size(v, &n);
	buf_release(&b);
}

static void
check_varint(struct view v)
{
	struct view rest = v;
	struct buf b = BUF_INIT(16);
	uint64_t n;

	if (view_varint(&rest, &n) == ERR_OK) {
		buf_addvarint(&b, n);
		if (!view_eq(buf_view(&b), view_slice(v, 0, v.len - rest.len)))
			abort();
	}
	buf_release(&b);
}

static void
check_base32(struct view v)
{
	struct buf bytes = BUF_INIT(v.len + 1), back = BUF_INIT(v.len + 1);

	if (b32_decode(v, &bytes) == ERR_OK) {
		b32_upper(&back, buf_view(&bytes));
		if (!view_caseeq(buf_view(&back), v))
			abort();
	}
	buf_release(&bytes);
	buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size }, rest = v, piece;

	check_shown(v);
	check_numbers(v);
	check_varint(v);
	check_base32(v);
	while (text_line(&rest, &piece))
		if (view_chr(piece, '\n') < piece.len)
			abort();
	rest = v;
	while (text_word(&rest, &piece))
		if (piece.len == 0)
			abort();
	return 0;
}
