#include "lib/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/text.h"

void
buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf)BUF_INIT(cap);
}

void
buf_release(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->p);
	*b = (struct buf)BUF_INIT(b->cap);
}

void
buf_wipe(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->room);
	buf_release(b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->e = ERR_OK;
}

enum err
buf_err(const struct buf *b)
{
	return b->e;
}

struct view
buf_view(const struct buf *b)
{
	return (struct view){ b->p, b->len };
}

/* Doubling, never over the cap: appends are cheap and memory is bounded. */
static bool
fit(struct buf *b, size_t n)
{
	size_t want, room;
	unsigned char *p;

	if (b->e != ERR_OK)
		return false;
	if (n > b->cap - b->len) {
		b->e = ERR_TOOBIG;
		return false;
	}
	want = b->len + n;
	if (want <= b->room)
		return true;
	room = b->room < 128 ? 128 : b->room;
	while (room < want)
		room = room > b->cap / 2 ? b->cap : room * 2;
	if ((p = realloc(b->p, room + 1)) == NULL) {
		b->e = ERR_NOMEM;
		return false;
	}
	b->p = p;
	b->room = room;
	return true;
}

unsigned char *
buf_grow(struct buf *b, size_t n)
{
	unsigned char *p;

	/* a buffer that never held a byte has no place to point to */
	if (!fit(b, n) || buf_cstr(b) == NULL)
		return NULL;
	p = b->p + b->len;
	b->len += n;
	return p;
}

void
buf_reserve(struct buf *b, size_t n)
{
	fit(b, n);
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !fit(b, n))
		return;
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

void
buf_addv(struct buf *b, struct view v)
{
	buf_add(b, v.p, v.len);
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, int byte)
{
	unsigned char c = (unsigned char)byte;

	buf_add(b, &c, 1);
}

static void
add_be(struct buf *b, uint64_t n, size_t bytes)
{
	unsigned char t[8];

	for (size_t i = bytes; i-- > 0; n >>= 8)
		t[i] = (unsigned char)n;
	buf_add(b, t, bytes);
}

void
buf_addu16(struct buf *b, uint16_t n)
{
	add_be(b, n, 2);
}

void
buf_addu24(struct buf *b, uint32_t n)
{
	if (n >> 24) {
		if (b->e == ERR_OK)
			b->e = ERR_TOOBIG;
		return;
	}
	add_be(b, n, 3);
}

void
buf_addu32(struct buf *b, uint32_t n)
{
	add_be(b, n, 4);
}

void
buf_addu64(struct buf *b, uint64_t n)
{
	add_be(b, n, 8);
}

void
buf_addvarint(struct buf *b, uint64_t n)
{
	unsigned char t[10];
	size_t len = 0;

	for (; n > 127; n >>= 7)
		t[len++] = (unsigned char)(0x80 | (n & 0x7f));
	t[len++] = (unsigned char)n;
	buf_add(b, t, len);
}

void
buf_addnum(struct buf *b, uint64_t n)
{
	unsigned char t[20];
	size_t i = sizeof t;

	do
		t[--i] = (unsigned char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_add(b, t + i, sizeof t - i);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->e = b->e ? b->e : ERR_SYNTAX;
		return;
	}
	if (!fit(b, (size_t)n) || n == 0)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n != 0 && n < b->len)
		memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len = n;
}

const char *
buf_cstr(struct buf *b)
{
	if (b->e != ERR_OK)
		return NULL;
	if (b->p == NULL && (b->p = malloc(129)) != NULL)
		b->room = 128;
	if (b->p == NULL) {
		b->e = ERR_NOMEM;
		return NULL;
	}
	b->p[b->len] = '\0';
	return (const char *)b->p;
}

struct view
view_str(const char *s)
{
	return (struct view){ (const unsigned char *)s, strlen(s) };
}

bool
view_eq(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
view_eqs(struct view a, const char *s)
{
	return view_eq(a, view_str(s));
}

bool
view_caseeq(struct view a, struct view b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (text_lower(a.p[i]) != text_lower(b.p[i]))
			return false;
	return true;
}

bool
view_caseeqs(struct view a, const char *s)
{
	return view_caseeq(a, view_str(s));
}

bool
view_starts(struct view a, const char *s)
{
	return view_eqs(view_slice(a, 0, strlen(s)), s);
}

bool
view_casestarts(struct view a, const char *s)
{
	return view_caseeqs(view_slice(a, 0, strlen(s)), s);
}

int
view_cmp(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (r != 0)
		return r;
	return (a.len > b.len) - (a.len < b.len);
}

struct view
view_slice(struct view v, size_t from, size_t len)
{
	if (v.p == NULL)
		return (struct view){ 0 };
	if (from > v.len)
		from = v.len;
	if (len > v.len - from)
		len = v.len - from;
	return (struct view){ v.p + from, len };
}

size_t
view_chr(struct view v, int byte)
{
	const unsigned char *p = v.len == 0 ? NULL : memchr(v.p, byte, v.len);

	return p == NULL ? v.len : (size_t)(p - v.p);
}

size_t
view_find(struct view v, const char *s)
{
	const unsigned char *p = v.len == 0 ? NULL : memmem(v.p, v.len, s, strlen(s));

	return p == NULL ? v.len : (size_t)(p - v.p);
}

enum err
view_take(struct view *v, size_t n, struct view *out)
{
	if (n > v->len)
		return ERR_MORE;
	*out = (struct view){ v->p, n };
	*v = view_slice(*v, n, v->len);
	return ERR_OK;
}

static enum err
take_be(struct view *v, size_t bytes, uint64_t *out)
{
	struct view t;
	uint64_t n = 0;
	enum err e;

	if ((e = view_take(v, bytes, &t)) != ERR_OK)
		return e;
	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | t.p[i];
	*out = n;
	return ERR_OK;
}

enum err
view_u8(struct view *v, uint8_t *out)
{
	uint64_t n = 0;
	enum err e = take_be(v, 1, &n);

	if (e == ERR_OK)
		*out = (uint8_t)n;
	return e;
}

enum err
view_u16(struct view *v, uint16_t *out)
{
	uint64_t n = 0;
	enum err e = take_be(v, 2, &n);

	if (e == ERR_OK)
		*out = (uint16_t)n;
	return e;
}

enum err
view_u24(struct view *v, uint32_t *out)
{
	uint64_t n = 0;
	enum err e = take_be(v, 3, &n);

	if (e == ERR_OK)
		*out = (uint32_t)n;
	return e;
}

enum err
view_u32(struct view *v, uint32_t *out)
{
	uint64_t n = 0;
	enum err e = take_be(v, 4, &n);

	if (e == ERR_OK)
		*out = (uint32_t)n;
	return e;
}

enum err
view_u64(struct view *v, uint64_t *out)
{
	return take_be(v, 8, out);
}

enum err
view_varint(struct view *v, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		unsigned char c = v->p[i];

		if (i == 9 && c > 1)
			return ERR_SYNTAX;
		n |= (uint64_t)(c & 0x7f) << (7 * i);
		if ((c & 0x80) == 0) {
			if (c == 0 && i > 0)
				return ERR_SYNTAX; /* one spelling of each number */
			*v = view_slice(*v, i + 1, v->len);
			*out = n;
			return ERR_OK;
		}
	}
	return ERR_MORE;
}
