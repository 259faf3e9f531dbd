/* links: newsd */
#include "lib/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"

/* 2026-11-22 00:00 UTC, a Sunday; local time is UTC here */
#define MIDNIGHT 1795305600ll
#define AT(h, m) (MIDNIGHT + (h)*3600 + (m)*60)

static void
local(int64_t t, struct tm *out)
{
	time_t clock = (time_t)t;

	assert_non_null(gmtime_r(&clock, out));
}

/* `key value` lines. */
static struct schedule
lines(const char *text)
{
	struct view rest = view_str(text), line, key;
	struct schedule s = { 0 };
	const char *why;

	while (text_line(&rest, &line)) {
		assert_true(text_word(&line, &key));
		if (schedule_line(&s, key, text_trim(line), &why) != ERR_OK)
			fail_msg("%s: %s", text, why);
	}
	return s;
}

static void
test_each_line_has_its_words(void **state)
{
	static const struct {
		const char *key, *value;
		enum err want;
	} c[] = {
		{ "call", "on-arrival", ERR_OK },
		{ "call", "every 15m", ERR_OK },
		{ "call", "every 10s", ERR_OK },
		{ "call", "cron 0 4 * * *", ERR_OK },
		{ "window", "01:00-05:30", ERR_OK },
		{ "window", "22:00-06:00", ERR_OK },
		{ "window", "00:00-24:00", ERR_OK },
		{ "budget", "20M", ERR_OK },
		{ "budget", "10m", ERR_OK },
		{ "budget", "500000", ERR_OK },
		{ "tcp", "a:1", ERR_NOTFOUND },
		{ "call", "", ERR_SYNTAX },
		{ "call", "sometimes", ERR_SYNTAX },
		{ "call", "on-arrival now", ERR_SYNTAX },
		{ "call", "every", ERR_SYNTAX },
		{ "call", "every 9s", ERR_SYNTAX },
		{ "call", "every 15 minutes", ERR_SYNTAX },
		{ "call", "cron 0 4 * *", ERR_SYNTAX },
		{ "window", "1:00-5:30", ERR_SYNTAX },
		{ "window", "01:00-01:00", ERR_SYNTAX },
		{ "window", "24:00-01:00", ERR_SYNTAX },
		{ "window", "23:60-01:00", ERR_SYNTAX },
		{ "window", "24:01-01:00", ERR_SYNTAX },
		{ "window", "01:00 05:30", ERR_SYNTAX },
		{ "budget", "", ERR_SYNTAX },
		{ "budget", "0", ERR_SYNTAX },
		{ "budget", "0m", ERR_SYNTAX },
		{ "budget", "much", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct schedule s = { 0 };
		const char *why = NULL;

		if (schedule_line(&s, view_str(c[i].key), view_str(c[i].value), &why) !=
		    c[i].want)
			fail_msg("%s %s", c[i].key, c[i].value);
		assert_true(c[i].want != ERR_SYNTAX || why != NULL);
	}
}

static void
test_the_next_call_follows_from_lines_and_past(void **state)
{
	static const struct {
		const char *lines;
		struct schedule_past past;
		int64_t now, want;
	} c[] = {
		{ "", { 0 }, AT(12, 0), SCHEDULE_NEVER },
		{ "budget 10m\nwindow 01:00-02:00", { 0 }, AT(12, 0), SCHEDULE_NEVER },
		{ "call on-arrival", { 0 }, AT(12, 0), AT(12, 0) },
		{ "call every 15m", { 0 }, AT(12, 0), AT(12, 0) },
		{ "call every 15m", { .begun = AT(11, 50) }, AT(12, 0), AT(12, 5) },
		{ "call every 15m", { .begun = AT(1, 0) }, AT(12, 0), AT(12, 0) },
		/* the friend called meanwhile */
		{ "call every 15m", { .begun = AT(1, 0), .heard = AT(11, 58) }, AT(12, 0),
		    AT(12, 13) },
		/* the clock was set back a year */
		{ "call every 15m", { .begun = AT(24 * 365, 0) }, AT(12, 0), AT(12, 15) },
		{ "call every 1h\ncall every 15m", { .begun = AT(11, 50) }, AT(12, 0),
		    AT(12, 5) },
		{ "call cron 0 4 * * *", { 0 }, AT(3, 0), AT(4, 0) },
		{ "call cron 0 4 * * *", { .begun = AT(4, 0) }, AT(4, 0) + 5, AT(28, 0) },
		/* what was missed is not caught up */
		{ "call cron 0 4 * * *", { .begun = AT(-48, 0) }, AT(12, 0), AT(28, 0) },
		{ "call cron 0 4 * * *\ncall every 6h", { .begun = AT(1, 0) }, AT(2, 0),
		    AT(4, 0) },
		/* windows */
		{ "call on-arrival\nwindow 01:00-05:30", { 0 }, AT(12, 0), AT(25, 0) },
		{ "call on-arrival\nwindow 01:00-05:30", { 0 }, AT(5, 29), AT(5, 29) },
		{ "call on-arrival\nwindow 01:00-05:30", { 0 }, AT(5, 30), AT(25, 0) },
		{ "call on-arrival\nwindow 22:00-06:00", { 0 }, AT(2, 0), AT(2, 0) },
		{ "call on-arrival\nwindow 22:00-06:00", { 0 }, AT(6, 0), AT(22, 0) },
		{ "call every 1h\nwindow 01:00-02:00\nwindow 13:00-14:00",
		    { .begun = AT(1, 30) }, AT(1, 45), AT(13, 0) },
		/* budgets */
		{ "call every 1h\nbudget 1K",
		    { .begun = AT(1, 0), .bytes = 1023, .day = 126 * 366 + 325 },
		    AT(12, 0), AT(12, 0) },
		{ "call every 1h\nbudget 1K",
		    { .begun = AT(1, 0), .bytes = 1024, .day = 126 * 366 + 325 },
		    AT(12, 0), AT(24, 0) },
		{ "call every 1h\nbudget 10m",
		    { .begun = AT(1, 0), .seconds = 600, .day = 126 * 366 + 325 },
		    AT(12, 0), AT(24, 0) },
		{ "call every 1h\nbudget 10m",
		    { .begun = AT(1, 0), .seconds = 600, .day = 126 * 366 + 324 },
		    AT(12, 0), AT(12, 0) },
		{ "call every 1h\nbudget 1K\nwindow 01:00-02:00",
		    { .begun = AT(1, 0), .bytes = 1024, .day = 126 * 366 + 325 },
		    AT(1, 5), AT(25, 0) },
		/* failures: 5 s are the fixed half of the first wait */
		{ "call on-arrival", { .failures = 1, .failed = AT(12, 0) }, AT(12, 0),
		    AT(12, 0) + 5 },
		{ "call on-arrival", { .failures = 1, .failed = AT(11, 0) }, AT(12, 0),
		    AT(12, 0) },
		{ "call every 15m",
		    { .begun = AT(12, 0), .failures = 3, .failed = AT(12, 0) }, AT(12, 0),
		    AT(12, 0) + 20 },
		{ "call cron 0 4 * * *",
		    { .begun = AT(4, 0), .failures = 2, .failed = AT(4, 0) }, AT(4, 0),
		    AT(4, 0) + 10 },
		{ "call on-arrival", { .failures = 50, .failed = AT(12, 0) }, AT(12, 0),
		    AT(12, 30) },
		{ "call on-arrival", { .failures = 1, .failed = AT(24 * 365, 0) },
		    AT(12, 0), AT(13, 0) },
		{ "", { .failures = 1, .failed = AT(12, 0) }, AT(12, 0), SCHEDULE_NEVER },
		/* who was there is called again at once */
		{ "call on-arrival",
		    { .failures = 1, .broken = true, .failed = AT(12, 0) }, AT(12, 0),
		    AT(12, 0) + 1 },
		{ "call every 15m",
		    { .failures = 4, .broken = true, .failed = AT(12, 0) }, AT(12, 0),
		    AT(12, 0) + 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct schedule s = lines(c[i].lines);
		int64_t got = schedule_next(&s, &c[i].past, local, c[i].now, 0, true);

		if (got != c[i].want)
			fail_msg("row %zu (%s): %lld, %lld off", i, c[i].lines,
			    (long long)got, (long long)(got - c[i].want));
	}
}

static void
test_a_standing_link_needs_something_to_dial(void **state)
{
	struct schedule s = lines("call on-arrival");
	struct schedule_past past = { 0 };

	(void)state;
	assert_true(
	    schedule_next(&s, &past, local, AT(1, 0), 0, false) == SCHEDULE_NEVER);
}

static void
test_waits_double_to_an_hour_and_half_is_chance(void **state)
{
	static const int64_t full[] = { 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560,
		3600, 3600 };

	(void)state;
	for (unsigned i = 0; i < sizeof full / sizeof full[0]; i++) {
		assert_int_equal(schedule_retry(RETRY_FIRST, i, 0), full[i] / 2);
		assert_true(schedule_retry(RETRY_FIRST, i, UINT32_MAX) <= full[i]);
		assert_true(schedule_retry(RETRY_FIRST, i, UINT32_MAX) >= full[i] - 1);
		assert_int_equal(
		    schedule_retry(RETRY_FIRST, i, 1u << 31), full[i] / 2 + full[i] / 4);
	}
	assert_int_equal(schedule_retry(RETRY_BROKEN, UINT32_MAX, 0), 1800);
}

static void
test_a_window_says_when_it_closes(void **state)
{
	static const struct {
		const char *lines;
		int64_t now;
		bool open;
		int64_t until;
	} c[] = {
		{ "", AT(12, 0), true, SCHEDULE_NEVER },
		{ "window 01:00-05:30", AT(1, 0), true, AT(5, 30) },
		{ "window 01:00-05:30", AT(0, 59) + 59, false, 0 },
		{ "window 22:00-06:00", AT(23, 0), true, AT(30, 0) },
		{ "window 01:00-02:00\nwindow 02:00-03:00", AT(1, 30) + 7, true,
		    AT(3, 0) },
		{ "window 00:00-24:00", AT(1, 30), true, SCHEDULE_NEVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct schedule s = lines(c[i].lines);
		int64_t until;

		assert_int_equal(schedule_open(&s, local, c[i].now, &until), c[i].open);
		if (c[i].open)
			assert_int_equal(until, c[i].until);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_has_its_words),
		cmocka_unit_test(test_the_next_call_follows_from_lines_and_past),
		cmocka_unit_test(test_a_standing_link_needs_something_to_dial),
		cmocka_unit_test(test_waits_double_to_an_hour_and_half_is_chance),
		cmocka_unit_test(test_a_window_says_when_it_closes),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
