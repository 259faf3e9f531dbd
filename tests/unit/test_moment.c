/* links: hearsay */
#include "cli/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000 /* 2023-11-14 22:13:20 */

static void
moments_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *in;
		enum err e;
		int64_t want;
	} c[] = {
		{ "2h", ERR_OK, NOW - 7200 },
		{ "3d", ERR_OK, NOW - 3 * 86400 },
		{ "99y", ERR_SYNTAX, 0 },
		{ "2023-11-14", ERR_OK, NOW - 22 * 3600 - 13 * 60 - 20 },
		{ "2023-11-14 22:13", ERR_OK, NOW - 20 },
		{ "2023-11-14  22:13 ", ERR_OK, NOW - 20 },
		{ "1970-01-01", ERR_OK, 0 },
		{ "2023-11-14 22:13:20", ERR_SYNTAX, 0 },
		{ "2023-11-31", ERR_SYNTAX, 0 },
		{ "2023-11-14 25:00", ERR_SYNTAX, 0 },
		{ "2023-1-4", ERR_SYNTAX, 0 },
		{ "2023/11/14", ERR_SYNTAX, 0 },
		{ "yesterday", ERR_SYNTAX, 0 },
		{ "", ERR_SYNTAX, 0 },
		{ "-2h", ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int64_t got = 0;

		if (moment_parse(view_str(c[i].in), NOW, &got) != c[i].e ||
		    got != c[i].want)
			fail_msg("%s: %lld", c[i].in, (long long)got);
	}
}

static void
moments_are_written_back_the_same(void **state)
{
	struct buf out = BUF_INIT(64);
	int64_t got = 0;

	(void)state;
	moment_write(NOW, &out);
	assert_true(view_eqs(buf_view(&out), "2023-11-14 22:13"));
	assert_int_equal(moment_parse(buf_view(&out), 0, &got), ERR_OK);
	assert_int_equal(got, NOW - 20);
	buf_reset(&out);
	moment_write(INT64_MAX, &out);
	assert_true(view_eqs(buf_view(&out), "9223372036854775807"));
	buf_release(&out);
}

static void
distances_have_one_unit(void **state)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} c[] = { { -5, "0 s" }, { 119, "119 s" }, { 120, "2 min" }, { 7199, "119 min" },
		{ 7200, "2 h" }, { 172800, "2 days" }, { 86400 * 400, "400 days" } };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(64);

		moment_distance(c[i].seconds, &out);
		assert_true(view_eqs(buf_view(&out), c[i].want));
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_read_as_people_write_them),
		cmocka_unit_test(moments_are_written_back_the_same),
		cmocka_unit_test(distances_have_one_unit),
	};

	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
