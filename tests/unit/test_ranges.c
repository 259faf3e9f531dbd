/* Ranges of arrival numbers against a slow model: one flag a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "spool/ranges.h"

#define N 200 /* numbers 0 to N - 1 */

struct model {
	struct ranges r;
	bool has[N];
};

/* A fixed sequence (xorshift): a failure is the same every time. */
static uint64_t
next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Sorted, disjoint, not touching, and just what the model has. */
static void
assert_model(const struct ranges *r, const bool has[N])
{
	uint64_t count = 0;

	for (size_t i = 0; i < r->n; i++) {
		assert_true(r->r[i].lo <= r->r[i].hi);
		if (i > 0)
			assert_true(r->r[i].lo > r->r[i - 1].hi + 1);
	}
	for (uint64_t x = 0; x < N; x++) {
		assert_int_equal(ranges_has(r, x), has[x]);
		count += has[x];
	}
	assert_int_equal(ranges_count(r), count);
}

static void
set(struct model *m, uint64_t lo, uint64_t hi, bool on)
{
	assert_int_equal(
	    on ? ranges_add(&m->r, lo, hi) : ranges_remove(&m->r, lo, hi), ERR_OK);
	for (uint64_t x = lo; x <= hi && x < N; x++)
		m->has[x] = on;
}

static void
test_random(void **state)
{
	uint64_t s = 88172645463325252u;

	(void)state;
	for (int run = 0; run < 40; run++) {
		struct model m = { 0 };

		for (int i = 0; i < 300; i++) {
			uint64_t lo = next(&s) % N, len = next(&s) % (run % 2 ? 4 : 40);
			uint64_t hi = lo + len < N ? lo + len : N - 1;

			set(&m, lo, hi, next(&s) % 2);
			assert_model(&m.r, m.has);
		}
		ranges_release(&m.r);
		assert_int_equal(m.r.n, 0);
	}
}

static void
fill(struct model *m, uint64_t *s)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < 20; i++) {
		uint64_t lo = next(s) % N;

		set(m, lo, lo + 5 < N ? lo + 5 : N - 1, next(s) % 3 != 0);
	}
}

static void
test_sets(void **state)
{
	uint64_t s = 1234567;

	(void)state;
	for (int i = 0; i < 500; i++) {
		struct model a, b;
		struct ranges both = { 0 };
		bool want[N];

		fill(&a, &s);
		fill(&b, &s);
		assert_int_equal(ranges_common(&a.r, &b.r, &both), ERR_OK);
		for (int x = 0; x < N; x++)
			want[x] = a.has[x] && b.has[x];
		assert_model(&both, want);
		if (i % 2) {
			assert_int_equal(ranges_add_all(&a.r, &b.r), ERR_OK);
			for (int x = 0; x < N; x++)
				a.has[x] |= b.has[x];
		} else {
			assert_int_equal(ranges_remove_all(&a.r, &b.r), ERR_OK);
			for (int x = 0; x < N; x++)
				a.has[x] &= !b.has[x];
		}
		assert_model(&a.r, a.has);
		ranges_release(&a.r);
		ranges_release(&b.r);
		ranges_release(&both);
	}
}

static void
test_edges(void **state)
{
	struct ranges r = { 0 };

	(void)state;
	assert_int_equal(ranges_add(&r, 5, 4), ERR_OK);
	assert_int_equal(r.n, 0);
	assert_int_equal(ranges_remove(&r, 0, UINT64_MAX), ERR_OK);
	assert_int_equal(ranges_add(&r, UINT64_MAX - 1, UINT64_MAX), ERR_OK);
	assert_int_equal(ranges_add(&r, 0, 0), ERR_OK);
	assert_int_equal(ranges_add(&r, 1, 1), ERR_OK);
	assert_int_equal(r.n, 2);
	assert_true(
	    ranges_has(&r, UINT64_MAX) && ranges_has(&r, 1) && !ranges_has(&r, 2));
	assert_int_equal(ranges_add(&r, 2, UINT64_MAX - 2), ERR_OK);
	assert_int_equal(r.n, 1);
	assert_int_equal(ranges_remove(&r, UINT64_MAX, UINT64_MAX), ERR_OK);
	assert_int_equal(ranges_remove(&r, 0, 0), ERR_OK);
	assert_true(r.n == 1 && r.r[0].lo == 1 && r.r[0].hi == UINT64_MAX - 1);
	ranges_release(&r);
	ranges_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "adding and removing at random agrees with a bitmap", test_random, NULL,
		    NULL, NULL },
		{ "union, difference and intersection agree with bitmaps", test_sets,
		    NULL, NULL, NULL },
		{ "empty ranges and the largest number are no trouble", test_edges, NULL,
		    NULL, NULL },
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
