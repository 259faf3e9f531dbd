/* The ids that are or were here, in steps. */
#include "spool_kit.h"

#include "lib/digest.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define POSTS 2500
#define DATE 1591012800 /* of the kit's posts */

struct walk {
	unsigned char last[SPOOL_ID_LEN];
	unsigned rows, stop, gone, odd_dates;
	uint64_t arrivals; /* summed */
};

static bool
note(void *ctx, const struct spool_known_id *k)
{
	struct walk *w = ctx;

	assert_true(w->rows == 0 || memcmp(k->id, w->last, sizeof w->last) > 0);
	memcpy(w->last, k->id, sizeof w->last);
	w->rows++;
	w->gone += k->arrival == 0;
	w->arrivals += k->arrival;
	w->odd_dates += k->date != DATE;
	return w->rows != w->stop;
}

static void
each_id_is_told_once_in_steps(void **state)
{
	static const unsigned steps[] = { 1000, 999, 2500, 5000 };
	struct kit k;

	(void)state;
	kit_open(&k);
	assert_int_equal(spool_begin(k.sp), ERR_OK);
	for (unsigned i = 0; i < POSTS; i++) {
		char id[32];

		snprintf(id, sizeof id, "<%u@example.com>", i);
		kit_put(&k, &(struct post){ .id = id });
	}
	assert_int_equal(spool_commit(k.sp), ERR_OK);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct walk w = { 0 };
		unsigned before;

		do {
			unsigned char after[SPOOL_ID_LEN];
			struct view v = { after, w.rows > 0 ? sizeof after : 0 };

			memcpy(after, w.last, sizeof after);
			before = w.rows;
			assert_int_equal(spool_ids(k.sp, v, steps[i], note, &w), ERR_OK);
			assert_true(w.rows - before <= steps[i]);
		} while (w.rows - before == steps[i]);
		assert_int_equal(w.rows, POSTS);
		assert_int_equal(w.gone + w.odd_dates, 0);
		assert_int_equal(w.arrivals, POSTS * (POSTS + 1ull) / 2);
	}
	kit_close(&k);
}

static void
the_caller_may_stop_and_go_on(void **state)
{
	unsigned char one[DIGEST_LEN];
	struct walk w = { .stop = 1 };
	struct kit k;

	(void)state;
	kit_open(&k);
	kit_post(&k, &(struct post){ .id = "<one@example.com>" });
	kit_post(&k, &(struct post){ .id = "<two@example.com>" });
	assert_int_equal(spool_ids(k.sp, (struct view){ NULL, 0 }, 10, note, &w), ERR_OK);
	assert_int_equal(w.rows, 1);
	digest_sha256(VIEW_LIT("<one@example.com>"), one);
	w = (struct walk){ 0 };
	assert_int_equal(
	    spool_ids(k.sp, (struct view){ one, SPOOL_ID_LEN }, 10, note, &w), ERR_OK);
	/* what is left is above it */
	assert_true(w.rows <= 1);
	assert_true(w.rows == 0 || memcmp(w.last, one, SPOOL_ID_LEN) > 0);
	kit_close(&k);
}

static void
what_is_gone_is_still_known(void **state)
{
	struct spool_rule all = { VIEW_LIT("*"), 10 };
	struct spool_expiry x = {
		.rules = &all, .count = 1, .history = 1000, .now = KIT_NOW + 100
	};
	struct spool_expired io = { 0 };
	struct walk w = { 0 };
	struct kit k;
	bool more = true;

	(void)state;
	kit_open(&k);
	kit_post(&k, &(struct post){ .id = "<old@example.com>" });
	kit_post(&k, &(struct post){ .id = "<new@example.com>", .now = KIT_NOW + 95 });
	while (more)
		assert_int_equal(spool_expire(k.sp, &x, &io, &more), ERR_OK);
	assert_int_equal(spool_ids(k.sp, (struct view){ NULL, 0 }, 10, note, &w), ERR_OK);
	assert_int_equal(w.rows, 2);
	assert_int_equal(w.gone, 1);
	assert_int_equal(w.arrivals, 2);
	kit_close(&k);
}

static void
rows_that_cannot_be_are_refused(void **state)
{
	static const char *const damage[] = {
		"UPDATE history SET date = -1",
		"UPDATE history SET date = 4294967296",
		"UPDATE history SET arrival = -5",
		"UPDATE history SET id = x'00'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(damage); i++) {
		struct walk w = { 0 };
		struct kit k;
		sqlite3 *db;

		kit_open(&k);
		kit_post(&k, &(struct post){ .id = "<one@example.com>" });
		assert_int_equal(sqlite3_open(k.path, &db), SQLITE_OK);
		assert_int_equal(
		    sqlite3_exec(db, damage[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		assert_int_equal(
		    spool_ids(k.sp, (struct view){ NULL, 0 }, 10, note, &w), ERR_CORRUPT);
		assert_int_equal(w.rows, 0);
		kit_close(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_id_is_told_once_in_steps),
		cmocka_unit_test(the_caller_may_stop_and_go_on),
		cmocka_unit_test(what_is_gone_is_still_known),
		cmocka_unit_test(rows_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests_name("spool_ids", tests, NULL, NULL);
}
