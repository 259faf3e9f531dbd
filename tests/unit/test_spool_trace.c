/* spool: what is known of an id. */
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

static struct spool_trace
trace(struct kit *k, const char *id)
{
	struct spool_trace t = { 0 };

	assert_int_equal(spool_trace(k->sp, view_str(id), &t), ERR_OK);
	return t;
}

static void
an_id_is_unknown_here_or_gone(void **state)
{
	struct spool_purge x = { 3, 0, KIT_NOW + DAY, false };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	struct spool_trace t;
	bool more = true;

	assert_false(trace(k, "<1@x>").known);
	kit_post(k, &(struct post){ .id = "<1@x>", .ingress = 3 });
	t = trace(k, "<1@x>");
	assert_true(t.known);
	assert_int_equal(t.arrival, 1);
	assert_int_equal(t.gone, 0);
	assert_int_equal(t.date, 1591012800);
	while (more)
		assert_int_equal(spool_purge(k->sp, &x, &done, &more), ERR_OK);
	t = trace(k, "<1@x>");
	assert_true(t.known);
	assert_int_equal(t.arrival, 0);
	assert_int_equal(t.gone, KIT_NOW + DAY);
	assert_int_equal(t.why, GONE_PURGED);
	assert_int_equal(t.purge_ingress, 3);
	assert_int_equal(t.purge_since, 0);
}

static void
expire(struct kit *k, const struct spool_expiry *x)
{
	struct spool_expired done = { 0 };
	bool more = true;

	while (more)
		assert_int_equal(spool_expire(k->sp, x, &done, &more), ERR_OK);
}

static void
what_is_gone_says_why(void **state)
{
	struct spool_rule rule = { VIEW_LIT("*"), DAY };
	struct spool_expiry old = { &rule, 1, 0, 100 * DAY, KIT_NOW + DAY };
	struct spool_expiry full = { NULL, 0, 1, 100 * DAY, KIT_NOW + DAY + 5 };
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<old@x>", .now = KIT_NOW });
	expire(k, &old);
	assert_int_equal(trace(k, "<old@x>").why, GONE_EXPIRED);
	assert_int_equal(trace(k, "<old@x>").gone, KIT_NOW + DAY);

	kit_post(k, &(struct post){ .id = "<big@x>", .now = KIT_NOW + DAY });
	expire(k, &full);
	assert_int_equal(trace(k, "<big@x>").why, GONE_SIZE);

	kit_post(k,
	    &(struct post){ .id = "<1@x>",
		.headers =
		    "Cancel-Lock: sha256:LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=\r\n" });
	assert_int_equal(trace(k, "<1@x>").why, GONE_UNKNOWN);
	kit_post(k,
	    &(struct post){ .id = "<c@x>",
		.headers = "Control: cancel <1@x>\r\nCancel-Key: sha256:foo\r\n" });
	assert_int_equal(trace(k, "<1@x>").why, GONE_CANCELLED);
	kit_sound(k);
}

static void
two_purges_are_told_apart_and_forgotten_with_their_ids(void **state)
{
	struct spool_purge one = { 3, KIT_NOW - 1, KIT_NOW + 7, false },
			   two = { 4, KIT_NOW - 2, KIT_NOW + 8, false };
	struct spool_expiry all = { NULL, 0, 0, DAY, KIT_NOW + 2 * DAY };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	bool more = true;

	kit_post(k, &(struct post){ .id = "<1@x>", .ingress = 3, .now = KIT_NOW });
	kit_post(k, &(struct post){ .id = "<2@x>", .ingress = 4, .now = KIT_NOW });
	while (more)
		assert_int_equal(spool_purge(k->sp, &one, &done, &more), ERR_OK);
	done = (struct spool_expired){ 0 };
	for (more = true; more;)
		assert_int_equal(spool_purge(k->sp, &two, &done, &more), ERR_OK);
	assert_int_equal(trace(k, "<1@x>").purge_ingress, 3);
	assert_int_equal(trace(k, "<1@x>").purge_since, KIT_NOW - 1);
	assert_int_equal(trace(k, "<2@x>").purge_ingress, 4);
	assert_int_equal(trace(k, "<2@x>").purge_since, KIT_NOW - 2);
	expire(k, &all);
	assert_false(trace(k, "<1@x>").known);
	assert_false(trace(k, "<2@x>").known);
	kit_sql(k,
	    "CREATE TEMP TABLE t(n CHECK(n = 0));"
	    "INSERT INTO t SELECT count(*) FROM purge");
	kit_sound(k);
}

static void
a_newsreaders_own_id_leads_to_the_post(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>", .alias = "<own@x>" });
	assert_int_equal(trace(k, "<own@x>").arrival, 1);
	assert_true(trace(k, "<own@x>").known);
}

static void
refused_copies_are_counted_with_who_brought_the_last(void **state)
{
	struct spool_expiry all = { .history = 1, .now = KIT_NOW + 10 * DAY };
	struct spool_rule rule = { VIEW_LIT("*"), DAY };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	struct spool_trace t;
	bool more = true;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(trace(k, "<1@x>").differing, 0);
	for (uint32_t i = 5; i < 8; i++) {
		assert_int_equal(spool_begin(k->sp), ERR_OK);
		assert_int_equal(kit_put(k,
				     &(struct post){ .id = "<1@x>",
					 .body = "Another.",
					 .ingress = i,
					 .now = KIT_NOW + i })
				     .result,
		    PUT_DIFFERS);
		assert_int_equal(spool_commit(k->sp), ERR_OK);
	}
	t = trace(k, "<1@x>");
	assert_int_equal(t.differing, 3);
	assert_int_equal(t.differed, KIT_NOW + 7);
	assert_int_equal(t.differing_ingress, 7);
	/* it is forgotten with the id */
	all.rules = &rule;
	all.count = 1;
	while (more)
		assert_int_equal(spool_expire(k->sp, &all, &done, &more), ERR_OK);
	all.now += 10;
	for (more = true; more;)
		assert_int_equal(spool_expire(k->sp, &all, &done, &more), ERR_OK);
	assert_false(trace(k, "<1@x>").known);
	assert_int_equal(trace(k, "<1@x>").differing, 0);
	kit_sound(k);
}

static void
a_cancel_that_waits_is_told(void **state)
{
	struct kit *k = *state;

	kit_post(k,
	    &(struct post){ .id = "<c@x>",
		.headers = "Control: cancel <1@x>\r\nCancel-Key: sha256:key\r\n" });
	assert_int_equal(trace(k, "<1@x>").waiting, 1);
	assert_false(trace(k, "<1@x>").known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_id_is_unknown_here_or_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_gone_says_why, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    two_purges_are_told_apart_and_forgotten_with_their_ids, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_newsreaders_own_id_leads_to_the_post, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    refused_copies_are_counted_with_who_brought_the_last, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_cancel_that_waits_is_told, setup, teardown),
	};

	return cmocka_run_group_tests_name("spool trace", tests, NULL, NULL);
}
