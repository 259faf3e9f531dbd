#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/store.h"

#define BATCH 256         /* rows held at a time, so that repairs do not disturb a scan */
#define TROUBLE_MAX 512   /* one line */
#define REPORTS_QUICK 100 /* lines of SQLite's own check */

struct check {
	struct spool *sp;
	bool repair;
	spool_trouble_fn *fn;
	void *arg;
	uint64_t troubles;
};

__attribute__((format(printf, 2, 3))) static void
tell(struct check *c, const char *fmt, ...)
{
	char line[TROUBLE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	c->troubles++;
	if (c->fn != NULL)
		c->fn(c->arg, line);
}

/* ---- SQLite's own --------------------------------------------------------------- */

static enum err
check_pages(struct check *c)
{
	sqlite3_stmt *s = NULL;
	enum err e;
	int r;

	r = sqlite3_prepare_v2(c->sp->db.handle, "PRAGMA quick_check(100)", -1, &s, NULL);
	if (r != SQLITE_OK)
		return db_err(r);
	for (int n = 0; (e = db_row(s)) == ERR_OK && n < REPORTS_QUICK; n++) {
		struct view v = db_blob(s, 0);

		if (!view_eqs(v, "ok"))
			tell(c, "database: %.*s", (int)(v.len > 200 ? 200 : v.len),
			    (const char *)v.p);
	}
	sqlite3_finalize(s);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* ---- an article ----------------------------------------------------------------- */

/* Why the text is not what was stored; NULL when it is. */
static const char *
text_fault(struct check *c, const struct row *row, struct article *a)
{
	struct spool *sp = c->sp;
	unsigned char id[STORE_ID_LEN];
	bool sig = false, want;
	enum fault why;

	buf_reset(&sp->text);
	if (store_text(sp, row, &sp->text, NULL, &sig) != ERR_OK)
		return "its text does not decode";
	if (article_parse(buf_view(&sp->text), a, &why) != ERR_OK)
		return fault_text(why);
	store_id(view_str(a->msgid), id);
	if (memcmp(id, row->meta.idhash, sizeof id) != 0)
		return "its id is another";
	want = a->native && !row->meta.unsigned_post;
	if (a->native != row->meta.native || (a->control.len > 0) != row->meta.control ||
	    sig != want)
		return "its kind or signature is not as recorded";
	return row->meta.groups == 0 ? "it is in no group" : NULL;
}

/* ERR_NOTFOUND: no row of that id. */
static enum err
read_history(struct spool *sp, const unsigned char *id, uint64_t *arrival,
    unsigned char content[STORE_ID_LEN])
{
	sqlite3_stmt *s;
	struct view v;
	enum err e;

	if ((e = db_get(&sp->db, S_HISTORY, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	*arrival = (uint64_t)sqlite3_column_int64(s, 0);
	v = db_blob(s, 1);
	memset(content, 0, STORE_ID_LEN);
	if (v.len == STORE_ID_LEN)
		memcpy(content, v.p, v.len);
	sqlite3_reset(s);
	return ERR_OK;
}

/* *twice: another article has the id, and this one has no business here. */
static enum err
check_history(
    struct check *c, const struct row *row, const struct article *a, bool *twice)
{
	unsigned char content[STORE_ID_LEN];
	uint64_t arrival = 0;
	struct row other;
	enum err e;

	e = read_history(c->sp, row->meta.idhash, &arrival, content);
	if (e == ERR_OK && arrival == row->meta.arrival &&
	    memcmp(content, a->hash, STORE_ID_LEN) == 0)
		return ERR_OK;
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	tell(c, "article %" PRIu64 ": the history does not know it", row->meta.arrival);
	*twice = e == ERR_OK && arrival != row->meta.arrival &&
	    store_get(c->sp, arrival, &other) == ERR_OK &&
	    memcmp(other.meta.idhash, row->meta.idhash, STORE_ID_LEN) == 0;
	if (!c->repair || *twice)
		return ERR_OK;
	c->sp->totals.history += e == ERR_NOTFOUND;
	return store_history(c->sp, row->meta.idhash, row->meta.arrival, a);
}

static enum err
write_xref(struct spool *sp, const struct spool_meta *m)
{
	sqlite3_stmt *s;
	enum err e;

	buf_reset(&sp->xref);
	for (unsigned i = 0; i < m->groups; i++) {
		buf_addvarint(&sp->xref, m->in[i].group);
		buf_addvarint(&sp->xref, m->in[i].number);
	}
	if ((e = buf_err(&sp->xref)) != ERR_OK ||
	    (e = db_get(&sp->db, S_ARTICLE_XREF, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)m->arrival);
	db_bind(s, 2, buf_view(&sp->xref));
	return db_run(s);
}

/* The arrival that a number names, in sight or hidden. */
static enum err
number_at(struct spool *sp, bool hidden, uint32_t group, uint64_t number, uint64_t *at)
{
	sqlite3_stmt *s;
	enum err e;

	if (!hidden)
		return spool_find_number(sp, group, number, at);
	if ((e = db_get(&sp->db, S_HIDDEN, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	*at = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return ERR_OK;
}

/* Marks never fall and numbers are never used again, so what stands below the mark, or
 * where another article stands, gets the next number. */
static enum err
check_number(struct check *c, struct row *row, unsigned i)
{
	struct spool *sp = c->sp;
	uint32_t group = row->meta.in[i].group;
	uint64_t *number = &row->meta.in[i].number, at = 0;
	struct mark *k;
	enum err e;

	if ((e = marks_by_id(&sp->marks, &sp->db, group, &k)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	e = number_at(sp, row->flags & FLAG_HIDDEN, group, *number, &at);
	if (e == ERR_OK && at == row->meta.arrival && *number >= k->low)
		return ERR_OK;
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	tell(c, "article %" PRIu64 ": number %" PRIu64 " of %.*s is %s",
	    row->meta.arrival, *number, (int)k->len, k->name,
	    e == ERR_NOTFOUND             ? "missing"
		: at == row->meta.arrival ? "below the low mark"
					  : "another's");
	if (!c->repair)
		return ERR_OK;
	if (e == ERR_OK || *number < k->low) {
		*number = ++k->high;
		k->dirty = true;
		if ((e = write_xref(sp, &row->meta)) != ERR_OK)
			return e;
	}
	return store_number(sp, row->flags & FLAG_HIDDEN ? S_HIDDEN_PUT : S_NUMBER_PUT,
	    group, *number, row->meta.arrival);
}

static enum err
check_overview(struct check *c, const struct row *row, unsigned i)
{
	struct spool *sp = c->sp;
	uint32_t group = row->meta.in[i].group;
	uint64_t number = row->meta.in[i].number;
	bool same, crossposted = row->meta.groups > 1;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_OVERVIEW, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	if ((e = db_row(s)) != ERR_OK && e != ERR_NOTFOUND)
		return e;
	same = e == ERR_OK && sqlite3_column_int64(s, 0) == (int64_t)row->meta.arrival &&
	    (sqlite3_column_int64(s, 1) != 0) == crossposted &&
	    view_eq(db_blob(s, 2), buf_view(&sp->line));
	sqlite3_reset(s);
	if (same)
		return ERR_OK;
	tell(c, "article %" PRIu64 ": its overview line is %s", row->meta.arrival,
	    e == ERR_OK ? "not its own" : "missing");
	if (!c->repair)
		return ERR_OK;
	return store_overview(sp, group, number, row->meta.arrival, crossposted);
}

static enum err
check_article(struct check *c, struct row *row)
{
	struct spool *sp = c->sp;
	struct article a;
	const char *fault;
	bool twice = false;
	enum err e;

	if ((fault = text_fault(c, row, &a)) != NULL) {
		tell(c, "article %" PRIu64 ": %s%s", row->meta.arrival, fault,
		    c->repair ? "; removed, it may come again" : "");
		return c->repair ? store_remove(sp, row, 0, GONE_UNKNOWN) : ERR_OK;
	}
	if ((e = check_history(c, row, &a, &twice)) != ERR_OK)
		return e;
	if (twice) {
		/* the history belongs to the other */
		memset(row->meta.idhash, 0, sizeof row->meta.idhash);
		return c->repair ? store_remove(sp, row, 0, GONE_UNKNOWN) : ERR_OK;
	}
	buf_reset(&sp->line);
	article_overview(&a, a.bytes.len, &sp->line);
	for (unsigned i = 0; i < row->meta.groups; i++)
		if ((e = check_number(c, row, i)) != ERR_OK ||
		    (!(row->flags & FLAG_HIDDEN) &&
			(e = check_overview(c, row, i)) != ERR_OK))
			return e;
	return ERR_OK;
}

/* A row that cannot even be read is nothing that could be repaired: ERR_CORRUPT. */
static enum err
check_articles(struct check *c)
{
	struct row *rows = calloc(BATCH, sizeof *rows);
	uint64_t after = 0;
	size_t n = BATCH;
	sqlite3_stmt *s;
	enum err e = rows == NULL ? ERR_NOMEM : ERR_OK;

	while (e == ERR_OK && n == BATCH) {
		if ((e = db_get(&c->sp->db, S_ARTICLE_SCAN, &s)) != ERR_OK)
			break;
		sqlite3_bind_int64(s, 1, (int64_t)after);
		sqlite3_bind_int64(s, 2, BATCH);
		for (n = 0; n < BATCH && (e = db_row(s)) == ERR_OK; n++)
			if ((e = store_row(s, &rows[n])) != ERR_OK)
				break;
		sqlite3_reset(s);
		if (e == ERR_NOTFOUND)
			e = ERR_OK;
		if (n > 0)
			after = rows[n - 1].meta.arrival;
		for (size_t i = 0; i < n && e == ERR_OK; i++)
			e = check_article(c, &rows[i]);
	}
	free(rows);
	return e;
}

/* ---- rows that belong to no article --------------------------------------------- */

struct ref {
	unsigned char id[STORE_ID_LEN];
	int64_t key[2], arrival;
};

/* One table that names arrivals, and what is done with a row whose arrival is not
 * here. */
struct table {
	const char *name;
	enum spool_statement scan, drop;
	int keys;              /* integers before the arrival; 0: a blob */
	bool numbered, hidden; /* has numbers: those that are hidden? */
};

static bool
in_group(const struct row *row, const struct ref *r)
{
	for (unsigned i = 0; i < row->meta.groups; i++)
		if (row->meta.in[i].group == r->key[0] &&
		    row->meta.in[i].number == (uint64_t)r->key[1])
			return true;
	return false;
}

static enum err
check_ref(struct check *c, const struct table *t, const struct ref *r)
{
	struct spool *sp = c->sp;
	struct row row;
	sqlite3_stmt *s;
	enum err e;

	e = store_get(sp, r->arrival > 0 ? (uint64_t)r->arrival : 0, &row);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	if (e == ERR_OK &&
	    (t->numbered
		    ? in_group(&row, r) && t->hidden == ((row.flags & FLAG_HIDDEN) != 0)
		    : t->keys == 0 ? memcmp(row.meta.idhash, r->id, STORE_ID_LEN) == 0
				   : true))
		return ERR_OK;
	tell(c, "%s: a row names article %" PRId64 ", which is not there", t->name,
	    r->arrival);
	if (!c->repair)
		return ERR_OK;
	if ((e = db_get(&sp->db, t->drop, &s)) != ERR_OK)
		return e;
	if (t->keys == 0) {
		db_bind(s, 1, (struct view){ r->id, STORE_ID_LEN });
		sqlite3_bind_int64(s, 2, sp->totals.latest > 0 ? sp->totals.latest : 1);
		sqlite3_bind_int64(s, 3, GONE_UNKNOWN);
	}
	for (int i = 0; i < t->keys; i++)
		sqlite3_bind_int64(s, i + 1, r->key[i]);
	return db_run(s);
}

static void
bind_after(sqlite3_stmt *s, const struct table *t, const struct ref *last, bool first)
{
	/* the empty blob is before every id */
	if (t->keys == 0)
		db_bind(s, 1, (struct view){ last->id, first ? 0 : STORE_ID_LEN });
	for (int i = 0; i < t->keys; i++)
		sqlite3_bind_int64(s, i + 1, last->key[i]);
	sqlite3_bind_int64(s, t->keys == 0 ? 2 : t->keys + 1, BATCH);
}

static enum err
read_ref(sqlite3_stmt *s, const struct table *t, struct ref *r)
{
	struct view id;

	*r = (struct ref){ 0 };
	if (t->keys == 0) {
		if ((id = db_blob(s, 0)).len != STORE_ID_LEN)
			return ERR_CORRUPT;
		memcpy(r->id, id.p, STORE_ID_LEN);
		r->arrival = sqlite3_column_int64(s, 1);
		return ERR_OK;
	}
	for (int i = 0; i < t->keys; i++)
		r->key[i] = sqlite3_column_int64(s, i);
	r->arrival = sqlite3_column_int64(s, t->keys == 1 ? 0 : t->keys);
	return ERR_OK;
}

static enum err
check_table(struct check *c, const struct table *t)
{
	struct ref *refs = calloc(BATCH, sizeof *refs), last = { 0 };
	size_t n = BATCH;
	bool first = true;
	sqlite3_stmt *s;
	enum err e = refs == NULL ? ERR_NOMEM : ERR_OK;

	for (int i = 0; i < 2; i++)
		last.key[i] = INT64_MIN;
	while (e == ERR_OK && n == BATCH) {
		if ((e = db_get(&c->sp->db, t->scan, &s)) != ERR_OK)
			break;
		bind_after(s, t, &last, first);
		for (n = 0; n < BATCH && (e = db_row(s)) == ERR_OK; n++)
			if ((e = read_ref(s, t, &refs[n])) != ERR_OK)
				break;
		sqlite3_reset(s);
		if (e == ERR_NOTFOUND)
			e = ERR_OK;
		if (n > 0)
			last = refs[n - 1];
		first = false;
		for (size_t i = 0; i < n && e == ERR_OK; i++)
			/* history of what is gone names no article */
			if (t->keys != 0 || refs[i].arrival != 0)
				e = check_ref(c, t, &refs[i]);
	}
	free(refs);
	return e;
}

/* ---- marks and counts ----------------------------------------------------------- */

/* Count, lowest and highest number of a group; zeros when there is none. */
static enum err
span(struct spool *sp, enum spool_statement statement, uint32_t group, uint64_t out[3])
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	for (int i = 0; i < 3; i++)
		out[i] = (uint64_t)sqlite3_column_int64(s, i);
	sqlite3_reset(s);
	return ERR_OK;
}

static enum err
check_group(struct check *c, const struct spool_group *g)
{
	uint64_t seen[3], hidden[3], count, low, high;
	struct spool *sp = c->sp;
	struct mark *k;
	enum err e;

	if ((e = span(sp, S_NUMBER_COUNT, g->id, seen)) != ERR_OK ||
	    (e = span(sp, S_HIDDEN_COUNT, g->id, hidden)) != ERR_OK)
		return e;
	count = seen[0];
	low =
	    seen[0] == 0 || (hidden[0] > 0 && hidden[1] < seen[1]) ? hidden[1] : seen[1];
	high = seen[2] > hidden[2] ? seen[2] : hidden[2];
	if (high < g->high)
		high = g->high;
	if (count == 0 && hidden[0] == 0)
		low = high + 1;
	if (count == g->count && low == g->low && high == g->high)
		return ERR_OK;
	tell(c,
	    "group %s: marks %" PRIu64 " %" PRIu64 " count %" PRIu64 ", counted %" PRIu64
	    " %" PRIu64 " %" PRIu64,
	    g->name, g->low, g->high, g->count, low, high, count);
	if (!c->repair)
		return ERR_OK;
	if ((e = marks_by_id(&sp->marks, &sp->db, g->id, &k)) != ERR_OK)
		return e;
	k->low = low > k->low ? low : k->low;
	k->high = high;
	k->count = count;
	k->dirty = true;
	return ERR_OK;
}

static enum err
check_groups(struct check *c)
{
	struct spool_group g = { 0 };
	enum err e;

	while ((e = spool_group_next(c->sp, view_str(g.name), &g)) == ERR_OK)
		if ((e = check_group(c, &g)) != ERR_OK)
			return e;
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
one_row(struct spool *sp, enum spool_statement statement, uint64_t *out, int columns)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	for (int i = 0; i < columns; i++)
		out[i] = (uint64_t)sqlite3_column_int64(s, i);
	sqlite3_reset(s);
	return ERR_OK;
}

static enum err
check_totals(struct check *c)
{
	struct spool *sp = c->sp;
	struct totals t;
	uint64_t n[3], history, groups, wrong;
	sqlite3_stmt *s;
	enum err e;

	if ((e = store_flush(sp)) != ERR_OK || (e = store_totals(sp, &t)) != ERR_OK ||
	    (e = one_row(sp, S_TOTALS, n, 3)) != ERR_OK ||
	    (e = one_row(sp, S_TOTALS_HISTORY, &history, 1)) != ERR_OK ||
	    (e = one_row(sp, S_GROUPS, &groups, 1)) != ERR_OK ||
	    (e = one_row(sp, S_INGRESS_WRONG, &wrong, 1)) != ERR_OK)
		return e;
	if (t.articles == n[0] && t.bytes == n[1] && t.arrival >= n[2] &&
	    t.history == history && t.groups == groups && wrong == 0)
		return ERR_OK;
	tell(c,
	    "counts: %" PRIu64 " articles, %" PRIu64 " ids, %" PRIu64
	    " groups recorded, %" PRIu64 ", %" PRIu64 ", %" PRIu64 " counted",
	    t.articles, t.history, t.groups, n[0], history, groups);
	if (!c->repair)
		return ERR_OK;
	t.articles = n[0];
	t.bytes = n[1];
	t.arrival = t.arrival > n[2] ? t.arrival : n[2];
	t.history = history;
	t.groups = groups;
	sp->totals = t;
	if ((e = db_get(&sp->db, S_INGRESS_CLEAR, &s)) != ERR_OK ||
	    (e = db_run(s)) != ERR_OK ||
	    (e = db_get(&sp->db, S_INGRESS_FILL, &s)) != ERR_OK)
		return e;
	return db_run(s);
}

/* ---- all of it ------------------------------------------------------------------ */

static enum err
check_all(struct check *c)
{
	static const struct table tables[] = {
		{ "text", S_BODY_SCAN, S_BODY_DROP, 1, false, false },
		{ "numbers", S_NUMBER_SCAN, S_NUMBER_DROP, 2, true, false },
		{ "overview", S_OVERVIEW_SCAN, S_OVERVIEW_DROP, 2, true, false },
		{ "hidden", S_HIDDEN_SCAN, S_HIDDEN_DROP, 2, true, true },
		{ "history", S_HISTORY_AFTER, S_HISTORY_GONE, 0, false, false },
	};
	enum err e;

	if ((e = check_pages(c)) != ERR_OK || (e = check_articles(c)) != ERR_OK)
		return e;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if ((e = check_table(c, &tables[i])) != ERR_OK)
			return e;
	if ((e = check_groups(c)) != ERR_OK)
		return e;
	return check_totals(c);
}

enum err
spool_check(
    struct spool *sp, bool repair, spool_trouble_fn *fn, void *arg, uint64_t *troubles)
{
	struct check c = { .sp = sp, .fn = fn, .arg = arg };
	enum err e;

	/* a look first: it takes a while, and writers wait only for a repair */
	if ((e = db_exec(&sp->db, "BEGIN")) != ERR_OK)
		return e;
	e = check_all(&c);
	db_exec(&sp->db, "ROLLBACK");
	marks_forget(&sp->marks);
	if (e == ERR_OK && repair && c.troubles > 0) {
		c = (struct check){ .sp = sp, .repair = true };
		if ((e = spool_begin(sp)) != ERR_OK)
			return e;
		if ((e = check_all(&c)) == ERR_OK)
			e = spool_commit(sp);
		else
			spool_rollback(sp);
	}
	*troubles = c.troubles;
	return e;
}
