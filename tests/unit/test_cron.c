/* links: newsd */
#include "lib/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
local(int64_t t, struct tm *out)
{
	time_t clock = (time_t)t;

	assert_non_null(localtime_r(&clock, out));
}

static int64_t
at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

static void
zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static void
test_five_fields_and_nothing_else(void **state)
{
	static const struct {
		const char *in;
		enum err want;
	} c[] = {
		{ "* * * * *", ERR_OK },
		{ "*/15 0-6,22-23 1,15 * 1-5", ERR_OK },
		{ "0-59/7 * * 2 0,7", ERR_OK },
		{ "  5   4\t* * *  ", ERR_OK },
		{ "0 0 29 2 *", ERR_OK },
		{ "0 0 31 2 1", ERR_OK }, /* every Monday in February */
		{ "0 0 31 2 *", ERR_SYNTAX },
		{ "0 0 31 4,6,9,11 *", ERR_SYNTAX },
		{ "60 * * * *", ERR_SYNTAX },
		{ "* 24 * * *", ERR_SYNTAX },
		{ "* * 0 * *", ERR_SYNTAX },
		{ "* * * 13 *", ERR_SYNTAX },
		{ "* * * * 8", ERR_SYNTAX },
		{ "* * * *", ERR_SYNTAX },
		{ "* * * * * *", ERR_SYNTAX },
		{ "*/0 * * * *", ERR_SYNTAX },
		{ "5/2 * * * *", ERR_SYNTAX },
		{ "5-2 * * * *", ERR_SYNTAX },
		{ "5- * * * *", ERR_SYNTAX },
		{ "1,,2 * * * *", ERR_SYNTAX },
		{ "1, * * * *", ERR_SYNTAX },
		{ ",1 * * * *", ERR_SYNTAX },
		{ "-1 * * * *", ERR_SYNTAX },
		{ "* * * jan *", ERR_SYNTAX },
		{ "", ERR_SYNTAX },
		{ "99999999999999999999 * * * *", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const char *why = NULL;
		struct cron cron;

		if (cron_parse(view_str(c[i].in), &cron, &why) != c[i].want)
			fail_msg("%s", c[i].in);
		assert_true(c[i].want == ERR_OK || why != NULL);
	}
}

static void
test_the_next_time_is_the_first_that_fits(void **state)
{
	static const struct {
		const char *cron;
		int after[5], want[5];
	} c[] = {
		{ "* * * * *", { 2026, 11, 22, 15, 0 }, { 2026, 11, 22, 15, 1 } },
		{ "0 4 * * *", { 2026, 11, 22, 15, 0 }, { 2026, 11, 23, 4, 0 } },
		{ "0 4 * * *", { 2026, 11, 23, 3, 59 }, { 2026, 11, 23, 4, 0 } },
		{ "0 4 * * *", { 2026, 11, 23, 4, 0 }, { 2026, 11, 24, 4, 0 } },
		{ "*/15 * * * *", { 2026, 12, 31, 23, 50 }, { 2027, 1, 1, 0, 0 } },
		{ "30 5 29 2 *", { 2026, 1, 1, 0, 0 }, { 2028, 2, 29, 5, 30 } },
		{ "30 5 29 2 *", { 2096, 3, 1, 0, 0 }, { 2104, 2, 29, 5, 30 } },
		{ "0 12 * * 1", { 2026, 11, 22, 15, 0 }, { 2026, 11, 23, 12, 0 } },
		{ "0 12 * * 7", { 2026, 11, 22, 15, 0 }, { 2026, 11, 29, 12, 0 } },
		/* two that say something: either is enough */
		{ "0 0 13 * 5", { 2026, 11, 22, 0, 0 }, { 2026, 11, 27, 0, 0 } },
		{ "0 0 13 * 5", { 2026, 12, 11, 0, 0 }, { 2026, 12, 13, 0, 0 } },
		/* one that begins with a star: both */
		{ "0 0 */2 * 1", { 2026, 11, 22, 0, 0 }, { 2026, 11, 23, 0, 0 } },
		{ "0 0 */2 * 1", { 2026, 11, 23, 0, 0 }, { 2026, 12, 7, 0, 0 } },
	};

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const int *a = c[i].after, *w = c[i].want;
		const char *why;
		struct cron cron;
		int64_t got;

		assert_int_equal(cron_parse(view_str(c[i].cron), &cron, &why), ERR_OK);
		got = cron_next(&cron, local, at(a[0], a[1], a[2], a[3], a[4]));
		if (got != at(w[0], w[1], w[2], w[3], w[4]))
			fail_msg("row %zu %s: %lld", i, c[i].cron, (long long)got);
	}
}

/* Against trying every minute. */
static void
test_it_agrees_with_trying_every_minute(void **state)
{
	static const char *const zones[] = { "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3",
		"NST3:30NDT,M3.2.0,M11.1.0", "LHST-10:30LHDT-11,M10.1.0,M4.1.0" };
	static const char *const lines[] = { "*/7 * * * *", "30 2 * * *", "5 0 1 * *",
		"59 23 * * 0", "0 3 */5 * *", "15 1-3 * 3,10 *" };

	(void)state;
	for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
		zone(zones[z]);
		for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
			int64_t t = at(2026, 3, 1, 0, 0), end = at(2026, 4, 20, 0, 0);
			struct cron c;
			const char *why;
			int64_t next;

			assert_int_equal(
			    cron_parse(view_str(lines[i]), &c, &why), ERR_OK);
			next = cron_next(&c, local, t);
			for (t += 60; t < end; t += 60) {
				struct tm tm;
				bool fits;

				local(t, &tm);
				fits = (c.minutes >> tm.tm_min & 1) &&
				    (c.hours >> tm.tm_hour & 1) &&
				    (c.days >> tm.tm_mday & 1) &&
				    (c.months >> (tm.tm_mon + 1) & 1) &&
				    (c.weekdays >> tm.tm_wday & 1);
				if (fits != (t == next))
					fail_msg("%s in %s at %lld", lines[i], zones[z],
					    (long long)t);
				if (fits)
					next = cron_next(&c, local, t);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_five_fields_and_nothing_else),
		cmocka_unit_test(test_the_next_time_is_the_first_that_fits),
		cmocka_unit_test(test_it_agrees_with_trying_every_minute),
	};

	return cmocka_run_group_tests_name("cron", tests, NULL, NULL);
}
