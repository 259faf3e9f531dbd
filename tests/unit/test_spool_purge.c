/* spool: what came from one friend since a time goes, and does not come back. */
#include "tests/unit/spool_kit.h"

#define DAY 86400
#define MANY 2500

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

static uint64_t
purge(struct kit *k, uint32_t ingress, int64_t since, bool look)
{
	struct spool_purge x = { ingress, since, KIT_NOW + DAY, look };
	struct spool_expired done = { 0 };
	bool more = true;

	for (int i = 0; more; i++) {
		assert_in_range(i, 0, 1000);
		assert_int_equal(spool_purge(k->sp, &x, &done, &more), ERR_OK);
	}
	assert_int_equal(done.at, 0);
	kit_sound(k);
	return done.articles;
}

static void
put_some(struct kit *k)
{
	static const struct post posts[] = {
		{ .id = "<own@x>", .ingress = 0, .now = KIT_NOW },
		{ .id = "<early@x>", .ingress = 3, .now = KIT_NOW },
		{ .id = "<other@x>", .ingress = 4, .now = KIT_NOW + 10 },
		{ .id = "<at@x>", .ingress = 3, .now = KIT_NOW + 10 },
		/* the clock ran backwards: not since then, by the clock of that day */
		{ .id = "<back@x>", .ingress = 3, .now = KIT_NOW - DAY },
		{ .id = "<late@x>", .ingress = 3, .now = KIT_NOW + 20 },
	};

	for (size_t i = 0; i < sizeof posts / sizeof posts[0]; i++)
		kit_post(k, &posts[i]);
}

static void
only_what_this_friend_brought_since_then_goes(void **state)
{
	static const struct {
		const char *id;
		bool stays;
	} c[] = { { "<own@x>", true }, { "<early@x>", true }, { "<other@x>", true },
		{ "<at@x>", false }, { "<back@x>", true }, { "<late@x>", false } };
	struct kit *k = *state;

	put_some(k);
	assert_int_equal(purge(k, 3, KIT_NOW + 10, false), 2);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(kit_here(k, c[i].id), c[i].stays);
	assert_int_equal(purge(k, 3, KIT_NOW + 10, false), 0);
	assert_int_equal(purge(k, 3, INT64_MIN, false), 2);
	assert_int_equal(purge(k, 9, INT64_MIN, false), 0);
	assert_int_equal(purge(k, 3, INT64_MAX, false), 0);
}

static void
looking_counts_and_removes_nothing(void **state)
{
	struct kit *k = *state;

	put_some(k);
	assert_int_equal(purge(k, 3, KIT_NOW, true), 3);
	assert_true(kit_here(k, "<late@x>"));
	assert_int_equal(purge(k, 3, KIT_NOW, false), 3);
}

static void
what_is_purged_does_not_come_back(void **state)
{
	struct kit *k = *state;
	struct spool_stored out;

	put_some(k);
	purge(k, 3, KIT_NOW, false);
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	out = kit_put(k, &(struct post){ .id = "<late@x>", .ingress = 4 });
	assert_int_equal(out.result, PUT_DUPLICATE);
	assert_int_equal(out.arrival, 0);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_false(kit_here(k, "<late@x>"));
}

static void
what_was_written_here_is_never_purged(void **state)
{
	struct spool_purge x = { .since = INT64_MIN, .now = KIT_NOW };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	bool more = false;

	put_some(k);
	assert_int_equal(spool_purge(k->sp, &x, &done, &more), ERR_DENIED);
	assert_true(kit_here(k, "<own@x>"));
}

static void
many_go_in_several_steps(void **state)
{
	struct spool_purge x = { 3, KIT_NOW, KIT_NOW + DAY, false };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	bool more = false;
	char id[32];

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof id, "<%u@x>", i);
		kit_put(k, &(struct post){ .id = id, .ingress = i % 2 ? 3 : 4 });
	}
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_int_equal(spool_purge(k->sp, &x, &done, &more), ERR_OK);
	assert_true(more);
	assert_int_equal(done.articles, STEP_ROWS / 2);
	assert_int_equal(purge(k, 3, KIT_NOW, false), MANY / 2 - STEP_ROWS / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    only_what_this_friend_brought_since_then_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    looking_counts_and_removes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_purged_does_not_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_was_written_here_is_never_purged, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    many_go_in_several_steps, setup, teardown),
	};

	return cmocka_run_group_tests_name("spool purge", tests, NULL, NULL);
}
