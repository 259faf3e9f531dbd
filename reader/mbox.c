#include "reader/mbox.h"

#include <string.h>

#include "lib/text.h"

#define FROM "From "
#define FROM_LEN 5
#define FIELD_NAME 256 /* longest name of a header field that is looked for */

enum answer { NO, YES, UNKNOWN };

static enum answer
is_field(struct view v, bool end)
{
	size_t i;

	if (view_starts(v, ">From "))
		return YES; /* what UUCP mail relays put there */
	for (i = 0; i < v.len && i < FIELD_NAME && v.p[i] > ' ' && v.p[i] < 127; i++)
		if (v.p[i] == ':')
			return i > 0 ? YES : NO;
	return i == v.len && i < FIELD_NAME && !end ? UNKNOWN : NO;
}

/* "From ana@example Mon Jun  1 12:00:00 1992" */
static bool
is_dated(struct view line)
{
	struct view word, last = { 0 };
	bool time = false;
	uint64_t year;

	while (text_word(&line, &word)) {
		last = word;
		time =
		    time || (word.len >= 4 && word.len <= 8 && view_chr(word, ':') < 3);
	}
	if (last.len > 0 && last.p[last.len - 1] == '\r')
		last.len--;
	return time && last.len == 4 && text_num(last, 1970, 9999, &year) == ERR_OK;
}

/* v begins with "From " at the start of a line. */
static enum answer
is_from(struct view v, bool after_empty, bool end)
{
	size_t n = view_chr(v, '\n');
	struct view line = { v.p, n };

	if (n == v.len)
		return end ? NO : UNKNOWN;
	if (!after_empty && !is_dated(line))
		return NO;
	return is_field(view_slice(v, n + 1, v.len), end);
}

bool
mbox_begins(struct view v, bool end)
{
	return view_starts(v, FROM) && is_from(v, true, end) == YES;
}

/* Does an empty line end at v[at]? at > 0 is the start of a line. */
static bool
after_empty(struct view v, size_t at)
{
	if (at >= 3 && v.p[at - 2] == '\r')
		return v.p[at - 3] == '\n';
	return at >= 2 && v.p[at - 2] == '\n';
}

/* Start of the next `From ` line that parts messages, behind from. UNKNOWN: *at is where
 * it cannot be told. */
static enum answer
find_from(struct view v, size_t from, bool end, size_t *at)
{
	const unsigned char *p;
	enum answer a;

	while ((p = memmem(v.p + from, v.len - from, "\n" FROM, FROM_LEN + 1)) != NULL) {
		*at = (size_t)(p - v.p) + 1;
		a = is_from(view_slice(v, *at, v.len), after_empty(v, *at), end);
		if (a != NO)
			return a;
		from = *at;
	}
	*at = v.len;
	return end ? NO : UNKNOWN;
}

/* Skips to the next message, or all but what could be the start of its `From ` line. */
static enum err
skip(struct mbox *m, struct view *in, bool end, struct mbox_item *out)
{
	enum answer a;
	size_t at, keep;

	a = find_from(*in, 0, end, &at);
	/* what could be an empty line and the start of a `From ` line stays */
	keep = at == in->len ? FROM_LEN + 3 : 3;
	if (a == UNKNOWN && at > keep)
		at -= keep;
	else if (a == UNKNOWN && in->len < MBOX_MAX)
		return ERR_MORE;
	m->lost = a != YES;
	*in = view_slice(*in, at, in->len);
	*out = (struct mbox_item){ .kind = MBOX_SKIP };
	return ERR_OK;
}

/* Takes off the empty line behind a message, unless it ends the header. */
static struct view
without_last_empty(struct view v)
{
	size_t n = v.len, eol;

	if (!after_empty(v, n) || v.p[n - 1] != '\n')
		return v;
	eol = v.p[n - 2] == '\r' ? 2 : 1;
	v.len -= eol;
	if (view_find(v, "\n\n") == v.len && view_find(v, "\n\r\n") == v.len)
		v.len = n;
	return v;
}

enum err
mbox_next(struct mbox *m, struct view *in, bool end, struct mbox_item *out)
{
	enum answer a;
	size_t at, head;

	if (in->len == 0)
		return end ? ERR_NOTFOUND : ERR_MORE;
	if (m->lost)
		return skip(m, in, end, out);
	if (!view_starts(*in, FROM))
		return in->len < FROM_LEN && !end ? ERR_MORE : ERR_SYNTAX;
	head = view_chr(*in, '\n');
	head += head < in->len;
	a = find_from(*in, head > 0 ? head - 1 : 0, end, &at);
	if (a == UNKNOWN && in->len < MBOX_MAX)
		return ERR_MORE;
	if (a == UNKNOWN) {
		m->lost = true;
		*out = (struct mbox_item){ .kind = MBOX_BIG };
		*in = view_slice(*in, FROM_LEN, in->len);
		return ERR_OK;
	}
	*out = (struct mbox_item){ .message = view_slice(*in, head, at - head) };
	out->message = without_last_empty(out->message);
	*in = view_slice(*in, at, in->len);
	return ERR_OK;
}

/* Length of the run of > at the start of a line, when `From ` stands behind it. */
static bool
quoted_from(struct view line, size_t *n)
{
	for (*n = 0; *n < line.len && line.p[*n] == '>';)
		++*n;
	return view_starts(view_slice(line, *n, line.len), FROM);
}

/* Each line with its end. */
static bool
next_line(struct view *v, struct view *line)
{
	size_t n = view_chr(*v, '\n');

	n += n < v->len;
	*line = view_slice(*v, 0, n);
	*v = view_slice(*v, n, v->len);
	return n > 0;
}

void
mbox_unquote(struct view message, struct buf *out)
{
	struct view line;
	bool top = true;
	size_t n;

	while (next_line(&message, &line)) {
		if (line.p[0] == '>' && quoted_from(line, &n)) {
			if (top)
				continue; /* a UUCP relay's mark, not a header field */
			line = view_slice(line, 1, line.len);
		}
		top = false;
		buf_addv(out, line);
	}
}

void
mbox_quote(struct view text, struct buf *out)
{
	struct view line;
	size_t n;

	while (next_line(&text, &line)) {
		if ((line.p[0] == '>' || line.p[0] == 'F') && quoted_from(line, &n))
			buf_addc(out, '>');
		buf_addv(out, line);
	}
}
