#include "lib/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/limits.h"

#define V(s) VIEW_LIT(s)

static const char file[] = "# a node\n"
			   "node     ana.example\n"
			   "\n"
			   "  listen\t127.0.0.1:1119  \r\n"
			   "expire   90d # not a comment\n"
			   "flag\n"
			   "listen   [::1]:1119";

static void
lines_that_say_something_are_taken_in_order(void **state)
{
	static const struct {
		const char *key, *value;
		unsigned number;
	} c[] = {
		{ "node", "ana.example", 2 },
		{ "listen", "127.0.0.1:1119", 4 },
		{ "expire", "90d # not a comment", 5 },
		{ "flag", "", 6 },
		{ "listen", "[::1]:1119", 7 },
	};
	struct view rest = view_str(file);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_true(conf_next(&rest, &number, &line, &e));
		assert_true(
		    view_eqs(line.key, c[i].key) && view_eqs(line.value, c[i].value));
		assert_int_equal(line.number, c[i].number);
	}
	assert_false(conf_next(&rest, &number, &line, &e));
	assert_int_equal(e, ERR_OK);
}

static void
the_first_value_of_a_key_counts(void **state)
{
	struct view none = { 0 };

	(void)state;
	assert_true(view_eqs(conf_get(view_str(file), "listen", none), "127.0.0.1:1119"));
	assert_true(view_eqs(conf_get(view_str(file), "lis", V("else")), "else"));
	assert_true(conf_has(view_str(file), "flag") && !conf_has(view_str(file), "#"));
	assert_true(view_eqs(conf_get(view_str(file), "flag", V("else")), ""));
}

static void
a_bad_line_is_named(void **state)
{
	static const struct view c[] = { V("a b\nkey v\0w\nc d\n"),
		V("a b\nkey \xff\nc d\n") };
	struct buf b = BUF_INIT(CONF_LINE_MAX + 100);
	struct view views[3] = { c[0], c[1] };

	(void)state;
	buf_adds(&b, "a b\nkey ");
	memset(buf_grow(&b, CONF_LINE_MAX), 'x', CONF_LINE_MAX);
	views[2] = buf_view(&b);
	for (size_t i = 0; i < 3; i++) {
		struct view rest = views[i];
		struct conf_line line = { 0 };
		unsigned number = 0;
		enum err e;

		assert_true(conf_next(&rest, &number, &line, &e));
		assert_false(conf_next(&rest, &number, &line, &e));
		assert_int_equal(e, ERR_SYNTAX);
		assert_int_equal(line.number, 2);
	}
	buf_release(&b);
}

static void
a_set_value_replaces_all_lines_of_its_key(void **state)
{
	static const struct {
		const char *in, *key;
		struct view value;
		const char *want;
	} c[] = {
		{ "", "a", V("1"), "a 1\n" },
		{ "# c\na 0\nb 2\na 3\n", "a", V("1"), "# c\na 1\nb 2\n" },
		{ "# c\nb 2", "a", V("1"), "# c\nb 2\na 1\n" },
		{ "a 0\nb 2\n  a\t3", "a", { NULL, 0 }, "b 2\n" },
		{ "ab 0\r\n#a 1\n", "a", { NULL, 0 }, "ab 0\r\n#a 1\n" },
		{ "a 0\n", "a", V(""), "a\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(200);

		conf_set(view_str(c[i].in), c[i].key, c[i].value, &out);
		assert_string_equal(buf_cstr(&out), c[i].want);
		buf_release(&out);
	}
}

static void
a_value_never_becomes_a_second_line(void **state)
{
	static const struct view c[] = { V("1\nb 2"), V("1\n"), V("1\r"), V("\0"),
		V("\xff") };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(200);

		conf_set(V("a 0\n"), "a", c[i], &out);
		assert_int_equal(buf_err(&out), ERR_SYNTAX);
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_say_something_are_taken_in_order),
		cmocka_unit_test(the_first_value_of_a_key_counts),
		cmocka_unit_test(a_bad_line_is_named),
		cmocka_unit_test(a_set_value_replaces_all_lines_of_its_key),
		cmocka_unit_test(a_value_never_becomes_a_second_line),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
