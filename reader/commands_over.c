/* OVER, HDR and XPAT: the overview, a column of it, or a header of each article. */
#include "reader/commands.h"

#include <string.h>

#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/place.h"
#include "reader/sight.h"

#define LOAD_ROWS 64 /* articles opened in one turn for a header that is in no column */

static const struct {
	const char *name;
	int column;
	bool legacy; /* XHDR alone means the metadata by it */
} columns[] = {
	{ "Subject", COLUMN_SUBJECT, false },
	{ "From", COLUMN_FROM, false },
	{ "Date", COLUMN_DATE, false },
	{ "Message-ID", COLUMN_MSGID, false },
	{ "References", COLUMN_REFERENCES, false },
	{ ":bytes", COLUMN_BYTES, false },
	{ ":lines", COLUMN_LINES, false },
	{ "Bytes", COLUMN_BYTES, true },
	{ "Lines", COLUMN_LINES, true },
	{ "Xref", COLUMN_XREF, false },
};

static void
begin_row(struct session *s, uint64_t number)
{
	if (!s->job.started)
		session_reply(s, s->job.first);
	s->job.started = true;
	if (s->job.asked.len > 0)
		buf_addv(&s->out, s->job.asked);
	else
		buf_addnum(&s->out, number);
}

/* "localhost GROUP:NUMBER", and its other places when it has some. */
static void
add_xref(struct session *s, uint64_t number, uint64_t arrival, bool crossposted)
{
	size_t from = s->out.len;
	const size_t skip = sizeof "\tXref: " - 1;

	if (crossposted &&
	    render_xref(s->env->spool, arrival, buf_view(&s->access.read), &s->out) ==
		ERR_OK)
		return;
	if (buf_err(&s->out) != ERR_OK)
		return;
	buf_truncate(&s->out, from);
	buf_addv(&s->out, view_slice(buf_view(&s->job.xref), skip, s->job.xref.len));
	buf_addnum(&s->out, number);
}

static bool
over_row(void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct session *s = arg;

	begin_row(s, number);
	buf_addc(&s->out, '\t');
	buf_addv(&s->out, line);
	if (crossposted) {
		buf_adds(&s->out, "\tXref: ");
		add_xref(s, number, arrival, true);
	} else {
		buf_addv(&s->out, buf_view(&s->job.xref));
		buf_addnum(&s->out, number);
	}
	buf_add(&s->out, "\r\n", 2);
	s->job.next = number + 1;
	return s->out.len < STEP_BYTES;
}

static bool
wanted(const struct session_job *j, struct view value)
{
	return j->wildmat.len == 0 || wildmat_match(buf_view(&j->wildmat), value);
}

/* The value of HDR for one row: taken back when XPAT does not want it. */
static bool
hdr_row(void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct session *s = arg;
	struct session_job *j = &s->job;
	size_t start = s->out.len, value;
	bool started = j->started;

	begin_row(s, number);
	buf_addc(&s->out, ' ');
	value = s->out.len;
	if (j->column == COLUMN_XREF)
		add_xref(s, number, arrival, crossposted);
	else if (j->column < COLUMN_XREF)
		buf_addv(&s->out, column_of(line, j->column));
	else if (sight_load(s, arrival) == ERR_OK) {
		struct view head = buf_view(&s->env->article.head);

		render_value(
		    &s->out, text_trim(article_field(head, (const char *)j->header.p)));
	}
	j->next = number + 1;
	if (buf_err(&s->out) != ERR_OK)
		return false;
	if (!wanted(j, view_slice(buf_view(&s->out), value, s->out.len))) {
		buf_truncate(&s->out, start);
		j->started = started;
		return true;
	}
	buf_add(&s->out, "\r\n", 2);
	return s->out.len < STEP_BYTES;
}

static enum err
rows_step(struct session *s, bool *done, spool_over_fn *row, unsigned max)
{
	struct session_job *j = &s->job;
	uint64_t next = 0;
	enum err e;

	e = place_over(s, j->next, j->to, max, row, s, &next);
	if (e != ERR_OK)
		return e;
	if (next > j->next)
		j->next = next; /* none of those may be seen any more */
	*done = next == 0 || j->next > j->to;
	if (*done && j->none == NULL && !j->started) {
		session_reply(s, j->first);
		j->started = true;
	}
	return ERR_OK;
}

static enum err
over_step(struct session *s, bool *done)
{
	return rows_step(s, done, over_row, STEP_ROWS);
}

static enum err
hdr_step(struct session *s, bool *done)
{
	return rows_step(
	    s, done, hdr_row, s->job.column == COLUMN_HEADER ? LOAD_ROWS : STEP_ROWS);
}

/* Where the session sees an article of that id first: its overview line is there. */
static enum err
place_of(struct session *s, struct view msgid, struct spool_meta *m, unsigned *place)
{
	uint64_t arrival;
	enum err e;

	if ((e = spool_find(s->env->spool, msgid, &arrival)) != ERR_OK ||
	    (e = spool_meta(s->env->spool, arrival, m)) != ERR_OK)
		return e;
	return sight_place(s, m, place);
}

struct by_msgid {
	struct session *s;
	spool_over_fn *row;
	bool found;
};

/* RFC 3977 8.3.2, 8.5.2: the number is 0 when the article was asked for by its id. */
static bool
msgid_asked_row(
    void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct by_msgid *b = arg;

	(void)number;
	(void)crossposted;
	b->found = true;
	/* as if crossposted: the Xref, where its number is not 0, is the article's */
	b->row(b->s, 0, arrival, true, line);
	return false;
}

static void
run_msgid(struct session *s, struct view msgid, spool_over_fn *row)
{
	struct by_msgid b = { .s = s, .row = row };
	struct spool_meta m;
	unsigned at = 0;
	uint64_t next;
	enum err e;

	s->job.started = false;
	if (s->job.by_id)
		s->job.asked = msgid;
	e = place_of(s, msgid, &m, &at);
	if (e == ERR_OK)
		e = spool_over(s->env->spool, m.in[at].group, m.in[at].number,
		    m.in[at].number, 1, msgid_asked_row, &b, &next);
	s->job.asked = (struct view){ 0 };
	if (e == ERR_NOTFOUND || (e == ERR_OK && !b.found))
		session_reply(s, "430 No such article");
	else if (e != ERR_OK)
		reply_trouble(s, "over", e);
	else {
		if (!s->job.started)
			session_reply(s, s->job.first);
		session_reply(s, ".");
	}
}

/* By id, by range, or the current article. */
static void
run_rows(
    struct session *s, const struct view *arg, session_job_fn *job, spool_over_fn *row)
{
	struct session_job *j = &s->job;
	struct spec spec = { 0 };

	if (arg != NULL && spec_parse(*arg, true, &spec) != ERR_OK) {
		reply_syntax(s);
		return;
	}
	if (spec.msgid.len > 0) {
		run_msgid(s, spec.msgid, row);
		return;
	}
	if (arg == NULL ? !has_current(s) : !has_group(s))
		return;
	if (arg == NULL)
		spec.from = spec.to = s->current;
	buf_reset(&j->xref);
	buf_addf(&j->xref, "\tXref: " RENDER_HOST " %s:", s->group_name);
	j->next = spec.from == 0 ? 1 : spec.from;
	j->to = spec.to;
	if (j->next > j->to)
		session_reply(
		    s, j->none != NULL ? j->none : "423 No articles in that range");
	else
		session_begin_job(s, job);
}

void
cmd_over(struct session *s, const struct args *args)
{
	s->job.first = "224 Overview follows";
	s->job.by_id = false;
	s->job.none = args->n == 0 ? "420 The current article is gone"
				   : "423 No articles in that range";
	run_rows(s, args->n > 0 ? &args->v[0] : NULL, over_step, over_row);
}

/* Which column a header is; COLUMN_HEADER with its name kept otherwise. */
static enum err
pick_column(struct session_job *j, struct view name, bool legacy)
{
	j->column = COLUMN_HEADER;
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		if (view_caseeqs(name, columns[i].name) && (legacy || !columns[i].legacy))
			j->column = columns[i].column;
	if (j->column == COLUMN_HEADER && name.p[0] == ':')
		return ERR_NOTFOUND; /* metadata that nobody knows (RFC 3977 8.5.1) */
	for (size_t i = 0; i < name.len && j->column == COLUMN_HEADER; i++)
		if (name.p[i] < 33 || name.p[i] > 126 || name.p[i] == ':')
			return ERR_SYNTAX;
	buf_reset(&j->header);
	buf_addv(&j->header, name);
	buf_addc(&j->header, '\0');
	return buf_err(&j->header);
}

/* False when the header cannot be asked for: then that was answered. */
static bool
pick(struct session *s, struct view name, bool legacy)
{
	enum err e = pick_column(&s->job, name, legacy);

	if (e == ERR_NOTFOUND)
		session_reply(s, "503 No such metadata");
	else if (e != ERR_OK)
		reply_syntax(s);
	return e == ERR_OK;
}

static void
hdr(struct session *s, const struct args *args, const char *first, bool legacy)
{
	if (!pick(s, args->v[0], legacy))
		return;
	buf_reset(&s->job.wildmat);
	s->job.first = first;
	s->job.by_id = legacy; /* RFC 2980 2.6; RFC 3977 8.5.2 has 0 there */
	s->job.none = args->n == 1 ? "420 The current article is gone"
				   : "423 No articles in that range";
	run_rows(s, args->n > 1 ? &args->v[1] : NULL, hdr_step, hdr_row);
}

void
cmd_hdr(struct session *s, const struct args *args)
{
	hdr(s, args, "225 Headers follow", false);
}

void
cmd_xhdr(struct session *s, const struct args *args)
{
	hdr(s, args, "221 Headers follow", true);
}

/* RFC 2980 2.9: any of the patterns may match; none matching is an empty list. */
void
cmd_xpat(struct session *s, const struct args *args)
{
	struct session_job *j = &s->job;

	if (!pick(s, args->v[0], true))
		return;
	buf_reset(&j->wildmat);
	for (size_t i = 2; i < args->n; i++) {
		if (i > 2)
			buf_addc(&j->wildmat, ',');
		buf_addv(&j->wildmat, args->v[i]);
	}
	if (buf_err(&j->wildmat) != ERR_OK || !wildmat_valid(buf_view(&j->wildmat))) {
		reply_syntax(s);
		return;
	}
	j->first = "221 Headers follow";
	j->none = NULL;
	j->by_id = true;
	run_rows(s, &args->v[1], hdr_step, hdr_row);
}
