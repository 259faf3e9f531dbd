#include "spool/spool.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "spool/store.h"

#define READER_CACHE_KIB 1024
#define WRITER_CACHE_KIB 16384 /* a transaction's pages, and the tops of the trees */
#define MARKS_KEPT 4096        /* more are dropped at the next begin */
#define FRAME_MAX (ARTICLE_MAX + (64u << 10))

enum err
spool_create(const char *path)
{
	return db_create(path, &spool_schema, spool_schema_init);
}

enum err
spool_open(const char *path, enum spool_mode mode, struct spool **out)
{
	bool write = mode == SPOOL_WRITE;
	struct totals t;
	struct spool *sp;
	enum err e;

	if ((sp = calloc(1, sizeof *sp)) == NULL)
		return ERR_NOMEM;
	buf_init(&sp->frame, FRAME_MAX);
	buf_init(&sp->line, HEADER_MAX + 4096);
	buf_init(&sp->xref, GROUPS_FOREIGN_MAX * 20);
	buf_init(&sp->text, ARTICLE_MAX);
	sp->changed = -1;
	if ((e = zip_new(SPOOL_PACK_LEVEL, &sp->zip)) != ERR_OK ||
	    (e = db_open(path, &spool_schema, write ? DB_WRITE : 0,
		 write ? WRITER_CACHE_KIB : READER_CACHE_KIB, &sp->db)) != ERR_OK ||
	    /* this SELECT opens what SQLite opens late */
	    (e = store_totals(sp, &t)) != ERR_OK) {
		spool_close(sp);
		return e;
	}
	*out = sp;
	return ERR_OK;
}

void
spool_close(struct spool *sp)
{
	if (sp == NULL)
		return;
	marks_forget(&sp->marks);
	rules_forget(&sp->rules);
	db_close(&sp->db);
	zip_free(sp->zip);
	buf_release(&sp->frame);
	buf_release(&sp->line);
	buf_release(&sp->xref);
	buf_release(&sp->text);
	free(sp);
}

enum err
spool_views(struct spool *sp)
{
	return db_views(&sp->db);
}

void
spool_view_end(struct spool *sp)
{
	db_view_end(&sp->db);
}

void
spool_rest(struct spool *sp)
{
	db_rest(&sp->db);
}

enum err
spool_id(struct spool *sp, unsigned char id[SPOOL_ID_LEN])
{
	struct totals t;
	enum err e;

	if ((e = store_totals(sp, &t)) == ERR_OK)
		memcpy(id, t.id, SPOOL_ID_LEN);
	return e;
}

/* ---- totals --------------------------------------------------------------------- */

enum err
store_totals(struct spool *sp, struct totals *out)
{
	sqlite3_stmt *s;
	struct totals t = { 0 };
	struct view id;
	bool sane = true;
	enum err e;

	if (sp->db.writing) {
		*out = sp->totals;
		return ERR_OK;
	}
	if ((e = db_get(&sp->db, S_META, &s)) != ERR_OK)
		return e;
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	uint64_t *const n[] = { &t.groups, &t.articles, &t.bytes, &t.history,
		&t.differing };

	id = db_blob(s, 0);
	t.arrival = (uint64_t)sqlite3_column_int64(s, 1);
	t.latest = sqlite3_column_int64(s, 2);
	for (int i = 0; i < 5; i++) {
		*n[i] = (uint64_t)sqlite3_column_int64(s, 3 + i);
		sane = sane && *n[i] <= INT64_MAX;
	}
	sane = sane && id.len == SPOOL_ID_LEN && t.arrival < INT64_MAX;
	if (sane)
		memcpy(t.id, id.p, SPOOL_ID_LEN);
	sqlite3_reset(s);
	if (!sane)
		return ERR_CORRUPT;
	*out = t;
	return ERR_OK;
}

static enum err
write_totals(struct spool *sp)
{
	const struct totals *t = &sp->totals;
	const uint64_t n[] = { t->groups, t->articles, t->bytes, t->history,
		t->differing };
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_META_SET, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)t->arrival);
	sqlite3_bind_int64(s, 2, t->latest);
	for (int i = 0; i < 5; i++)
		sqlite3_bind_int64(s, 3 + i, (int64_t)n[i]);
	return db_run(s);
}

static enum err
write_ingress(struct spool *sp)
{
	sqlite3_stmt *s;
	enum err e;

	if (sp->ingress.articles == 0 && sp->ingress.bytes == 0)
		return ERR_OK;
	if ((e = db_get(&sp->db, S_INGRESS_ADD, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, sp->ingress.id);
	sqlite3_bind_int64(s, 2, sp->ingress.articles);
	sqlite3_bind_int64(s, 3, sp->ingress.bytes);
	sp->ingress.articles = sp->ingress.bytes = 0;
	return db_run(s);
}

enum err
store_count(struct spool *sp, uint32_t ingress, int64_t articles, int64_t bytes)
{
	enum err e;

	if (ingress != sp->ingress.id && (e = write_ingress(sp)) != ERR_OK)
		return e;
	sp->ingress.id = ingress;
	sp->ingress.articles += articles;
	sp->ingress.bytes += bytes;
	sp->totals.articles += (uint64_t)articles;
	sp->totals.bytes += (uint64_t)bytes;
	return ERR_OK;
}

enum err
store_flush(struct spool *sp)
{
	enum err e;

	if (!sp->db.writing)
		return ERR_OK;
	if ((e = marks_flush(&sp->marks, &sp->db)) != ERR_OK ||
	    (e = write_ingress(sp)) != ERR_OK)
		return e;
	return write_totals(sp);
}

/* ---- transactions --------------------------------------------------------------- */

static enum err
refresh(struct spool *sp)
{
	int64_t changed = 0;
	enum err e;

	if ((e = db_changed(&sp->db, &changed)) != ERR_OK)
		return e;
	if (changed != sp->changed || sp->marks.count > MARKS_KEPT)
		marks_forget(&sp->marks);
	if (changed != sp->changed)
		rules_forget(&sp->rules);
	sp->changed = changed;
	sp->db.writing =
	    false; /* the totals of the disk, not those of the last transaction */
	e = store_totals(sp, &sp->totals);
	sp->db.writing = true;
	return e;
}

enum err
spool_begin(struct spool *sp)
{
	enum err e;

	if ((e = db_begin(&sp->db)) != ERR_OK)
		return e;
	sp->ingress.articles = sp->ingress.bytes = 0;
	sp->txn_articles = sp->txn_bytes = 0;
	sp->txn_start = clock_ms();
	if ((e = refresh(sp)) != ERR_OK)
		spool_rollback(sp);
	return e;
}

enum err
spool_commit(struct spool *sp)
{
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if ((e = store_flush(sp)) == ERR_OK)
		e = db_commit(&sp->db);
	if (e != ERR_OK)
		spool_rollback(sp);
	sp->txn_articles = sp->txn_bytes = 0;
	return e;
}

void
spool_rollback(struct spool *sp)
{
	db_rollback(&sp->db);
	marks_forget(&sp->marks);
	rules_forget(&sp->rules);
}

bool
spool_full(const struct spool *sp)
{
	return sp->txn_articles >= TXN_ARTICLES || sp->txn_bytes >= TXN_BYTES ||
	    (sp->txn_articles > 0 && clock_ms() - sp->txn_start >= TXN_MS);
}

enum err
spool_counts(struct spool *sp, struct spool_counts *out)
{
	struct spool_counts c = { 0 };
	sqlite3_stmt *s;
	struct totals t;
	enum err e;

	if ((e = store_totals(sp, &t)) != ERR_OK ||
	    (e = db_get(&sp->db, S_COUNTS, &s)) != ERR_OK || (e = db_row(s)) != ERR_OK)
		return e;
	c.articles = t.articles;
	c.groups = t.groups;
	c.history = t.history;
	c.differing = t.differing;
	c.unsigned_posts = (uint64_t)sqlite3_column_int64(s, 0);
	c.bytes =
	    (uint64_t)sqlite3_column_int64(s, 1) * (uint64_t)sqlite3_column_int64(s, 2);
	sqlite3_reset(s);
	*out = c;
	return ERR_OK;
}
