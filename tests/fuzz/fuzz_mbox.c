/* links: reader */
#include <assert.h>
#include <stdint.h>

#include "reader/mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
read_all(struct view file, size_t step, struct buf *out)
{
	struct mbox m = { 0 };
	struct mbox_item item;
	struct view in;
	size_t at = 0, shown = 0, messages = 0;
	enum err e;

	for (;;) {
		in = view_slice(file, at, shown - at);
		e = mbox_next(&m, &in, shown == file.len, &item);
		if (e == ERR_NOTFOUND || e == ERR_SYNTAX)
			return messages;
		if (e == ERR_MORE) {
			assert(shown < file.len);
			shown = file.len - shown > step ? shown + step : file.len;
			continue;
		}
		assert(e == ERR_OK && in.len <= shown - at);
		at = shown - in.len;
		if (item.kind != MBOX_MESSAGE)
			continue;
		messages++;
		mbox_unquote(item.message, out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view file = { data, size };
	size_t step = size == 0 ? 1 : data[size - 1] % 90 + 1u;
	struct buf whole = BUF_INIT(2 * size + 16), parts = BUF_INIT(2 * size + 16);

	(void)mbox_begins(file, true);
	/* however the bytes come, the messages are the same */
	assert(read_all(file, step, &parts) == read_all(file, size + 1, &whole));
	assert(view_eq(buf_view(&whole), buf_view(&parts)));
	buf_release(&whole);
	buf_release(&parts);
	return 0;
}
