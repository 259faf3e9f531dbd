#include "spool/vfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[] = "/tmp/hearsay-vfs-XXXXXX";

static sqlite3 *
open_with(const char *vfs)
{
	sqlite3 *db = NULL;
	char path[64];

	snprintf(path, sizeof path, "%s/x.db", folder);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
	    SQLITE_OK);
	return db;
}

static void
run(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Rows of more than a cache: the writer reads back what it has just collected. */
#define ROWS                                                                             \
	"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<2000) "   \
	"INSERT INTO t SELECT i, randomblob(3000) FROM n"

static void
what_is_committed_is_seen_by_others_and_what_is_rolled_back_by_nobody(void **state)
{
	sqlite3 *writer, *reader;

	(void)state;
	assert_int_equal(vfs_register(), ERR_OK);
	assert_int_equal(vfs_register(), ERR_OK);
	writer = open_with(VFS_NAME);
	run(writer,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=20;"
	    "PRAGMA wal_autocheckpoint=0; CREATE TABLE t(i INTEGER PRIMARY KEY, b)");
	reader = open_with(NULL);
	run(writer, "BEGIN");
	run(writer, ROWS);
	assert_int_equal(number(writer, "SELECT sum(length(b)) FROM t"), 6000000);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	run(writer, "COMMIT");
	assert_int_equal(number(reader, "SELECT sum(length(b)) FROM t"), 6000000);
	run(writer,
	    "BEGIN; DELETE FROM t WHERE i % 3 = 0; UPDATE t SET b = zeroblob(4000)");
	run(writer, "ROLLBACK");
	assert_int_equal(number(writer, "SELECT sum(length(b)) FROM t"), 6000000);
	run(writer, "DELETE FROM t WHERE i > 5");
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 5);
	run(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 5);
	assert_int_equal(number(reader,
			     "SELECT count(*) FROM pragma_integrity_check "
			     "WHERE integrity_check = 'ok'"),
	    1);
	sqlite3_close(reader);
	sqlite3_close(writer);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "x.db", "x.db-wal", "x.db-shm" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_committed_is_seen_by_others_and_what_is_rolled_back_by_nobody),
	};

	return cmocka_run_group_tests_name("vfs", tests, setup, teardown);
}
