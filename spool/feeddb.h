/* Statements of exchange.db: prepared once, found again by the address of their text.
 * For spool/feed*.c alone. */
#ifndef SPOOL_FEEDDB_H
#define SPOOL_FEEDDB_H

#include <sqlite3.h>

#include "spool/feed.h"

#define FEED_STATEMENTS 64

struct feed {
	sqlite3 *db;
	bool in_txn;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} cache[FEED_STATEMENTS];
};

/* types: i (int64_t), b and t (struct view as blob or text). */
enum err feeddb_bind(
    struct feed *, sqlite3_stmt **out, const char *sql, const char *types, ...);
/* Runs a statement that answers no row. ERR_EXISTS: a key is there already. */
enum err feeddb_run(struct feed *, const char *sql, const char *types, ...);
/* ERR_OK: a row; ERR_NOTFOUND: none (the statement is reset). */
enum err feeddb_row(sqlite3_stmt *);
struct view feeddb_blob(sqlite3_stmt *, int column);
/* ERR_CORRUPT when the blob has another length. */
enum err feeddb_fixed(sqlite3_stmt *, int column, unsigned char *out, size_t len);
enum err feeddb_error(int sqlite_code);

#endif
