/* links: newsd */
#include "newsd/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/simline.h"

static void
damage(unsigned char *p, size_t at, uint64_t *seed)
{
	p[at] ^= (unsigned char)(1 + sim_random(seed) % 255);
}

static void
as_many_wrong_bytes_as_promised_are_found(void **state)
{
	static const size_t lens[] = { 1, 2, 64, 100, 251, 252, 255, 512, 1023, 1024 };
	uint64_t seed = 5;

	(void)state;
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
		for (unsigned t = 1; t <= REPAIR_T_MAX; t += 3) {
			struct buf parity = BUF_INIT(REPAIR_PARITY_MAX);
			unsigned char *p = sim_payload(lens[i], seed), was[REPAIR_MAX];
			size_t d = repair_size(lens[i], t) / (2 * t);

			memcpy(was, p, lens[i]);
			repair_parity((struct view){ p, lens[i] }, t, &parity);
			assert_int_equal(buf_err(&parity), ERR_OK);
			assert_int_equal(parity.len, repair_size(lens[i], t));
			assert_true(repair_apply(p, lens[i], t, buf_view(&parity)));
			assert_memory_equal(p, was, lens[i]);
			/* t in a row of each codeword: a burst */
			for (size_t k = 0; k < t * d && k < lens[i]; k++)
				damage(p, (lens[i] / 3 + k) % lens[i], &seed);
			assert_true(repair_apply(p, lens[i], t, buf_view(&parity)));
			assert_memory_equal(p, was, lens[i]);
			buf_release(&parity);
			free(p);
		}
}

static void
more_are_not_found_and_hardly_ever_hidden(void **state)
{
	unsigned accepted = 0;
	uint64_t seed = 9;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct buf parity = BUF_INIT(REPAIR_PARITY_MAX);
		unsigned char *p = sim_payload(1024, seed), was[REPAIR_MAX];

		memcpy(was, p, 1024);
		repair_parity((struct view){ p, 1024 }, 4, &parity);
		for (int k = 0; k < 200; k++)
			damage(p, sim_random(&seed) % 1024, &seed);
		if (repair_apply(p, 1024, 4, buf_view(&parity)))
			accepted += memcmp(p, was, 1024) != 0;
		buf_release(&parity);
		free(p);
	}
	assert_true(accepted < 20);
}

static void
parity_of_another_length_is_refused(void **state)
{
	unsigned char p[64] = { 0 }, parity[64] = { 0 };

	(void)state;
	assert_false(repair_apply(p, 64, 2, (struct view){ parity, 3 }));
	assert_false(repair_apply(p, 64, 2, (struct view){ parity, 5 }));
	assert_false(repair_apply(p, 64, 0, (struct view){ parity, 0 }));
	assert_false(repair_apply(p, 64, REPAIR_T_MAX + 1, (struct view){ parity, 34 }));
	assert_false(repair_apply(p, 0, 2, (struct view){ parity, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_wrong_bytes_as_promised_are_found),
		cmocka_unit_test(more_are_not_found_and_hardly_ever_hidden),
		cmocka_unit_test(parity_of_another_length_is_refused),
	};

	return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
