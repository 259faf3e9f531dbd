/* links: newsd */
#include "newsd/opening.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "newsd/count.h"
#include "newsd/seen.h"

static const struct key ours = { { 1, 2, 3 } }, theirs = { { 4, 5, 6 } };

static void
test_an_opening_is_the_block_that_the_page_names(void **state)
{
	/* the key of SP 800-38A F.1.5; by openssl enc -aes-256-ecb -nopad */
	static const unsigned char want[OPENING_LEN] = { 0x00, 0xec, 0x9f, 0x5a, 0xcc,
		0x58, 0xc5, 0x8d, 0xe8, 0xdb, 0x56, 0x44, 0x62, 0x31, 0x89, 0xcc };
	static const struct key key = { { 0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
	    0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b,
	    0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4 } };
	unsigned char opening[OPENING_LEN];
	uint64_t counter = 0;

	(void)state;
	opening_make(&key, 0x0102030405060708ull, opening);
	assert_memory_equal(opening, want, sizeof want);
	assert_true(opening_try(&key, opening, &counter));
	assert_int_equal(counter, 0x0102030405060708ull);
}

static void
test_only_the_right_key_opens_it(void **state)
{
	unsigned char opening[OPENING_LEN];
	uint64_t counter = 7;

	(void)state;
	opening_make(&ours, 99, opening);
	assert_false(opening_try(&theirs, opening, &counter));
	assert_int_equal(counter, 7);
	for (size_t bit = 0; bit < 8 * sizeof opening; bit++) {
		opening[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_false(opening_try(&ours, opening, &counter));
		opening[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_true(opening_try(&ours, opening, &counter));
	assert_int_equal(counter, 99);
}

static void
test_a_counter_is_good_once_and_so_are_64_lower_ones(void **state)
{
	static const struct {
		uint64_t counter;
		bool want;
	} c[] = {
		{ 0, false },
		{ 100, true },
		{ 100, false },
		{ 99, true },
		{ 99, false },
		{ 36, true },
		{ 35, false },
		{ 101, true },
		{ 100, false },
		{ 99, false },
		{ 37, true },
		{ 36, false },
		{ 98, true },
		{ 1000, true },
		{ 101, false },
		{ 999, true },
		{ 936, true },
		{ 935, false },
		{ 1064, true },
		{ 1000, false },
		{ 1001, true },
		{ UINT64_MAX, true },
		{ UINT64_MAX, false },
		{ UINT64_MAX - 64, true },
		{ UINT64_MAX - 65, false },
	};
	struct opening_seen s = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if (opening_burn(&s, c[i].counter) != c[i].want)
			fail_msg("row %zu: %llu", i, (unsigned long long)c[i].counter);
}

/* The window against a list of everything that was ever accepted. */
static void
test_the_window_agrees_with_a_plain_list(void **state)
{
	static bool used[4096];
	struct opening_seen s = { 0 };
	uint64_t highest = 0;
	uint32_t x = 12345;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t n, near;
		bool want;

		x = x * 1664525 + 1013904223;
		near = highest + 70;
		n = 1 + (near > 140 ? near - 140 : 0) + (x >> 8) % 140;
		if (n >= 4096)
			break;
		want = n > highest || (highest - n <= OPENING_LOWER && !used[n]);
		assert_int_equal(opening_burn(&s, n), want);
		used[n] = true;
		highest = n > highest ? n : highest;
	}
	assert_true(highest > 3900);
}

static void
test_the_next_counter_is_above_the_last_and_the_clock(void **state)
{
	(void)state;
	assert_int_equal(opening_counter(0, 5000), 5000);
	assert_int_equal(opening_counter(5000, 5000), 5001);
	assert_int_equal(opening_counter(9000, 5000), 9001);
	assert_true(opening_counter(UINT64_MAX, 5000) == UINT64_MAX);
}

static void
test_used_openings_survive_in_their_file(void **state)
{
	char path[] = "/tmp/hearsay-seen-XXXXXX";
	unsigned char a[ROOT_ID_LEN] = { 1 }, b[ROOT_ID_LEN] = { 2 },
		      c[ROOT_ID_LEN] = { 3 };
	uint32_t ra, rb, rc, again;
	int made = mkstemp(path), fd, other;

	(void)state;
	assert_true(made >= 0);
	close(made);
	assert_int_equal(seen_open(path, &fd), ERR_OK);
	assert_int_equal(seen_open(path, &other), ERR_OK);
	assert_int_equal(seen_find(fd, a, &ra), ERR_OK);
	assert_int_equal(seen_find(fd, b, &rb), ERR_OK);
	assert_true(ra != rb);
	assert_int_equal(seen_burn(fd, a, ra, 50), ERR_OK);
	assert_int_equal(seen_burn(other, a, ra, 50), ERR_EXISTS);
	assert_int_equal(seen_burn(other, b, rb, 50), ERR_OK);
	assert_int_equal(seen_burn(fd, a, rb, 51), ERR_CORRUPT);
	assert_int_equal(seen_burn(fd, a, 77, 51), ERR_NOTFOUND);
	/* records do not move when one is forgotten, and its place is used again */
	assert_int_equal(seen_forget(fd, b, 1), ERR_OK);
	assert_int_equal(seen_burn(fd, b, rb, 50), ERR_EXISTS);
	assert_int_equal(seen_find(fd, c, &rc), ERR_OK);
	assert_int_equal(rc, ra);
	assert_int_equal(seen_find(other, b, &again), ERR_OK);
	assert_int_equal(again, rb);
	close(fd);
	close(other);
	unlink(path);
}

static void
test_counters_rise_whoever_asks(void **state)
{
	char path[] = "/tmp/hearsay-count-XXXXXX";
	struct schedule_past past, got;
	int made = mkstemp(path), fd, other;
	uint64_t n;

	(void)state;
	assert_true(made >= 0);
	close(made);
	assert_int_equal(count_open(path, &fd), ERR_OK);
	assert_int_equal(count_open(path, &other), ERR_OK);
	assert_int_equal(count_load(fd, &past), ERR_OK);
	assert_int_equal(past.begun, 0);
	assert_int_equal(count_next(fd, 1000, &n), ERR_OK);
	assert_int_equal(n, 1000);
	assert_int_equal(count_next(other, 1000, &n), ERR_OK);
	assert_int_equal(n, 1001);
	assert_int_equal(count_next(fd, 500, &n), ERR_OK);
	assert_int_equal(n, 1002);
	past = (struct schedule_past){
		.begun = 5, .heard = 6, .day = 7, .bytes = 8, .seconds = 9
	};
	assert_int_equal(count_save(fd, &past), ERR_OK);
	assert_int_equal(count_load(other, &got), ERR_OK);
	assert_memory_equal(&got, &past, sizeof past);
	assert_int_equal(count_next(fd, 0, &n), ERR_OK);
	assert_int_equal(n, 1003);
	close(fd);
	close(other);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_opening_is_the_block_that_the_page_names),
		cmocka_unit_test(test_only_the_right_key_opens_it),
		cmocka_unit_test(test_a_counter_is_good_once_and_so_are_64_lower_ones),
		cmocka_unit_test(test_the_window_agrees_with_a_plain_list),
		cmocka_unit_test(test_the_next_counter_is_above_the_last_and_the_clock),
		cmocka_unit_test(test_used_openings_survive_in_their_file),
		cmocka_unit_test(test_counters_rise_whoever_asks),
	};

	return cmocka_run_group_tests_name("opening", tests, NULL, NULL);
}
