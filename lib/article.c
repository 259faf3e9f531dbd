#include "lib/article.h"

#include <string.h>

#include "lib/foreign.h"
#include "lib/mimeword.h"
#include "lib/msgid.h"
#include "lib/native.h"
#include "lib/text.h"

/* Splits the bytes at the first empty line and checks every line's end. memchr, because
 * this and the hash are most of what an import of millions costs. */
static enum fault
split(struct view v, struct article *a)
{
	const unsigned char *p = v.p, *end = v.len == 0 ? v.p : v.p + v.len, *lf;
	bool found = false;

	if (view_chr(v, '\0') < v.len)
		return FAULT_NUL;
	a->bytes = v;
	a->lines = 0;
	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (lf == p || lf[-1] != '\r')
			return FAULT_BARE_LF;
		if (memchr(p, '\r', (size_t)(lf - 1 - p)) != NULL)
			return FAULT_BARE_CR;
		a->lines++;
		if (!found && lf == p + 1) {
			found = true;
			a->head = (struct view){ v.p, (size_t)(p - v.p) };
			a->body = (struct view){ lf + 1, (size_t)(end - lf - 1) };
			a->lines = 0;
		}
		p = lf + 1;
	}
	if (p < end && memchr(p, '\r', (size_t)(end - p)) != NULL)
		return FAULT_BARE_CR;
	if (!found)
		return FAULT_NO_BODY;
	return p < end ? FAULT_UNENDED : FAULT_NONE;
}

static enum err
answer(enum fault f)
{
	if (f == FAULT_NONE)
		return ERR_OK;
	return f == FAULT_TOOBIG || f == FAULT_HEADERBIG ? ERR_TOOBIG : ERR_SYNTAX;
}

enum err
article_parse(struct view bytes, struct article *out, enum fault *why)
{
	struct article a = { 0 };
	enum fault f = bytes.len > ARTICLE_MAX ? FAULT_TOOBIG : split(bytes, &a);

	if (f == FAULT_NONE && a.head.len > HEADER_MAX)
		f = FAULT_HEADERBIG;
	if (f == FAULT_NONE && native_claimed(bytes)) {
		f = native_parse(&a);
	} else if (f == FAULT_NONE && (f = foreign_parse(&a)) == FAULT_NONE) {
		digest_sha256(bytes, a.hash);
	}
	*why = f;
	if (f == FAULT_NONE)
		*out = a;
	return answer(f);
}

enum err
article_clean(struct view raw, struct buf *out, enum fault *why)
{
	struct article a = { 0 };
	size_t start = out->len;
	enum fault f = raw.len > ARTICLE_MAX + HEADER_MAX ? FAULT_TOOBIG : split(raw, &a);
	enum err e;

	/* what is removed is checked too: no bare LF hides in a Path */
	if (f == FAULT_NONE) {
		foreign_clean(a.head, out);
		a.head.len = out->len - start;
		buf_adds(out, "\r\n");
		buf_addv(out, a.body);
		if ((e = buf_err(out)) != ERR_OK) {
			buf_truncate(out, start);
			*why = e == ERR_TOOBIG ? FAULT_TOOBIG : FAULT_NONE;
			return e;
		}
		a.bytes = (struct view){ out->p + start, out->len - start };
		a.head.p = a.bytes.p;
		a.body = view_slice(a.bytes, a.head.len + 2, a.bytes.len);
		if (a.bytes.len > ARTICLE_MAX)
			f = FAULT_TOOBIG;
		else
			f = a.head.len > HEADER_MAX ? FAULT_HEADERBIG : foreign_parse(&a);
		if (f != FAULT_NONE)
			buf_truncate(out, start);
	}
	*why = f;
	return answer(f);
}

/* CR and LF too: folds may stand between names */
static struct view
trim_folds(struct view v)
{
	while (v.len > 0 && (text_isspace(v.p[0]) || v.p[0] == '\r' || v.p[0] == '\n'))
		v = view_slice(v, 1, v.len);
	while (v.len > 0 &&
	    (text_isspace(v.p[v.len - 1]) || v.p[v.len - 1] == '\r' ||
		v.p[v.len - 1] == '\n'))
		v.len--;
	return v;
}

bool
article_next_group(struct view *rest, struct view *name)
{
	size_t n;

	if (rest->len == 0)
		return false;
	n = view_chr(*rest, ',');
	*name = trim_folds(view_slice(*rest, 0, n));
	*rest = view_slice(*rest, n + 1, rest->len);
	return true;
}

bool
article_next_ref(struct view *rest, struct view *msgid)
{
	struct view v = *rest, id;

	while ((v = view_slice(v, view_chr(v, '<'), v.len)).len > 0) {
		size_t n = 0;

		while (n < v.len && v.p[n] > ' ' && v.p[n] != '>')
			n++;
		id = view_slice(v, 0, n + 1);
		v = view_slice(v, n, v.len);
		if (msgid_valid(id)) {
			*msgid = id;
			*rest = view_slice(v, 1, v.len);
			return true;
		}
	}
	*rest = v;
	return false;
}

bool
article_next_field(struct view *head, struct view *name, struct view *value)
{
	const unsigned char *p = head->p, *end, *lf;
	struct view field;
	size_t colon;

	if (head->len == 0)
		return false;
	end = head->p + head->len;
	do {
		lf = memchr(p, '\n', (size_t)(end - p));
		p = lf == NULL ? end : lf + 1;
	} while (p < end && text_isspace(*p));
	field = view_slice(*head, 0, (size_t)(p - head->p));
	*head = view_slice(*head, field.len, head->len);
	colon = view_chr(field, ':');
	*name = view_slice(field, 0, colon);
	*value = trim_folds(view_slice(field, colon + 1, field.len));
	return true;
}

struct view
article_field(struct view head, const char *wanted)
{
	struct view name, value;

	while (article_next_field(&head, &name, &value))
		if (view_caseeqs(name, wanted))
			return value;
	return (struct view){ NULL, 0 };
}

void
article_unfold(struct view v, struct buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i + 2 < v.len; i++)
		if (v.p[i] == '\r' && v.p[i + 1] == '\n' && text_isspace(v.p[i + 2])) {
			buf_add(out, v.p + from, i - from);
			from = i + 2;
		}
	buf_addv(out, view_slice(v, from, v.len));
}

bool
article_reserved(struct view v)
{
	static const char wanted[] = "@hearsay.invalid";

	/* blanks and folds between the parts do not make it another address */
	for (size_t at = view_chr(v, '@'); at < v.len;) {
		size_t i = at, k = 0;

		for (; i < v.len && wanted[k] != '\0'; i++) {
			if (text_lower(v.p[i]) == wanted[k])
				k++;
			else if (v.p[i] > ' ')
				break;
		}
		if (wanted[k] == '\0')
			return true;
		at++;
		at += view_chr(view_slice(v, at, v.len), '@');
	}
	return false;
}

/* RFC 3977 8.3.2: unfolded, then each TAB, NUL, CR and LF is a space */
static void
add_overview(struct view v, struct buf *out)
{
	unsigned char *p = buf_grow(out, v.len), *q = p;

	if (p == NULL)
		return;
	for (size_t i = 0; i < v.len; i++) {
		int c = v.p[i];

		if (c == '\r' && i + 1 < v.len && v.p[i + 1] == '\n')
			i++;
		else
			*q++ = c == '\t' || c == '\0' || c == '\r' || c == '\n'
			    ? ' '
			    : (unsigned char)c;
	}
	buf_truncate(out, out->len - (v.len - (size_t)(q - p)));
}

void
article_overview(const struct article *a, size_t bytes, struct buf *out)
{
	const struct view columns[] = { a->subject, a->from, a->datetext,
		view_str(a->msgid), a->references };
	size_t i = 0;

	if (a->native) { /* has neither folds nor controls */
		mimeword_text(out, a->subject, " ");
		buf_addc(out, '\t');
		mimeword_from(out, a->from, " ");
		buf_addc(out, '\t');
		i = 2;
	}
	for (; i < sizeof columns / sizeof columns[0]; i++) {
		add_overview(columns[i], out);
		buf_addc(out, '\t');
	}
	buf_addnum(out, bytes);
	buf_addc(out, '\t');
	buf_addnum(out, a->lines);
}
