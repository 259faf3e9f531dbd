#include "spool/search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/wildmat.h"
#include "spool/db.h"

#define APPLICATION 0x48727346 /* "HrsF" */
#define PAGE_SIZE 8192
#define WRITER_CACHE_KIB 4096 /* while segments are merged */
#define READER_CACHE_KIB 512
#define PATH_LONGEST 4352
#define DEAD_FLOOR 10000 /* rows of no use that are never minded */

/* Words alone, no texts: they are in the spool. Two of them, so that one answers while the
 * other is filled. */
#define FTS(name)                                                                        \
	"CREATE VIRTUAL TABLE " name " USING fts5(subject, author, groups, body,"        \
	" content='', columnsize=0, tokenize='unicode61 remove_diacritics 2')"

static const char *const objects[] = {
	"CREATE TABLE meta(one INTEGER PRIMARY KEY, spool BLOB NOT NULL, live INTEGER NOT NULL,"
	" filling INTEGER NOT NULL, mark0 INTEGER NOT NULL, rows0 INTEGER NOT NULL,"
	" mark1 INTEGER NOT NULL, rows1 INTEGER NOT NULL)",
	FTS("text0"),
	FTS("text1"),
};
#define OBJECTS (sizeof objects / sizeof objects[0])

static const char init[] = "INSERT INTO meta VALUES(1, zeroblob(16), 0, 0, 0, 0, 0, 0)";

enum statement { S_META, S_META_SET, S_PUT, S_FIND = S_PUT + 2, S_CLEAR = S_FIND + 2 };
#define STATEMENTS (S_CLEAR + 2)

#define PUT(t)                                                                           \
	"INSERT INTO " t "(rowid, subject, author, groups, body)"                        \
	" VALUES(?1, ?2, ?3, ?4, ?5)"
#define FIND(t)                                                                          \
	"SELECT rowid FROM " t " WHERE " t " MATCH ?1 AND rowid < ?2"                    \
	" ORDER BY rowid DESC LIMIT ?3"
#define CLEAR(t) "INSERT INTO " t "(" t ") VALUES('delete-all')"

static const char *const statements[] = {
	[S_META] = "SELECT spool, live, filling, mark0, rows0, mark1, rows1 FROM meta",
	[S_META_SET] = "UPDATE meta SET spool = ?1, live = ?2, filling = ?3, mark0 = ?4,"
		       " rows0 = ?5, mark1 = ?6, rows1 = ?7",
	[S_PUT] = PUT("text0"),
	[S_PUT + 1] = PUT("text1"),
	[S_FIND] = FIND("text0"),
	[S_FIND + 1] = FIND("text1"),
	[S_CLEAR] = CLEAR("text0"),
	[S_CLEAR + 1] = CLEAR("text1"),
};

static const struct db_schema schema = {
	.application = APPLICATION,
	.version = SEARCH_VERSION,
	.page_size = PAGE_SIZE,
	.objects = objects,
	.object_count = OBJECTS,
	.statements = statements,
	.statement_count = STATEMENTS,
};

struct state {
	unsigned char spool[SPOOL_ID_LEN];
	unsigned live; /* which of the two answers */
	bool filling;  /* the other one */
	struct {
		uint64_t mark, rows;
	} of[2];
};

struct search {
	struct db db;
	struct spool *spool;
	struct buf article;
};

/* ---- opening ----------------------------------------------------------------------- */

/* What FTS5 keeps its words in has its name and an end; SQLite versions word it as they like,
 * but tables they are. */
static bool
known_object(sqlite3_stmt *s)
{
	struct view name = db_blob(s, 0), sql = db_blob(s, 1);

	for (size_t i = 0; i < OBJECTS; i++)
		if (view_eqs(sql, objects[i]))
			return true;
	return (view_starts(name, "text0_") || view_starts(name, "text1_")) &&
	    view_starts(sql, "CREATE TABLE ");
}

static enum err
compare(struct search *s)
{
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	enum err e;

	e = db_err(sqlite3_prepare_v2(s->db.handle,
	    "SELECT name, sql FROM sqlite_schema WHERE rootpage != 0 OR sql IS NOT NULL",
	    -1, &st, NULL));
	while (e == ERR_OK && (e = db_row(st)) == ERR_OK) {
		if (!known_object(st))
			e = ERR_CORRUPT;
		n++;
	}
	sqlite3_finalize(st);
	if (e != ERR_NOTFOUND)
		return e;
	return n > OBJECTS ? ERR_OK : ERR_CORRUPT;
}

static enum err
get_state(struct search *s, struct state *out)
{
	struct state st = { 0 };
	sqlite3_stmt *row;
	struct view id;
	int64_t live, filling, n[4];
	bool sane;
	enum err e;

	if ((e = db_get(&s->db, S_META, &row)) != ERR_OK || (e = db_row(row)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	id = db_blob(row, 0);
	live = sqlite3_column_int64(row, 1);
	filling = sqlite3_column_int64(row, 2);
	sane = id.len == sizeof st.spool && (live == 0 || live == 1) &&
	    (filling == 0 || filling == 1);
	for (int i = 0; i < 4; i++) {
		n[i] = sqlite3_column_int64(row, 3 + i);
		sane = sane && n[i] >= 0;
	}
	if (sane) {
		memcpy(st.spool, id.p, sizeof st.spool);
		st.live = (unsigned)live;
		st.filling = filling == 1;
		for (int i = 0; i < 2; i++) {
			st.of[i].mark = (uint64_t)n[2 * i];
			st.of[i].rows = (uint64_t)n[2 * i + 1];
		}
		*out = st;
	}
	sqlite3_reset(row);
	return sane ? ERR_OK : ERR_CORRUPT;
}

static enum err
set_state(struct search *s, const struct state *st)
{
	sqlite3_stmt *row;
	enum err e;

	if ((e = db_get(&s->db, S_META_SET, &row)) != ERR_OK)
		return e;
	db_bind(row, 1, (struct view){ st->spool, sizeof st->spool });
	sqlite3_bind_int64(row, 2, st->live);
	sqlite3_bind_int64(row, 3, st->filling);
	for (int i = 0; i < 2; i++) {
		sqlite3_bind_int64(row, 4 + 2 * i, (int64_t)st->of[i].mark);
		sqlite3_bind_int64(row, 5 + 2 * i, (int64_t)st->of[i].rows);
	}
	return db_run(row);
}

static enum err
open_once(struct search *s, const char *path, bool write)
{
	struct state st;
	enum err e;

	/* no words are lost that cannot be had again: nothing waits for the disk */
	e = db_open(path, &schema, DB_NO_SCHEMA | DB_RELAXED | (write ? DB_WRITE : 0),
	    write ? WRITER_CACHE_KIB : READER_CACHE_KIB, &s->db);
	if (e == ERR_OK)
		e = compare(s);
	/* this SELECT opens what SQLite opens late */
	if (e == ERR_OK)
		e = get_state(s, &st);
	if (e != ERR_OK)
		db_close(&s->db);
	return e;
}

static void
remove_file(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[PATH_LONGEST];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		int n = snprintf(name, sizeof name, "%s%s", path, ends[i]);

		if (n > 0 && (size_t)n < sizeof name)
			unlink(name);
	}
}

enum err
search_open(
    const char *path, struct spool *spool, enum spool_mode mode, struct search **out)
{
	bool write = mode == SPOOL_WRITE;
	struct search *s = calloc(1, sizeof *s);
	enum err e;

	if (s == NULL)
		return ERR_NOMEM;
	s->spool = spool;
	s->db.lock = -1;
	buf_init(&s->article, ARTICLE_MAX + HEADER_MAX);
	e = open_once(s, path, write);
	if (write && (e == ERR_CORRUPT || e == ERR_VERSION || e == ERR_NOTFOUND)) {
		if (e != ERR_NOTFOUND)
			remove_file(path);
		e = db_create(path, &schema, init);
		/* somebody else was faster */
		if (e == ERR_OK || e == ERR_EXISTS)
			e = open_once(s, path, write);
	}
	if (e != ERR_OK)
		search_close(s);
	else
		*out = s;
	return e;
}

void
search_close(struct search *s)
{
	if (s == NULL)
		return;
	db_close(&s->db);
	buf_release(&s->article);
	free(s);
}

void
search_rest(struct search *s)
{
	db_rest(&s->db);
}

static enum err
build(struct search *s)
{
	char sql[96];
	enum err e;

	if ((e = db_exec(&s->db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE")) != ERR_OK)
		return e;
	for (size_t i = 0; i < OBJECTS && e == ERR_OK; i++)
		e = db_exec(&s->db, objects[i]);
	snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
	    APPLICATION, SEARCH_VERSION);
	if (e == ERR_OK)
		e = db_exec(&s->db, sql);
	if (e == ERR_OK)
		e = db_exec(&s->db, init);
	if (e == ERR_OK)
		return db_exec(&s->db, "COMMIT");
	db_exec(&s->db, "ROLLBACK");
	return e;
}

enum err
search_reset(struct search *s)
{
	enum err e;

	db_rollback(&s->db);
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(s->db.statements[i]);
		s->db.statements[i] = NULL;
	}
	while (flock(s->db.lock, LOCK_EX) != 0)
		if (errno != EINTR)
			return ERR_IO;
	/* SQLite's own way to an empty file, whatever is in it now */
	sqlite3_db_config(s->db.handle, SQLITE_DBCONFIG_RESET_DATABASE, 1, NULL);
	e = db_exec(&s->db, "VACUUM");
	sqlite3_db_config(s->db.handle, SQLITE_DBCONFIG_RESET_DATABASE, 0, NULL);
	if (e == ERR_OK)
		e = build(s);
	flock(s->db.lock, LOCK_UN);
	return e;
}

/* ---- filling ----------------------------------------------------------------------- */

struct batch {
	uint64_t arrival[SEARCH_STEP];
	bool control[SEARCH_STEP];
	size_t count;
};

static bool
note_arrival(void *arg, const struct spool_meta *m)
{
	struct batch *b = arg;

	b->arrival[b->count] = m->arrival;
	b->control[b->count++] = m->control;
	return true;
}

static enum err
put(struct search *s, unsigned which, uint64_t arrival, search_text_fn *fn, void *arg)
{
	struct search_text t = { 0 };
	bool has_signature;
	sqlite3_stmt *st;
	enum err e;

	buf_reset(&s->article);
	if ((e = spool_article(s->spool, arrival, &s->article, NULL, &has_signature)) !=
	    ERR_OK)
		/* it went meanwhile, or the spool's check will find it */
		return e == ERR_NOTFOUND || e == ERR_CORRUPT ? ERR_NOTFOUND : e;
	fn(arg, buf_view(&s->article), &t);
	if ((e = db_get(&s->db, S_PUT + which, &st)) != ERR_OK)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)arrival);
	db_bind_text(st, 2, t.subject);
	db_bind_text(st, 3, t.author);
	db_bind_text(st, 4, t.groups);
	db_bind_text(st, 5, t.body);
	return db_run(st);
}

/* What comes behind the mark, as far as there is time. */
static enum err
follow(struct search *s, struct state *st, unsigned which, uint64_t last,
    search_text_fn *fn, void *arg)
{
	int64_t end = clock_ms() + SEARCH_MS;
	struct batch *b = calloc(1, sizeof *b);
	size_t i = 0;
	enum err e;

	if (b == NULL)
		return ERR_NOMEM;
	e = spool_arrivals(s->spool, st->of[which].mark, SEARCH_STEP, note_arrival, b);
	for (; i < b->count && e == ERR_OK && (i == 0 || clock_ms() < end); i++) {
		if (!b->control[i])
			e = put(s, which, b->arrival[i], fn, arg);
		if (e == ERR_OK && !b->control[i])
			st->of[which].rows++;
		if (e == ERR_NOTFOUND)
			e = ERR_OK;
		st->of[which].mark = b->arrival[i];
	}
	/* nothing between the last one that is here and the last that ever was */
	if (e == ERR_OK && i == b->count && i < SEARCH_STEP && st->of[which].mark < last)
		st->of[which].mark = last;
	free(b);
	return e;
}

static enum err
clear(struct search *s, struct state *st, unsigned which)
{
	sqlite3_stmt *row;
	enum err e;

	if ((e = db_get(&s->db, S_CLEAR + which, &row)) == ERR_OK)
		e = db_run(row);
	st->of[which].mark = st->of[which].rows = 0;
	return e;
}

/* Another spool's, or what was ahead of a spool that was put back: from the start. */
static enum err
adopt(struct search *s, struct state *st, const unsigned char *id, uint64_t last)
{
	enum err e;

	if (memcmp(st->spool, id, SPOOL_ID_LEN) == 0 && st->of[0].mark <= last &&
	    st->of[1].mark <= last)
		return ERR_OK;
	memcpy(st->spool, id, SPOOL_ID_LEN);
	st->filling = false;
	st->live = 0;
	if ((e = clear(s, st, 0)) == ERR_OK)
		e = clear(s, st, 1);
	return e;
}

/* Begins to fill the other one, or lets it take over. */
static enum err
turn(struct search *s, struct state *st)
{
	unsigned other = 1 - st->live;
	struct spool_counts c;
	enum err e;

	if (st->filling && st->of[other].mark == st->of[st->live].mark) {
		e = clear(s, st, st->live);
		st->live = other;
		st->filling = false;
		return e;
	}
	if (st->filling || st->of[st->live].rows < DEAD_FLOOR)
		return ERR_OK;
	if ((e = spool_counts(s->spool, &c)) != ERR_OK)
		return e;
	st->filling = st->of[st->live].rows > c.articles + c.articles / 2 + DEAD_FLOOR;
	return st->filling ? clear(s, st, other) : ERR_OK;
}

static bool
left(const struct state *st, uint64_t last)
{
	return st->filling || st->of[st->live].mark < last;
}

enum err
search_progress(struct search *s, struct search_progress *out)
{
	unsigned char id[SPOOL_ID_LEN];
	struct state st;
	uint64_t last;
	enum err e;

	if ((e = spool_id(s->spool, id)) != ERR_OK ||
	    (e = spool_last_arrival(s->spool, &last)) != ERR_OK ||
	    (e = get_state(s, &st)) != ERR_OK)
		return e;
	if (memcmp(st.spool, id, sizeof id) != 0 || st.of[st.live].mark > last)
		*out = (struct search_progress){ .last = last, .more = true };
	else
		*out = (struct search_progress){ st.of[st.live].mark, last,
			left(&st, last) };
	return ERR_OK;
}

enum err
search_step(struct search *s, search_text_fn *fn, void *arg, struct search_progress *out)
{
	unsigned char id[SPOOL_ID_LEN];
	struct state st;
	unsigned which;
	uint64_t last;
	enum err e;

	/* most often there is nothing to do: then nothing is locked */
	if ((e = search_progress(s, out)) != ERR_OK || !out->more)
		return e;
	if ((e = db_begin(&s->db)) != ERR_OK)
		return e;
	if ((e = spool_id(s->spool, id)) != ERR_OK ||
	    (e = spool_last_arrival(s->spool, &last)) != ERR_OK ||
	    (e = get_state(s, &st)) != ERR_OK || (e = adopt(s, &st, id, last)) != ERR_OK)
		goto out;
	which = st.filling && st.of[st.live].mark >= last ? 1 - st.live : st.live;
	if ((e = follow(s, &st, which, last, fn, arg)) != ERR_OK ||
	    (e = turn(s, &st)) != ERR_OK || (e = set_state(s, &st)) != ERR_OK)
		goto out;
	if ((e = db_commit(&s->db)) == ERR_OK)
		*out = (struct search_progress){ st.of[st.live].mark, last,
			left(&st, last) };
out:
	db_rollback(&s->db);
	return e;
}

/* ---- finding ----------------------------------------------------------------------- */

enum err
search_visible(struct spool *sp, const struct query *q, struct view read,
    uint64_t arrival, struct spool_meta *out)
{
	bool wanted = false, may = false;
	struct spool_group g;
	enum err e;

	if ((e = spool_meta(sp, arrival, out)) != ERR_OK)
		return e;
	if (out->banned || out->pending || out->groups == 0)
		return ERR_NOTFOUND;
	if ((q == NULL || (q->groups.len == 0 && q->never.len == 0)) && read.len == 0)
		return ERR_OK;
	for (unsigned i = 0; i < out->groups; i++) {
		struct view name;

		if ((e = spool_group_by_id(sp, out->in[i].group, &g)) != ERR_OK)
			return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
		name = view_str(g.name);
		if (q != NULL && query_refuses(q, name))
			return ERR_NOTFOUND;
		wanted = wanted || q == NULL || query_wants(q, name);
		may = may || read.len == 0 || wildmat_match(read, name);
	}
	return wanted && may ? ERR_OK : ERR_NOTFOUND;
}

enum err
search_find(struct search *s, const struct query *q, struct view read, uint64_t below,
    unsigned max, search_fn *fn, void *arg, uint64_t *next)
{
	unsigned char id[SPOOL_ID_LEN];
	struct spool_meta m;
	struct state st;
	sqlite3_stmt *row;
	int64_t arrival = 0;
	unsigned n = 0;
	bool on = true;
	enum err e;

	if ((e = spool_id(s->spool, id)) != ERR_OK || (e = get_state(s, &st)) != ERR_OK)
		return e;
	if (memcmp(st.spool, id, sizeof id) != 0)
		return ERR_BUSY;
	if ((e = db_get(&s->db, S_FIND + st.live, &row)) != ERR_OK)
		return e;
	db_bind_text(row, 1, buf_view(&q->match));
	sqlite3_bind_int64(row, 2, below > INT64_MAX ? INT64_MAX : (int64_t)below);
	sqlite3_bind_int64(row, 3, max);
	while (on && (e = db_row(row)) == ERR_OK) {
		arrival = sqlite3_column_int64(row, 0);
		n++;
		if (arrival <= 0) {
			e = ERR_CORRUPT;
			break;
		}
		e = search_visible(s->spool, q, read, (uint64_t)arrival, &m);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			break;
		if (e == ERR_OK)
			on = fn(arg, &m);
	}
	sqlite3_reset(row);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*next = n == max || !on ? (uint64_t)arrival : 0;
	return ERR_OK;
}
