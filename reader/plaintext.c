#include "reader/plaintext.h"

#include "lib/article.h"
#include "lib/limits.h"
#include "lib/text.h"

/* 0x80 to 0x9f in Windows-1252, which says it is ISO-8859-1: letters alone, for words. */
static const unsigned short letters_1252[] = {
	[0x0a] = 0x160,
	[0x0c] = 0x152,
	[0x0e] = 0x17d,
	[0x1a] = 0x161,
	[0x1c] = 0x153,
	[0x1e] = 0x17e,
	[0x1f] = 0x178,
};

enum encoding { AS_IT_IS, QUOTED, BASE64, OPAQUE };

/* What a part's header says of it. */
struct part {
	struct view type, boundary;
	enum encoding encoding;
	bool text, html, multipart, latin, attached;
};

/* ---- characters -------------------------------------------------------------------- */

/* False when there is no room for it. */
static bool
add_rune(struct buf *out, uint32_t r)
{
	if (out->cap - out->len < 4)
		return false;
	if (r < 0x20 || r == 0x7f)
		r = ' ';
	if (r < 0x80)
		buf_addc(out, (int)r);
	else if (r < 0x800) {
		buf_addc(out, (int)(0xc0 | r >> 6));
		buf_addc(out, (int)(0x80 | (r & 0x3f)));
	} else if (r < 0x10000) {
		buf_addc(out, (int)(0xe0 | r >> 12));
		buf_addc(out, (int)(0x80 | (r >> 6 & 0x3f)));
		buf_addc(out, (int)(0x80 | (r & 0x3f)));
	} else {
		buf_addc(out, (int)(0xf0 | r >> 18));
		buf_addc(out, (int)(0x80 | (r >> 12 & 0x3f)));
		buf_addc(out, (int)(0x80 | (r >> 6 & 0x3f)));
		buf_addc(out, (int)(0x80 | (r & 0x3f)));
	}
	return true;
}

static uint32_t
latin_rune(unsigned char c)
{
	if (c < 0x80 || c >= 0xa0)
		return c;
	return letters_1252[c - 0x80] != 0 ? letters_1252[c - 0x80] : ' ';
}

/* Bytes that are no UTF-8 are Latin; line ends stay. False when out is full. */
static bool
add_text(struct buf *out, struct view v, bool latin)
{
	uint32_t r;

	while (v.len > 0) {
		size_t n = 0;

		/* most of it is this */
		while (n < v.len && v.p[n] < 0x7f && (v.p[n] >= 0x20 || v.p[n] == '\n'))
			n++;
		if (n > 0) {
			if (n > out->cap - out->len)
				return false;
			buf_add(out, v.p, n);
			v = view_slice(v, n, v.len);
		} else if (!latin && text_rune(&v, &r) == ERR_OK) {
			if (!add_rune(out, r))
				return false;
		} else {
			if (!add_rune(out, latin_rune(v.p[0])))
				return false;
			v = view_slice(v, 1, v.len);
		}
	}
	return true;
}

static bool
is_latin(struct view charset)
{
	return view_casestarts(charset, "iso-8859-") ||
	    view_casestarts(charset, "windows-125");
}

/* ---- encodings --------------------------------------------------------------------- */

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void
undo_base64(struct view v, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (size_t i = 0; i < v.len && v.p[i] != '='; i++) {
		int value = base64_value(v.p[i]);

		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		if ((n += 6) >= 8) {
			n -= 8;
			buf_addc(out, (int)(bits >> n & 0xff));
		}
	}
}

static int
hex(unsigned char c)
{
	if (text_isdigit(c))
		return c - '0';
	c = (unsigned char)text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
undo_quoted(struct view v, bool header, struct buf *out)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = v.p[i];

		if (c == '=' && i + 2 < v.len && v.p[i + 1] == '\r' &&
		    v.p[i + 2] == '\n') {
			i += 2;
			continue;
		}
		if (c == '=' && i + 2 < v.len && hex(v.p[i + 1]) >= 0 &&
		    hex(v.p[i + 2]) >= 0) {
			buf_addc(out, 16 * hex(v.p[i + 1]) + hex(v.p[i + 2]));
			i += 2;
			continue;
		}
		buf_addc(out, header && c == '_' ? ' ' : c);
	}
}

/* ---- headers ----------------------------------------------------------------------- */

/* RFC 2047 2: =?charset?B?text?= at the front; false when there is none. */
static bool
encoded_word(struct view *rest, struct buf *out)
{
	struct view v = *rest, charset, text;
	struct buf bytes = BUF_INIT(LINE_MAX_ARTICLE);
	size_t n;
	int how;

	if (!view_starts(v, "=?"))
		return false;
	v = view_slice(v, 2, v.len);
	n = view_chr(v, '?');
	charset = view_slice(v, 0, n);
	v = view_slice(v, n + 1, v.len);
	if (charset.len == 0 || v.len < 2 || v.p[1] != '?')
		return false;
	how = text_lower(v.p[0]);
	v = view_slice(v, 2, v.len);
	n = view_find(v, "?=");
	if (n == v.len || (how != 'b' && how != 'q'))
		return false;
	text = view_slice(v, 0, n);
	*rest = view_slice(v, n + 2, v.len);
	if (how == 'b')
		undo_base64(text, &bytes);
	else
		undo_quoted(text, true, &bytes);
	add_text(out, buf_view(&bytes), is_latin(charset));
	buf_release(&bytes);
	return true;
}

void
plaintext_header(struct view v, struct buf *out)
{
	size_t after = SIZE_MAX; /* of an encoded word: blanks up to the next one go */
	size_t from = out->len;

	while (v.len > 0) {
		if (v.p[0] == '=' && encoded_word(&v, out)) {
			after = out->len;
		} else {
			size_t n = 1;

			while (n < v.len && v.p[n] != '=')
				n++;
			add_text(out, view_slice(v, 0, n), false);
			v = view_slice(v, n, v.len);
		}
		if (after < out->len && view_starts(v, "=?")) {
			struct view between = view_slice(buf_view(out), after, out->len);
			size_t blanks = 0;

			while (blanks < between.len &&
			    (between.p[blanks] == ' ' || between.p[blanks] == '\n'))
				blanks++;
			if (blanks == between.len)
				buf_truncate(out, after);
		}
	}
	for (size_t i = from; i < out->len; i++)
		if (out->p[i] == '\n')
			out->p[i] = ' ';
}

/* The value of a parameter, as boundary="x"; empty when there is none. */
static struct view
parameter(struct view v, const char *name)
{
	size_t n;

	while ((n = view_chr(v, ';')) < v.len) {
		v = view_slice(v, n + 1, v.len);
		while (v.len > 0 &&
		    (text_isspace(v.p[0]) || v.p[0] == '\r' || v.p[0] == '\n'))
			v = view_slice(v, 1, v.len);
		if (!view_casestarts(v, name))
			continue;
		v = view_slice(v, view_str(name).len, v.len);
		if (v.len == 0 || v.p[0] != '=')
			continue;
		v = view_slice(v, 1, v.len);
		if (v.len > 0 && v.p[0] == '"') {
			v = view_slice(v, 1, v.len);
			return view_slice(v, 0, view_chr(v, '"'));
		}
		n = 0;
		while (n < v.len && v.p[n] > ' ' && v.p[n] != ';')
			n++;
		return view_slice(v, 0, n);
	}
	return (struct view){ 0 };
}

static struct part
read_part(struct view head)
{
	static const struct {
		const char *name;
		enum encoding encoding;
	} encodings[] = {
		{ "quoted-printable", QUOTED },
		{ "base64", BASE64 },
		{ "x-uuencode", OPAQUE },
		{ "uuencode", OPAQUE },
	};
	struct view cte = article_field(head, "Content-Transfer-Encoding");
	struct part p = { .type = article_field(head, "Content-Type") };

	p.text = p.type.len == 0 || view_casestarts(p.type, "text");
	p.html = view_casestarts(p.type, "text/html");
	p.multipart = view_casestarts(p.type, "multipart/");
	p.latin = is_latin(parameter(p.type, "charset"));
	p.boundary = parameter(p.type, "boundary");
	p.attached =
	    view_casestarts(article_field(head, "Content-Disposition"), "attachment");
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
		if (view_casestarts(text_trim(cte), encodings[i].name))
			p.encoding = encodings[i].encoding;
	return p;
}

/* ---- bodies ------------------------------------------------------------------------ */

/* Lines that are no words: what stands between these. */
static bool
begins_binary(struct view line)
{
	return view_starts(line, "=ybegin ") ||
	    (view_starts(line, "begin ") && line.len > 10 && text_isdigit(line.p[6]) &&
		text_isdigit(line.p[7]) && text_isdigit(line.p[8]));
}

static bool
ends_binary(struct view line)
{
	return view_starts(line, "=yend") || view_eqs(line, "end");
}

static void
add_lines(struct buf *out, struct view v, bool latin)
{
	struct view line;
	bool binary = false;

	while (text_line(&v, &line)) {
		if (binary)
			binary = !ends_binary(line);
		else if (begins_binary(line))
			binary = true;
		else if (!add_text(out, line, latin) ||
		    !add_text(out, VIEW_LIT("\n"), false))
			return;
	}
}

/* Without tags, and what stands in the head of the page. */
static void
drop_tags(struct buf *b)
{
	size_t to = 0;
	bool tag = false;

	for (size_t i = 0; i < b->len; i++) {
		if (b->p[i] == '<')
			tag = true;
		if (!tag)
			b->p[to++] = b->p[i];
		if (b->p[i] == '>' && tag) {
			tag = false;
			b->p[to++] = ' ';
		}
	}
	buf_truncate(b, to);
}

static void
add_leaf(struct plaintext *t, const struct part *p, struct view body)
{
	if (!p->text || p->attached || p->encoding == OPAQUE)
		return;
	buf_reset(&t->bytes);
	if (p->encoding == BASE64)
		undo_base64(body, &t->bytes);
	else if (p->encoding == QUOTED)
		undo_quoted(body, false, &t->bytes);
	else
		buf_addv(&t->bytes, body);
	if (p->html)
		drop_tags(&t->bytes);
	add_lines(&t->body, buf_view(&t->bytes), p->latin);
}

/* Takes the next part of a multipart: what stands up to the next boundary. */
static bool
next_part(struct view *rest, struct view boundary, struct view *out)
{
	struct view v = *rest, line;
	const unsigned char *from = v.p;

	while (v.len > 0) {
		const unsigned char *at = v.p;

		if (!text_line(&v, &line))
			break;
		if (!view_starts(line, "--") || line.len < boundary.len + 2 ||
		    !view_eq(view_slice(line, 2, boundary.len), boundary))
			continue;
		*out = (struct view){ from, (size_t)(at - from) };
		*rest = v;
		return true;
	}
	*out = *rest;
	*rest = (struct view){ 0 };
	return out->len > 0;
}

static void add_entity(struct plaintext *, struct view, unsigned depth, unsigned *parts);

static void
add_multipart(struct plaintext *t, const struct part *p, struct view body, unsigned depth,
    unsigned *parts)
{
	struct view one;

	/* what stands before the first boundary is for nobody */
	if (p->boundary.len == 0 || depth == PLAINTEXT_DEPTH ||
	    !next_part(&body, p->boundary, &one))
		return;
	while (*parts < PLAINTEXT_PARTS && next_part(&body, p->boundary, &one)) {
		++*parts;
		add_entity(t, one, depth + 1, parts);
	}
}

static void
add_entity(struct plaintext *t, struct view v, unsigned depth, unsigned *parts)
{
	size_t n = view_find(v, "\r\n\r\n");
	struct view head = view_slice(v, 0, n + 2), body = view_slice(v, n + 4, v.len);
	struct part p;

	/* a part may have no header at all: an empty line is its first */
	if (view_starts(v, "\r\n")) {
		head = (struct view){ 0 };
		body = view_slice(v, 2, v.len);
	}
	p = read_part(head);
	if (p.multipart)
		add_multipart(t, &p, body, depth, parts);
	else
		add_leaf(t, &p, body);
}

/* ---- the article ------------------------------------------------------------------- */

void
plaintext_init(struct plaintext *t)
{
	buf_init(&t->subject, HEADER_MAX);
	buf_init(&t->from, HEADER_MAX);
	buf_init(&t->groups, HEADER_MAX);
	buf_init(&t->body, PLAINTEXT_MAX);
	buf_init(&t->bytes, ARTICLE_MAX + HEADER_MAX);
}

void
plaintext_release(struct plaintext *t)
{
	if (t == NULL)
		return;
	buf_release(&t->subject);
	buf_release(&t->from);
	buf_release(&t->groups);
	buf_release(&t->body);
	buf_release(&t->bytes);
}

void
plaintext_read(struct plaintext *t, struct view article)
{
	struct view head = view_slice(article, 0, view_find(article, "\r\n\r\n") + 2);
	unsigned parts = 0;

	buf_reset(&t->subject);
	buf_reset(&t->from);
	buf_reset(&t->groups);
	buf_reset(&t->body);
	plaintext_header(article_field(head, "Subject"), &t->subject);
	plaintext_header(article_field(head, "From"), &t->from);
	plaintext_header(article_field(head, "Newsgroups"), &t->groups);
	add_entity(t, article, 0, &parts);
}

void
plaintext_words(void *arg, struct view article, struct search_text *out)
{
	struct plaintext *t = arg;

	plaintext_read(t, article);
	*out = (struct search_text){
		.subject = buf_view(&t->subject),
		.author = buf_view(&t->from),
		.groups = buf_view(&t->groups),
		.body = buf_view(&t->body),
	};
}
