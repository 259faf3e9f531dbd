/* spool: creating, opening, versions, hostile files, and a sandbox around it. */
#include "tests/unit/spool_kit.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "lib/fs.h"
#include "lib/sandbox.h"
#include "spool/schema.h"

static int
setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	kit_open(k);
	*state = k;
	return 0;
}

static int
teardown(void **state)
{
	kit_close(*state);
	free(*state);
	return 0;
}

static enum err
open_again(struct kit *k, enum spool_mode mode)
{
	struct spool *sp = NULL;
	enum err e;

	spool_close(k->sp);
	k->sp = NULL;
	e = spool_open(k->path, mode, &sp);
	k->sp = sp;
	return e;
}

static void
a_new_spool_is_private_has_an_id_and_is_made_once(void **state)
{
	unsigned char a[SPOOL_ID_LEN], b[SPOOL_ID_LEN], zero[SPOOL_ID_LEN] = { 0 };
	struct kit *k = *state, other;
	struct stat st;
	char name[128];

	assert_int_equal(stat(k->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spool_create(k->path), ERR_EXISTS);
	assert_int_equal(spool_id(k->sp, a), ERR_OK);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_OK);
	assert_int_equal(spool_id(k->sp, b), ERR_OK);
	assert_memory_equal(a, b, sizeof a);
	assert_memory_not_equal(a, zero, sizeof a);
	kit_open(&other);
	assert_int_equal(spool_id(other.sp, b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof a);
	kit_close(&other);
	/* nothing of the creation is left beside it */
	snprintf(name, sizeof name, "%s.tmp-%ld", k->path, (long)getpid());
	assert_int_equal(access(name, F_OK), -1);
}

static void
what_is_missing_or_no_spool_is_told(void **state)
{
	struct kit *k = *state;
	struct spool *sp = NULL;
	char name[128];

	snprintf(name, sizeof name, "%s-nothing", k->path);
	assert_int_equal(spool_open(name, SPOOL_WRITE, &sp), ERR_NOTFOUND);
	assert_int_equal(spool_open(name, SPOOL_READ, &sp), ERR_NOTFOUND);
	assert_int_equal(access(name, F_OK), -1);
	snprintf(name, sizeof name, "%s-old", k->path);
	assert_int_equal(fs_write_atomic(name,
			     VIEW_LIT("This is no database at all, it is text.\n"), true),
	    ERR_OK);
	assert_int_equal(spool_open(name, SPOOL_READ, &sp), ERR_CORRUPT);
	snprintf(name, sizeof name, "%s/none/spool.db", k->dir);
	assert_int_equal(spool_create(name), ERR_IO);
}

static void
a_newer_spool_is_refused_and_not_touched(void **state)
{
	struct kit *k = *state;

	kit_sql(k, "PRAGMA user_version=5");
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_VERSION);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_VERSION);
	kit_sql(k, "PRAGMA user_version=4");
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
}

/* takes away what version 4, and 3 and 4, brought */
#define BEFORE_4                                                                         \
	"DROP TABLE hidden; DROP TABLE ban; DROP TABLE moderator; DROP TABLE approval;"  \
	"DROP TABLE author; DROP INDEX article_pending;"
#define BEFORE_3 BEFORE_4 "ALTER TABLE history DROP COLUMN why; DROP TABLE purge;"

static void
an_older_spool_is_migrated_by_a_writer_and_keeps_its_articles(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	spool_close(k->sp);
	k->sp = NULL;
	kit_sql(
	    k, "PRAGMA user_version=0; DROP TABLE alias; DROP TABLE differing;" BEFORE_3);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_VERSION);
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	kit_post(k, &(struct post){ .id = "<2@x>", .alias = "<own@x>" });
	assert_true(kit_here(k, "<1@x>"));
	assert_true(kit_here(k, "<own@x>"));
	kit_sound(k);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_OK);
}

static void
a_spool_of_version_1_is_migrated(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	spool_close(k->sp);
	k->sp = NULL;
	kit_sql(k, "PRAGMA user_version=1; DROP TABLE differing;" BEFORE_3);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_VERSION);
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	assert_true(kit_here(k, "<1@x>"));
	kit_sound(k);
}

static void
a_spool_of_version_3_is_migrated(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	spool_close(k->sp);
	k->sp = NULL;
	kit_sql(k, "PRAGMA user_version=3;" BEFORE_4);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_VERSION);
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	assert_true(kit_here(k, "<1@x>"));
	kit_sound(k);
}

static void
what_went_before_version_3_is_gone_for_a_reason_nobody_knows(void **state)
{
	struct spool_purge x = { 3, 0, KIT_NOW + 5, false };
	struct spool_expired done = { 0 };
	struct spool_trace t = { 0 };
	struct kit *k = *state;
	bool more = true;

	kit_post(k, &(struct post){ .id = "<1@x>", .ingress = 3 });
	while (more)
		assert_int_equal(spool_purge(k->sp, &x, &done, &more), ERR_OK);
	kit_post(k, &(struct post){ .id = "<2@x>" });
	spool_close(k->sp);
	k->sp = NULL;
	kit_sql(k, "PRAGMA user_version=2;" BEFORE_3);
	assert_int_equal(open_again(k, SPOOL_READ), ERR_VERSION);
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	assert_int_equal(spool_trace(k->sp, VIEW_LIT("<1@x>"), &t), ERR_OK);
	assert_true(t.known && t.arrival == 0);
	assert_int_equal(t.gone, KIT_NOW + 5);
	assert_int_equal(t.why, GONE_UNKNOWN);
	assert_true(kit_here(k, "<2@x>"));
	kit_sound(k);
}

/* A step that cannot be made leaves the old version as it was. */
static void
a_migration_that_fails_changes_nothing(void **state)
{
	struct kit *k = *state;

	kit_sql(k,
	    "PRAGMA user_version=0; DROP TABLE alias; DROP TABLE differing;" BEFORE_3
	    "CREATE TABLE own(x)");
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_CORRUPT);
	kit_sql(k, "DROP TABLE own");
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	kit_sound(k);
}

static void
a_schema_that_is_not_exactly_ours_is_refused(void **state)
{
	static const char *const hostile[][2] = {
		{ "CREATE TRIGGER t AFTER INSERT ON body BEGIN SELECT 1; END",
		    "DROP TRIGGER t" },
		{ "CREATE VIEW v AS SELECT * FROM body", "DROP VIEW v" },
		{ "CREATE TABLE more(x)", "DROP TABLE more" },
		{ "CREATE INDEX i ON article(received)", "DROP INDEX i" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		kit_sql(k, hostile[i][0]);
		assert_int_equal(open_again(k, SPOOL_READ), ERR_CORRUPT);
		assert_int_equal(open_again(k, SPOOL_WRITE), ERR_CORRUPT);
		kit_sql(k, hostile[i][1]);
		assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	}
	kit_sql(k, "ALTER TABLE alias RENAME COLUMN arrival TO arrived");
	assert_int_equal(open_again(k, SPOOL_READ), ERR_CORRUPT);
}

static void
wrong_identities_are_refused(void **state)
{
	static const char *const hostile[] = { "PRAGMA application_id=1",
		"PRAGMA user_version=-1", "DELETE FROM meta",
		"UPDATE meta SET id='short'", "UPDATE meta SET history=-1",
		"UPDATE meta SET arrival=-5" };
	struct kit *k = *state;

	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct kit one;

		kit_open(&one);
		spool_close(one.sp);
		one.sp = NULL;
		kit_sql(&one, hostile[i]);
		assert_int_equal(open_again(&one, SPOOL_WRITE), ERR_CORRUPT);
		kit_close(&one);
	}
	kit_sound(k);
}

/* Values that only a hostile program writes: each is an error, none is believed. */
static void
hostile_rows_are_errors(void **state)
{
	static const char *const hostile[] = {
		"UPDATE article SET size=1<<40",
		"UPDATE article SET size=-1",
		"UPDATE article SET size=size-1",
		"UPDATE article SET size='many'",
		"UPDATE article SET flags=255",
		"UPDATE article SET id=x'00'",
		"UPDATE article SET xref=randomblob(2000)",
		"UPDATE article SET xref=x'ffffffffffffffffffff'",
		"UPDATE article SET ingress=-1",
		"UPDATE body SET frame=x'00'",
		"UPDATE body SET frame=zeroblob(100000)",
		"UPDATE body SET signature=x'0102'",
		"DELETE FROM body",
	};
	struct buf out = BUF_INIT(ARTICLE_MAX);
	bool has;

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct kit k;

		kit_open(&k);
		kit_post(&k, &(struct post){ .id = "<1@x>" });
		kit_sql(&k, hostile[i]);
		assert_int_equal(spool_article(k.sp, 1, &out, NULL, &has), ERR_CORRUPT);
		assert_int_equal(out.len, 0);
		kit_close(&k);
	}
	buf_release(&out);
}

static void
hostile_groups_are_errors(void **state)
{
	static const char *const hostile[] = {
		"UPDATE grp SET low=-1",
		"UPDATE grp SET high=-2",
		"UPDATE grp SET low=high+2",
		"UPDATE grp SET count=-1",
		"UPDATE grp SET status='yes'",
		"UPDATE grp SET description=hex(zeroblob(500))",
	};
	struct spool_group g;

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct kit k;

		kit_open(&k);
		kit_post(&k, &(struct post){ .id = "<1@x>" });
		kit_sql(&k, hostile[i]);
		assert_int_equal(
		    spool_group(k.sp, VIEW_LIT("misc.test"), &g), ERR_CORRUPT);
		kit_close(&k);
	}
}

/* ---- in a sandbox that opens nothing -------------------------------------------- */

static int
work_inside(struct kit *k)
{
	struct spool *r = NULL;
	struct stat st;
	char id[32];

	if (spool_open(k->path, SPOOL_READ, &r) != ERR_OK)
		return 2;
	if (sandbox_enter(SANDBOX_READER_WRITER, NULL, 0) != ERR_OK)
		return 3;
	/* proof that the sandbox is there */
	if (spool_open(k->path, SPOOL_READ, &(struct spool *){ NULL }) == ERR_OK ||
	    open(k->path, O_RDONLY) >= 0)
		return 4;
	/* enough for a checkpoint on the way */
	for (unsigned i = 0; i < 100; i++) {
		if (spool_begin(k->sp) != ERR_OK)
			return 5;
		for (unsigned j = 0; j < 400; j++) {
			snprintf(id, sizeof id, "<%u.%u@x>", i, j);
			kit_put(k, &(struct post){ .id = id });
		}
		if (spool_commit(k->sp) != ERR_OK)
			return 6;
	}
	if (!kit_here(k, "<99.399@x>") ||
	    spool_known(r, VIEW_LIT("<0.0@x>"), &(bool){ 0 }) != ERR_OK)
		return 7;
	if (fstatat(AT_FDCWD, k->path, &st, 0) == 0 && st.st_size < 1000000)
		return 8;
	spool_close(r);
	spool_close(k->sp);
	return 0;
}

static void
all_of_it_works_in_a_sandbox_that_opens_no_file(void **state)
{
	struct kit *k = *state;
	int status = 0;
	pid_t pid;

	spool_close(k->sp);
	k->sp = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (spool_open(k->path, SPOOL_WRITE, &k->sp) != ERR_OK)
			_exit(1);
		_exit(work_inside(k));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(open_again(k, SPOOL_WRITE), ERR_OK);
	assert_true(kit_here(k, "<99.399@x>"));
	kit_sound(k);
}

static void
a_reader_works_alone_when_no_writer_has_the_spool_open(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(open_again(k, SPOOL_READ), ERR_OK);
	assert_true(kit_here(k, "<1@x>"));
	kit_sound(k);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_new_spool_is_private_has_an_id_and_is_made_once),
		T(what_is_missing_or_no_spool_is_told),
		T(a_newer_spool_is_refused_and_not_touched),
		T(an_older_spool_is_migrated_by_a_writer_and_keeps_its_articles),
		T(a_spool_of_version_1_is_migrated),
		T(what_went_before_version_3_is_gone_for_a_reason_nobody_knows),
		T(a_spool_of_version_3_is_migrated),
		T(a_migration_that_fails_changes_nothing),
		T(a_schema_that_is_not_exactly_ours_is_refused),
		T(wrong_identities_are_refused),
		T(hostile_rows_are_errors),
		T(hostile_groups_are_errors),
		T(all_of_it_works_in_a_sandbox_that_opens_no_file),
		T(a_reader_works_alone_when_no_writer_has_the_spool_open),
	};

	return cmocka_run_group_tests_name("spool_open", tests, NULL, NULL);
}
