#include "lib/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define V(s) VIEW_LIT(s)

static void
numbers_are_big_endian(void **state)
{
	static const unsigned char want[] = { 1, 1, 2, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 5,
		6, 7, 8 };
	struct buf b = BUF_INIT(64);
	struct view v;
	uint8_t n8;
	uint16_t n16;
	uint32_t n24, n32;
	uint64_t n64;

	(void)state;
	buf_addc(&b, 1);
	buf_addu16(&b, 0x0102);
	buf_addu24(&b, 0x010203);
	buf_addu32(&b, 0x01020304);
	buf_addu64(&b, 0x0102030405060708);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_int_equal(b.len, sizeof want);
	assert_memory_equal(b.p, want, sizeof want);
	v = buf_view(&b);
	assert_int_equal(view_u8(&v, &n8), ERR_OK);
	assert_int_equal(view_u16(&v, &n16), ERR_OK);
	assert_int_equal(view_u24(&v, &n24), ERR_OK);
	assert_int_equal(view_u32(&v, &n32), ERR_OK);
	assert_int_equal(view_u64(&v, &n64), ERR_OK);
	assert_true(n8 == 1 && n16 == 0x0102 && n24 == 0x010203 && n32 == 0x01020304);
	assert_true(n64 == 0x0102030405060708 && v.len == 0);
	buf_release(&b);
}

static void
a_short_view_asks_for_more_and_keeps_its_bytes(void **state)
{
	struct view v = V("abc"), out = { 0 };
	uint32_t n32 = 7;
	uint64_t n64 = 7;

	(void)state;
	assert_int_equal(view_u32(&v, &n32), ERR_MORE);
	assert_int_equal(view_u64(&v, &n64), ERR_MORE);
	assert_int_equal(view_take(&v, 4, &out), ERR_MORE);
	assert_int_equal(view_take(&v, SIZE_MAX, &out), ERR_MORE);
	assert_true(v.len == 3 && n32 == 7 && n64 == 7 && out.p == NULL);
	assert_int_equal(view_take(&v, 3, &out), ERR_OK);
	assert_true(view_eqs(out, "abc") && v.len == 0);
}

static void
varints_have_one_spelling(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum err want;
		uint64_t n;
	} c[] = {
		{ "\0", 1, ERR_OK, 0 },
		{ "\x7f", 1, ERR_OK, 127 },
		{ "\x80\x01", 2, ERR_OK, 128 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, ERR_OK, UINT64_MAX },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, ERR_SYNTAX, 0 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11, ERR_SYNTAX, 0 },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, ERR_SYNTAX, 0 },
		{ "\x80\0", 2, ERR_SYNTAX, 0 },
		{ "\x81\x80\0", 3, ERR_SYNTAX, 0 },
		{ "", 0, ERR_MORE, 0 },
		{ "\x80", 1, ERR_MORE, 0 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, ERR_MORE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct view v = { (const unsigned char *)c[i].bytes, c[i].len };
		struct buf b = BUF_INIT(16);
		uint64_t n = 0;

		assert_int_equal(view_varint(&v, &n), c[i].want);
		assert_true(n == c[i].n);
		assert_int_equal(v.len, c[i].want == ERR_OK ? 0 : c[i].len);
		if (c[i].want == ERR_OK) {
			buf_addvarint(&b, n);
			assert_int_equal(b.len, c[i].len);
			assert_memory_equal(b.p, c[i].bytes, c[i].len);
		}
		buf_release(&b);
	}
}

static void
a_buffer_never_outgrows_its_cap_and_stays_failed(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	buf_adds(&b, "abcd");
	buf_adds(&b, "ef");
	assert_int_equal(buf_err(&b), ERR_TOOBIG);
	assert_true(view_eqs(buf_view(&b), "abcd"));
	buf_addc(&b, 'e');
	assert_null(buf_grow(&b, 1));
	assert_null(buf_cstr(&b));
	assert_int_equal(b.len, 4);
	buf_reset(&b);
	buf_adds(&b, "abcde");
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_string_equal(buf_cstr(&b), "abcde");
	buf_release(&b);
	assert_int_equal(b.cap, 5);
	buf_release(NULL);
	buf_wipe(NULL);
}

static void
an_empty_buffer_of_no_cap_takes_nothing(void **state)
{
	struct buf b = BUF_INIT(0);

	(void)state;
	buf_adds(&b, "");
	buf_add(&b, NULL, 0);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_non_null(buf_grow(&b, 0));
	assert_string_equal(buf_cstr(&b), "");
	buf_addc(&b, 'x');
	assert_int_equal(buf_err(&b), ERR_TOOBIG);
	buf_release(&b);
}

static void
growing_keeps_what_was_there(void **state)
{
	struct buf b = BUF_INIT(1u << 20);
	unsigned char *p;

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		buf_addu32(&b, i);
	assert_non_null(p = buf_grow(&b, 3));
	memcpy(p, "xyz", 3);
	assert_int_equal(b.len, 40003);
	for (unsigned i = 0; i < 10000; i += 997) {
		struct view v = view_slice(buf_view(&b), 4 * i, 4);
		uint32_t n = 0;

		assert_int_equal(view_u32(&v, &n), ERR_OK);
		assert_int_equal(n, i);
	}
	buf_consume(&b, 40000);
	assert_true(view_eqs(buf_view(&b), "xyz"));
	buf_truncate(&b, 1);
	buf_consume(&b, 0);
	assert_true(view_eqs(buf_view(&b), "x"));
	buf_consume(&b, 1);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
text_is_formatted_into_the_buffer(void **state)
{
	struct buf b = BUF_INIT(300), small = BUF_INIT(4);

	(void)state;
	buf_addf(&b, "%s=%d", "a", -5);
	buf_addf(&b, "%s", "");
	buf_addnum(&b, 0);
	buf_addnum(&b, UINT64_MAX);
	assert_true(view_eqs(buf_view(&b), "a=-5018446744073709551615"));
	buf_reset(&b);
	buf_addf(&b, "%0200d", 7);
	assert_int_equal(b.len, 200);
	assert_int_equal(b.p[199], '7');
	buf_addf(&small, "%d", 12345);
	assert_int_equal(buf_err(&small), ERR_TOOBIG);
	assert_int_equal(small.len, 0);
	buf_addu24(&b, 1u << 24);
	assert_int_equal(buf_err(&b), ERR_TOOBIG);
	buf_release(&b);
	buf_release(&small);
}

static void
views_compare_bytewise(void **state)
{
	static const struct {
		struct view a, b;
		int want;
	} c[] = {
		{ V("a"), V("a"), 0 },
		{ V(""), V(""), 0 },
		{ { NULL, 0 }, V(""), 0 },
		{ V("a"), V("ab"), -1 },
		{ V("b"), V("ab"), 1 },
		{ V("\xff"), V("a"), 1 },
		{ V("a\0b"), V("a\0c"), -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int r = view_cmp(c[i].a, c[i].b);

		assert_int_equal((r > 0) - (r < 0), c[i].want);
		assert_int_equal(view_eq(c[i].a, c[i].b), c[i].want == 0);
	}
	assert_true(view_caseeq(V("From"), V("fROM")) && !view_caseeq(V("["), V("{")));
	assert_true(view_starts(V("abc"), "ab") && !view_starts(V("a"), "ab"));
	assert_true(view_casestarts(V("ABC"), "ab") && !view_starts(V("ABC"), "ab"));
}

static void
slices_and_searches_stay_inside(void **state)
{
	struct view v = V("hello"), none = { 0 };

	(void)state;
	assert_true(view_eqs(view_slice(v, 1, 3), "ell"));
	assert_true(view_eqs(view_slice(v, 4, SIZE_MAX), "o"));
	assert_int_equal(view_slice(v, 9, 1).len, 0);
	assert_int_equal(view_slice(none, 1, 1).len, 0);
	assert_int_equal(view_chr(v, 'l'), 2);
	assert_int_equal(view_chr(v, 'x'), 5);
	assert_int_equal(view_find(v, "lo"), 3);
	assert_int_equal(view_find(v, "lol"), 5);
	assert_int_equal(view_find(none, "a"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(a_short_view_asks_for_more_and_keeps_its_bytes),
		cmocka_unit_test(varints_have_one_spelling),
		cmocka_unit_test(a_buffer_never_outgrows_its_cap_and_stays_failed),
		cmocka_unit_test(an_empty_buffer_of_no_cap_takes_nothing),
		cmocka_unit_test(growing_keeps_what_was_there),
		cmocka_unit_test(text_is_formatted_into_the_buffer),
		cmocka_unit_test(views_compare_bytewise),
		cmocka_unit_test(slices_and_searches_stay_inside),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
