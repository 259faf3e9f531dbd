#include "spool/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/fs.h"
#include "spool/vfs.h"

#define BUSY_MS 10000         /* a checkpoint of a slow disk may hold a writer up */
#define VIEWS_CACHE_KIB 4096  /* of one who reads for many */
#define CHECKPOINT_PAGES 4000 /* 32 MiB of WAL; then a writer writes back */
#define PATH_LONGEST 4096
#define SCHEMA_LONGEST (64 << 10) /* one CREATE statement of a hostile file */

enum always { BEGIN, BEGIN_WRITE, COMMIT, VERSION };
static const char *const always[DB_ALWAYS] = {
	[BEGIN] = "BEGIN",
	[BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[VERSION] = "PRAGMA data_version",
};

enum err
db_err(int r)
{
	static const struct {
		int result;
		enum err e;
	} known[] = {
		{ SQLITE_OK, ERR_OK },
		{ SQLITE_ROW, ERR_OK },
		{ SQLITE_DONE, ERR_OK },
		{ SQLITE_BUSY, ERR_BUSY },
		{ SQLITE_LOCKED, ERR_BUSY },
		{ SQLITE_NOMEM, ERR_NOMEM },
		{ SQLITE_READONLY, ERR_DENIED },
		{ SQLITE_PERM, ERR_DENIED },
		{ SQLITE_FULL, ERR_FULL },
		{ SQLITE_CORRUPT, ERR_CORRUPT },
		{ SQLITE_NOTADB, ERR_CORRUPT },
		{ SQLITE_CONSTRAINT, ERR_CORRUPT },
		{ SQLITE_MISMATCH, ERR_CORRUPT },
		{ SQLITE_ERROR,
		    ERR_CORRUPT }, /* our SQL is fixed: the tables are not ours */
		{ SQLITE_SCHEMA, ERR_CORRUPT },
		{ SQLITE_TOOBIG, ERR_TOOBIG },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].result == (r & 0xff))
			return known[i].e;
	return ERR_IO;
}

enum err
db_exec(struct db *db, const char *sql)
{
	return db_err(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static enum err
get_always(struct db *db, enum always which, sqlite3_stmt **out)
{
	sqlite3_stmt **s = &db->always[which];
	int r;

	if (*s == NULL &&
	    (r = sqlite3_prepare_v3(db->handle, always[which], -1,
		 SQLITE_PREPARE_PERSISTENT, s, NULL)) != SQLITE_OK)
		return db_err(r);
	*out = *s;
	return ERR_OK;
}

static enum err
run_always(struct db *db, enum always which)
{
	sqlite3_stmt *s = NULL;
	enum err e = get_always(db, which, &s);

	return e == ERR_OK ? db_run(s) : e;
}

enum err
db_get(struct db *db, size_t i, sqlite3_stmt **out)
{
	sqlite3_stmt **s = &db->statements[i];
	int r;

	if (db->views && !db->viewing)
		db->viewing = run_always(db, BEGIN) == ERR_OK;
	if (*s == NULL) {
		r = sqlite3_prepare_v3(db->handle, db->schema->statements[i], -1,
		    SQLITE_PREPARE_PERSISTENT, s, NULL);
		if (r != SQLITE_OK)
			return db_err(r);
	}
	sqlite3_reset(*s);
	*out = *s;
	return ERR_OK;
}

enum err
db_row(sqlite3_stmt *s)
{
	int r = sqlite3_step(s);

	if (r == SQLITE_ROW)
		return ERR_OK;
	sqlite3_reset(s);
	return r == SQLITE_DONE ? ERR_NOTFOUND : db_err(r);
}

enum err
db_run(sqlite3_stmt *s)
{
	int r = sqlite3_step(s);

	sqlite3_reset(s);
	return db_err(r);
}

struct view
db_blob(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s, column);
	int n = sqlite3_column_bytes(s, column);

	return (struct view){ p, p == NULL || n < 0 ? 0 : (size_t)n };
}

void
db_bind(sqlite3_stmt *s, int i, struct view v)
{
	if (v.len == 0)
		sqlite3_bind_zeroblob(s, i, 0);
	else
		sqlite3_bind_blob64(s, i, v.p, v.len, SQLITE_STATIC);
}

void
db_bind_text(sqlite3_stmt *s, int i, struct view v)
{
	const char *p = v.len == 0 ? "" : (const char *)v.p;

	sqlite3_bind_text64(s, i, p, v.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* ---- opening ----------------------------------------------------------------------- */

static enum err
harden(struct db *db, bool write, int cache_kib)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	};
	char sql[64], c;
	int persist = 1;
	enum err e;

	sqlite3_busy_timeout(db->handle, BUSY_MS);
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		sqlite3_db_config(db->handle, options[i].option, options[i].value, NULL);
	if (!write)
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* a sandbox may forbid to unlink the WAL at the end, or to make it at the
	 * start */
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	/* the random device is read once: before the sandbox */
	sqlite3_randomness(1, &c);
	snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", cache_kib);
	if ((e = db_exec(db, sql)) != ERR_OK)
		return e;
	return db_exec(db,
	    "PRAGMA synchronous=FULL;"
	    "PRAGMA temp_store=MEMORY;"
	    "PRAGMA cell_size_check=ON;"
	    "PRAGMA mmap_size=0;"
	    "PRAGMA wal_autocheckpoint=0;"
	    "PRAGMA journal_size_limit=67108864;");
}

static enum err
pragma(struct db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int r;

	if ((r = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL)) != SQLITE_OK)
		return db_err(r);
	if ((r = sqlite3_step(s)) == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return r == SQLITE_ROW ? ERR_OK : r == SQLITE_DONE ? ERR_CORRUPT : db_err(r);
}

static bool
is_object(const struct db_schema *schema, struct view sql)
{
	for (size_t i = 0; i < schema->object_count; i++)
		if (view_eqs(sql, schema->objects[i]))
			return true;
	return false;
}

/* Names are unique in a schema, so as many as ours and each one of ours is all of
 * ours. */
static enum err
compare_schema(struct db *db)
{
	sqlite3_stmt *s = NULL;
	size_t n = 0;
	int r;

	r = sqlite3_prepare_v2(db->handle, "SELECT sql FROM sqlite_schema", -1, &s, NULL);
	if (r != SQLITE_OK)
		return db_err(r);
	while (
	    (r = sqlite3_step(s)) == SQLITE_ROW && is_object(db->schema, db_blob(s, 0)))
		n++;
	sqlite3_finalize(s);
	if (r == SQLITE_DONE)
		return n == db->schema->object_count ? ERR_OK : ERR_CORRUPT;
	return r == SQLITE_ROW ? ERR_CORRUPT : db_err(r);
}

static enum err
take_step(struct db *db, int from)
{
	const struct db_schema *schema = db->schema;
	char sql[64];
	enum err e;

	for (size_t i = 0; i < schema->step_count; i++)
		if (schema->steps[i].from == from) {
			if ((e = db_exec(db, schema->steps[i].sql)) != ERR_OK)
				return e;
			snprintf(sql, sizeof sql, "PRAGMA user_version=%d", from + 1);
			return db_exec(db, sql);
		}
	return ERR_CORRUPT;
}

/* All steps in one transaction: an old database stays old or is new. */
static enum err
migrate(struct db *db)
{
	int64_t version = 0;
	enum err e;

	if ((e = db_begin(db)) != ERR_OK)
		return e;
	/* somebody else may have done it while we waited */
	if ((e = pragma(db, "PRAGMA user_version", &version)) != ERR_OK)
		goto out;
	for (; version < db->schema->version; version++)
		if ((e = take_step(db, (int)version)) != ERR_OK)
			goto out;
	if ((e = compare_schema(db)) != ERR_OK)
		goto out;
	e = db_commit(db);
out:
	db_rollback(db);
	return e;
}

static enum err
verify(struct db *db, unsigned flags)
{
	int64_t application = 0, version = 0;
	enum err e;

	if ((e = pragma(db, "PRAGMA application_id", &application)) != ERR_OK ||
	    (e = pragma(db, "PRAGMA user_version", &version)) != ERR_OK)
		return e;
	if (application != db->schema->application || version < 0)
		return ERR_CORRUPT;
	if (version > db->schema->version)
		return ERR_VERSION;
	if (version < db->schema->version) {
		if (db->lock < 0)
			return ERR_VERSION;
		if ((e = migrate(db)) != ERR_OK)
			return e;
	}
	return flags & DB_NO_SCHEMA ? ERR_OK : compare_schema(db);
}

static int
note_wal(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = arg;

	(void)handle;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static enum err
open_lock(const char *path, int *fd)
{
	char name[PATH_LONGEST];
	int n = snprintf(name, sizeof name, "%s-lock", path);

	if (n < 0 || (size_t)n >= sizeof name)
		return ERR_TOOBIG;
	*fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd >= 0)
		return ERR_OK;
	if (errno == ENOSPC || errno == EDQUOT)
		return ERR_FULL;
	return errno == EACCES || errno == EROFS ? ERR_DENIED : ERR_IO;
}

enum err
db_open(const char *path, const struct db_schema *schema, unsigned flags, int cache_kib,
    struct db *out)
{
	struct db *db = out;
	bool write = flags & DB_WRITE;
	enum err e;
	int r;

	*db = (struct db){ .schema = schema, .lock = -1 };
	if (access(path, F_OK) != 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	db->statements = calloc(schema->statement_count + 1, sizeof(sqlite3_stmt *));
	if (db->statements == NULL)
		return ERR_NOMEM;
	if (write && (e = open_lock(path, &db->lock)) != ERR_OK)
		goto fail;
	/* readers too: a WAL's index cannot be used without writing to it */
	if ((e = vfs_register()) != ERR_OK)
		goto fail;
	/* what is collected goes out when it is synced: not at all in a relaxed one */
	r = sqlite3_open_v2(path, &db->handle,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	    write && !(flags & DB_RELAXED) ? VFS_NAME : NULL);
	if ((e = db_err(r)) != ERR_OK)
		goto fail;
	if ((e = harden(db, write, cache_kib)) != ERR_OK ||
	    (e = verify(db, flags)) != ERR_OK)
		goto fail;
	if (flags & DB_RELAXED &&
	    (e = db_exec(db, "PRAGMA synchronous=NORMAL")) != ERR_OK)
		goto fail;
	if (!write && (e = db_exec(db, "PRAGMA query_only=ON")) != ERR_OK)
		goto fail;
	sqlite3_wal_hook(db->handle, note_wal, db);
	return ERR_OK;
fail:
	db_close(db);
	return e;
}

void
db_close(struct db *db)
{
	if (db == NULL || db->schema == NULL)
		return;
	if (db->handle != NULL)
		db_rollback(db);
	for (size_t i = 0; db->statements != NULL && i < db->schema->statement_count; i++)
		sqlite3_finalize(db->statements[i]);
	free(db->statements);
	for (size_t i = 0; i < DB_ALWAYS; i++)
		sqlite3_finalize(db->always[i]);
	sqlite3_close(db->handle);
	if (db->lock >= 0)
		close(db->lock);
	*db = (struct db){ .lock = -1 };
}

/* ---- creating ---------------------------------------------------------------------- */

static enum err
build(const char *path, const struct db_schema *schema, const char *init)
{
	struct db db = { .schema = schema, .lock = -1 };
	char sql[128];
	enum err e;

	if ((e = db_err(sqlite3_open_v2(path, &db.handle,
		 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))) != ERR_OK)
		goto out;
	snprintf(sql, sizeof sql,
	    "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
	    "BEGIN",
	    schema->page_size);
	if ((e = db_exec(&db, sql)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < schema->object_count; i++)
		if ((e = db_exec(&db, schema->objects[i])) != ERR_OK)
			goto out;
	snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
	    schema->application, schema->version);
	if ((e = db_exec(&db, sql)) == ERR_OK && (e = db_exec(&db, init)) == ERR_OK)
		e = db_exec(&db, "COMMIT");
out:
	sqlite3_close(db.handle);
	return e;
}

static enum err
publish(const char *tmp, const char *path)
{
	int fd, r;

	if ((fd = open(tmp, O_RDWR | O_CLOEXEC)) < 0)
		return ERR_IO;
	r = fsync(fd);
	close(fd);
	/* not rename: somebody else's spool is never replaced */
	if (r != 0 || link(tmp, path) != 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	return ERR_OK;
}

static enum err
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_LONGEST];

	if (slash == NULL)
		return fs_sync_dir(".");
	snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return fs_sync_dir(dir);
}

enum err
db_create(const char *path, const struct db_schema *schema, const char *init)
{
	char tmp[PATH_LONGEST];
	int fd, n;
	enum err e;

	n = snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof tmp)
		return ERR_TOOBIG;
	if (access(path, F_OK) == 0)
		return ERR_EXISTS;
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	close(fd);
	if ((e = build(tmp, schema, init)) == ERR_OK &&
	    (e = publish(tmp, path)) == ERR_OK)
		e = sync_parent(path);
	unlink(tmp);
	return e;
}

/* ---- transactions ------------------------------------------------------------------ */

static enum err
lock_wait(int fd, int how)
{
	while (flock(fd, how) != 0)
		if (errno != EINTR)
			return ERR_IO;
	return ERR_OK;
}

enum err
db_begin(struct db *db)
{
	enum err e;

	if (db->lock < 0)
		return ERR_DENIED;
	if (db->writing)
		return ERR_BUSY;
	if ((e = lock_wait(db->lock, LOCK_EX)) != ERR_OK)
		return e;
	if ((e = run_always(db, BEGIN_WRITE)) != ERR_OK)
		lock_wait(db->lock, LOCK_UN);
	else
		db->writing = true;
	return e;
}

enum err
db_commit(struct db *db)
{
	enum err e;

	if (!db->writing)
		return ERR_DENIED;
	if ((e = run_always(db, COMMIT)) != ERR_OK) {
		db_rollback(db);
		return e;
	}
	db->writing = false;
	/* what a reader still needs stays in the WAL until the next time */
	if (db->wal_pages >= CHECKPOINT_PAGES)
		sqlite3_wal_checkpoint_v2(
		    db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	lock_wait(db->lock, LOCK_UN);
	return ERR_OK;
}

void
db_rollback(struct db *db)
{
	if (db->schema == NULL || !db->writing)
		return;
	for (size_t i = 0; i < db->schema->statement_count; i++)
		if (db->statements[i] != NULL)
			sqlite3_reset(db->statements[i]);
	if (!sqlite3_get_autocommit(db->handle))
		db_exec(db, "ROLLBACK");
	db->writing = false;
	lock_wait(db->lock, LOCK_UN);
}

enum err
db_views(struct db *db)
{
	char sql[64];

	if (db->lock >= 0)
		return ERR_DENIED;
	db->views = true;
	snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", VIEWS_CACHE_KIB);
	return db_exec(db, sql);
}

void
db_view_end(struct db *db)
{
	if (db->viewing)
		(void)run_always(db, COMMIT);
	db->viewing = !sqlite3_get_autocommit(db->handle);
}

void
db_rest(struct db *db)
{
	(void)sqlite3_db_release_memory(db->handle);
}

enum err
db_changed(struct db *db, int64_t *version)
{
	sqlite3_stmt *s = NULL;
	enum err e;

	if ((e = get_always(db, VERSION, &s)) != ERR_OK)
		return e;
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	*version = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return ERR_OK;
}
