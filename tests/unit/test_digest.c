/* SHA-256 against the examples of FIPS 180-4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/digest.h"
#include "lib/text.h"

static const struct {
	const char *in, *want;
} cases[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void
is_that_of_fips_180_4(void **state)
{
	unsigned char want[DIGEST_LEN], got[DIGEST_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
		    text_unhex(view_str(cases[i].want), want, sizeof want), ERR_OK);
		digest_sha256(view_str(cases[i].in), got);
		assert_memory_equal(got, want, sizeof want);
	}
	digest_sha256((struct view){ NULL, 0 }, got);
	assert_int_equal(text_unhex(view_str(cases[0].want), want, sizeof want), ERR_OK);
	assert_memory_equal(got, want, sizeof want);
}

static void
of_two_views_is_that_of_both_joined(void **state)
{
	unsigned char want[DIGEST_LEN], got[DIGEST_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct view v = view_str(cases[i].in);

		assert_int_equal(
		    text_unhex(view_str(cases[i].want), want, sizeof want), ERR_OK);
		for (size_t n = 0; n <= v.len; n++) {
			digest_sha256_2(
			    view_slice(v, 0, n), view_slice(v, n, v.len), got);
			assert_memory_equal(got, want, sizeof want);
		}
	}
	digest_sha256_2((struct view){ NULL, 0 }, (struct view){ NULL, 0 }, got);
	assert_int_equal(text_unhex(view_str(cases[0].want), want, sizeof want), ERR_OK);
	assert_memory_equal(got, want, sizeof want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_that_of_fips_180_4),
		cmocka_unit_test(of_two_views_is_that_of_both_joined),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
