/* One SQLite database in WAL mode, opened as hostile input: its schema must be
 * exactly the one compiled in, triggers and views are off, nothing in it is trusted.
 *
 * After db_open no file is opened any more, so a sandbox may forbid it. Statements
 * are named by their index in the schema's table and prepared when first used.
 * Writers wait for each other on a lock in path-lock, then begin; readers never
 * checkpoint. */
#ifndef SPOOL_DB_H
#define SPOOL_DB_H

#include <sqlite3.h>

#include "lib/buf.h"

/* From version `from` to `from + 1`. */
struct db_step {
	int from;
	const char *sql;
};

struct db_schema {
	int application; /* PRAGMA application_id */
	int version;     /* PRAGMA user_version */
	int page_size;
	const char *const *objects; /* CREATE statements, as sqlite_schema keeps them */
	size_t object_count;
	const struct db_step *steps;
	size_t step_count;
	const char *const *statements;
	size_t statement_count;
};

#define DB_ALWAYS 4

struct db {
	sqlite3 *handle;
	const struct db_schema *schema;
	sqlite3_stmt **statements;
	int lock;      /* -1: not a writer */
	bool writing;  /* between begin and commit */
	int wal_pages; /* after the last commit */
	bool views;    /* one view for many statements, up to db_view_end */
	bool viewing;  /* there is one now */
	sqlite3_stmt *always[DB_ALWAYS]; /* what every schema has */
};

#define DB_WRITE 1
#define DB_NO_SCHEMA 2 /* for tests and check: do not compare the schema */
#define DB_RELAXED 4   /* a power cut may cost the last commits: of what can be remade */

/* Creates a database of mode 0600 that is there whole or not at all; init is run last.
 * ERR_EXISTS. */
enum err db_create(const char *path, const struct db_schema *, const char *init);
/* ERR_NOTFOUND. ERR_VERSION: newer, or older and not opened to write. ERR_CORRUPT:
 * another application's, or not this schema. cache_kib: page cache. */
enum err db_open(const char *path, const struct db_schema *, unsigned flags,
    int cache_kib, struct db *out);
void db_close(struct db *); /* also of a zeroed struct */

/* Waits for the lock, then BEGIN IMMEDIATE. */
enum err db_begin(struct db *);
/* COMMIT, on the disk when it returns ERR_OK; a large WAL is written back. On failure the
 * transaction is gone. */
enum err db_commit(struct db *);
void db_rollback(struct db *);
/* Number that changes when another connection has committed. */
enum err db_changed(struct db *, int64_t *version);

/* From now on all statements see the database as the first of them did, until
 * db_view_end: locks are taken once and not for each. Not for a writer. */
enum err db_views(struct db *);
void db_view_end(struct db *);
/* Gives back the memory of the page cache. */
void db_rest(struct db *);

/* The statement, reset and without bindings. */
enum err db_get(struct db *, size_t statement, sqlite3_stmt **out);
/* One step: ERR_OK a row, ERR_NOTFOUND the end, else what went wrong. The end and an
 * error reset the statement. */
enum err db_row(sqlite3_stmt *);
/* Runs a statement that gives no row, and resets it. */
enum err db_run(sqlite3_stmt *);
/* Borrowed until the next step; {NULL, 0} for NULL. */
struct view db_blob(sqlite3_stmt *, int column);
/* Binds bytes that must stay until the statement is reset. */
void db_bind(sqlite3_stmt *, int index, struct view);
void db_bind_text(sqlite3_stmt *, int index, struct view);
enum err db_exec(struct db *, const char *sql);
enum err db_err(int sqlite_result);

#endif
