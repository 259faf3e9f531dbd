#include "lib/b32.h"

#include <string.h>

static void
encode(struct buf *b, struct view v, const char *alphabet)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < v.len; i++) {
		acc = (acc << 8 | v.p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			buf_addc(b, alphabet[acc >> (bits - 5) & 31]);
	}
	if (bits > 0)
		buf_addc(b, alphabet[acc << (5 - bits) & 31]);
}

void
b32_lower(struct buf *b, struct view v)
{
	encode(b, v, "abcdefghijklmnopqrstuvwxyz234567");
}

void
b32_upper(struct buf *b, struct view v)
{
	encode(b, v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

static int
digit(int c, int first)
{
	if (c >= first && c < first + 26)
		return c - first;
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static enum err
decode(struct view v, int upper, struct buf *out)
{
	size_t start = out->len;
	uint32_t acc = 0;
	unsigned bits = 0;

	/* of eight characters, one, three or six alone say no whole number of bytes */
	if (v.len % 8 == 1 || v.len % 8 == 3 || v.len % 8 == 6)
		return ERR_SYNTAX;
	for (size_t i = 0; i < v.len; i++) {
		int d = digit(v.p[i], 'a');

		if (d < 0 && upper)
			d = digit(v.p[i], 'A');
		if (d < 0)
			goto bad;
		acc = (acc << 5 | (uint32_t)d) & 0xfff;
		if ((bits += 5) >= 8) {
			bits -= 8;
			buf_addc(out, (int)(acc >> bits & 255));
		}
	}
	if ((acc & ((1u << bits) - 1)) == 0)
		return buf_err(out);
bad:
	buf_truncate(out, start);
	return ERR_SYNTAX;
}

enum err
b32_decode(struct view v, struct buf *out)
{
	return decode(v, 1, out);
}

enum err
b32_decode_id(struct view v, unsigned char *out, size_t len)
{
	struct buf b = BUF_INIT(len);
	enum err e = ERR_SYNTAX;

	if (v.len == B32_LEN(len))
		e = decode(v, 0, &b);
	if (e == ERR_OK && len > 0)
		memcpy(out, b.p, len);
	buf_release(&b);
	return e;
}
