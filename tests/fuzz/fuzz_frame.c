/* links: newsd */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "newsd/frame.h"
#include "newsd/greeting.h"
#include "newsd/repair.h"
#include "newsd/spoiled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes as payload: they come back, and nothing forbidden stands on the line. */
static void
there_and_back(struct view v)
{
	struct buf out = BUF_INIT(FRAME_RAW_MAX);
	unsigned char back[FRAME_PLAIN_MAX];
	size_t len;

	if (v.len < FRAME_HEAD || v.len > FRAME_PLAIN_MAX - FRAME_CRC)
		return;
	frame_write(v, 7, 9, &out);
	assert(buf_err(&out) == ERR_OK);
	for (size_t i = 0; i + 1 < out.len; i++)
		assert(out.p[i] != 0x7e && out.p[i] != 0x11 && out.p[i] != 0x13);
	assert(frame_read(view_slice(buf_view(&out), 0, out.len - 1), FRAME_FLOW, back,
		   &len) == ERR_OK);
	assert(len == v.len + FRAME_CRC && memcmp(back, v.p, v.len) == 0);
	assert(frame_verify((struct view){ back, len }, 7, 9));
	buf_release(&out);
}

/* Bytes as the line: whatever comes out is within its limits. */
static void
from_the_line(struct view v)
{
	static struct deframer d;
	static struct spoiled s;
	unsigned char plain[FRAME_PLAIN_MAX];
	struct range r[FRAME_ACK_RANGES_MAX];
	struct greeting g;
	struct parity p;
	struct view raw;
	uint64_t next;
	size_t len, n;

	d = (struct deframer){ 0 };
	s = (struct spoiled){ 0 };
	while (deframer_next(&d, &v, &raw)) {
		assert(raw.len <= FRAME_RAW_MAX);
		if (greeting_read(raw, &g) == ERR_OK)
			assert(g.session != 0 && greeting_changed(g.tail) >= -1);
		spoiled_keep(&s, raw);
		if (frame_read(raw, FRAME_FLOW, plain, &len) != ERR_OK)
			continue;
		assert(len >= FRAME_HEAD + FRAME_CRC && len <= sizeof plain);
		frame_verify((struct view){ plain, len }, 7, 9);
		raw = view_slice((struct view){ plain, len }, FRAME_HEAD, len);
		if (frame_take_acks(&raw, 1000, &next, r, &n) == ERR_OK)
			for (size_t i = 0; i < n; i++)
				assert(r[i].from < r[i].to && r[i].from >= next);
		if (parity_read(raw, &p) == ERR_OK)
			spoiled_repair(&s, 7, 9, &p, plain);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };

	there_and_back(v);
	from_the_line(v);
	return 0;
}
