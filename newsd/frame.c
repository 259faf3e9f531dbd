#include "newsd/frame.h"

#include <assert.h>
#include <string.h>

#define ESCAPE 0x7d
#define FLIP 0x20
#define XON 0x11
#define XOFF 0x13

static const unsigned char special[] = { FRAME_FLAG, ESCAPE, XON, XOFF };

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

static uint32_t
seal(struct view plain, uint32_t session, uint64_t offset)
{
	unsigned char who[10];

	for (int i = 0; i < 4; i++)
		who[i] = (unsigned char)(session >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		who[4 + i] = (unsigned char)(offset >> (40 - 8 * i));
	return frame_crc32c(frame_crc32c(0, (struct view){ who, sizeof who }), plain);
}

static bool
is_special(unsigned char c)
{
	return memchr(special, c, sizeof special) != NULL;
}

/* The mask that leaves the fewest bytes to escape. */
static unsigned char
choose_mask(struct view block)
{
	uint16_t count[256] = { 0 };
	unsigned char best = 0;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < block.len; i++)
		count[block.p[i]]++;
	for (unsigned m = 0; m < 256 && least > 0; m++) {
		unsigned cost = 0;

		for (size_t i = 0; i < sizeof special; i++)
			cost += count[m ^ special[i]];
		if (cost < least && !is_special((unsigned char)m)) {
			least = cost;
			best = (unsigned char)m;
		}
	}
	return best;
}

void
frame_write(struct view plain, uint32_t session, uint64_t offset, struct buf *out)
{
	unsigned char all[FRAME_PLAIN_MAX];
	uint32_t crc = seal(plain, session, offset);
	size_t n = plain.len;

	assert(n >= FRAME_HEAD && n + FRAME_CRC <= sizeof all);
	memcpy(all, plain.p, n);
	for (int i = 0; i < FRAME_CRC; i++)
		all[n++] = (unsigned char)(crc >> (24 - 8 * i));
	for (size_t at = 0; at < n; at += FRAME_BLOCK) {
		struct view block = view_slice((struct view){ all, n }, at, FRAME_BLOCK);
		unsigned char mask = choose_mask(block);

		buf_addc(out, mask);
		for (size_t i = 0; i < block.len; i++) {
			unsigned char c = block.p[i] ^ mask;

			if (is_special(c)) {
				buf_addc(out, ESCAPE);
				c ^= FLIP;
			}
			buf_addc(out, c);
		}
	}
	buf_addc(out, FRAME_FLAG);
}

enum err
frame_read(struct view raw, unsigned char plain[FRAME_PLAIN_MAX], size_t *len)
{
	unsigned char mask = 0;
	bool escaped = false;
	size_t n = 0, at = 0; /* at: counts masks too */

	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = raw.p[i];

		if (c == XON || c == XOFF)
			continue; /* never sent: the line's own flow control */
		if (c == ESCAPE) {
			if (escaped)
				return ERR_SYNTAX;
			escaped = true;
			continue;
		}
		if (escaped) {
			c ^= FLIP;
			if (!is_special(c))
				return ERR_SYNTAX;
			escaped = false;
		}
		if (at++ % (FRAME_BLOCK + 1) == 0) {
			mask = c;
			continue;
		}
		if (n == FRAME_PLAIN_MAX)
			return ERR_SYNTAX;
		plain[n++] = c ^ mask;
	}
	if (escaped || n < FRAME_HEAD + FRAME_CRC)
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
	return view_u32(&crc, &want) == ERR_OK && want == seal(body, session, offset);
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
