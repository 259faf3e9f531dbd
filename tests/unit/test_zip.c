/* zip: frames with the shipped dictionary. */
#include "lib/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

static const unsigned char dict_sha256[32] = { 0xa3, 0x83, 0x97, 0x33, 0xc1, 0x68, 0x08,
	0xf3, 0x6e, 0xcb, 0x97, 0xed, 0xf7, 0xc5, 0x28, 0x91, 0x19, 0xfc, 0xa4, 0x8e,
	0x68, 0x7e, 0xde, 0xf1, 0xbb, 0x41, 0xd9, 0x6b, 0x0c, 0xab, 0xcc, 0x80 };

static const char post[] = "From: someone@host.example.com (Some One)\r\n"
			   "Newsgroups: sci.example\r\nSubject: Re: hello\r\n\r\n"
			   "I don't know what you mean by that, but I agree.\r\n";

static void
dictionary_is_the_one_that_formats_name(void **state)
{
	struct view d = zip_dict();
	unsigned char got[32];

	(void)state;
	SHA256(d.p, d.len, got);
	assert_memory_equal(got, dict_sha256, 32);
	assert_int_equal(zip_dict_id(), 0xa3839733u);
}

/* Text of a small language that is neither constant nor random. */
static void
fill(struct buf *b, size_t len)
{
	uint32_t x = 12345;

	while (b->len < len && buf_err(b) == ERR_OK) {
		x = x * 1664525u + 1013904223u;
		buf_addf(
		    b, "%s %u ", x & 0x10000 ? "of the word" : "in that number", x >> 20);
	}
	if (b->len > len)
		buf_truncate(b, len);
}

static void
every_length_comes_back_at_every_level_with_and_without_dictionary(void **state)
{
	static const size_t lens[] = { 0, 1, 100, 2270, 4096, 32768, 32769, 65536,
		1u << 20, (1u << 20) + 60000 };
	static const int levels[] = { 1, 3, 6, 9 };
	struct buf plain = BUF_INIT(4u << 20), f = BUF_INIT(4u << 20),
		   back = BUF_INIT(4u << 20);
	struct zip *z = NULL;

	(void)state;
	for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
		assert_int_equal(zip_new(levels[l], &z), ERR_OK);
		for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
			for (int dict = 0; dict < 2; dict++) {
				buf_reset(&plain), buf_reset(&f), buf_reset(&back);
				fill(&plain, lens[i]);
				buf_adds(&f, "x"), buf_adds(&back, "y");
				assert_int_equal((dict ? zip_pack : zip_pack_plain)(
						     z, buf_view(&plain), &f),
				    ERR_OK);
				struct view v = { f.p + 1, f.len - 1 };
				assert_int_equal(
				    zip_unpack(z, v, plain.len, dict, &back), ERR_OK);
				assert_int_equal(back.len, plain.len + 1);
				if (plain.len > 0)
					assert_memory_equal(
					    back.p + 1, plain.p, plain.len);
			}
		zip_free(z);
	}
	zip_free(NULL);
	buf_release(&plain), buf_release(&f), buf_release(&back);
}

static void
the_dictionary_makes_a_short_post_smaller(void **state)
{
	struct buf with = BUF_INIT(4096), without = BUF_INIT(4096);
	struct view v = view_str(post);
	struct zip *z = NULL;

	(void)state;
	assert_int_equal(zip_new(3, &z), ERR_OK);
	assert_int_equal(zip_pack(z, v, &with), ERR_OK);
	assert_int_equal(zip_pack_plain(z, v, &without), ERR_OK);
	assert_true(with.len < without.len * 2 / 3);
	buf_release(&with), buf_release(&without);
	zip_free(z);
}

static void
what_is_not_one_frame_of_that_length_is_refused_and_adds_nothing(void **state)
{
	struct buf f = BUF_INIT(1u << 20), back = BUF_INIT(1u << 20),
		   two = BUF_INIT(1u << 20);
	struct view v = view_str(post);
	struct zip *z = NULL;

	(void)state;
	assert_int_equal(zip_new(3, &z), ERR_OK);
	assert_int_equal(zip_pack(z, v, &f), ERR_OK);
	for (size_t n = 0; n < f.len; n++) {
		struct view cut = { f.p, n };
		assert_int_equal(zip_unpack(z, cut, v.len, 1, &back), ERR_SYNTAX);
	}
	assert_int_equal(zip_unpack(z, buf_view(&f), v.len - 1, 1, &back), ERR_SYNTAX);
	assert_int_equal(zip_unpack(z, buf_view(&f), v.len + 1, 1, &back), ERR_SYNTAX);
	buf_addv(&two, buf_view(&f)), buf_addv(&two, buf_view(&f));
	assert_int_equal(zip_unpack(z, buf_view(&two), v.len, 1, &back), ERR_SYNTAX);
	assert_int_equal(zip_unpack(z, buf_view(&two), 2 * v.len, 1, &back), ERR_SYNTAX);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x28\xb5\x2f\xfd"), 1, 1, &back), ERR_SYNTAX);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x50\x2a\x4d\x18\0\0\0\0"), 0, 1, &back), ERR_SYNTAX);
	assert_int_equal(back.len, 0);
	/* a later good frame is not disturbed by the bad ones */
	assert_int_equal(zip_unpack(z, buf_view(&f), v.len, 1, &back), ERR_OK);
	assert_memory_equal(back.p, v.p, v.len);
	buf_release(&f), buf_release(&back), buf_release(&two);
	zip_free(z);
}

static void
damaged_frames_never_write_more_than_was_asked(void **state)
{
	struct buf f = BUF_INIT(1u << 20), back = BUF_INIT(1u << 20);
	struct view v = view_str(post);
	struct zip *z = NULL;
	enum err e;

	(void)state;
	assert_int_equal(zip_new(3, &z), ERR_OK);
	assert_int_equal(zip_pack(z, v, &f), ERR_OK);
	for (size_t i = 0; i < f.len * 8; i++) {
		f.p[i / 8] ^= (unsigned char)(1u << i % 8);
		e = zip_unpack(z, buf_view(&f), v.len, 1, &back);
		assert_true(e == ERR_SYNTAX ? back.len == 0 : back.len == v.len);
		buf_reset(&back);
		f.p[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	buf_release(&f), buf_release(&back);
	zip_free(z);
}

/* An RLE block: 5 bytes that claim 128 KiB, and a window of 64 MiB. */
static void
bombs_stop_at_the_plain_length_and_at_the_window(void **state)
{
	struct buf back = BUF_INIT(1u << 20);
	struct zip *z = NULL;

	(void)state;
	assert_int_equal(zip_new(3, &z), ERR_OK);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x00\x38\x03\x00\x10 "), 100, 0, &back), ERR_SYNTAX);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x00\x38\x03\x00\x10 "), 128u << 10, 0, &back),
	    ERR_OK);
	buf_reset(&back);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x00\x80\x1b\x00\x00 "), 3, 0, &back), ERR_SYNTAX);
	assert_int_equal(
	    zip_unpack(z, VIEW_LIT("\x00\x58\x1b\x00\x00 "), 3, 0, &back), ERR_OK);
	buf_release(&back);
	zip_free(z);
}

static void
a_full_buffer_is_told_and_left_as_it_was(void **state)
{
	struct buf f = BUF_INIT(40), back = BUF_INIT(10), big = BUF_INIT(4096);
	struct view v = view_str(post);
	struct zip *z = NULL;

	(void)state;
	assert_int_equal(zip_new(3, &z), ERR_OK);
	buf_adds(&f, "ab");
	assert_int_equal(zip_pack(z, v, &f), ERR_TOOBIG);
	assert_int_equal(f.len, 2);
	assert_int_equal(zip_pack(z, v, &big), ERR_OK);
	assert_int_equal(zip_unpack(z, buf_view(&big), v.len, 1, &back), ERR_TOOBIG);
	assert_int_equal(back.len, 0);
	buf_release(&f), buf_release(&back), buf_release(&big);
	zip_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dictionary_is_the_one_that_formats_name),
		cmocka_unit_test(
		    every_length_comes_back_at_every_level_with_and_without_dictionary),
		cmocka_unit_test(the_dictionary_makes_a_short_post_smaller),
		cmocka_unit_test(
		    what_is_not_one_frame_of_that_length_is_refused_and_adds_nothing),
		cmocka_unit_test(damaged_frames_never_write_more_than_was_asked),
		cmocka_unit_test(bombs_stop_at_the_plain_length_and_at_the_window),
		cmocka_unit_test(a_full_buffer_is_told_and_left_as_it_was),
	};

	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
