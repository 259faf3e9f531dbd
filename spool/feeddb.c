#include "spool/feeddb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"

#define PATH_LONGEST 4352 /* NODE_PATH_MAX and a suffix */

/* Since version 2. */
#define SQL_LEASE                                                                        \
	"CREATE TABLE lease(id BLOB PRIMARY KEY, pid INTEGER NOT NULL) WITHOUT ROWID"
#define SQL_HOLDER                                                                       \
	"CREATE TABLE holder(pid INTEGER PRIMARY KEY, friend INTEGER NOT NULL,"          \
	" deadline INTEGER NOT NULL)"

#define SQL_RECONCILED                                                                   \
	"CREATE TABLE reconciled(friend INTEGER PRIMARY KEY, spool BLOB NOT NULL,"       \
	" ran INTEGER NOT NULL)"

static const char *const objects[] = {
	"CREATE TABLE friend(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" my_spool BLOB, their_spool BLOB, top INTEGER NOT NULL DEFAULT 0,"
	" back INTEGER NOT NULL DEFAULT 0, heard INTEGER NOT NULL DEFAULT 0,"
	" sent INTEGER NOT NULL DEFAULT 0, day INTEGER NOT NULL DEFAULT 0,"
	" articles INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
	" authors INTEGER NOT NULL DEFAULT 0, groups INTEGER NOT NULL DEFAULT 0,"
	" control INTEGER NOT NULL DEFAULT 0, strikes INTEGER NOT NULL DEFAULT 0,"
	" refused INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0,"
	" unwanted INTEGER NOT NULL DEFAULT 0, told BLOB, wants TEXT, policy TEXT)",
	"CREATE TABLE exception(friend INTEGER NOT NULL, state INTEGER NOT NULL,"
	" lo INTEGER NOT NULL, hi INTEGER NOT NULL, retry INTEGER NOT NULL,"
	" PRIMARY KEY(friend, state, lo)) WITHOUT ROWID",
	"CREATE TABLE stream_out(friend INTEGER NOT NULL, stream BLOB NOT NULL,"
	" file INTEGER NOT NULL, root BLOB NOT NULL, epoch INTEGER NOT NULL, told BLOB NOT NULL,"
	" pairing BLOB NOT NULL, articles INTEGER NOT NULL, acked INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY(friend, stream)) WITHOUT ROWID",
	"CREATE INDEX stream_out_file ON stream_out(file)",
	"CREATE TABLE out_range(friend INTEGER NOT NULL, stream BLOB NOT NULL,"
	" chunk INTEGER NOT NULL, seq INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL,"
	" PRIMARY KEY(friend, stream, chunk, seq)) WITHOUT ROWID",
	"CREATE TABLE stream_in(friend INTEGER NOT NULL, stream BLOB NOT NULL,"
	" root BLOB NOT NULL, epoch INTEGER NOT NULL, chunks INTEGER NOT NULL,"
	" taken INTEGER NOT NULL, status INTEGER NOT NULL, owed INTEGER NOT NULL, details BLOB,"
	" PRIMARY KEY(friend, stream)) WITHOUT ROWID",
	"CREATE INDEX stream_in_owed ON stream_in(friend, owed) WHERE owed > 0",
	"CREATE TABLE carried(friend INTEGER NOT NULL, outgoing BLOB NOT NULL,"
	" incoming BLOB NOT NULL, PRIMARY KEY(friend, outgoing, incoming)) WITHOUT ROWID",
	"CREATE TABLE file(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" temporary TEXT NOT NULL UNIQUE, size INTEGER NOT NULL DEFAULT 0, hash BLOB,"
	" whole INTEGER NOT NULL DEFAULT 0)",
	"CREATE TABLE author(prefix BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID",
	SQL_LEASE, SQL_HOLDER, SQL_RECONCILED,
	"CREATE TABLE sqlite_sequence(name,seq)", /* SQLite's own, for AUTOINCREMENT */
};

#define OBJECTS (sizeof objects / sizeof objects[0])

enum err
feeddb_error(int code)
{
	/* a full disk shows here first: the index beside the log cannot grow */
	if (code == SQLITE_IOERR_SHMSIZE)
		return ERR_FULL;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return ERR_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_CONSTRAINT:
		return ERR_EXISTS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_MISMATCH:
		return ERR_CORRUPT;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

static enum err
find(struct feed *f, const char *sql, sqlite3_stmt **out)
{
	size_t i;
	int rc;

	for (i = 0; i < FEED_STATEMENTS && f->cache[i].sql != NULL; i++)
		if (f->cache[i].sql == sql) {
			sqlite3_reset(f->cache[i].st);
			*out = f->cache[i].st;
			return ERR_OK;
		}
	if (i == FEED_STATEMENTS)
		return ERR_TOOBIG;
	rc = sqlite3_prepare_v3(
	    f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &f->cache[i].st, NULL);
	if (rc != SQLITE_OK)
		return feeddb_error(rc) == ERR_IO ? ERR_CORRUPT : feeddb_error(rc);
	f->cache[i].sql = sql;
	*out = f->cache[i].st;
	return ERR_OK;
}

static enum err
bind(sqlite3_stmt *st, const char *types, va_list ap)
{
	int rc = SQLITE_OK;
	struct view v;

	for (int i = 0; types[i] != '\0' && rc == SQLITE_OK; i++)
		if (types[i] == 'i')
			rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
		else {
			v = va_arg(ap, struct view);
			if (types[i] == 't')
				rc = sqlite3_bind_text(st, i + 1,
				    v.p == NULL ? "" : (const char *)v.p, (int)v.len,
				    SQLITE_TRANSIENT);
			else
				rc = sqlite3_bind_blob(st, i + 1,
				    v.p == NULL ? "" : (const void *)v.p, (int)v.len,
				    SQLITE_TRANSIENT);
		}
	return feeddb_error(rc);
}

enum err
feeddb_bind(struct feed *f, sqlite3_stmt **out, const char *sql, const char *types, ...)
{
	va_list ap;
	enum err e;

	if ((e = find(f, sql, out)) != ERR_OK)
		return e;
	va_start(ap, types);
	e = bind(*out, types, ap);
	va_end(ap);
	return e;
}

enum err
feeddb_run(struct feed *f, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st = NULL;
	va_list ap;
	enum err e;
	int rc;

	if ((e = find(f, sql, &st)) != ERR_OK)
		return e;
	va_start(ap, types);
	e = bind(st, types, ap);
	va_end(ap);
	if (e != ERR_OK)
		return e;
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	return feeddb_error(rc);
}

enum err
feeddb_row(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return ERR_OK;
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? ERR_NOTFOUND : feeddb_error(rc);
}

struct view
feeddb_blob(sqlite3_stmt *st, int column)
{
	const unsigned char *p = sqlite3_column_blob(st, column);

	return (
	    struct view){ p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(st, column) };
}

enum err
feeddb_fixed(sqlite3_stmt *st, int column, unsigned char *out, size_t len)
{
	struct view v = feeddb_blob(st, column);

	if (v.len != len)
		return ERR_CORRUPT;
	memcpy(out, v.p, len);
	return ERR_OK;
}

static enum err
exec(sqlite3 *db, const char *sql)
{
	return feeddb_error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static enum err
settings(sqlite3 *db)
{
	enum err e;

	sqlite3_busy_timeout(db, 10000);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	e = exec(db,
	    "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
	    "PRAGMA cell_size_check=ON; PRAGMA cache_size=-4096");
	return e;
}

static enum err
build(const char *path)
{
	sqlite3 *db = NULL;
	enum err e;
	int rc;

	rc = sqlite3_open_v2(
	    path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
	if ((e = feeddb_error(rc)) == ERR_OK)
		e = settings(db);
	if (e == ERR_OK)
		e = exec(db, "PRAGMA journal_mode=WAL; PRAGMA user_version=2; BEGIN");
	for (size_t i = 0; i + 1 < OBJECTS && e == ERR_OK; i++)
		e = exec(db, objects[i]);
	if (e == ERR_OK)
		e = exec(db, "COMMIT");
	rc = sqlite3_close(db);
	return e == ERR_OK ? feeddb_error(rc) : e;
}

/* Under another name first: a kill in between leaves nothing that looks like a database. */
enum err
feed_create(const char *path)
{
	char tmp[PATH_LONGEST], folder[PATH_LONGEST];
	const char *slash = strrchr(path, '/');
	int fd, n;
	enum err e;

	n = snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof tmp)
		return ERR_TOOBIG;
	if (access(path, F_OK) == 0)
		return ERR_EXISTS;
	fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_IO;
	close(fd);
	snprintf(folder, sizeof folder, "%.*s",
	    slash == NULL ? 1 : (int)(slash - path + (slash == path)),
	    slash == NULL ? "." : path);
	if ((e = build(tmp)) == ERR_OK && link(tmp, path) != 0)
		e = errno == EEXIST ? ERR_EXISTS : ERR_IO;
	if (e == ERR_OK)
		e = fs_sync_dir(folder);
	unlink(tmp);
	return e;
}

/* Version 1 had no leases. */
static enum err
migrate(sqlite3 *db)
{
	static const char sql[] = "BEGIN IMMEDIATE;" SQL_LEASE ";" SQL_HOLDER
				  ";" SQL_RECONCILED ";PRAGMA user_version=2;COMMIT";

	return exec(db, sql);
}

static enum err
version(sqlite3 *db, bool write)
{
	sqlite3_stmt *st = NULL;
	int v = 0, rc;

	if ((rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL)) ==
		SQLITE_OK &&
	    (rc = sqlite3_step(st)) == SQLITE_ROW)
		v = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return feeddb_error(rc);
	if (v > FEED_VERSION || (v == 1 && !write))
		return ERR_VERSION;
	if (v == 1)
		return migrate(db);
	return v == FEED_VERSION ? ERR_OK : ERR_CORRUPT;
}

static bool
is_object(struct view sql)
{
	for (size_t i = 0; i < OBJECTS; i++)
		if (view_eqs(sql, objects[i]))
			return true;
	return false;
}

/* The schema that is compiled in, and nothing beside it. Names are unique in a schema, so
 * as many as ours and each one of ours is all of ours. */
static enum err
same_schema(sqlite3 *db)
{
	static const char sql[] =
	    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL OR type<>'index'";
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int rc;

	if ((rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL)) != SQLITE_OK)
		return feeddb_error(rc) == ERR_IO ? ERR_CORRUPT : feeddb_error(rc);
	while (n <= OBJECTS && (rc = sqlite3_step(st)) == SQLITE_ROW &&
	    is_object(feeddb_blob(st, 0)))
		n++;
	sqlite3_finalize(st);
	if (rc == SQLITE_ROW || (rc == SQLITE_DONE && n != OBJECTS))
		return ERR_CORRUPT;
	return feeddb_error(rc);
}

enum err
feed_open(const char *path, bool write, struct feed **out)
{
	int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
	    SQLITE_OPEN_EXRESCODE;
	struct feed *f = calloc(1, sizeof *f);
	struct stat st;
	enum err e;
	int rc;

	if (f == NULL)
		return ERR_NOMEM;
	if (stat(path, &st) != 0) {
		e = errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
		free(f);
		return e;
	}
	rc = sqlite3_open_v2(path, &f->db, flags, NULL);
	e = feeddb_error(rc);
	if (e == ERR_OK)
		e = settings(f->db);
	if (e == ERR_OK)
		e = version(f->db, write);
	if (e == ERR_OK)
		e = same_schema(f->db);
	if (e == ERR_OK)
		*out = f;
	else
		feed_close(f);
	return e;
}

void
feed_close(struct feed *f)
{
	if (f == NULL)
		return;
	feed_rollback(f);
	for (size_t i = 0; i < FEED_STATEMENTS; i++)
		sqlite3_finalize(f->cache[i].st);
	sqlite3_close(f->db);
	free(f);
}

enum err
feed_begin(struct feed *f)
{
	enum err e = exec(f->db, "BEGIN IMMEDIATE");

	if (e == ERR_OK)
		f->in_txn = true;
	return e;
}

enum err
feed_commit(struct feed *f)
{
	enum err e = exec(f->db, "COMMIT");

	if (e == ERR_OK)
		f->in_txn = false;
	else
		feed_rollback(f);
	return e;
}

void
feed_rollback(struct feed *f)
{
	if (f->in_txn)
		exec(f->db, "ROLLBACK");
	f->in_txn = false;
}
