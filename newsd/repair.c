#include "newsd/repair.h"

#include <assert.h>
#include <string.h>

#define POLY 0x1d /* x^8 = x^4 + x^3 + x^2 + 1 */
#define CODEWORD 255
#define WIDE (2 * REPAIR_T_MAX + 1)

/* Without tables: a repair is a few thousand of these. */
static unsigned
mul(unsigned a, unsigned b)
{
	unsigned r = 0;

	for (; b > 0; b >>= 1) {
		if (b & 1)
			r ^= a;
		a = a & 0x80 ? (a << 1 & 0xff) ^ POLY : a << 1;
	}
	return r;
}

static unsigned
power(unsigned a, unsigned n)
{
	unsigned r = 1;

	for (; n > 0; n >>= 1) {
		if (n & 1)
			r = mul(r, a);
		a = mul(a, a);
	}
	return r;
}

static unsigned
inverse(unsigned a)
{
	return power(a, 254);
}

static size_t
depth(size_t len, unsigned t)
{
	size_t data = CODEWORD - 2 * t;

	return (len + data - 1) / data;
}

size_t
repair_size(size_t len, unsigned t)
{
	return depth(len, t) * 2 * t;
}

/* Product of x - 2^i for i below 2t; g[0] is of the highest power, 1. */
static void
generator(unsigned t, unsigned g[WIDE])
{
	memset(g, 0, WIDE * sizeof g[0]);
	g[0] = 1;
	for (unsigned i = 0; i < 2 * t; i++)
		for (unsigned k = i + 1; k > 0; k--)
			g[k] ^= mul(g[k - 1], power(2, i));
}

void
repair_parity(struct view payload, unsigned t, struct buf *out)
{
	unsigned g[WIDE], left[WIDE];
	size_t d = depth(payload.len, t);

	assert(payload.len <= REPAIR_MAX && t > 0 && t <= REPAIR_T_MAX);
	generator(t, g);
	for (size_t c = 0; c < d; c++) {
		memset(left, 0, sizeof left);
		for (size_t i = c; i < payload.len; i += d) {
			unsigned f = left[0] ^ payload.p[i];

			for (unsigned k = 0; k < 2 * t; k++)
				left[k] =
				    (k + 1 < 2 * t ? left[k + 1] : 0) ^ mul(f, g[k + 1]);
		}
		for (unsigned k = 0; k < 2 * t; k++)
			buf_addc(out, (int)left[k]);
	}
}

/* Value of a polynomial, lowest power first. */
static unsigned
value(const unsigned *c, size_t n, unsigned x)
{
	unsigned r = 0;

	while (n-- > 0)
		r = mul(r, x) ^ c[n];
	return r;
}

/* Berlekamp and Massey: the shortest recurrence behind the syndromes; its length. */
static unsigned
locate(const unsigned *s, unsigned t, unsigned found[WIDE])
{
	unsigned old[WIDE] = { 1 }, next[WIDE], len = 0, gap = 1, last = 1;

	memset(found, 0, WIDE * sizeof found[0]);
	found[0] = 1;
	for (unsigned n = 0; n < 2 * t; n++) {
		unsigned off = s[n], f;

		for (unsigned i = 1; i <= len; i++)
			off ^= mul(found[i], s[n - i]);
		if (off == 0) {
			gap++;
			continue;
		}
		memcpy(next, found, sizeof next);
		f = mul(off, inverse(last));
		for (unsigned i = gap; i < WIDE; i++)
			next[i] ^= mul(f, old[i - gap]);
		if (2 * len <= n) {
			memcpy(old, found, sizeof old);
			len = n + 1 - len;
			last = off;
			gap = 1;
		} else {
			gap++;
		}
		memcpy(found, next, sizeof next);
	}
	return len;
}

/* Forney: how wrong the byte at the place of x is. */
static unsigned
wrong_by(const unsigned *s, const unsigned *found, unsigned t, unsigned x)
{
	unsigned top[2 * REPAIR_T_MAX] = { 0 }, back = inverse(x), below = 0;

	for (unsigned i = 0; i < 2 * t; i++)
		for (unsigned k = 0; k <= i; k++)
			top[i] ^= mul(found[k], s[i - k]);
	for (unsigned i = 1; i < WIDE; i += 2)
		below ^= mul(found[i], power(back, i - 1));
	return below == 0 ? 0 : mul(x, mul(value(top, 2 * t, back), inverse(below)));
}

/* One codeword: bytes c, c + d, ... of p, and its parity. */
static bool
correct(unsigned char *p, size_t len, size_t c, size_t d, unsigned t,
    const unsigned char *parity)
{
	unsigned s[2 * REPAIR_T_MAX] = { 0 }, found[WIDE], any = 0, count, seen = 0;
	size_t n = (len - c + d - 1) / d, total = n + 2 * t;

	for (unsigned j = 0; j < 2 * t; j++) {
		unsigned x = power(2, j);

		for (size_t i = 0; i < total; i++)
			s[j] = mul(s[j], x) ^ (i < n ? p[c + i * d] : parity[i - n]);
		any |= s[j];
	}
	if (any == 0)
		return true;
	if ((count = locate(s, t, found)) > t)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned x = power(2, (unsigned)(total - 1 - i));

		if (value(found, count + 1, inverse(x)) != 0)
			continue;
		p[c + i * d] ^= (unsigned char)wrong_by(s, found, t, x);
		seen++;
	}
	return seen == count;
}

bool
repair_apply(unsigned char *p, size_t len, unsigned t, struct view parity)
{
	size_t d;

	if (len == 0 || len > REPAIR_MAX || t == 0 || t > REPAIR_T_MAX ||
	    parity.len != repair_size(len, t))
		return false;
	d = depth(len, t);
	for (size_t c = 0; c < d; c++)
		if (!correct(p, len, c, d, t, parity.p + c * 2 * t))
			return false;
	return true;
}
