/* The invitation token: vectors, mistakes of a hand that copies it, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/b32.h"
#include "lib/digest.h"
#include "lib/token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_MAX 8192

#define KEYS                                                                             \
	"EAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPYBAMCQOCILBUHRCEYVC4MRWHI7EERSK" \
	"JZJFMWS6MJTGU3TSOZ5HY"
#define ANA "AEAAPDMYAAAQ" KEYS "BCR2GG4B2MFXGCLTFPBQW24DMMU5DIMJRHF3ZR73U"
#define NO_HINTS "AEAAAAAAAAAQ" KEYS "ACIDYLQY"
#define TWO_HINTS                                                                        \
	"AH777777AAAQ" KEYS "CAVSGS4R2PAMXG33DNNZTKOTBMJRWIZLGM5UGS2RON5XGS33OHIYUOZWFK" \
	"4"
#define VERSION_2 "AIAAPDMYAAAQ" KEYS "BCR2GG4B2MFXGCLTFPBQW24DMMU5DIMJRHEKVIOXJ"

/* key 00 01 ... 1f, secret 80 81 ... 9f */
static void
fill(struct token *t, int64_t expires, const char *first, const char *second)
{
	memset(t, 0, sizeof(*t));
	t->expires = expires;
	for (size_t i = 0; i < KEY_LEN; i++) {
		t->key[i] = (unsigned char)i;
		t->secret.b[i] = (unsigned char)(0x80 + i);
	}
	if (first != NULL)
		memcpy(t->hint[t->hints++], first, strlen(first));
	if (second != NULL)
		memcpy(t->hint[t->hints++], second, strlen(second));
}

static void
assert_same(const struct token *a, const struct token *b)
{
	assert_int_equal(a->expires, b->expires);
	assert_memory_equal(a->key, b->key, KEY_LEN);
	assert_true(key_equal(&a->secret, &b->secret));
	assert_int_equal(a->hints, b->hints);
	for (unsigned i = 0; i < a->hints; i++)
		assert_string_equal(a->hint[i], b->hint[i]);
}

static enum err
parse(const char *text, struct token *out, size_t *at)
{
	return token_parse(view_str(text), out, at);
}

static void
tokens_are_those_of_the_vectors(void **state)
{
	static const struct {
		const char *text;
		int64_t expires;
		const char *first, *second;
	} c[] = {
		{ ANA, 495000 * 3600ll, "tcp:ana.example:4119", NULL },
		{ NO_HINTS, 0, NULL, NULL },
		{ TWO_HINTS, 0xffffffffll * 3600, "dir:x", "socks5:abcdefghij.onion:1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf b = BUF_INIT(TEXT_MAX);
		struct token want, got;
		size_t at = 99;

		fill(&want, c[i].expires, c[i].first, c[i].second);
		assert_int_equal(token_write(&want, &b), ERR_OK);
		assert_string_equal(buf_cstr(&b), c[i].text);
		assert_int_equal(parse(c[i].text, &got, &at), ERR_OK);
		assert_int_equal(at, 0);
		assert_same(&got, &want);
		token_release(&got);
		assert_true(key_zero(&got.secret));
		buf_release(&b);
	}
}

static void
a_token_with_one_address_has_about_150_characters(void **state)
{
	(void)state;
	assert_in_range(strlen(ANA), 140, 160);
}

static void
case_blanks_dashes_and_line_ends_do_not_matter(void **state)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct token want, got;
	size_t at;

	(void)state;
	fill(&want, 495000 * 3600ll, "tcp:ana.example:4119", NULL);
	buf_adds(&b, " \t\r\n--");
	for (size_t i = 0; i < strlen(ANA); i++) {
		buf_addc(&b, i % 3 == 0 && ANA[i] >= 'A' ? ANA[i] + 32 : ANA[i]);
		if (i % 5 == 4)
			buf_addc(&b, "- \t\r\n"[i / 5 % 5]);
	}
	buf_adds(&b, "\r\n \n");
	assert_int_equal(token_parse(buf_view(&b), &got, &at), ERR_OK);
	assert_same(&got, &want);
	buf_release(&b);
}

static void
one_wrong_letter_anywhere_is_refused(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char text[] = ANA;
	struct token t;
	size_t at;

	(void)state;
	for (size_t i = 0; i < strlen(ANA); i++) {
		for (size_t k = 0; k < 32; k++) {
			if (letters[k] == ANA[i])
				continue;
			text[i] = letters[k];
			/* the last one may also set bits that must be zero */
			if (parse(text, &t, &at) != ERR_CRYPTO) {
				assert_int_equal(i, strlen(ANA) - 1);
				assert_int_equal(parse(text, &t, &at), ERR_SYNTAX);
			}
		}
		text[i] = ANA[i];
	}
	assert_int_equal(parse(text, &t, &at), ERR_OK);
}

static void
two_neighbours_swapped_anywhere_are_refused(void **state)
{
	char text[] = ANA;
	struct token t;
	size_t at, swaps = 0;

	(void)state;
	for (size_t i = 0; i + 1 < strlen(ANA); i++) {
		if (ANA[i] == ANA[i + 1])
			continue;
		text[i] = ANA[i + 1];
		text[i + 1] = ANA[i];
		assert_int_not_equal(parse(text, &t, &at), ERR_OK);
		text[i] = ANA[i];
		text[i + 1] = ANA[i + 1];
		swaps++;
	}
	assert_true(swaps > 100);
}

static void
a_letter_lost_or_doubled_anywhere_is_refused(void **state)
{
	struct token t;
	size_t at;

	(void)state;
	for (size_t i = 0; i < strlen(ANA); i++) {
		struct buf less = BUF_INIT(TEXT_MAX), more = BUF_INIT(TEXT_MAX);

		buf_add(&less, ANA, i);
		buf_adds(&less, &ANA[i + 1]);
		buf_add(&more, ANA, i + 1);
		buf_adds(&more, &ANA[i]);
		assert_int_not_equal(token_parse(buf_view(&less), &t, &at), ERR_OK);
		assert_int_not_equal(token_parse(buf_view(&more), &t, &at), ERR_OK);
		assert_int_not_equal(
		    token_parse(view_slice(view_str(ANA), 0, i), &t, &at), ERR_OK);
		buf_release(&less);
		buf_release(&more);
	}
}

static void
a_character_of_no_token_is_pointed_at(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} c[] = {
		{ "1EAA", 1 },
		{ "AEA0", 4 },
		{ "AE AA-8", 7 },
		{ "AEAA_", 5 },
		{ "AEAA=", 5 },
		{ "AEAA\xc3\xa4", 5 },
		{ "", 0 },
		{ "  \n", 0 },
		{ "A", 0 },
		{ "AEAAAAA", 0 },
	};
	struct token t = { .hints = 77 };
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		at = 99;
		assert_int_equal(parse(c[i].text, &t, &at), ERR_SYNTAX);
		assert_int_equal(at, c[i].at);
	}
	assert_int_equal(token_parse((struct view){ NULL, 0 }, &t, &at), ERR_SYNTAX);
	assert_int_equal(
	    token_parse((struct view){ (const unsigned char *)"A\0A", 3 }, &t, &at),
	    ERR_SYNTAX);
	assert_int_equal(at, 2);
	assert_int_equal(t.hints, 77);
}

static void
a_token_of_another_version_is_told_from_a_mistyped_one(void **state)
{
	char text[] = VERSION_2;
	struct token t;
	size_t at;

	(void)state;
	assert_int_equal(parse(VERSION_2, &t, &at), ERR_VERSION);
	assert_int_equal(parse("ALN4DNGJ", &t, &at), ERR_VERSION); /* of no fields */
	text[40] ^= 1;
	assert_int_equal(parse(text, &t, &at), ERR_CRYPTO);
	text[40] ^= 1;
	memcpy(text, ANA, 4); /* version 1 written over it */
	assert_int_equal(parse(text, &t, &at), ERR_CRYPTO);
}

/* Base32 of these bytes behind version, expiry, key and secret, with a right checksum. */
static void
forge(struct buf *out, const void *hints, size_t len)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	unsigned char sum[DIGEST_LEN], head[69] = { 1 };

	buf_add(&b, head, sizeof(head));
	buf_add(&b, hints, len);
	digest_sha256(buf_view(&b), sum);
	buf_add(&b, sum, 4);
	buf_reset(out);
	b32_upper(out, buf_view(&b));
	buf_release(&b);
}

static void
well_summed_nonsense_is_refused(void **state)
{
	static const struct {
		const char *hints;
		size_t len;
		enum err want;
	} c[] = {
		{ "", 0, ERR_SYNTAX },
		{ "\0", 1, ERR_OK },
		{ "\0x", 2, ERR_SYNTAX }, /* trailing byte */
		{ "\1\1x", 3, ERR_OK },
		{ "\1\1x\0", 4, ERR_SYNTAX },
		{ "\1\0", 2, ERR_SYNTAX },    /* empty hint */
		{ "\1\2x", 3, ERR_SYNTAX },   /* cut */
		{ "\2\1x", 3, ERR_SYNTAX },   /* one is missing */
		{ "\1\3a b", 5, ERR_SYNTAX }, /* blank */
		{ "\1\1\x7f", 3, ERR_SYNTAX },
		{ "\1\1\n", 3, ERR_SYNTAX },
		{ "\1\1\0", 3, ERR_SYNTAX },
		{ "\1\2\xc3\xa4", 4, ERR_SYNTAX }, /* not ASCII */
		{ "\x8\1a\1b\1c\1d\1e\1f\1g\1h", 17, ERR_OK },
		{ "\x9\1a\1b\1c\1d\1e\1f\1g\1h\1i", 19, ERR_SYNTAX },
	};
	struct buf text = BUF_INIT(TEXT_MAX);
	unsigned char longest[2 + HINT_MAX + 1] = { 1 };
	struct token t;
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		forge(&text, c[i].hints, c[i].len);
		assert_int_equal(token_parse(buf_view(&text), &t, &at), c[i].want);
	}
	memset(longest + 2, 'x', HINT_MAX + 1);
	longest[1] = HINT_MAX;
	forge(&text, longest, 2 + HINT_MAX);
	assert_int_equal(token_parse(buf_view(&text), &t, &at), ERR_OK);
	assert_int_equal(strlen(t.hint[0]), HINT_MAX);
	longest[1] = HINT_MAX + 1;
	forge(&text, longest, sizeof(longest));
	assert_int_equal(token_parse(buf_view(&text), &t, &at), ERR_SYNTAX);
	buf_reset(&text);
	for (size_t i = 0; i < 5000; i++)
		buf_addc(&text, 'A');
	assert_int_equal(token_parse(buf_view(&text), &t, &at), ERR_TOOBIG);
	buf_release(&text);
}

static void
only_what_would_be_read_is_written(void **state)
{
	static const struct {
		int64_t expires;
		const char *hint;
		enum err want;
	} c[] = {
		{ 3600, "x", ERR_OK },
		{ 3601, "x", ERR_SYNTAX },
		{ -3600, "x", ERR_SYNTAX },
		{ 0x100000000ll * 3600, "x", ERR_SYNTAX },
		{ 0, "", ERR_SYNTAX },
		{ 0, "a b", ERR_SYNTAX },
		{ 0, "a\n", ERR_SYNTAX },
	};
	struct buf b = BUF_INIT(TEXT_MAX), full = BUF_INIT(TEXT_MAX);
	struct token t, got;
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		buf_reset(&b);
		fill(&t, c[i].expires, c[i].hint, NULL);
		assert_int_equal(token_write(&t, &b), c[i].want);
		assert_true(c[i].want == ERR_OK || b.len == 0);
	}
	t.hints = HINTS_MAX + 1;
	t.expires = 0;
	assert_int_equal(token_write(&t, &b), ERR_SYNTAX);
	/* the largest: eight hints of the longest */
	t.hints = HINTS_MAX;
	for (size_t i = 0; i < HINTS_MAX; i++) {
		memset(t.hint[i], 'a' + (int)i, HINT_MAX);
		t.hint[i][HINT_MAX] = '\0';
	}
	assert_int_equal(token_write(&t, &full), ERR_OK);
	assert_int_equal(full.len, 1770);
	assert_int_equal(token_parse(buf_view(&full), &got, &at), ERR_OK);
	assert_same(&got, &t);
	buf_release(&b);
	buf_release(&full);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_those_of_the_vectors),
		cmocka_unit_test(a_token_with_one_address_has_about_150_characters),
		cmocka_unit_test(case_blanks_dashes_and_line_ends_do_not_matter),
		cmocka_unit_test(one_wrong_letter_anywhere_is_refused),
		cmocka_unit_test(two_neighbours_swapped_anywhere_are_refused),
		cmocka_unit_test(a_letter_lost_or_doubled_anywhere_is_refused),
		cmocka_unit_test(a_character_of_no_token_is_pointed_at),
		cmocka_unit_test(a_token_of_another_version_is_told_from_a_mistyped_one),
		cmocka_unit_test(well_summed_nonsense_is_refused),
		cmocka_unit_test(only_what_would_be_read_is_written),
	};

	crypto_init();
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
