#include "spool/query.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/wildmat.h"

/* Where plain words are looked for; the groups' names would match all that is in them. */
#define ANYWHERE "{subject author body}"

static const struct field {
	const char *name, *columns;
} fields[] = {
	{ "from", "author" }, { "subject", "subject" }, { "group", NULL }, /* a wildmat */
};
#define FIELDS (sizeof fields / sizeof fields[0])

static const struct field anywhere = { "", ANYWHERE };

/* One word as it was written. */
struct term {
	bool without;
	const struct field *field;
	struct view text;
};

void
query_init(struct query *q)
{
	/* each word is quoted and has its columns before it */
	buf_init(&q->match, 8 * QUERY_MAX);
	buf_init(&q->groups, 4 * QUERY_MAX);
	buf_init(&q->never, 4 * QUERY_MAX);
	buf_init(&q->first, QUERY_MAX);
}

void
query_release(struct query *q)
{
	if (q == NULL)
		return;
	buf_release(&q->match);
	buf_release(&q->groups);
	buf_release(&q->never);
	buf_release(&q->first);
}

/* Takes "from:" and the like off the front. */
static const struct field *
take_field(struct view *v)
{
	for (size_t i = 0; i < FIELDS; i++) {
		size_t n = view_str(fields[i].name).len;

		if (view_casestarts(*v, fields[i].name) && n < v->len &&
		    (v->p[n] == ':' || v->p[n] == '=')) {
			*v = view_slice(*v, n + 1, v->len);
			return &fields[i];
		}
	}
	return &anywhere;
}

/* Takes the next term; false at the end. */
static bool
next_term(struct view *rest, struct term *out, const char **why)
{
	size_t n = 0;

	while (rest->len > 0 && text_isspace(rest->p[0]))
		*rest = view_slice(*rest, 1, rest->len);
	if (rest->len == 0)
		return false;
	*out = (struct term){ .without = rest->p[0] == '-' };
	if (out->without)
		*rest = view_slice(*rest, 1, rest->len);
	out->field = take_field(rest);
	if (rest->len > 0 && rest->p[0] == '"') {
		*rest = view_slice(*rest, 1, rest->len);
		n = view_chr(*rest, '"');
		if (n == rest->len)
			*why = "a quote has no end";
		out->text = view_slice(*rest, 0, n);
		*rest = view_slice(*rest, n + 1, rest->len);
		return *why == NULL;
	}
	while (n < rest->len && !text_isspace(rest->p[n]) && rest->p[n] != '"')
		n++;
	out->text = view_slice(*rest, 0, n);
	*rest = view_slice(*rest, n, rest->len);
	return true;
}

/* Something that the index knows: it drops all else, and a phrase of nothing finds
 * nothing. */
static bool
has_word(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (text_isalnum(v.p[i]) || v.p[i] >= 0x80)
			return true;
	return false;
}

static void
add_group(struct buf *list, struct view wildmat)
{
	if (list->len > 0)
		buf_addc(list, ',');
	buf_addv(list, wildmat);
}

/* In double quotes nothing has a meaning but the quote, which is never in it. */
static void
add_match(struct buf *match, const struct term *t)
{
	buf_adds(match, t->field->columns);
	buf_adds(match, " : \"");
	buf_addv(match, t->text);
	buf_addc(match, '"');
}

static enum err
add_term(const struct term *t, struct query *q, struct buf *without, const char **why)
{
	if (t->field->columns == NULL) {
		if (!wildmat_valid(t->text)) {
			*why = "group: wants a wildmat, as rec.food.*";
			return ERR_SYNTAX;
		}
		add_group(t->without ? &q->never : &q->groups, t->text);
		return ERR_OK;
	}
	if (!has_word(t->text)) {
		*why = "each word needs a letter or a digit";
		return ERR_SYNTAX;
	}
	if (t->without) {
		buf_adds(without, " NOT ");
		add_match(without, t);
		return ERR_OK;
	}
	if (q->first.len == 0 && t->field == &anywhere)
		buf_addv(&q->first, t->text);
	if (q->match.len > 0)
		buf_adds(&q->match, " AND ");
	add_match(&q->match, t);
	return ERR_OK;
}

static enum err
check_text(struct view text, const char **why)
{
	if (text.len > QUERY_MAX)
		*why = "that is too long";
	else if (!text_utf8(text))
		*why = "that is not UTF-8";
	for (size_t i = 0; i < text.len && *why == NULL; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\t') || text.p[i] == 0x7f)
			*why = "there is a control character in it";
	return *why == NULL ? ERR_OK : ERR_SYNTAX;
}

enum err
query_parse(struct view text, struct query *q, const char **why)
{
	struct buf without = BUF_INIT(8 * QUERY_MAX);
	struct term t;
	size_t n = 0;
	enum err e;

	*why = NULL;
	buf_reset(&q->match);
	buf_reset(&q->groups);
	buf_reset(&q->never);
	buf_reset(&q->first);
	e = check_text(text, why);
	while (e == ERR_OK && next_term(&text, &t, why)) {
		if (n++ == QUERY_WORDS)
			*why = "these are too many words";
		e = *why != NULL ? ERR_SYNTAX : add_term(&t, q, &without, why);
	}
	if (*why == NULL && q->match.len == 0)
		*why = "say at least one word to look for";
	buf_addv(&q->match, buf_view(&without));
	if (*why == NULL &&
	    (buf_err(&q->match) != ERR_OK || buf_err(&q->groups) != ERR_OK ||
		buf_err(&q->never) != ERR_OK))
		*why = "these are too many words";
	buf_release(&without);
	return *why == NULL ? ERR_OK : ERR_SYNTAX;
}

/* A part of a name, up to a + or, but in group=, a dot. */
static void
add_part(struct view *rest, struct buf *text)
{
	struct view v = *rest;
	const struct field *f;
	bool without = v.len > 0 && v.p[0] == '-';
	size_t n = 0;

	if (without)
		v = view_slice(v, 1, v.len);
	f = take_field(&v);
	while (n < v.len && v.p[n] != '+' && (v.p[n] != '.' || f->columns == NULL))
		n++;
	if (without)
		buf_addc(text, '-');
	if (f != &anywhere)
		buf_addf(text, "%s:", f->name);
	if (f->columns != NULL)
		buf_addc(text, '"');
	buf_addv(text, view_slice(v, 0, n));
	if (f->columns == NULL) {
		/* a name cannot hold an asterisk: what is below is meant, too */
		buf_addc(text, ',');
		buf_addv(text, view_slice(v, 0, n));
		buf_adds(text, ".*");
	} else
		buf_addc(text, '"');
	*rest = view_slice(v, n, v.len);
}

enum err
query_parse_group(struct view name, struct query *q, const char **why)
{
	struct buf text = BUF_INIT(QUERY_MAX);
	struct view rest;
	enum err e = ERR_SYNTAX;

	*why = NULL;
	if (!view_casestarts(name, QUERY_NAME))
		return ERR_NOTFOUND;
	rest = view_slice(name, sizeof QUERY_NAME - 1, name.len);
	if (rest.len == 0)
		*why = "say what to look for, as search.bread+recipe";
	if (name.len > GROUP_MAX)
		*why = "that is too long";
	for (size_t i = 0; i < rest.len; i++)
		if (view_chr(VIEW_LIT("!*?,[]\\\" "), rest.p[i]) < 9)
			*why = "join words by +, a phrase by _";
	while (*why == NULL) {
		add_part(&rest, &text);
		if (rest.len == 0)
			break;
		buf_addc(&text, ' ');
		rest = view_slice(rest, 1, rest.len);
	}
	if (*why == NULL)
		e = query_parse(buf_view(&text), q, why);
	buf_release(&text);
	return e;
}

bool
query_wants(const struct query *q, struct view group)
{
	return q->groups.len == 0 || wildmat_match(buf_view(&q->groups), group);
}

bool
query_refuses(const struct query *q, struct view group)
{
	return q->never.len > 0 && wildmat_match(buf_view(&q->never), group);
}
