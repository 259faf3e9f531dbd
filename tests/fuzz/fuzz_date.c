/* Dates: what is read lies in range, and written and read again is the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { data, size };
	struct buf b = BUF_INIT(64);
	struct date_parts parts;
	int64_t t, again, now = 0;

	if (date_parse(in, &t) == ERR_OK) {
		assert(date_split(t, &parts) == ERR_OK);
		date_rfc5322(&b, t);
		assert(date_parse(buf_view(&b), &again) == ERR_OK && again == t);
		buf_reset(&b);
		date_compact(&b, t);
		assert(b.len == 14);
		assert(date_nntp(view_slice(buf_view(&b), 0, 8),
			   view_slice(buf_view(&b), 8, 6), 0, &again) == ERR_OK &&
		    again == t);
	}
	buf_release(&b);
	if (size >= sizeof now) {
		memcpy(&now, data, sizeof now);
		in = view_slice(in, sizeof now, size);
	}
	if (date_nntp(view_slice(in, 0, view_chr(in, ' ')),
		view_slice(in, view_chr(in, ' ') + 1, in.len), now, &t) == ERR_OK)
		assert(t >= 0);
	return 0;
}
