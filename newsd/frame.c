#include "newsd/frame.h"

#include <assert.h>
#include <string.h>

#define SHORT 0x7d /* instead of a mask: a short block, its mask follows */
#define XON 0x11
#define XOFF 0x13

uint32_t
frame_crc32c(uint32_t before, struct view v)
{
	/* RFC 3720 B.4, a nibble at a time: a line of 115,200 bps asks no more */
	static const uint32_t table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede,
		0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78,
		0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a,
		0xf36e6f75 };
	uint32_t crc = ~before;

	for (size_t i = 0; i < v.len; i++) {
		crc ^= v.p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

uint32_t
frame_seal(struct view plain, uint32_t session, uint64_t offset)
{
	unsigned char who[10];

	for (int i = 0; i < 4; i++)
		who[i] = (unsigned char)(session >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		who[4 + i] = (unsigned char)(offset >> (40 - 8 * i));
	return frame_crc32c(frame_crc32c(0, (struct view){ who, sizeof who }), plain);
}

static bool
forbidden(unsigned c)
{
	return c == FRAME_FLAG || c == XON || c == XOFF;
}

/* A mask under which no byte of the block is forbidden; -1: there is none. */
static int
choose_mask(struct view block)
{
	bool there[256] = { false };

	for (size_t i = 0; i < block.len; i++)
		there[block.p[i]] = true;
	for (unsigned m = 0; m < 256; m++)
		if (!forbidden(m) && m != SHORT && !there[m ^ FRAME_FLAG] &&
		    !there[m ^ XON] && !there[m ^ XOFF])
			return (int)m;
	return -1;
}

static void
add_masked(struct buf *out, struct view block, int mask)
{
	buf_addc(out, mask);
	for (size_t i = 0; i < block.len; i++)
		buf_addc(out, block.p[i] ^ mask);
}

void
frame_write(struct view plain, uint32_t session, uint64_t offset, struct buf *out)
{
	unsigned char all[FRAME_PLAIN_MAX];
	uint32_t crc = frame_seal(plain, session, offset);
	size_t n = plain.len;

	assert(n >= FRAME_HEAD && n + FRAME_CRC <= sizeof all);
	memcpy(all, plain.p, n);
	for (int i = 0; i < FRAME_CRC; i++)
		all[n++] = (unsigned char)(crc >> (24 - 8 * i));
	for (size_t at = 0; at < n;) {
		struct view block = view_slice((struct view){ all, n }, at, FRAME_BLOCK);
		int mask = choose_mask(block);

		if (mask < 0) {
			block = view_slice(block, 0, FRAME_SHORT);
			mask = choose_mask(block);
			buf_addc(out, SHORT);
		}
		add_masked(out, block, mask);
		at += block.len;
	}
	buf_addc(out, FRAME_FLAG);
}

enum err
frame_read(struct view raw, enum frame_flow flow, unsigned char plain[FRAME_PLAIN_MAX],
    size_t *len)
{
	enum { CODE, MASK, FIRST, DATA } want = CODE;
	unsigned char mask = 0;
	size_t n = 0, left = 0;

	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = raw.p[i];

		if (flow == FRAME_FLOW && (c == XON || c == XOFF))
			continue;
		if (want == CODE && c == SHORT) {
			want = MASK;
		} else if (want == FIRST || want == DATA) {
			if (n == FRAME_PLAIN_MAX)
				return ERR_SYNTAX;
			plain[n++] = c ^ mask;
			want = --left > 0 ? DATA : CODE;
		} else {
			left = want == MASK ? FRAME_SHORT : FRAME_BLOCK;
			mask = c;
			want = FIRST;
		}
	}
	/* a mask with nothing behind it is nothing that was written */
	if (n < FRAME_HEAD + FRAME_CRC || want == MASK || want == FIRST)
		return ERR_SYNTAX;
	*len = n;
	return ERR_OK;
}

bool
frame_verify(struct view plain, uint32_t session, uint64_t offset)
{
	struct view crc, body;
	uint32_t want;

	if (plain.len < FRAME_HEAD + FRAME_CRC)
		return false;
	body = view_slice(plain, 0, plain.len - FRAME_CRC);
	crc = view_slice(plain, body.len, FRAME_CRC);
	return view_u32(&crc, &want) == ERR_OK &&
	    want == frame_seal(body, session, offset);
}

bool
deframer_next(struct deframer *d, struct view *in, struct view *raw)
{
	while (in->len > 0) {
		size_t n = view_chr(*in, FRAME_FLAG);

		if (n > sizeof d->raw - d->n) {
			d->over = true;
			d->n = 0;
		} else if (!d->over) {
			memcpy(d->raw + d->n, in->p, n);
			d->n += n;
		}
		if (n == in->len) {
			*in = view_slice(*in, n, 0);
			return false;
		}
		*in = view_slice(*in, n + 1, in->len);
		if (d->n > 0 || d->over) {
			*raw = (struct view){ d->raw, d->over ? 0 : d->n };
			d->n = 0;
			d->over = false;
			return true;
		}
	}
	return false;
}

void
frame_add_acks(struct buf *out, uint64_t next, const struct range *r, size_t n)
{
	uint64_t at = next;

	assert(n <= FRAME_ACK_RANGES_MAX);
	buf_addu16(out, (uint16_t)next);
	buf_addc(out, (int)n);
	for (size_t i = 0; i < n; i++) {
		buf_addvarint(out, r[i].from - at);
		buf_addvarint(out, r[i].to - r[i].from - 1);
		at = r[i].to;
	}
}

enum err
frame_full(uint16_t low, uint64_t near, uint64_t *full)
{
	int16_t step = (int16_t)(low - (uint16_t)near);

	if (step < 0 && near < (uint64_t)-step)
		return ERR_SYNTAX;
	*full = near + (uint64_t)(int64_t)step;
	return ERR_OK;
}

enum err
frame_take_acks(struct view *in, uint64_t near, uint64_t *next,
    struct range ranges[FRAME_ACK_RANGES_MAX], size_t *n)
{
	uint64_t at, gap, len;
	uint16_t low;
	uint8_t count;
	enum err e;

	if ((e = view_u16(in, &low)) != ERR_OK || (e = view_u8(in, &count)) != ERR_OK ||
	    (e = frame_full(low, near, next)) != ERR_OK)
		return e;
	if (count > FRAME_ACK_RANGES_MAX)
		return ERR_SYNTAX;
	at = *next;
	for (*n = 0; *n < count; ++*n) {
		if ((e = view_varint(in, &gap)) != ERR_OK ||
		    (e = view_varint(in, &len)) != ERR_OK)
			return e;
		if (gap > UINT16_MAX || len >= UINT16_MAX)
			return ERR_SYNTAX;
		ranges[*n].from = at + gap;
		ranges[*n].to = at = at + gap + len + 1;
	}
	return ERR_OK;
}
