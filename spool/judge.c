#include <string.h>

#include "spool/store.h"

/* What the rules say of an article, and the rows that follow from it. */

struct approved {
	struct spool *sp;
	const struct article *article;
	enum err e;
};

/* Did a moderator of this group approve the article? */
static bool
approved(void *arg, struct view group)
{
	struct approved *ap = arg;
	unsigned char id[STORE_ID_LEN];
	bool yes = false;
	sqlite3_stmt *s;
	struct view key;

	if (ap->e != ERR_OK || (ap->e = db_get(&ap->sp->db, S_APPROVAL, &s)) != ERR_OK)
		return false;
	store_id(view_str(ap->article->msgid), id);
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	while ((ap->e = db_row(s)) == ERR_OK) {
		key = db_blob(s, 0);
		if (key.len == ARTICLE_KEY_LEN &&
		    rules_moderates(&ap->sp->rules, key.p, group))
			yes = true;
	}
	if (ap->e == ERR_NOTFOUND)
		ap->e = ERR_OK;
	return yes;
}

enum err
store_judge(struct spool *sp, const struct judged *j, unsigned *flags)
{
	struct approved ap = { .sp = sp, .article = j->article };
	unsigned f = 0;
	enum err e;

	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK)
		return e;
	if (rules_banned(&sp->rules, j))
		f |= FLAG_BANNED;
	if (rules_pending(&sp->rules, j, approved, &ap))
		f |= FLAG_PENDING;
	if (ap.e == ERR_OK)
		*flags = f;
	return ap.e;
}

/* ---- rows ----------------------------------------------------------------------- */

enum err
store_number(struct spool *sp, enum spool_statement put, uint32_t group, uint64_t number,
    uint64_t arrival)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, put, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	sqlite3_bind_int64(s, 3, (int64_t)arrival);
	return db_run(s);
}

enum err
store_overview(
    struct spool *sp, uint32_t group, uint64_t number, uint64_t arrival, bool crossposted)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_OVERVIEW_PUT, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	sqlite3_bind_int64(s, 3, (int64_t)arrival);
	sqlite3_bind_int64(s, 4, crossposted);
	db_bind(s, 5, buf_view(&sp->line));
	return db_run(s);
}

static enum err
drop(struct spool *sp, enum spool_statement statement, uint32_t group, uint64_t number)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	return db_run(s);
}

/* One number goes out of sight, or comes back; the low mark stays where it is. */
static enum err
move(struct spool *sp, const struct row *row, unsigned i, bool hide)
{
	uint32_t group = row->meta.in[i].group;
	uint64_t number = row->meta.in[i].number, arrival = row->meta.arrival;
	struct mark *k;
	enum err e;

	if ((e = marks_by_id(&sp->marks, &sp->db, group, &k)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	k->dirty = true;
	if (hide) {
		k->count -= k->count > 0;
		if ((e = drop(sp, S_NUMBER_DROP, group, number)) != ERR_OK ||
		    (e = drop(sp, S_OVERVIEW_DROP, group, number)) != ERR_OK)
			return e;
		return store_number(sp, S_HIDDEN_PUT, group, number, arrival);
	}
	k->count++;
	if ((e = drop(sp, S_HIDDEN_DROP, group, number)) != ERR_OK ||
	    (e = store_number(sp, S_NUMBER_PUT, group, number, arrival)) != ERR_OK)
		return e;
	return store_overview(sp, group, number, arrival, row->meta.groups > 1);
}

static enum err
set_flags(struct spool *sp, uint64_t arrival, unsigned flags)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_ARTICLE_FLAGS, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)arrival);
	sqlite3_bind_int64(s, 2, flags);
	return db_run(s);
}

/* The groups of a stored article as its rows have them. */
static enum err
places(struct spool *sp, const struct row *row, struct judged *j)
{
	struct mark *k;
	enum err e;

	j->ingress = row->meta.ingress;
	for (unsigned i = 0; i < row->meta.groups; i++) {
		e = marks_by_id(&sp->marks, &sp->db, row->meta.in[i].group, &k);
		if (e != ERR_OK)
			return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
		j->in[i].name = (struct view){ (const void *)k->name, k->len };
		j->in[i].status = k->status;
	}
	j->groups = row->meta.groups;
	return ERR_OK;
}

enum err
store_rejudge(struct spool *sp, const struct row *row, bool *changed)
{
	unsigned flags = 0, was = row->flags & FLAG_HIDDEN;
	struct judged j = { 0 };
	struct article a;
	enum fault why;
	enum err e;

	*changed = false;
	buf_reset(&sp->text);
	if ((e = store_text(sp, row, &sp->text, NULL, NULL)) != ERR_OK)
		return e == ERR_CORRUPT ? ERR_OK : e; /* check's to tell */
	if (article_parse(buf_view(&sp->text), &a, &why) != ERR_OK)
		return ERR_OK;
	j.article = &a;
	if ((e = places(sp, row, &j)) != ERR_OK ||
	    (e = store_judge(sp, &j, &flags)) != ERR_OK || flags == was)
		return e;
	if ((flags != 0) != (was != 0)) {
		*changed = true;
		buf_reset(&sp->line);
		article_overview(&a, a.bytes.len, &sp->line);
		if ((e = buf_err(&sp->line)) != ERR_OK)
			return e;
		for (unsigned i = 0; i < row->meta.groups; i++)
			if ((e = move(sp, row, i, flags != 0)) != ERR_OK)
				return e;
	}
	return set_flags(
	    sp, row->meta.arrival, (row->flags & ~(unsigned)FLAG_HIDDEN) | flags);
}
