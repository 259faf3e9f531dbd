/* links: batcher */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batcher/words.h"

static void
list_is_sorted_and_distinct(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WORDS; i++) {
		const char *w = word(i);

		assert_in_range(strlen(w), 3, 7);
		assert_int_equal(strspn(w, "abcdefghijklmnopqrstuvwxyz"), strlen(w));
		/* sorted, so words with the same beginning would be neighbours */
		if (i > 0) {
			assert_true(strcmp(word(i - 1), w) < 0);
			assert_true(strncmp(word(i - 1), w, 4) != 0);
		}
	}
}

static void
says(const void *bits, size_t len, unsigned n, const char *want)
{
	struct buf out = BUF_INIT(256);

	words_add(&out, (struct view){ bits, len }, n);
	assert_int_equal(buf_err(&out), ERR_OK);
	assert_string_equal(buf_cstr(&out), want);
	buf_release(&out);
}

static void
bits_become_words(void **state)
{
	(void)state;
	says("\0\0\0\0\0\0\0", 8, 6, "abacus abacus abacus abacus abacus abacus");
	says("\xff\xff\xff\xff\xff\xff\xff\xff", 8, 6,
	    "zodiac zodiac zodiac zodiac zodiac zodiac");
	/* 0000000001 0000000010 1000000000 1111111110, and bits that nobody asked for */
	says("\x00\x40\x28\x03\xfe\xaa", 6, 4, "academy accent knuckle zither");
	says("\x00\x40", 2, 1, "academy");
	says("", 0, 0, "");
}

/* Two people with different releases compare the same words. */
static void
list_never_changes(void **state)
{
	uint64_t h = 0xcbf29ce484222325;

	(void)state;
	for (unsigned i = 0; i < WORDS; i++)
		for (const char *w = word(i);; w++) {
			h = (h ^ (unsigned char)*w) * 0x100000001b3;
			if (*w == '\0')
				break;
		}
	assert_true(h == 0x3a80c8099f5f48c9);
}

static void
words_stick(void **state)
{
	struct buf out = BUF_INIT(8);

	(void)state;
	words_add(&out, (struct view){ (const unsigned char *)"\0\0\0", 3 }, 2);
	assert_int_equal(buf_err(&out), ERR_TOOBIG);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_sorted_and_distinct),
		cmocka_unit_test(bits_become_words),
		cmocka_unit_test(list_never_changes),
		cmocka_unit_test(words_stick),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
