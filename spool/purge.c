#include <stdlib.h>

#include "spool/store.h"

struct step {
	const struct spool_purge *x;
	uint64_t doomed[STEP_ROWS];
	size_t count;
	uint64_t last; /* the last that was looked at, 0: there was none */
	unsigned rows;
};

static enum err
scan(struct spool *sp, uint64_t after, struct step *st)
{
	const struct spool_purge *x = st->x;
	sqlite3_stmt *s;
	struct row row;
	enum err e;

	if ((e = db_get(&sp->db, S_ARTICLE_SCAN, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)after);
	sqlite3_bind_int64(s, 2, STEP_ROWS);
	while ((e = db_row(s)) == ERR_OK) {
		if ((e = store_row(s, &row)) != ERR_OK) {
			sqlite3_reset(s);
			return e;
		}
		st->rows++;
		st->last = row.meta.arrival;
		if (row.meta.ingress == x->ingress && row.meta.received >= x->since)
			st->doomed[st->count++] = row.meta.arrival;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static void
bind_purge(sqlite3_stmt *s, const struct spool_purge *x, int64_t gone)
{
	sqlite3_bind_int64(s, 1, x->ingress);
	sqlite3_bind_int64(s, 2, x->since);
	sqlite3_bind_int64(s, 3, gone);
}

/* The row that tells of this purge, made by the first step that removes something. */
static enum err
purge_row(struct spool *sp, const struct spool_purge *x, int64_t gone, int64_t *out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_PURGE_FIND, &s)) != ERR_OK)
		return e;
	bind_purge(s, x, gone);
	if ((e = db_row(s)) == ERR_OK) {
		*out = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
		return ERR_OK;
	}
	if (e != ERR_NOTFOUND || (e = db_get(&sp->db, S_PURGE_ADD, &s)) != ERR_OK)
		return e;
	bind_purge(s, x, gone);
	if ((e = db_run(s)) == ERR_OK)
		*out = sqlite3_last_insert_rowid(sp->db.handle);
	return e;
}

static enum err
remove_all(struct spool *sp, const struct step *st)
{
	/* 0 would mean still here */
	int64_t gone = st->x->now == 0 ? 1 : st->x->now, why = 0;
	struct row row;
	enum err e = ERR_OK;

	if (st->count > 0)
		e = purge_row(sp, st->x, gone, &why);
	for (size_t i = 0; i < st->count && e == ERR_OK; i++)
		if ((e = store_get(sp, st->doomed[i], &row)) == ERR_OK)
			e = store_remove(sp, &row, gone, STORE_PURGE + why);
	return e;
}

/* Where to begin: the articles before it all came earlier. */
static enum err
first(struct spool *sp, int64_t since, uint64_t *after)
{
	uint64_t at = 0;
	enum err e;

	if ((e = spool_arrival_since(sp, since, &at)) == ERR_OK)
		*after = at - 1;
	return e;
}

static enum err
step(struct spool *sp, struct step *st, struct spool_expired *io)
{
	uint64_t after = io->at;
	enum err e = ERR_OK;

	if (after == 0 && (e = first(sp, st->x->since, &after)) == ERR_NOTFOUND)
		return ERR_OK; /* nothing came since */
	if (e != ERR_OK || (e = scan(sp, after, st)) != ERR_OK)
		return e;
	if (!st->x->look && (e = remove_all(sp, st)) != ERR_OK)
		return e;
	io->articles += st->count;
	io->at = st->rows < STEP_ROWS ? 0 : st->last;
	return ERR_OK;
}

enum err
spool_purge(
    struct spool *sp, const struct spool_purge *x, struct spool_expired *io, bool *more)
{
	struct spool_expired done = *io;
	struct step *st;
	enum err e;

	if (x->ingress == 0)
		return ERR_DENIED;
	if ((st = calloc(1, sizeof *st)) == NULL)
		return ERR_NOMEM;
	st->x = x;
	if (!x->look && (e = spool_begin(sp)) != ERR_OK)
		goto out;
	e = step(sp, st, &done);
	if (!x->look && e == ERR_OK)
		e = spool_commit(sp);
	else if (!x->look)
		spool_rollback(sp);
	if (e != ERR_OK)
		goto out;
	*more = done.at != 0;
	*io = done;
out:
	free(st);
	return e;
}
