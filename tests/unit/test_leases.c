/* links: batcher */
/* Leases: of several friends who offer an article one is asked, and nobody waits for one that
 * is gone, nor long for one that is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "batcher/presence.h"
#include "tests/unit/exchange_kit.h"

#define OTHER 77 /* a friend of bob's, beside ana */

static size_t
small(unsigned i)
{
	return 100 + i % 200;
}

static size_t
large(unsigned i)
{
	(void)i;
	return 50000;
}

static int
begin(void **state)
{
	*state = pair_new();
	return 0;
}

static int
end(void **state)
{
	pair_free(*state);
	return 0;
}

/* Bob asked `friend` for articles from..to, and nothing came yet. */
static void
asked(struct pair *p, uint32_t friend, const char *who, unsigned from, unsigned to)
{
	struct buf id = BUF_INIT(64);
	unsigned char h[DIGEST_LEN];
	bool ours;

	must(batcher_enter(&p->bob.b) == ERR_OK);
	must(feed_lease_hold(p->bob.b.feed, friend) == ERR_OK);
	for (unsigned i = from; i < to; i++) {
		buf_reset(&id);
		buf_addf(&id, "<%s-%u@example.net>", who, i);
		digest_sha256(buf_view(&id), h);
		must(feed_lease(p->bob.b.feed, h, friend, &ours) == ERR_OK && ours);
	}
	must(batcher_leave(&p->bob.b, ERR_OK) == ERR_OK);
	buf_release(&id);
}

static void
finish(struct pair *p)
{
	if (!pair_run(p, SIZE_MAX, SIZE_MAX))
		fail_msg("ana: %s, bob: %s", err_text(p->ana.e), err_text(p->bob.e));
	pair_end(p);
}

static void
test_leases_of_this_friends_earlier_process_hold_nobody_up(void **state)
{
	struct pair *p = *state;
	int64_t before = p->ms;

	post_many(&p->ana, "dead", 0, 100, small);
	asked(p, p->bob.f->feed.id, "dead", 0, 100);
	pair_start(p);
	finish(p);
	assert_int_equal(holds(&p->bob, "dead", 0, 100), 100);
	assert_in_range(p->ms - before, 1, 1500);
}

static void
test_leases_of_another_friends_dead_process_hold_nobody_up(void **state)
{
	struct pair *p = *state;
	int64_t before = p->ms;

	post_many(&p->ana, "dead", 0, 100, small);
	asked(p, OTHER, "dead", 0, 100);
	pair_start(p);
	finish(p);
	assert_int_equal(holds(&p->bob, "dead", 0, 100), 100);
	assert_in_range(p->ms - before, 1, 1500);
}

static void
turns(struct pair *p, int64_t ms)
{
	for (int64_t until = p->ms + ms; p->ms < until; p->ms += 50) {
		end_turn(&p->ana, &p->bob.in, p->ms, SIZE_MAX);
		end_turn(&p->bob, &p->ana.in, p->ms, SIZE_MAX);
	}
	assert_int_equal(p->ana.e, ERR_OK);
	assert_int_equal(p->bob.e, ERR_OK);
}

static void
test_a_friend_that_dies_is_taken_over_from_within_a_second(void **state)
{
	struct pair *p = *state;
	int other = -1;

	post_many(&p->ana, "over", 0, 50, small);
	assert_int_equal(presence_enter(&p->bob.node, OTHER, &other), ERR_OK);
	asked(p, OTHER, "over", 0, 50);
	pair_start(p);
	turns(p, 5000);
	assert_int_equal(holds(&p->bob, "over", 0, 50), 0);
	close(other); /* as the kernel does it for a process that was killed */
	turns(p, 1000);
	assert_int_equal(holds(&p->bob, "over", 0, 50), 50);
	finish(p);
}

static void
test_one_byte_is_one_friends(void **state)
{
	struct pair *p = *state;
	int a = -1, b = -1, c = -1;

	assert_int_equal(presence_enter(&p->bob.node, 5, &a), ERR_OK);
	assert_false(presence_others(a));
	assert_int_equal(presence_enter(&p->bob.node, 5, &b), ERR_BUSY);
	assert_int_equal(presence_enter(&p->bob.node, 6, &b), ERR_OK);
	assert_true(presence_others(a) && presence_others(b));
	assert_true(presence_of(a, 6) && presence_of(b, 5));
	assert_false(presence_of(a, 5) || presence_of(a, 7));
	close(b);
	assert_false(presence_others(a) || presence_of(a, 6));
	close(a);
	assert_int_equal(presence_enter(&p->bob.node, 5, &c), ERR_OK);
	close(c);
}

/* How many bob asked for and has not got, at most, over a whole session. */
static size_t
most_ahead(struct pair *p)
{
	uint64_t asked_for = 0, most = 0;

	for (unsigned i = 0; i < 200000; i++) {
		size_t n = end_turn(&p->ana, &p->bob.in, p->ms, SIZE_MAX);
		struct buf out = BUF_INIT(16u << 20);
		struct view said;
		struct record r;
		uint64_t ahead;

		n += end_turn(&p->bob, &out, p->ms, SIZE_MAX);
		said = buf_view(&out);
		while (record_next(&said, &r) == ERR_OK) {
			for (size_t k = 2; r.type == RECORD_WANT && k < r.body.len; k++)
				asked_for += r.body.p[k] == 1;
			asked_for += r.type == RECORD_LATER && r.body.p[6] == 1;
		}
		ahead = asked_for - session_counted(p->bob.s)->articles;
		most = ahead > most ? ahead : most;
		buf_addv(&p->ana.in, buf_view(&out));
		buf_release(&out);
		p->ms += n == 0 ? 60 : 1;
		must(p->ana.e == ERR_OK && p->bob.e == ERR_OK);
		if (session_over(p->ana.s) && session_over(p->bob.s))
			break;
	}
	assert_int_equal(session_counted(p->bob.s)->duplicates, 0);
	pair_end(p);
	return most;
}

static void
test_alone_all_is_asked_for_and_beside_others_what_comes_soon(void **state)
{
	static const struct {
		const char *who;
		size_t (*size)(unsigned);
		unsigned count;
		bool others;
		size_t least, most;
	} c[] = {
		{ "alone", small, 3000, false, 1024, 3000 },
		{ "beside", small, 3000, true, 64, 64 },
		{ "large", large, 100, true, 1, 16 },
	};
	struct pair *p = *state;

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int other = -1;

		if (c[i].others)
			must(presence_enter(&p->bob.node, OTHER, &other) == ERR_OK);
		post_many(&p->ana, c[i].who, 0, c[i].count, c[i].size);
		pair_start(p);
		assert_in_range(most_ahead(p), c[i].least, c[i].most);
		assert_int_equal(holds(&p->bob, c[i].who, 0, c[i].count), c[i].count);
		if (other >= 0)
			close(other);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_leases_of_this_friends_earlier_process_hold_nobody_up),
		TEST(test_leases_of_another_friends_dead_process_hold_nobody_up),
		TEST(test_a_friend_that_dies_is_taken_over_from_within_a_second),
		TEST(test_one_byte_is_one_friends),
		TEST(test_alone_all_is_asked_for_and_beside_others_what_comes_soon),
	};

	crypto_init();
	return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
