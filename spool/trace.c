#include <string.h>

#include "spool/store.h"

/* Copies that are refused are told apart by nothing but their number. */
enum err
store_differs(
    struct spool *sp, const unsigned char id[STORE_ID_LEN], uint32_t ingress, int64_t now)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_DIFFERING_ADD, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	sqlite3_bind_int64(s, 2, now);
	sqlite3_bind_int64(s, 3, ingress);
	if ((e = db_run(s)) == ERR_OK)
		sp->totals.differing++;
	return e;
}

/* The newsreader's own id of a local post leads to the post's. */
static enum err
resolve(struct spool *sp, struct view msgid, unsigned char id[STORE_ID_LEN])
{
	int64_t arrival = 0;
	sqlite3_stmt *s;
	struct row row;
	enum err e;

	store_id(msgid, id);
	if ((e = db_get(&sp->db, S_ALIAS, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	if ((e = db_row(s)) == ERR_OK) {
		arrival = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
		e = arrival > 0 ? store_get(sp, (uint64_t)arrival, &row) : ERR_CORRUPT;
		if (e == ERR_OK)
			memcpy(id, row.meta.idhash, STORE_ID_LEN);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* ERR_NOTFOUND: no row of it; else the first of the row's columns are in out. */
static enum err
numbers(struct spool *sp, enum spool_statement statement,
    const unsigned char id[STORE_ID_LEN], const int *columns, size_t n, int64_t *out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		out[i] = sqlite3_column_int64(s, columns[i]);
	sqlite3_reset(s);
	return ERR_OK;
}

static enum err
reason(struct spool *sp, int64_t why, struct spool_trace *t)
{
	sqlite3_stmt *s;
	int64_t ingress;
	enum err e;

	if (why < GONE_UNKNOWN || (why > GONE_CANCELLED && why <= STORE_PURGE))
		return ERR_CORRUPT;
	if (why < STORE_PURGE) {
		t->why = (enum spool_gone)why;
		return ERR_OK;
	}
	if ((e = db_get(&sp->db, S_PURGE, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, why - STORE_PURGE);
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	ingress = sqlite3_column_int64(s, 0);
	t->purge_since = sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	if (ingress <= 0 || ingress > UINT32_MAX)
		return ERR_CORRUPT;
	t->why = GONE_PURGED;
	t->purge_ingress = (uint32_t)ingress;
	return ERR_OK;
}

enum err
spool_trace(struct spool *sp, struct view msgid, struct spool_trace *out)
{
	static const int history[] = { 0, 2, 3, 4 }, differing[] = { 0, 1, 2 },
			 waiting[] = { 0 };
	unsigned char id[STORE_ID_LEN];
	int64_t h[4] = { 0 }, d[3] = { 0 }, w[1] = { 0 };
	struct spool_trace t = { 0 };
	enum err e;

	if ((e = resolve(sp, msgid, id)) != ERR_OK)
		return e;
	e = numbers(sp, S_HISTORY, id, history, 4, h);
	t.known = e == ERR_OK;
	if (e == ERR_OK || e == ERR_NOTFOUND)
		e = numbers(sp, S_DIFFERING, id, differing, 3, d);
	if (e == ERR_OK || e == ERR_NOTFOUND)
		e = numbers(sp, S_WAITING_COUNT, id, waiting, 1, w);
	if (e != ERR_OK)
		return e;
	if ((e = reason(sp, h[3], &t)) != ERR_OK)
		return e;
	if (h[0] < 0 || d[0] < 0 || d[2] < 0 || d[2] > UINT32_MAX || w[0] < 0)
		return ERR_CORRUPT;
	t.arrival = (uint64_t)h[0];
	t.date = h[1];
	t.gone = h[2];
	t.differing = (uint64_t)d[0];
	t.differed = d[1];
	t.differing_ingress = (uint32_t)d[2];
	t.waiting = (uint64_t)w[0];
	*out = t;
	return ERR_OK;
}
