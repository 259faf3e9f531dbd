#include "newsd/script.h"

#include <string.h>

#include "lib/text.h"

#define TEXT_MAX (8 * CHAT_SCRIPT_MAX)

/* One word of the script: quotes are gone, backslashes stay. ERR_MORE: the end. */
static enum err
next_word(struct view *rest, struct buf *word, const char **why)
{
	int quote = 0;

	buf_reset(word);
	while (rest->len > 0 && (text_isspace(rest->p[0]) || rest->p[0] == '\n'))
		*rest = view_slice(*rest, 1, rest->len);
	if (rest->len == 0)
		return ERR_MORE;
	while (rest->len > 0) {
		int c = rest->p[0];

		if (quote == 0 && (text_isspace(c) || c == '\n'))
			break;
		*rest = view_slice(*rest, 1, rest->len);
		if (c == '\\' && rest->len > 0) {
			buf_addc(word, c);
			buf_addc(word, rest->p[0]);
			*rest = view_slice(*rest, 1, rest->len);
		} else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
			quote = quote == 0 ? c : 0;
		} else {
			buf_addc(word, c);
		}
	}
	*why = "a quote is not closed";
	return quote == 0 ? buf_err(word) : ERR_SYNTAX;
}

/* ---- escapes -------------------------------------------------------------------------- */

struct decoder {
	bool send; /* ops, else bytes */
	const struct chat_words *words;
	bool no_return, hidden;
	struct buf *out;
};

static void
add_op(struct decoder *d, enum script_op op, int byte)
{
	if (d->send)
		buf_addc(d->out, (int)op);
	buf_addc(d->out, byte);
}

static void
add_text(struct decoder *d, struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		add_op(d, OP_BYTE, v.p[i]);
}

static bool
octal(int c)
{
	return c >= '0' && c <= '7';
}

static void
add_octal(struct decoder *d, struct view *v)
{
	int byte = 0;

	for (int i = 0; i < 3 && v->len > 0 && octal(v->p[0]); i++) {
		byte = 8 * byte + (v->p[0] - '0');
		*v = view_slice(*v, 1, v->len);
	}
	add_op(d, OP_BYTE, byte & 0xff);
}

/* Those that stand for one byte, in what is expected and in what is sent. */
static int
simple(int c)
{
	static const char names[] = "rnstbN", bytes[] = "\r\n \t\b";
	const char *p = c != 0 ? strchr(names, c) : NULL;

	return p == NULL ? c : bytes[p - names];
}

/* Those that mean something only in what is sent; false: it is none. */
static bool
sending(struct decoder *d, int c)
{
	switch (c) {
	case 'c':
		d->no_return = true;
		break;
	case 'q':
		d->hidden = !d->hidden;
		break;
	case 'd':
		add_op(d, OP_SECOND, 0);
		break;
	case 'p':
		add_op(d, OP_TENTH, 0);
		break;
	case 'K':
		add_op(d, OP_BREAK, 0);
		break;
	case 'T':
	case 'D':
		add_text(d, d->words->phone);
		break;
	case 'L':
		add_text(d, d->words->login);
		break;
	case 'P':
		d->hidden = true;
		add_text(d, d->words->password);
		break;
	default:
		return false;
	}
	return true;
}

static void
decode(struct decoder *d, struct view v)
{
	while (v.len > 0) {
		int c = v.p[0];

		v = view_slice(v, 1, v.len);
		if (c == '^' && v.len > 0) {
			add_op(d, OP_BYTE, v.p[0] == '?' ? 0x7f : v.p[0] & 0x1f);
		} else if (c != '\\' || v.len == 0) {
			add_op(d, OP_BYTE, c);
			continue;
		} else if (octal(v.p[0])) {
			add_octal(d, &v);
			continue;
		} else if (!d->send || !sending(d, v.p[0])) {
			add_op(d, OP_BYTE, simple(v.p[0]));
		}
		v = view_slice(v, 1, v.len);
	}
}

/* ---- items ---------------------------------------------------------------------------- */

struct reader {
	struct script *s;
	const struct chat_words *words;
	const char **why;
};

static struct script_item *
new_item(struct reader *r, enum script_kind kind)
{
	struct script_item *i;

	*r->why = "the script has too many words";
	if (r->s->n == SCRIPT_ITEMS)
		return NULL;
	i = &r->s->items[r->s->n++];
	*i = (struct script_item){ .kind = kind };
	return i;
}

static enum err
add_string(struct reader *r, enum script_kind kind, struct view v, bool sub)
{
	struct script_item *i = new_item(r, kind);
	struct decoder d = { kind == SCRIPT_SEND, r->words, false, false, &r->s->text };
	size_t from = r->s->text.len;

	if (i == NULL)
		return ERR_SYNTAX;
	i->sub = sub;
	if (d.send && view_eqs(v, "EOT")) {
		add_op(&d, OP_BYTE, 4);
	} else if (d.send && view_eqs(v, "BREAK")) {
		add_op(&d, OP_BREAK, 0);
	} else {
		decode(&d, v);
		if (d.send && !d.no_return)
			add_op(&d, OP_BYTE, '\r');
	}
	i->hidden = d.hidden;
	i->text = (struct view){ NULL, r->s->text.len - from };
	*r->why = "a string is too long";
	if (buf_err(&r->s->text) != ERR_OK || i->text.len > 2 * SCRIPT_STRING_MAX ||
	    (!d.send && i->text.len > SCRIPT_STRING_MAX))
		return ERR_SYNTAX;
	return ERR_OK;
}

/* The - that divides, and none that is escaped. */
static size_t
dash(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (v.p[i] == '-')
			return i;
	}
	return v.len;
}

/* expect-send-expect-send-expect */
static enum err
add_expect(struct reader *r, struct view v)
{
	bool send = false, sub = false;
	enum err e = ERR_OK;

	for (;;) {
		size_t n = dash(v);

		e = add_string(
		    r, send ? SCRIPT_SEND : SCRIPT_EXPECT, view_slice(v, 0, n), sub);
		if (e != ERR_OK || n == v.len)
			return e;
		v = view_slice(v, n + 1, v.len);
		send = !send;
		sub = true;
	}
}

static enum err
add_timeout(struct reader *r, struct view v)
{
	struct script_item *i = new_item(r, SCRIPT_TIMEOUT);
	uint64_t seconds;

	if (i == NULL)
		return ERR_SYNTAX;
	*r->why = "TIMEOUT takes seconds, at most 86400";
	if (text_num(v, 0, 86400, &seconds) != ERR_OK)
		return ERR_SYNTAX;
	i->number = (uint32_t)seconds;
	return ERR_OK;
}

/* In the place of an expect; its value in that of the send. */
static bool
keyword(struct view v, enum script_kind *out)
{
	static const struct {
		const char *word;
		enum script_kind kind;
	} words[] = {
		{ "ABORT", SCRIPT_ABORT },
		{ "CLR_ABORT", SCRIPT_CLEAR_ABORT },
		{ "TIMEOUT", SCRIPT_TIMEOUT },
		{ "SAY", SCRIPT_SAY },
		{ "HANGUP", SCRIPT_IGNORED },
		{ "ECHO", SCRIPT_IGNORED },
		{ "REPORT", SCRIPT_IGNORED },
		{ "CLR_REPORT", SCRIPT_IGNORED },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (view_eqs(v, words[i].word)) {
			*out = words[i].kind;
			return true;
		}
	return false;
}

static enum err
add_keyword(struct reader *r, enum script_kind kind, struct view *rest, struct buf *word)
{
	*r->why = "the script ends behind a key word";
	if (next_word(rest, word, r->why) != ERR_OK)
		return ERR_SYNTAX;
	return kind == SCRIPT_TIMEOUT ? add_timeout(r, buf_view(word))
				      : add_string(r, kind, buf_view(word), false);
}

static enum err
read_pairs(struct reader *r, struct view v)
{
	struct buf word = BUF_INIT(CHAT_SCRIPT_MAX);
	enum script_kind kind;
	enum err e;

	while ((e = next_word(&v, &word, r->why)) == ERR_OK) {
		if (keyword(buf_view(&word), &kind)) {
			e = add_keyword(r, kind, &v, &word);
		} else if ((e = add_expect(r, buf_view(&word))) == ERR_OK &&
		    (e = next_word(&v, &word, r->why)) == ERR_OK) {
			e = add_string(r, SCRIPT_SEND, buf_view(&word), false);
		}
		if (e != ERR_OK)
			break;
	}
	buf_release(&word);
	return e == ERR_MORE ? ERR_OK
			     : e; /* the last expect may have nothing behind it */
}

/* Lines that begin with # are comments. */
static void
without_comments(struct view v, struct buf *out)
{
	struct view line;

	while (text_line(&v, &line))
		if (line.len == 0 || line.p[0] != '#') {
			buf_addv(out, line);
			buf_addc(out, '\n');
		}
}

enum err
script_read(
    struct script *s, struct view v, const struct chat_words *words, const char **why)
{
	struct buf plain = BUF_INIT(CHAT_SCRIPT_MAX + 2);
	struct reader r = { s, words, why };
	size_t at = 0;
	enum err e;

	s->n = 0;
	buf_init(&s->text, TEXT_MAX);
	without_comments(v, &plain);
	*why = "the script is longer than 16 KB";
	if (buf_err(&plain) == ERR_OK)
		e = read_pairs(&r, buf_view(&plain));
	else
		e = ERR_SYNTAX;
	buf_release(&plain);
	for (size_t i = 0; i < s->n; i++) {
		s->items[i].text.p = s->text.p != NULL ? s->text.p + at : NULL;
		at += s->items[i].text.len;
	}
	return e;
}

void
script_release(struct script *s)
{
	buf_wipe(&s->text);
}
