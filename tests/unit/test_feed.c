/* exchange.db: friends, what is due to them, envelopes sent and received, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/feed.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HIGH 0xfedcba9876543210u /* stream numbers use all 64 bits */

static const unsigned char root[16] = "one root", other[16] = "another";

struct fixture {
	char folder[32], path[64];
	struct feed *f;
	uint32_t bob;
};

static int
up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	memcpy(x->folder, "/tmp/hearsay-feed-XXXXXX", 25);
	assert_non_null(mkdtemp(x->folder));
	snprintf(x->path, sizeof(x->path), "%s/exchange.db", x->folder);
	assert_int_equal(feed_create(x->path), ERR_OK);
	assert_int_equal(feed_open(x->path, true, &x->f), ERR_OK);
	assert_int_equal(feed_friend_add(x->f, "bob", &x->bob), ERR_OK);
	*state = x;
	return 0;
}

static int
down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct fixture *x = *state;

	feed_close(x->f);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		char path[80];

		snprintf(path, sizeof(path), "%s%s", x->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(x->folder), 0); /* nothing else was left */
	free(x);
	return 0;
}

/* Closed, changed by somebody's SQL, opened again. */
static enum err
reopen(struct fixture *x, const char *sql)
{
	sqlite3 *db;

	feed_close(x->f);
	x->f = NULL;
	if (sql != NULL) {
		assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
	}
	return feed_open(x->path, true, &x->f);
}

static void
add_stream(struct fixture *x, uint64_t stream, uint32_t epoch, uint64_t lo, uint64_t hi)
{
	struct feed_stream s = { .friend = x->bob, .stream = stream, .epoch = epoch };

	memcpy(s.root, root, sizeof(root));
	assert_int_equal(feed_stream_add(x->f, &s), ERR_OK);
	if (lo > 0)
		assert_int_equal(
		    feed_stream_range(x->f, x->bob, stream, 1, lo, hi), ERR_OK);
}

/* ---- the file ---- */

static void
test_create(void **state)
{
	struct fixture *x = *state;
	struct feed *f = NULL;
	struct stat st;

	assert_int_equal(feed_create(x->path), ERR_EXISTS);
	assert_int_equal(stat(x->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(feed_open("/nowhere/exchange.db", true, &f), ERR_NOTFOUND);
	assert_int_equal(feed_create("/nowhere/exchange.db"), ERR_IO);
	assert_null(f);
}

static void
test_hostile(void **state)
{
	static const struct {
		const char *sql;
		enum err want;
	} c[] = {
		{ "PRAGMA user_version=3", ERR_VERSION },
		{ "PRAGMA user_version=0", ERR_CORRUPT },
		{ "CREATE TABLE more(x)", ERR_CORRUPT },
		{ "CREATE VIEW v AS SELECT * FROM friend", ERR_CORRUPT },
		{ "CREATE TRIGGER t AFTER INSERT ON friend BEGIN DELETE FROM author; END",
		    ERR_CORRUPT },
		{ "CREATE INDEX more ON friend(top)", ERR_CORRUPT },
		{ "DROP INDEX stream_in_owed", ERR_CORRUPT },
		{ "DROP TABLE author; CREATE TABLE author(prefix BLOB PRIMARY KEY, key BLOB)",
		    ERR_CORRUPT },
		{ "DROP TABLE author; CREATE VIEW author AS SELECT 1 AS prefix, 2 AS key",
		    ERR_CORRUPT },
		{ "ALTER TABLE carried ADD COLUMN more", ERR_CORRUPT },
	};

	for (size_t i = 0; i < COUNT(c); i++) {
		struct fixture *x;
		void *own;

		up(&own);
		x = own;
		if (reopen(x, c[i].sql) != c[i].want)
			fail_msg("%s: other answer", c[i].sql);
		assert_null(x->f);
		down(&own);
	}
	(void)state;
}

/* ---- friends, what is due ---- */

static void
test_friends(void **state)
{
	struct fixture *x = *state;
	struct feed_friend f, g;
	struct buf wants = BUF_INIT(100), policy = BUF_INIT(100);
	uint32_t id;

	assert_int_equal(feed_friend_add(x->f, "bob", &id), ERR_EXISTS);
	assert_int_equal(feed_friend(x->f, "carol", &f), ERR_NOTFOUND);
	assert_int_equal(feed_friend(x->f, "bob", &f), ERR_OK);
	assert_int_equal(f.id, x->bob);
	assert_false(f.their_spool_known);
	f.top = INT64_MAX;
	f.back = 7;
	f.heard = -5;
	f.day_bytes = 1ull << 50;
	f.their_spool_known = true;
	memset(f.my_spool, 1, sizeof(f.my_spool));
	memset(f.their_spool, 2, sizeof(f.their_spool));
	memset(f.told, 3, sizeof(f.told));
	assert_int_equal(feed_friend_save(x->f, &f), ERR_OK);
	assert_int_equal(feed_set_wants(x->f, f.id, VIEW_LIT("comp.*")), ERR_OK);
	assert_int_equal(feed_set_policy(x->f, f.id, VIEW_LIT("!*")), ERR_OK);
	assert_int_equal(reopen(x, NULL), ERR_OK);
	assert_int_equal(feed_friend_next(x->f, 0, &g), ERR_OK);
	assert_true(g.id == f.id && g.top == f.top && g.back == 7 && g.heard == -5 &&
	    g.day_bytes == f.day_bytes && g.their_spool_known);
	assert_string_equal(g.name, "bob");
	assert_memory_equal(g.my_spool, f.my_spool, sizeof(f.my_spool));
	assert_memory_equal(g.their_spool, f.their_spool, sizeof(f.their_spool));
	assert_memory_equal(g.told, f.told, sizeof(f.told));
	assert_int_equal(feed_friend_next(x->f, g.id, &g), ERR_NOTFOUND);
	assert_int_equal(feed_wants(x->f, f.id, &wants, &policy), ERR_OK);
	assert_true(view_eqs(buf_view(&wants), "comp.*"));
	assert_true(view_eqs(buf_view(&policy), "!*"));
	buf_release(&wants);
	buf_release(&policy);
}

static void
test_hostile_rows(void **state)
{
	static const struct {
		const char *sql;
		bool row; /* of the friend itself, not of what is due */
	} c[] = {
		{ "UPDATE friend SET name='../x'", true },
		{ "UPDATE friend SET name=''", true },
		{ "UPDATE friend SET id=5000000000", true },
		{ "UPDATE friend SET id=-1", true },
		{ "UPDATE friend SET top=-1", true },
		{ "UPDATE friend SET back=-9000000000000000000", true },
		{ "INSERT INTO exception VALUES(1,1,0,5,0)", false },
		{ "INSERT INTO exception VALUES(1,2,-5,5,0)", false },
		{ "INSERT INTO exception VALUES(1,3,6,5,0)", false },
		{ "INSERT INTO exception VALUES(1,4,1,5,0)", false },
		{ "INSERT INTO exception VALUES(1,0,1,5,0)", false },
		{ "INSERT INTO exception VALUES(1,'x','y','z','')", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct feed_friend f;
		struct feed_state s = { 0 };
		struct fixture *x;
		void *own;
		enum err e;

		up(&own);
		x = own;
		assert_int_equal(x->bob, 1);
		assert_int_equal(reopen(x, c[i].sql), ERR_OK);
		/* from the lowest row on, whatever its number is */
		e = c[i].row ? feed_friend_next(x->f, 0, &f)
			     : feed_state_load(x->f, 1, &s);
		if (e != ERR_CORRUPT && !(c[i].row && e == ERR_NOTFOUND))
			fail_msg("%s: %s", c[i].sql, err_text(e));
		assert_int_equal(s.pending.n + s.flight.n + s.deferred.n, 0);
		down(&own);
	}
}

static void
assert_ranges(const struct ranges *a, const struct ranges *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_true(a->r[i].lo == b->r[i].lo && a->r[i].hi == b->r[i].hi);
}

static void
test_state(void **state)
{
	struct fixture *x = *state;
	struct feed_state s = { .retry = 99 }, t;

	assert_int_equal(feed_state_load(x->f, x->bob, &t), ERR_OK);
	assert_true(t.pending.n + t.flight.n + t.deferred.n == 0);
	assert_true(t.retry == INT64_MAX);
	for (uint64_t i = 1; i < 1000; i += 10) {
		ranges_add(&s.pending, i, i + 2);
		ranges_add(&s.flight, i + 3, i + 3);
		ranges_add(&s.deferred, i + 5, i + 6);
	}
	ranges_add(&s.pending, INT64_MAX - 1, INT64_MAX);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(feed_state_save(x->f, x->bob, &s), ERR_OK);
		assert_int_equal(reopen(x, NULL), ERR_OK);
		assert_int_equal(feed_state_load(x->f, x->bob, &t), ERR_OK);
		assert_ranges(&s.pending, &t.pending);
		assert_ranges(&s.flight, &t.flight);
		assert_ranges(&s.deferred, &t.deferred);
		assert_true(t.retry == 99);
		feed_state_release(&t);
	}
	feed_state_release(&s);
}

static void
test_rollback(void **state)
{
	struct fixture *x = *state;
	struct feed_stream s;

	assert_int_equal(feed_begin(x->f), ERR_OK);
	add_stream(x, 1, 0, 1, 5);
	feed_rollback(x->f);
	assert_int_equal(feed_stream(x->f, x->bob, 1, &s), ERR_NOTFOUND);
	assert_int_equal(feed_begin(x->f), ERR_OK);
	add_stream(x, 2, 0, 1, 5);
	assert_int_equal(feed_commit(x->f), ERR_OK);
	assert_int_equal(reopen(x, NULL), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, 2, &s), ERR_OK);
}

/* ---- envelopes sent ---- */

static void
test_streams(void **state)
{
	struct fixture *x = *state;
	struct feed_stream s = { .friend = x->bob,
		.stream = HIGH,
		.file = 4,
		.epoch = UINT32_MAX - 1,
		.articles = 12 },
			   t;
	struct ranges all = { 0 }, one = { 0 };
	uint64_t arrival;

	memcpy(s.root, root, sizeof(root));
	memset(s.told, 5, sizeof(s.told));
	memset(s.pairing, 6, sizeof(s.pairing));
	assert_int_equal(feed_stream_add(x->f, &s), ERR_OK);
	assert_int_equal(feed_stream_add(x->f, &s), ERR_EXISTS);
	/* chunk 1: 10 11 20, chunk 2: 3 4 5 6 */
	assert_int_equal(feed_stream_range(x->f, x->bob, HIGH, 1, 10, 11), ERR_OK);
	assert_int_equal(feed_stream_range(x->f, x->bob, HIGH, 1, 20, 20), ERR_OK);
	assert_int_equal(feed_stream_range(x->f, x->bob, HIGH, 2, 3, 6), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, HIGH, &t), ERR_OK);
	assert_true(t.friend == s.friend && t.stream == HIGH && t.file == 4 &&
	    t.epoch == s.epoch && t.articles == 12 && !t.acked);
	assert_memory_equal(t.root, s.root, sizeof(s.root));
	assert_memory_equal(t.told, s.told, sizeof(s.told));
	assert_memory_equal(t.pairing, s.pairing, sizeof(s.pairing));
	assert_int_equal(feed_stream(x->f, x->bob + 1, HIGH, &t), ERR_NOTFOUND);
	{
		static const struct {
			unsigned chunk, index;
			uint64_t want; /* 0: none */
		} c[] = {
			{ 1, 0, 10 },
			{ 1, 1, 11 },
			{ 1, 2, 20 },
			{ 1, 3, 0 },
			{ 2, 0, 3 },
			{ 2, 3, 6 },
			{ 2, 4, 0 },
			{ 2, 65535, 0 },
			{ 3, 0, 0 },
		};

		for (size_t i = 0; i < COUNT(c); i++) {
			enum err e = feed_stream_nth(
			    x->f, x->bob, HIGH, c[i].chunk, c[i].index, &arrival);

			assert_int_equal(e, c[i].want ? ERR_OK : ERR_NOTFOUND);
			if (e == ERR_OK)
				assert_int_equal(arrival, c[i].want);
		}
	}
	assert_int_equal(feed_stream_arrivals(x->f, x->bob, HIGH, -1, &all), ERR_OK);
	assert_int_equal(feed_stream_arrivals(x->f, x->bob, HIGH, 2, &one), ERR_OK);
	assert_int_equal(ranges_count(&all), 7);
	assert_int_equal(ranges_count(&one), 4);
	ranges_release(&all);
	ranges_release(&one);
	assert_int_equal(feed_stream_drop(x->f, x->bob, HIGH), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, HIGH, &t), ERR_NOTFOUND);
	assert_int_equal(feed_stream_arrivals(x->f, x->bob, HIGH, -1, &all), ERR_OK);
	assert_int_equal(all.n, 0);
}

static void
test_acked(void **state)
{
	static const struct {
		uint32_t epoch;
		uint64_t count, lowest;
	} c[] = { { 0, 4, 5 }, { 1, 3, 7 }, { 2, 1, 0 }, { 3, 0, 0 } };
	struct fixture *x = *state;
	uint64_t n, lowest;
	struct feed_stream s;

	add_stream(x, 1, 0, 5, 6);
	add_stream(x, 2, 1, 9, 12);
	add_stream(x, 3, 1, 7, 8);
	add_stream(x, 4, 2, 0, 0); /* control alone */
	add_stream(x, 5, 2, 1, 4); /* not acknowledged */
	for (uint64_t i = 1; i <= 4; i++)
		assert_int_equal(feed_stream_acked(x->f, x->bob, i), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(
		    feed_acked_streams(x->f, x->bob, root, c[i].epoch, &n, &lowest),
		    ERR_OK);
		assert_int_equal(n, c[i].count);
		assert_int_equal(lowest, c[i].lowest);
	}
	assert_int_equal(feed_acked_streams(x->f, x->bob, other, 0, &n, &lowest), ERR_OK);
	assert_int_equal(n, 0);
	/* of epoch 1 on two are remembered: those with the lowest arrivals stay */
	assert_int_equal(feed_streams_trim(x->f, x->bob, root, 1, 2), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, 4, &s), ERR_NOTFOUND);
	assert_int_equal(feed_acked_streams(x->f, x->bob, root, 0, &n, &lowest), ERR_OK);
	assert_true(n == 3 && lowest == 5);
	assert_int_equal(feed_streams_trim(x->f, x->bob, root, 1, 1), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, 3, &s), ERR_OK);
	assert_int_equal(feed_stream(x->f, x->bob, 2, &s), ERR_NOTFOUND);
	assert_int_equal(feed_streams_forget(x->f, x->bob, root, 2), ERR_OK);
	assert_int_equal(feed_acked_streams(x->f, x->bob, root, 0, &n, &lowest), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(feed_stream(x->f, x->bob, 5, &s), ERR_OK);
}

/* ---- envelopes received ---- */

struct seen {
	uint64_t stream[8];
	unsigned n;
};

static enum err
see(void *ctx, const struct feed_in *in, struct view details)
{
	struct seen *s = ctx;

	assert_true(view_eqs(details, "details"));
	s->stream[s->n++] = in->stream;
	return ERR_OK;
}

static void
test_owed(void **state)
{
	static const uint8_t owed[] = { OWED_QUIET, OWED_LOUD, OWED_NOTHING, OWED_QUIET };
	struct fixture *x = *state;
	struct seen s = { 0 };
	struct feed_in in;
	uint64_t n;

	for (size_t i = 0; i < COUNT(owed); i++) {
		in = (struct feed_in){ .friend = x->bob,
			.stream = HIGH + i,
			.epoch = 3,
			.chunks = 0xffff,
			.taken = 0x8001,
			.status = i == 3,
			.owed = owed[i] };
		memcpy(in.root, root, sizeof(root));
		assert_int_equal(feed_in_save(x->f, &in, VIEW_LIT("details")), ERR_OK);
	}
	assert_int_equal(feed_in(x->f, x->bob, HIGH + 3, &in), ERR_OK);
	assert_true(in.stream == HIGH + 3 && in.epoch == 3 && in.chunks == 0xffff &&
	    in.taken == 0x8001 && in.status == 1 && in.owed == OWED_QUIET);
	assert_int_equal(feed_in(x->f, x->bob, 1, &in), ERR_NOTFOUND);
	/* what was not decoded is known, but not counted as remembered */
	assert_int_equal(feed_in_count(x->f, x->bob, root, 3, &n), ERR_OK);
	assert_int_equal(n, 3);
	assert_int_equal(feed_in_count(x->f, x->bob, root, 2, &n), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(feed_owed(x->f, x->bob, 2, see, &s), ERR_OK);
	assert_int_equal(s.n, 2);
	assert_true(s.stream[0] == HIGH + 1); /* the loud one first */
	/* 77 carries two of them; when it is acknowledged they are owed no more */
	add_stream(x, 77, 0, 0, 0);
	assert_int_equal(feed_carried(x->f, x->bob, 77, HIGH), ERR_OK);
	assert_int_equal(feed_carried(x->f, x->bob, 77, HIGH + 1), ERR_OK);
	assert_int_equal(feed_carried(x->f, x->bob, 77, HIGH + 1), ERR_OK);
	assert_true(feed_carries(x->f, x->bob, 77, HIGH + 1));
	assert_false(feed_carries(x->f, x->bob, 77, HIGH + 3));
	assert_true(feed_carries_loud(x->f, x->bob, 77));
	assert_int_equal(feed_stream_acked(x->f, x->bob, 77), ERR_OK);
	assert_false(feed_carries(x->f, x->bob, 77, HIGH + 1));
	assert_false(feed_carries_loud(x->f, x->bob, 77));
	s.n = 0;
	assert_int_equal(feed_owed(x->f, x->bob, 8, see, &s), ERR_OK);
	assert_true(s.n == 1 && s.stream[0] == HIGH + 3);
	/* only what is owed outlives its epoch */
	assert_int_equal(feed_in_forget(x->f, x->bob, root, 3), ERR_OK);
	assert_int_equal(feed_in(x->f, x->bob, HIGH, &in), ERR_OK);
	assert_int_equal(feed_in_forget(x->f, x->bob, root, 4), ERR_OK);
	assert_int_equal(feed_in(x->f, x->bob, HIGH, &in), ERR_NOTFOUND);
	assert_int_equal(feed_in(x->f, x->bob, HIGH + 3, &in), ERR_OK);
}

/* ---- files, authors, the end ---- */

static enum err
count_stream(void *ctx, const struct feed_stream *s)
{
	assert_true(s->stream > 0);
	++*(unsigned *)ctx;
	return ERR_OK;
}

static void
test_files(void **state)
{
	struct fixture *x = *state;
	struct feed_file f = { .name = "aaaa", .temporary = "bbbb" }, g, same;
	struct feed_stream s = { .friend = x->bob, .stream = 1 };
	unsigned n = 0;

	assert_int_equal(feed_file_add(x->f, &f), ERR_OK);
	same = f;
	assert_int_equal(feed_file_add(x->f, &same), ERR_EXISTS);
	assert_int_equal(feed_file(x->f, "bbbb", &g), ERR_OK);
	assert_true(g.id == f.id && !g.whole && g.size == 0);
	f.whole = true;
	f.size = 1u << 30;
	memset(f.hash, 9, sizeof(f.hash));
	assert_int_equal(feed_file_whole(x->f, &f), ERR_OK);
	assert_int_equal(feed_file(x->f, "aaaa", &g), ERR_OK);
	assert_true(g.id == f.id && g.whole && g.size == f.size);
	assert_memory_equal(g.hash, f.hash, sizeof(f.hash));
	s.file = f.id;
	assert_int_equal(feed_stream_add(x->f, &s), ERR_OK);
	assert_int_equal(feed_file_streams(x->f, f.id, count_stream, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(feed_file_drop(x->f, f.id), ERR_OK);
	assert_int_equal(feed_file_by_id(x->f, f.id, &g), ERR_NOTFOUND);
	assert_int_equal(feed_stream(x->f, x->bob, 1, &s), ERR_OK);
	assert_int_equal(s.file, 0);
}

static void
test_authors(void **state)
{
	struct fixture *x = *state;
	unsigned char key[ARTICLE_KEY_LEN];
	bool is_new = false;

	memset(key, 1, sizeof(key));
	assert_int_equal(feed_author(x->f, key, &is_new), ERR_OK);
	assert_true(is_new);
	assert_int_equal(feed_author(x->f, key, &is_new), ERR_OK);
	assert_false(is_new);
	key[10]++; /* the same short form */
	assert_int_equal(feed_author(x->f, key, &is_new), ERR_EXISTS);
	key[9]++;
	assert_int_equal(feed_author(x->f, key, &is_new), ERR_OK);
	assert_true(is_new);
}

static void
test_cut(void **state)
{
	struct fixture *x = *state;
	struct feed_state s = { .retry = 1 };
	struct feed_in in = { .friend = x->bob, .stream = 3, .owed = OWED_LOUD };
	struct feed_stream out;
	uint32_t again;

	add_stream(x, 1, 0, 1, 5);
	ranges_add(&s.flight, 1, 5);
	assert_int_equal(feed_state_save(x->f, x->bob, &s), ERR_OK);
	assert_int_equal(feed_in_save(x->f, &in, VIEW_LIT("")), ERR_OK);
	assert_int_equal(feed_carried(x->f, x->bob, 1, 3), ERR_OK);
	assert_int_equal(feed_friend_cut(x->f, x->bob), ERR_OK);
	feed_state_release(&s);
	assert_int_equal(feed_state_load(x->f, x->bob, &s), ERR_OK);
	assert_int_equal(s.flight.n, 0);
	assert_int_equal(feed_stream(x->f, x->bob, 1, &out), ERR_NOTFOUND);
	assert_int_equal(feed_in(x->f, x->bob, 3, &in), ERR_NOTFOUND);
	assert_false(feed_carries(x->f, x->bob, 1, 3));
	/* articles remember who brought them: the number is nobody else's */
	assert_int_equal(feed_friend_add(x->f, "bob", &again), ERR_OK);
	assert_true(again > x->bob);
	feed_state_release(&s);
}

#define T(text, fn)                                                                      \
	{                                                                                \
		text, fn, up, down, NULL                                                 \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T("exchange.db is created once, whole, for us alone", test_create),
		T("a newer or strange database is refused", test_hostile),
		T("a friend's row comes back as it was saved", test_friends),
		T("rows that cannot be are refused", test_hostile_rows),
		T("what is due comes back as it was saved", test_state),
		T("what was not committed is gone", test_rollback),
		T("a stream knows its articles by chunk and index", test_streams),
		T("acknowledged streams are counted, trimmed, forgotten", test_acked),
		T("acknowledgements are owed until their carrier is acknowledged",
		    test_owed),
		T("a file of ours is known by both its names", test_files),
		T("the first full key of a short form is pinned", test_authors),
		T("cut leaves nothing, and gives the number to nobody", test_cut),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
