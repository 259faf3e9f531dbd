/* RFC 4231, test cases 1, 2 and 4; a key that is shorter is filled with zeros by HMAC too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/hmac.h"
#include "lib/text.h"

static void
the_vectors_of_rfc_4231_hold(void **state)
{
	static const struct {
		const char *key, *data, *want;
	} c[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000",
		    "4869205468657265",
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "4a65666500000000000000000000000000000000000000000000000000000000",
		    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "0102030405060708090a0b0c0d0e0f1011121314151617181900000000000000",
		    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	};

	(void)state;
	crypto_init();
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		unsigned char data[64], got[HMAC_LEN], want[HMAC_LEN];
		size_t len = strlen(c[i].data) / 2;
		struct hmac *h = NULL;
		struct key key;

		assert_int_equal(text_unhex(view_str(c[i].key), key.b, KEY_LEN), ERR_OK);
		assert_int_equal(text_unhex(view_str(c[i].data), data, len), ERR_OK);
		assert_int_equal(text_unhex(view_str(c[i].want), want, HMAC_LEN), ERR_OK);
		assert_int_equal(hmac_new(&key, &h), ERR_OK);
		/* again and again under the same key */
		for (int k = 0; k < 3; k++) {
			memset(got, 0, sizeof got);
			assert_int_equal(
			    hmac_of(h, (struct view){ data, len }, got), ERR_OK);
			assert_memory_equal(got, want, HMAC_LEN);
		}
		hmac_free(h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_rfc_4231_hold),
	};

	return cmocka_run_group_tests_name("hmac", tests, NULL, NULL);
}
