#include "lib/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define V(s) VIEW_LIT(s)

static void
numbers_are_digits_within_bounds(void **state)
{
	static const struct {
		struct view in;
		uint64_t min, max;
		enum err want;
		uint64_t n;
	} c[] = {
		{ V("0"), 0, 9, ERR_OK, 0 },
		{ V("0007"), 0, 9, ERR_OK, 7 },
		{ V("10"), 0, 9, ERR_TOOBIG, 0 },
		{ V("1"), 2, 9, ERR_TOOBIG, 0 },
		{ V("18446744073709551615"), 0, UINT64_MAX, ERR_OK, UINT64_MAX },
		{ V("18446744073709551616"), 0, UINT64_MAX, ERR_TOOBIG, 0 },
		{ V("99999999999999999999999999"), 0, UINT64_MAX, ERR_TOOBIG, 0 },
		{ V("99999999999999999999999999x"), 0, UINT64_MAX, ERR_SYNTAX, 0 },
		{ V(""), 0, 9, ERR_SYNTAX, 0 },
		{ V("-1"), 0, 9, ERR_SYNTAX, 0 },
		{ V("+1"), 0, 9, ERR_SYNTAX, 0 },
		{ V(" 1"), 0, 9, ERR_SYNTAX, 0 },
		{ V("1\0"), 0, 9, ERR_SYNTAX, 0 },
		{ V("0x1"), 0, 9, ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		uint64_t n = 0;

		assert_int_equal(text_num(c[i].in, c[i].min, c[i].max, &n), c[i].want);
		assert_true(n == c[i].n);
	}
}

static void
durations_and_sizes_have_units(void **state)
{
	static const struct {
		struct view in;
		enum err want;
		int64_t n;
	} d[] = {
		{ V("90d"), ERR_OK, 90 * 86400 },
		{ V("12h"), ERR_OK, 43200 },
		{ V("30m"), ERR_OK, 1800 },
		{ V("45s"), ERR_OK, 45 },
		{ V("2w"), ERR_OK, 14 * 86400 },
		{ V("17"), ERR_OK, 17 },
		{ V("36525d"), ERR_OK, 36525ll * 86400 },
		{ V("36526d"), ERR_TOOBIG, 0 },
		{ V("99999999999999999999w"), ERR_TOOBIG, 0 },
		{ V("d"), ERR_SYNTAX, 0 },
		{ V(""), ERR_SYNTAX, 0 },
		{ V("1y"), ERR_SYNTAX, 0 },
		{ V("1dd"), ERR_SYNTAX, 0 },
		{ V("-1d"), ERR_SYNTAX, 0 },
	}, s[] = {
		{ V("64K"), ERR_OK, 65536 },
		{ V("1500m"), ERR_OK, 1500ll << 20 },
		{ V("2G"), ERR_OK, 2ll << 30 },
		{ V("100"), ERR_OK, 100 },
		{ V("1048577T"), ERR_TOOBIG, 0 },
		{ V("K"), ERR_SYNTAX, 0 },
		{ V("1KB"), ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof d / sizeof d[0]; i++) {
		int64_t n = 0;

		assert_int_equal(text_duration(d[i].in, &n), d[i].want);
		assert_true(n == d[i].n);
	}
	for (size_t i = 0; i < sizeof s / sizeof s[0]; i++) {
		uint64_t n = 0;

		assert_int_equal(text_size(s[i].in, &n), s[i].want);
		assert_true(n == (uint64_t)s[i].n);
	}
}

static void
words_and_lines_are_taken_in_order(void **state)
{
	struct view words = V("  one\ttwo  "), lines = V("a\r\n\nb\r\r\nc"), v;

	(void)state;
	assert_true(text_word(&words, &v) && view_eqs(v, "one"));
	assert_true(text_word(&words, &v) && view_eqs(v, "two"));
	assert_false(text_word(&words, &v));
	assert_true(text_line(&lines, &v) && view_eqs(v, "a"));
	assert_true(text_line(&lines, &v) && view_eqs(v, ""));
	assert_true(text_line(&lines, &v) && view_eqs(v, "b\r"));
	assert_true(text_line(&lines, &v) && view_eqs(v, "c"));
	assert_false(text_line(&lines, &v));
	assert_true(view_eqs(text_trim(V(" \t a b \t")), "a b"));
	assert_int_equal(text_trim(V(" \t ")).len, 0);
}

static void
utf8_is_strict(void **state)
{
	static const struct {
		struct view in;
		bool want;
	} c[] = {
		{ V(""), true },
		{ V("plain"), true },
		{ V("\xc3\xa9"), true },
		{ V("\xe2\x82\xac"), true },
		{ V("\xf0\x9f\x98\x80"), true },
		{ V("\xf4\x8f\xbf\xbf"), true },
		{ V("\xf4\x90\x80\x80"), false },
		{ V("\xc0\x80"), false },
		{ V("\xc1\xbf"), false },
		{ V("\xe0\x9f\xbf"), false },
		{ V("\xf0\x8f\xbf\xbf"), false },
		{ V("\xed\xa0\x80"), false },
		{ V("\xed\x9f\xbf"), true },
		{ V("\x80"), false },
		{ V("\xc3"), false },
		{ V("\xe2\x82"), false },
		{ V("\xc3z"), false },
		{ V("\xff"), false },
		{ V("\xf8\x88\x80\x80\x80"), false },
	};
	struct view v = V("a\xe2\x82\xac\xff");
	uint32_t r = 0;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(text_utf8(c[i].in), c[i].want);
	assert_int_equal(text_rune(&v, &r), ERR_OK);
	assert_int_equal(r, 'a');
	assert_int_equal(text_rune(&v, &r), ERR_OK);
	assert_int_equal(r, 0x20ac);
	assert_int_equal(text_rune(&v, &r), ERR_SYNTAX);
	assert_int_equal(v.len, 1);
}

static void
foreign_bytes_are_quoted_for_logs(void **state)
{
	static const struct {
		struct view in;
		size_t max;
		const char *want;
	} c[] = {
		{ V("plain"), 9, "\"plain\"" },
		{ V("a\"b\\c"), 9, "\"a\\\"b\\\\c\"" },
		{ V("\n\0\x7f\xff"), 9, "\"\\x0a\\x00\\x7f\\xff\"" },
		{ V("\x1b[31m"), 9, "\"\\x1b[31m\"" },
		{ V("12345"), 3, "\"123...\"" },
		{ V(""), 3, "\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(100);

		text_quote(&b, c[i].in, c[i].max);
		assert_string_equal(buf_cstr(&b), c[i].want);
		buf_release(&b);
	}
}

static void
text_for_people_has_no_controls(void **state)
{
	static const struct {
		struct view in;
		size_t max;
		const char *want;
	} c[] = {
		{ V("caf\xc3\xa9"), 9, "caf\xc3\xa9" },
		{ V("a\x1b[1m\r\n"), 9, "a?[1m??" },
		{ V("\xc2\x9b"), 9, "?" },
		{ V("\xe2\x80\xaex"), 9, "?x" },
		{ V("\xe2\x80\xa8x"), 9, "?x" },
		{ V("\xff\xfe"), 9, "??" },
		{ V("12345"), 3, "123..." },
		{ V("12\xc3\xa9"), 3, "12..." },
		{ V("12\xc3\xa9"), 4, "12\xc3\xa9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(100);

		text_show(&b, c[i].in, c[i].max);
		assert_string_equal(buf_cstr(&b), c[i].want);
		buf_release(&b);
	}
}

static void
names_are_short_lower_case_words(void **state)
{
	static const struct {
		struct view in;
		bool want;
	} c[] = {
		{ V("bob"), true },
		{ V("7of9"), true },
		{ V("a-b"), true },
		{ V("abcdefghijklmnopqrstuvwxyz012345"), true },
		{ V("abcdefghijklmnopqrstuvwxyz0123456"), false },
		{ V(""), false },
		{ V("-a"), false },
		{ V("Bob"), false },
		{ V("a.b"), false },
		{ V("../a"), false },
		{ V("a\0"), false },
		{ V("\xc3\xa9"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(text_name(c[i].in), c[i].want);
}

static void
hex_goes_there_and_back(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0x9f, 0xa0, 0xff };
	unsigned char back[4] = { 1, 2, 3, 4 };
	struct buf b = BUF_INIT(8);

	(void)state;
	text_hex(&b, (struct view){ bytes, 4 });
	assert_true(view_eqs(buf_view(&b), "009fa0ff"));
	assert_int_equal(text_unhex(V("009fa0f"), back, 4), ERR_SYNTAX);
	assert_int_equal(text_unhex(V("009fa0fg"), back, 4), ERR_SYNTAX);
	assert_int_equal(text_unhex(V("009fa0ff00"), back, 4), ERR_SYNTAX);
	assert_int_equal(back[0], 1);
	assert_int_equal(text_unhex(buf_view(&b), back, 4), ERR_OK);
	assert_memory_equal(back, bytes, 4);
	buf_release(&b);
}

static void
letters_do_not_depend_on_a_locale(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
		bool digit = c >= '0' && c <= '9';

		assert_int_equal(text_lower(c), upper ? c + 32 : c);
		assert_int_equal(text_isdigit(c), digit);
		assert_int_equal(text_isalnum(c), upper || lower || digit);
		assert_int_equal(text_isspace(c), c == ' ' || c == '\t');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_within_bounds),
		cmocka_unit_test(durations_and_sizes_have_units),
		cmocka_unit_test(words_and_lines_are_taken_in_order),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(foreign_bytes_are_quoted_for_logs),
		cmocka_unit_test(text_for_people_has_no_controls),
		cmocka_unit_test(names_are_short_lower_case_words),
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(letters_do_not_depend_on_a_locale),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
