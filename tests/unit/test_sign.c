/* Authors' signatures of native articles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/sign.h"
#include "lib/text.h"

/* By another implementation: seed 00 01 ... 1f, over the label and 40 41 ... 5f. */
#define PUBLIC "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define SIGNATURE                                                                        \
	"27de64851eb4d81e7b91fd33ab81cea38cf6c03fbfb54228659b2678281ec84e"               \
	"4b2f2920331ed4f0882e625a603b98a2247dcc3c6eb626a51878b1bea72f7700"

static struct key author;

/* Turns one bit over. */
static void
flip(unsigned char *p, size_t bit)
{
	p[bit / 8] = (unsigned char)(p[bit / 8] ^ 1u << bit % 8);
}

static struct article
article(void)
{
	struct article a = { .native = true, .version = 1 };

	assert_int_equal(
	    text_unhex(view_str(PUBLIC), a.author, sizeof(a.author)), ERR_OK);
	for (size_t i = 0; i < DIGEST_LEN; i++)
		a.hash[i] = (unsigned char)(0x40 + i);
	return a;
}

static void
an_article_gets_the_signature_of_the_vector_each_time(void **state)
{
	unsigned char want[ARTICLE_SIG_LEN], sig[ARTICLE_SIG_LEN];
	struct article a = article();

	(void)state;
	assert_int_equal(text_unhex(view_str(SIGNATURE), want, sizeof(want)), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(article_sign(&a, &author, sig), ERR_OK);
		assert_memory_equal(sig, want, sizeof(sig));
	}
	assert_int_equal(article_signed(&a, want), ERR_OK);
}

static void
a_signature_fits_one_article_and_author(void **state)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct article a = article();

	(void)state;
	assert_int_equal(article_sign(&a, &author, sig), ERR_OK);
	for (size_t bit = 0; bit < (size_t)8 * DIGEST_LEN; bit++) {
		flip(a.hash, bit);
		assert_int_equal(article_signed(&a, sig), ERR_CRYPTO);
		flip(a.hash, bit);
	}
	for (size_t bit = 0; bit < (size_t)8 * ARTICLE_SIG_LEN; bit++) {
		flip(sig, bit);
		assert_int_equal(article_signed(&a, sig), ERR_CRYPTO);
		flip(sig, bit);
	}
	a.author[0] ^= 1;
	assert_int_equal(article_signed(&a, sig), ERR_CRYPTO);
	a.author[0] ^= 1;
	assert_int_equal(article_signed(&a, sig), ERR_OK);
}

static void
only_the_author_signs_and_only_native_articles(void **state)
{
	unsigned char sig[ARTICLE_SIG_LEN] = { 9 };
	struct article a = article();
	struct key other;

	(void)state;
	key_random(&other);
	assert_int_equal(article_sign(&a, &other, sig), ERR_CRYPTO);
	assert_int_equal(sig[0], 9);
	assert_int_equal(article_sign(&a, &author, sig), ERR_OK);
	a.native = false;
	assert_int_equal(article_signed(&a, sig), ERR_CRYPTO);
	assert_int_equal(article_sign(&a, &author, sig), ERR_CRYPTO);
}

static void
an_author_key_of_small_order_signs_nothing(void **state)
{
	static const unsigned char sig[ARTICLE_SIG_LEN] = { 1 }; /* fits any message */
	struct article a = article();

	(void)state;
	memset(a.author, 0, sizeof(a.author));
	a.author[0] = 1;
	assert_int_equal(article_signed(&a, sig), ERR_CRYPTO);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_article_gets_the_signature_of_the_vector_each_time),
		cmocka_unit_test(a_signature_fits_one_article_and_author),
		cmocka_unit_test(only_the_author_signs_and_only_native_articles),
		cmocka_unit_test(an_author_key_of_small_order_signs_nothing),
	};

	crypto_init();
	for (size_t i = 0; i < KEY_LEN; i++)
		author.b[i] = (unsigned char)i;
	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
