#include "spool/store.h"

/* The low mark goes up to the next number that is left. */
static enum err
raise_low(struct spool *sp, struct mark *k, uint64_t number)
{
	sqlite3_stmt *s;
	enum err e;

	if (number > k->low)
		return ERR_OK;
	if ((e = db_get(&sp->db, S_LOW_AFTER, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, k->id);
	sqlite3_bind_int64(s, 2, (int64_t)number + 1);
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	k->low = sqlite3_column_type(s, 0) == SQLITE_NULL
	    ? k->high + 1
	    : (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return ERR_OK;
}

static enum err
drop_number(struct spool *sp, uint32_t group, uint64_t number)
{
	static const enum spool_statement drops[] = { S_NUMBER_DROP, S_OVERVIEW_DROP,
		S_HIDDEN_DROP };
	struct mark *k;
	sqlite3_stmt *s;
	bool here = false;
	enum err e;

	for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
		if ((e = db_get(&sp->db, drops[i], &s)) != ERR_OK)
			return e;
		sqlite3_bind_int64(s, 1, group);
		sqlite3_bind_int64(s, 2, (int64_t)number);
		if ((e = db_run(s)) != ERR_OK)
			return e;
		if (drops[i] == S_NUMBER_DROP)
			here = sqlite3_changes(sp->db.handle) > 0;
	}
	if ((e = marks_by_id(&sp->marks, &sp->db, group, &k)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	if (here && k->count > 0)
		k->count--;
	k->dirty = true;
	return raise_low(sp, k, number);
}

static enum err
drop_history(struct spool *sp, const struct row *row, int64_t gone, int64_t why)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, gone == 0 ? S_HISTORY_DROP : S_HISTORY_GONE, &s)) !=
	    ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ row->meta.idhash, STORE_ID_LEN });
	if (gone != 0) {
		sqlite3_bind_int64(s, 2, gone);
		sqlite3_bind_int64(s, 3, why);
	}
	if ((e = db_run(s)) != ERR_OK)
		return e;
	if (gone == 0 && sqlite3_changes(sp->db.handle) > 0 && sp->totals.history > 0)
		sp->totals.history--;
	return ERR_OK;
}

enum err
store_remove(struct spool *sp, const struct row *row, int64_t gone, int64_t why)
{
	static const enum spool_statement drops[] = { S_ARTICLE_DROP, S_BODY_DROP };
	const struct spool_meta *m = &row->meta;
	sqlite3_stmt *s;
	enum err e;

	for (unsigned i = 0; i < m->groups; i++)
		if ((e = drop_number(sp, m->in[i].group, m->in[i].number)) != ERR_OK)
			return e;
	for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
		if ((e = db_get(&sp->db, drops[i], &s)) != ERR_OK)
			return e;
		sqlite3_bind_int64(s, 1, (int64_t)m->arrival);
		if ((e = db_run(s)) != ERR_OK)
			return e;
	}
	if ((e = drop_history(sp, row, gone, why)) != ERR_OK)
		return e;
	return store_count(sp, m->ingress, -1, -(int64_t)m->size);
}
