/* links: batcher */
/* A disk that is full in the middle of a session: the friend hears "not now", nothing counts as
 * brought that is not there, and the next session brings it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "spool/store.h"
#include "tests/unit/exchange_kit.h"

#define COUNT 400

static size_t
middling(unsigned i)
{
	return 2000 + i % 500;
}

static int
begin(void **state)
{
	*state = pair_new();
	return 0;
}

static int
end(void **state)
{
	pair_free(*state);
	return 0;
}

/* As a full disk: the database grows by so many pages and no further. */
static void
room(struct end *x, int pages)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count=%d", pages);
	must(sqlite3_exec(x->b.spool->db.handle, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static int
pages(struct end *x)
{
	sqlite3_stmt *st = NULL;
	int n;

	must(sqlite3_prepare_v2(
		 x->b.spool->db.handle, "PRAGMA page_count", -1, &st, NULL) == SQLITE_OK);
	must(sqlite3_step(st) == SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* What was put off is due now. */
static void
time_passes(struct end *x)
{
	must(batcher_enter(&x->b) == ERR_OK);
	x->f->state.retry = x->f->ring.ran;
	x->f->changed = true;
	must(batcher_leave(&x->b, ERR_OK) == ERR_OK);
}

static void
test_a_full_disk_puts_off_what_came_and_loses_nothing(void **state)
{
	struct pair *p = *state;
	unsigned before, put_off;

	post_many(&p->ana, "full", 0, COUNT, middling);
	pair_start(p);
	room(&p->bob, pages(&p->bob) + 40);
	assert_false(pair_run(p, 30000, SIZE_MAX));
	assert_int_equal(p->bob.e, ERR_FULL);
	assert_int_equal(p->ana.e, ERR_OK);
	before = holds(&p->bob, "full", 0, COUNT);
	assert_in_range(before, 0, COUNT - 1);
	/* its last words reach ana before the line ends */
	end_turn(&p->bob, &p->ana.in, p->ms, SIZE_MAX);
	end_turn(&p->ana, &p->bob.in, p->ms, SIZE_MAX);
	assert_int_equal(p->ana.e, ERR_OK);
	assert_int_equal(session_end(p->ana.s), ERR_OK);
	session_end(p->bob.s);
	put_off = (unsigned)ranges_count(&p->ana.f->state.deferred);
	assert_in_range(put_off, 1, COUNT - before);
	assert_int_equal(ranges_count(&p->ana.f->state.flight) +
		ranges_count(&p->ana.f->state.pending) + before + put_off,
	    COUNT);
	assert_int_equal(p->ana.f->feed.strikes + p->bob.f->feed.strikes, 0);

	room(&p->bob, 1 << 30);
	time_passes(&p->ana);
	pair_start(p);
	assert_true(pair_run(p, SIZE_MAX, SIZE_MAX));
	pair_end(p);
	assert_int_equal(holds(&p->bob, "full", 0, COUNT), COUNT);
	assert_int_equal(session_counted(p->ana.s)->sent, COUNT - before);
	assert_int_equal(session_counted(p->bob.s)->duplicates, 0);
	assert_int_equal(p->ana.f->state.deferred.n + p->ana.f->state.flight.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_full_disk_puts_off_what_came_and_loses_nothing),
	};

	crypto_init();
	return cmocka_run_group_tests_name("session trouble", tests, NULL, NULL);
}
