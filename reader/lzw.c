#include "reader/lzw.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 3
#define BITS_MIN 9
#define BITS_MAX 16
#define CLEAR 256
#define CODES (1u << BITS_MAX)
#define NO_CODE UINT32_MAX

struct lzw {
	/* compress writes codes in groups of eight, `bits` bytes a group, and leaves the
	 * rest of a group unused when the width changes */
	unsigned char group[BITS_MAX];
	size_t group_len, group_bit;
	unsigned char head[HEAD];
	size_t head_len;
	bool block; /* code 256 clears the table */
	unsigned bits, bits_max;
	uint32_t next, last; /* next free code; the one before, or NO_CODE */
	unsigned char first; /* first byte of what last stands for */
	size_t stacked;      /* bytes at the end of stack that are still to be written */
	uint16_t prefix[CODES];
	unsigned char suffix[CODES];
	unsigned char stack[CODES];
};

struct lzw *
lzw_new(void)
{
	return calloc(1, sizeof(struct lzw));
}

void
lzw_free(struct lzw *z)
{
	free(z);
}

static void
clear(struct lzw *z)
{
	z->bits = BITS_MIN;
	z->next = z->block ? CLEAR + 1 : CLEAR;
	z->last = NO_CODE;
}

static enum err
take_head(struct lzw *z, struct view *in, bool end)
{
	while (z->head_len < HEAD && in->len > 0) {
		z->head[z->head_len++] = *in->p++;
		in->len--;
	}
	if (z->head_len < HEAD)
		return end ? ERR_MORE : ERR_OK;
	z->bits_max = z->head[2] & 0x1f;
	z->block = (z->head[2] & 0x80) != 0;
	if (z->head[0] != 0x1f || z->head[1] != 0x9d || (z->head[2] & 0x60) != 0 ||
	    z->bits_max < BITS_MIN || z->bits_max > BITS_MAX)
		return ERR_SYNTAX;
	clear(z);
	return ERR_OK;
}

/* False: more input is needed. */
static bool
take_code(struct lzw *z, struct view *in, bool end, uint32_t *code)
{
	size_t at, n;
	uint32_t v;

	if (z->group_bit + z->bits > z->group_len * 8 && z->group_len == z->bits)
		z->group_len = z->group_bit = 0;
	if (z->group_len < z->bits && in->len > 0) {
		n = z->bits - z->group_len;
		if (n > in->len)
			n = in->len;
		memcpy(z->group + z->group_len, in->p, n);
		z->group_len += n;
		in->p += n;
		in->len -= n;
	}
	if (z->group_len < z->bits && !end)
		return false;
	if (z->group_bit + z->bits > z->group_len * 8)
		return false;
	at = z->group_bit / 8;
	v = z->group[at];
	if (at + 1 < z->group_len)
		v |= (uint32_t)z->group[at + 1] << 8;
	if (at + 2 < z->group_len)
		v |= (uint32_t)z->group[at + 2] << 16;
	*code = (v >> (z->group_bit % 8)) & ((1u << z->bits) - 1);
	z->group_bit += z->bits;
	return true;
}

static void
push(struct lzw *z, unsigned char c)
{
	z->stacked++;
	z->stack[CODES - z->stacked] = c;
}

/* Puts what a code stands for on the stack and learns the next one. */
static enum err
decode(struct lzw *z, uint32_t code)
{
	uint32_t c = code;

	if (z->last == NO_CODE) {
		if (code > 255)
			return ERR_SYNTAX;
		push(z, (unsigned char)code);
		z->first = (unsigned char)code;
		z->last = code;
		return ERR_OK;
	}
	if (code > z->next || (code == z->next && z->next >= 1u << z->bits_max))
		return ERR_SYNTAX;
	if (code == z->next) { /* the code that is being learned right now */
		push(z, z->first);
		c = z->last;
	}
	/* a prefix is always a lower code than its own, so this ends */
	while (c > 255) {
		push(z, z->suffix[c]);
		c = z->prefix[c];
	}
	push(z, (unsigned char)c);
	z->first = (unsigned char)c;
	if (z->next < 1u << z->bits_max) {
		z->prefix[z->next] = (uint16_t)z->last;
		z->suffix[z->next] = z->first;
		z->next++;
	}
	z->last = code;
	return ERR_OK;
}

static void
write_stack(struct lzw *z, size_t *room, struct buf *out)
{
	size_t n = z->stacked < *room ? z->stacked : *room;

	buf_add(out, z->stack + CODES - z->stacked, n);
	z->stacked -= n;
	*room -= n;
}

enum err
lzw_unpack(struct lzw *z, struct view *in, bool end, size_t max, struct buf *out)
{
	uint32_t code;
	enum err e;

	if (z->head_len < HEAD && (e = take_head(z, in, end)) != ERR_OK)
		return e;
	if (z->head_len < HEAD)
		return ERR_OK;
	for (;;) {
		write_stack(z, &max, out);
		if (max == 0 || !take_code(z, in, end, &code))
			return buf_err(out);
		if (code == CLEAR && z->block) {
			clear(z);
			z->group_len = z->group_bit = 0;
			continue;
		}
		if ((e = decode(z, code)) != ERR_OK)
			return e;
		if (z->next >= 1u << z->bits && z->bits < z->bits_max) {
			z->bits++;
			z->group_len = z->group_bit = 0;
		}
	}
}
