#include "lib/b32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define V(s) VIEW_LIT(s)

/* RFC 4648 section 10, without the padding */
static const struct {
	const char *plain, *lower, *upper;
} vectors[] = {
	{ "", "", "" },
	{ "f", "my", "MY" },
	{ "fo", "mzxq", "MZXQ" },
	{ "foo", "mzxw6", "MZXW6" },
	{ "foob", "mzxw6yq", "MZXW6YQ" },
	{ "fooba", "mzxw6ytb", "MZXW6YTB" },
	{ "foobar", "mzxw6ytboi", "MZXW6YTBOI" },
};

static void
the_vectors_of_the_rfc_hold_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t len = strlen(vectors[i].plain);
		struct buf l = BUF_INIT(32), u = BUF_INIT(32), back = BUF_INIT(64);
		unsigned char id[8];

		b32_lower(&l, view_str(vectors[i].plain));
		b32_upper(&u, view_str(vectors[i].plain));
		assert_true(view_eqs(buf_view(&l), vectors[i].lower));
		assert_true(view_eqs(buf_view(&u), vectors[i].upper));
		assert_int_equal(l.len, B32_LEN(len));
		assert_int_equal(b32_decode(buf_view(&l), &back), ERR_OK);
		assert_int_equal(b32_decode(buf_view(&u), &back), ERR_OK);
		assert_int_equal(back.len, 2 * len);
		assert_true(
		    view_eqs(view_slice(buf_view(&back), len, len), vectors[i].plain));
		assert_int_equal(b32_decode_id(buf_view(&l), id, len), ERR_OK);
		assert_memory_equal(id, vectors[i].plain, len);
		buf_release(&l);
		buf_release(&u);
		buf_release(&back);
	}
}

static void
all_bytes_come_back(void **state)
{
	unsigned char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct buf text = BUF_INIT(512), back = BUF_INIT(256);
		struct view v = { bytes + sizeof bytes - n, n };

		b32_lower(&text, v);
		assert_int_equal(b32_decode(buf_view(&text), &back), ERR_OK);
		assert_true(view_eq(buf_view(&back), v));
		buf_release(&text);
		buf_release(&back);
	}
}

static void
what_is_not_base32_is_refused_and_adds_nothing(void **state)
{
	static const struct view c[] = {
		V("m"),
		V("mzx"),
		V("mzxw6y"), /* no whole number of bytes */
		V("mz"),
		V("mzxr"),
		V("mzxw7"), /* left-over bits */
		V("m1"),
		V("m8"),
		V("m0"),
		V("m="),
		V("m "),
		V("m\0"),
		V("\xe9y"),
		V("mzxw6ytb\nmy"),
		V("[y"),
		V("`y"),
		V("@y"),
		V("{y"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(32);

		buf_adds(&out, "x");
		assert_int_equal(b32_decode(c[i], &out), ERR_SYNTAX);
		assert_true(view_eqs(buf_view(&out), "x"));
		buf_release(&out);
	}
}

static void
an_id_has_one_spelling_and_one_length(void **state)
{
	static const struct view c[] = { V("MZXW6"), V("mzxW6"), V("mzxw6y"), V("mzxw"),
		V(""), V("mzxw6yq"), V("mzxw7") };
	unsigned char id[3] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(b32_decode_id(c[i], id, 3), ERR_SYNTAX);
	assert_memory_equal(id, "\1\2\3", 3);
	assert_int_equal(b32_decode_id(V("mzxw6"), id, 3), ERR_OK);
	assert_memory_equal(id, "foo", 3);
}

static void
a_full_buffer_says_so(void **state)
{
	struct buf out = BUF_INIT(2);

	(void)state;
	assert_int_equal(b32_decode(V("mzxw6"), &out), ERR_TOOBIG);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_hold_both_ways),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(what_is_not_base32_is_refused_and_adds_nothing),
		cmocka_unit_test(an_id_has_one_spelling_and_one_length),
		cmocka_unit_test(a_full_buffer_says_so),
	};

	return cmocka_run_group_tests_name("b32", tests, NULL, NULL);
}
