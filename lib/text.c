#include "lib/text.h"

#include "lib/limits.h"

enum err
text_num(struct view v, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (v.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < v.len; i++)
		if (!text_isdigit(v.p[i]))
			return ERR_SYNTAX;
	for (size_t i = 0; i < v.len; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(v.p[i] - '0'), &n))
			return ERR_TOOBIG;
	if (n < min || n > max)
		return ERR_TOOBIG;
	*out = n;
	return ERR_OK;
}

/* A number with one optional unit letter out of units, worth factors[i]. */
static enum err
scaled(struct view v, const char *units, const uint64_t *factors, uint64_t max,
    uint64_t *out)
{
	uint64_t n, factor = 1;
	enum err e;

	if (v.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; units[i] != '\0'; i++)
		if (text_lower(v.p[v.len - 1]) == units[i]) {
			factor = factors[i];
			v.len--;
			break;
		}
	if ((e = text_num(v, 0, max, &n)) != ERR_OK)
		return e;
	if (__builtin_mul_overflow(n, factor, &n) || n > max)
		return ERR_TOOBIG;
	*out = n;
	return ERR_OK;
}

enum err
text_duration(struct view v, int64_t *seconds)
{
	static const uint64_t factors[] = { 1, 60, 3600, 86400, 7 * 86400 };
	uint64_t n;
	enum err e;

	if ((e = scaled(v, "smhdw", factors, 36525ull * 86400, &n)) == ERR_OK)
		*seconds = (int64_t)n;
	return e;
}

enum err
text_size(struct view v, uint64_t *bytes)
{
	static const uint64_t factors[] = { 1ull << 10, 1ull << 20, 1ull << 30,
		1ull << 40 };

	return scaled(v, "kmgt", factors, 1ull << 60, bytes);
}

int
text_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool
text_isdigit(int c)
{
	return c >= '0' && c <= '9';
}

bool
text_isalnum(int c)
{
	c = text_lower(c);
	return text_isdigit(c) || (c >= 'a' && c <= 'z');
}

bool
text_isspace(int c)
{
	return c == ' ' || c == '\t';
}

struct view
text_trim(struct view v)
{
	while (v.len > 0 && text_isspace(v.p[0]))
		v = view_slice(v, 1, v.len);
	while (v.len > 0 && text_isspace(v.p[v.len - 1]))
		v.len--;
	return v;
}

bool
text_word(struct view *rest, struct view *word)
{
	size_t n = 0;
	struct view v = text_trim(*rest);

	if (v.len == 0)
		return false;
	while (n < v.len && !text_isspace(v.p[n]))
		n++;
	*word = view_slice(v, 0, n);
	*rest = view_slice(v, n, v.len);
	return true;
}

bool
text_line(struct view *rest, struct view *line)
{
	size_t n;

	if (rest->len == 0)
		return false;
	n = view_chr(*rest, '\n');
	*line = view_slice(*rest, 0, n);
	*rest = view_slice(*rest, n + 1, rest->len);
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

enum err
text_rune(struct view *v, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t r;
	size_t more;

	if (v->len == 0)
		return ERR_MORE;
	r = v->p[0];
	if (r < 0x80)
		more = 0;
	else if (r >= 0xc2 && r <= 0xdf)
		more = 1, r &= 0x1f;
	else if (r >= 0xe0 && r <= 0xef)
		more = 2, r &= 0x0f;
	else if (r >= 0xf0 && r <= 0xf4)
		more = 3, r &= 0x07;
	else
		return ERR_SYNTAX;
	if (v->len <= more)
		return ERR_SYNTAX;
	for (size_t i = 1; i <= more; i++) {
		if ((v->p[i] & 0xc0) != 0x80)
			return ERR_SYNTAX;
		r = r << 6 | (v->p[i] & 0x3f);
	}
	if (r < least[more] || (r >= 0xd800 && r <= 0xdfff) || r > 0x10ffff)
		return ERR_SYNTAX;
	*v = view_slice(*v, more + 1, v->len);
	*out = r;
	return ERR_OK;
}

bool
text_utf8(struct view v)
{
	uint32_t r;

	while (v.len > 0) {
		size_t n = 0;

		while (n < v.len && v.p[n] < 0x80)
			n++;
		v = view_slice(v, n, v.len);
		if (v.len > 0 && text_rune(&v, &r) != ERR_OK)
			return false;
	}
	return true;
}

void
text_quote(struct buf *b, struct view v, size_t max)
{
	size_t n = v.len < max ? v.len : max;

	buf_addc(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = v.p[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, c);
	}
	buf_adds(b, n < v.len ? "...\"" : "\"");
}

/* Controls, line separators, and the marks that turn or hide the text around them (Unicode
 * TR 36). */
static bool
unshowable(uint32_t r)
{
	return r < 0x20 || (r >= 0x7f && r < 0xa0) || r == 0x61c || r == 0x200e ||
	    r == 0x200f || (r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) ||
	    r == 0xfeff || (r >= 0xe0000 && r <= 0xe007f);
}

void
text_show(struct buf *b, struct view v, size_t max)
{
	struct view rest = v;
	uint32_t r;

	while (rest.len > 0 && v.len - rest.len < max) {
		struct view at = rest;

		if (text_rune(&rest, &r) != ERR_OK) {
			rest = view_slice(rest, 1, rest.len);
			r = 0;
		}
		if (v.len - rest.len > max) {
			rest = at;
			break;
		}
		if (unshowable(r))
			buf_addc(b, '?');
		else
			buf_add(b, at.p, at.len - rest.len);
	}
	if (rest.len > 0)
		buf_adds(b, "...");
}

bool
text_name(struct view v)
{
	if (v.len == 0 || v.len > NAME_MAX_LEN || v.p[0] == '-')
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] != '-' &&
		    !(text_isalnum(v.p[i]) && v.p[i] == text_lower(v.p[i])))
			return false;
	return true;
}

void
text_hex(struct buf *b, struct view v)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < v.len; i++) {
		buf_addc(b, digits[v.p[i] >> 4]);
		buf_addc(b, digits[v.p[i] & 15]);
	}
}

static bool
nibble(int c, unsigned *out)
{
	if (text_isdigit(c))
		*out = (unsigned)(c - '0');
	else if (text_lower(c) >= 'a' && text_lower(c) <= 'f')
		*out = (unsigned)(text_lower(c) - 'a' + 10);
	else
		return false;
	return true;
}

enum err
text_unhex(struct view v, unsigned char *out, size_t len)
{
	unsigned high, low;

	if (v.len != 2 * len)
		return ERR_SYNTAX;
	for (size_t i = 0; i < v.len; i++)
		if (!nibble(v.p[i], &low))
			return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++)
		if (nibble(v.p[2 * i], &high) && nibble(v.p[2 * i + 1], &low))
			out[i] = (unsigned char)(high << 4 | low);
	return ERR_OK;
}
