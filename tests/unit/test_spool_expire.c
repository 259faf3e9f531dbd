/* spool: expiry by age, group, size and Expires; the history outlives the articles. */
#include "tests/unit/spool_kit.h"

#define DAY 86400

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

static struct spool_expired
expire(struct kit *k, const struct spool_expiry *x)
{
	struct spool_expired done = { 0 };
	bool more = true;

	for (int i = 0; more; i++) {
		assert_in_range(i, 0, 1000);
		assert_int_equal(spool_expire(k->sp, x, &done, &more), ERR_OK);
	}
	assert_int_equal(done.at, 0);
	kit_sound(k);
	return done;
}

static void
the_last_rule_that_matches_decides(void **state)
{
	static const struct {
		const char *groups;
		int64_t age;
		bool stays;
	} c[] = {
		{ "comp.a", 9 * DAY, true },
		{ "comp.a", 10 * DAY, false },
		{ "comp.keep.b", 5000 * DAY, true },
		{ "comp.a,comp.keep.b", 5000 * DAY, true },
		{ "misc.x", 29 * DAY, true },
		{ "misc.x", 30 * DAY, false },
		{ "comp.a,misc.x", 29 * DAY, true },
		{ "comp.a,misc.x", 31 * DAY, false },
		{ "alone", 5000 * DAY, true },
	};
	static const struct spool_rule rules[] = {
		{ VIEW_LIT("misc.*,comp.*"), 30 * DAY },
		{ VIEW_LIT("comp.*"), 10 * DAY },
		{ VIEW_LIT("comp.keep.*"), 0 },
	};
	struct spool_expiry x = {
		.rules = rules, .count = 3, .history = DAY, .now = KIT_NOW
	};
	struct kit *k = *state;
	uint64_t gone = 0;
	char id[32];

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		snprintf(id, sizeof id, "<%zu@x>", i);
		kit_post(k,
		    &(struct post){
			.id = id, .groups = c[i].groups, .now = KIT_NOW - c[i].age });
		gone += !c[i].stays;
	}
	assert_int_equal(expire(k, &x).articles, gone);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		snprintf(id, sizeof id, "<%zu@x>", i);
		if (kit_here(k, id) != c[i].stays)
			fail_msg("%s", c[i].groups);
	}
	assert_int_equal(expire(k, &x).articles, 0);
}

static void
expires_shortens_and_never_lengthens(void **state)
{
	static const struct {
		const char *headers, *groups;
		bool stays;
	} c[] = {
		{ "Expires: Mon, 01 Jan 2024 00:00:00 +0000\r\n", "misc.a", true },
		{ "Expires: Sun, 12 Nov 2023 00:00:00 +0000\r\n", "misc.a", false },
		{ "Expires: Sun, 12 Nov 2023 00:00:00 +0000\r\n", "keep.a", true },
		{ "Expires: Mon, 01 Jan 2001 00:00:00 +0000\r\n", "misc.a", true },
		{ "Expires: tomorrow\r\n", "misc.a", true },
	};
	static const struct spool_rule rules[] = { { VIEW_LIT("misc.*"), 30 * DAY } };
	/* KIT_NOW is 14 November 2023 */
	struct spool_expiry x = {
		.rules = rules, .count = 1, .history = DAY, .now = KIT_NOW
	};
	struct kit *k = *state;
	char id[32];

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		snprintf(id, sizeof id, "<%zu@x>", i);
		kit_post(k,
		    &(struct post){ .id = id,
			.headers = c[i].headers,
			.groups = c[i].groups,
			.now = KIT_NOW - 10 * DAY });
	}
	expire(k, &x);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		snprintf(id, sizeof id, "<%zu@x>", i);
		if (kit_here(k, id) != c[i].stays)
			fail_msg("%s%s", c[i].headers, c[i].groups);
	}
	x.now += 25 * DAY;
	expire(k, &x);
	assert_false(kit_here(k, "<0@x>"));
	assert_true(kit_here(k, "<2@x>"));
}

static void
the_low_mark_rises_and_numbers_are_not_used_again(void **state)
{
	static const struct spool_rule rules[] = { { VIEW_LIT("*"), DAY } };
	struct spool_expiry x = {
		.rules = rules, .count = 1, .history = DAY, .now = KIT_NOW
	};
	struct kit *k = *state;
	struct spool_group g;
	char id[32];

	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "<%d@x>", i);
		kit_post(k,
		    &(struct post){
			.id = id, .now = i == 2 || i == 5 ? KIT_NOW : KIT_NOW - DAY });
	}
	expire(k, &x);
	g = kit_group(k, "misc.test");
	assert_int_equal(g.low, 3);
	assert_int_equal(g.high, 6);
	assert_int_equal(g.count, 2);
	x.now += DAY;
	expire(k, &x);
	g = kit_group(k, "misc.test");
	assert_int_equal(g.low, 7);
	assert_int_equal(g.high, 6);
	assert_int_equal(g.count, 0);
	kit_reopen(k);
	assert_int_equal(kit_post(k, &(struct post){ .id = "<new@x>" }), 7);
	g = kit_group(k, "misc.test");
	assert_int_equal(g.low, 7);
	assert_int_equal(g.high, 7);
}

static void
the_id_is_remembered_as_long_as_told(void **state)
{
	static const struct spool_rule rules[] = { { VIEW_LIT("*"), DAY } };
	struct spool_expiry x = {
		.rules = rules, .count = 1, .history = 10 * DAY, .now = KIT_NOW
	};
	struct kit *k = *state;
	struct spool_stored out;
	char id[32];
	bool known;

	for (int i = 0; i < 2500; i++) {
		if (i % 500 == 0)
			assert_int_equal(spool_begin(k->sp), ERR_OK);
		snprintf(id, sizeof id, "<%d@x>", i);
		kit_put(k,
		    &(struct post){ .id = id,
			.now = KIT_NOW - DAY,
			.alias = i == 7 ? "<own@x>" : NULL });
		if (i % 500 == 499)
			assert_int_equal(spool_commit(k->sp), ERR_OK);
	}
	assert_true(kit_here(k, "<own@x>"));
	assert_int_equal(expire(k, &x).articles, 2500);
	assert_false(kit_here(k, "<own@x>"));
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	out = kit_put(k, &(struct post){ .id = "<7@x>" });
	assert_int_equal(out.result, PUT_DUPLICATE);
	assert_int_equal(out.arrival, 0);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	x.now += 10 * DAY - 1;
	assert_int_equal(expire(k, &x).history, 0);
	x.now += 1;
	assert_int_equal(expire(k, &x).history, 2500);
	assert_int_equal(spool_known(k->sp, VIEW_LIT("<7@x>"), &known), ERR_OK);
	assert_false(known);
	kit_post(k, &(struct post){ .id = "<7@x>" });
}

static uint64_t
bytes_of(struct kit *k)
{
	struct spool_meta m;
	uint64_t last, sum = 0;

	assert_int_equal(spool_last_arrival(k->sp, &last), ERR_OK);
	for (uint64_t a = 1; a <= last; a++)
		if (spool_meta(k->sp, a, &m) == ERR_OK)
			sum += m.size;
	return sum;
}

static void
over_the_cap_who_sent_most_loses_the_oldest_first(void **state)
{
	struct spool_expiry x = { .history = DAY, .now = KIT_NOW };
	struct kit *k = *state;
	uint64_t one;
	char id[32];

	/* friend 7 sent 60, friend 8 sent 20, we have 10 */
	for (int i = 0; i < 90; i++) {
		snprintf(id, sizeof id, "<%02d@x>", i);
		kit_post(k,
		    &(struct post){ .id = id,
			.ingress = i < 10 ? 0
			    : i < 70      ? 7
					  : 8 });
	}
	one = bytes_of(k) / 90;
	x.cap = one * 90;
	assert_int_equal(expire(k, &x).articles, 0);
	/* 7 keeps 40 */
	x.cap = one * 70;
	assert_int_equal(expire(k, &x).articles, 20);
	assert_true(bytes_of(k) <= x.cap);
	assert_true(kit_here(k, "<00@x>") && kit_here(k, "<70@x>"));
	assert_false(kit_here(k, "<29@x>"));
	assert_true(kit_here(k, "<30@x>"));
	/* 7 and 8 keep 15 each, we keep 10 */
	x.cap = one * 40;
	assert_int_equal(expire(k, &x).articles, 30);
	assert_true(kit_here(k, "<00@x>") && kit_here(k, "<09@x>"));
	assert_false(kit_here(k, "<54@x>") || kit_here(k, "<74@x>"));
	assert_true(kit_here(k, "<55@x>") && kit_here(k, "<75@x>"));
	/* nobody is spared in the end */
	x.cap = one * 3;
	expire(k, &x);
	assert_true(bytes_of(k) <= x.cap);
	assert_true(
	    kit_here(k, "<09@x>") && kit_here(k, "<69@x>") && kit_here(k, "<89@x>"));
}

static void
posts_that_wait_for_a_signature_are_not_pushed_out(void **state)
{
	struct spool_expiry x = { .history = DAY, .now = KIT_NOW, .cap = 1 };
	char id[MSGID_MAX + 1];
	struct kit *k = *state;

	kit_native(k, (struct native){ 0 }, 1, PUT_UNSIGNED, id);
	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(expire(k, &x).articles, 1);
	assert_true(kit_here(k, id));
}

static void
a_step_is_bounded_and_goes_on_where_it_stopped(void **state)
{
	static const struct spool_rule rules[] = { { VIEW_LIT("*"), DAY } };
	struct spool_expiry x = {
		.rules = rules, .count = 1, .history = DAY, .now = KIT_NOW
	};
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	bool more = false;
	char id[32];

	for (int i = 0; i < 1500; i++) {
		if (i % 500 == 0)
			assert_int_equal(spool_begin(k->sp), ERR_OK);
		snprintf(id, sizeof id, "<%d@x>", i);
		kit_put(k, &(struct post){ .id = id, .now = KIT_NOW - DAY });
		if (i % 500 == 499)
			assert_int_equal(spool_commit(k->sp), ERR_OK);
	}
	assert_int_equal(spool_expire(k->sp, &x, &done, &more), ERR_OK);
	assert_true(more);
	assert_int_equal(done.articles, TXN_ARTICLES);
	kit_sound(k);
	/* stopped here and begun anew it ends the same */
	assert_int_equal(expire(k, &x).articles, 500);
}

static void
a_clock_that_ran_backwards_makes_nothing_old(void **state)
{
	static const struct spool_rule rules[] = { { VIEW_LIT("*"), DAY } };
	struct spool_expiry x = {
		.rules = rules, .count = 1, .history = DAY, .now = INT64_MIN
	};
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(expire(k, &x).articles, 0);
	x.now = 0;
	assert_int_equal(expire(k, &x).articles, 0);
	x.now = INT64_MAX;
	assert_int_equal(expire(k, &x).articles, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_last_rule_that_matches_decides),
		T(expires_shortens_and_never_lengthens),
		T(the_low_mark_rises_and_numbers_are_not_used_again),
		T(the_id_is_remembered_as_long_as_told),
		T(over_the_cap_who_sent_most_loses_the_oldest_first),
		T(posts_that_wait_for_a_signature_are_not_pushed_out),
		T(a_step_is_bounded_and_goes_on_where_it_stopped),
		T(a_clock_that_ran_backwards_makes_nothing_old),
	};

	return cmocka_run_group_tests_name("spool_expire", tests, NULL, NULL);
}
