#include "reader/rnews.h"

#include <string.h>

#include "lib/text.h"

#define MARK "#! "
#define MARK_LEN 3

static const struct {
	const char *name;
	enum rnews_kind kind;
	enum rnews_bad bad;
} lines[] = {
	{ "rnews", RNEWS_ARTICLE, 0 },
	{ "gunbatch", RNEWS_PACKED, 0 },
	{ "zunbatch", RNEWS_PACKED, 0 },
	{ "cunbatch", RNEWS_PACKED, 0 },
	{ "bunbatch", RNEWS_BAD, RNEWS_BZIP2 },
};

#define LINES (sizeof lines / sizeof lines[0])

/* Index in lines, and what stands behind the word; LINES when it is none of them. */
static size_t
classify(struct view line, struct view *arg)
{
	struct view word = view_slice(line, MARK_LEN, line.len);
	size_t n = view_chr(word, ' ');
	size_t i;

	*arg = view_slice(word, n < word.len ? n + 1 : n, word.len);
	for (i = 0; i < LINES; i++)
		if (view_eqs(view_slice(word, 0, n), lines[i].name))
			break;
	return i;
}

bool
rnews_begins(struct view v)
{
	struct view line = { v.p, view_chr(v, '\n') }, arg;

	return line.len <= RNEWS_LINE && view_starts(line, MARK) &&
	    classify(line, &arg) < LINES;
}

static enum err
bad(struct rnews *r, enum rnews_bad why, struct rnews_item *out)
{
	r->lost = true;
	*out = (struct rnews_item){ .kind = RNEWS_BAD, .bad = why };
	return ERR_OK;
}

static enum err
need(struct rnews_item *out, size_t n)
{
	*out = (struct rnews_item){ .need = n };
	return ERR_MORE;
}

/* Steps to the next line that rnews_begins; what is left over may be the start of one. */
static enum err
find(struct rnews *r, struct view *in, bool end, struct rnews_item *out)
{
	struct view v = *in;
	const unsigned char *p;

	while (!rnews_begins(v)) {
		if (!end && v.len <= RNEWS_LINE && memchr(v.p, '\n', v.len) == NULL)
			break;
		p = v.len > 0 ? memchr(v.p, '\n', v.len) : NULL;
		p = p != NULL ? p + 1 : v.p + v.len;
		v = (struct view){ p, v.len - (size_t)(p - v.p) };
		if (v.len == 0)
			break;
	}
	if (v.len == in->len && !end && !rnews_begins(v))
		return need(out, RNEWS_LINE + 1);
	r->lost = !rnews_begins(v);
	*in = v;
	*out = (struct rnews_item){ .kind = RNEWS_SKIP };
	return ERR_OK;
}

/* in begins behind the line. On a wrong count it stays there, for find to go on. */
static enum err
article(
    struct rnews *r, struct view *in, bool end, struct view count, struct rnews_item *out)
{
	uint64_t n;

	if (text_num(count, 0, UINT64_MAX, &n) == ERR_SYNTAX)
		return bad(r, RNEWS_COUNT, out);
	if (text_num(count, 0, RNEWS_MAX, &n) != ERR_OK)
		return bad(r, RNEWS_BIG, out);
	if (in->len < n + MARK_LEN && !end)
		return need(out, (size_t)n + RNEWS_LINE + 1 + MARK_LEN);
	if (in->len < n)
		return bad(r, RNEWS_LONG, out);
	if (in->len > n && !view_starts(view_slice(*in, n, MARK_LEN), MARK))
		return bad(r, RNEWS_WRONG, out);
	*out = (struct rnews_item){ .kind = RNEWS_ARTICLE };
	return view_take(in, (size_t)n, &out->article);
}

enum err
rnews_next(struct rnews *r, struct view *in, bool end, struct rnews_item *out)
{
	struct view v = *in, line, arg;
	size_t i;
	enum err e = ERR_OK;

	if (v.len == 0)
		return end ? ERR_NOTFOUND : need(out, 1);
	if (r->lost)
		return find(r, in, end, out);
	line = view_slice(v, 0, RNEWS_LINE + 1);
	line.len = view_chr(line, '\n');
	if (line.len == v.len && line.len <= RNEWS_LINE && !end)
		return need(out, RNEWS_LINE + 1);
	if (!view_starts(line, MARK) || line.len > RNEWS_LINE)
		return bad(r, RNEWS_JUNK, out);
	i = classify(line, &arg);
	v = view_slice(v, line.len < v.len ? line.len + 1 : line.len, v.len);
	*out = (struct rnews_item){ .kind = RNEWS_PACKED };
	if (i < LINES && lines[i].kind == RNEWS_ARTICLE)
		e = article(r, &v, end, arg, out);
	else if (i == LINES || arg.len > 0)
		e = bad(r, RNEWS_UNKNOWN, out);
	else if (lines[i].kind == RNEWS_BAD)
		e = bad(r, lines[i].bad, out);
	if (e == ERR_OK)
		*in = v;
	return e;
}
