/* links: batcher */
/* Two sessions over buffers: honest ones lose and double nothing; what a friend may not say
 * ends the session, is charged to it, and costs nobody an article. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/exchange_kit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static size_t
mixed(unsigned i)
{
	return i % 500 == 499 ? 900000 : i % 50 == 49 ? 60000 : 100 + i % 1900;
}

static size_t
small(unsigned i)
{
	return 100 + i % 200;
}

static size_t
giant(unsigned i)
{
	(void)i;
	return 1000000;
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

static void
on_trouble(void *ctx, const char *what)
{
	(void)ctx;
	fail_msg("%s", what);
}

static void
assert_sound(struct end *x)
{
	uint64_t troubles = 0;

	assert_int_equal(feed_check(x->b.feed, on_trouble, NULL, &troubles), ERR_OK);
	assert_int_equal(troubles, 0);
	assert_int_equal(x->f->state.pending.n, 0);
	assert_int_equal(x->f->state.flight.n, 0);
}

static void
honest(struct pair *p)
{
	pair_start(p);
	if (!pair_run(p, SIZE_MAX, SIZE_MAX))
		fail_msg("ana: %s, bob: %s", err_text(p->ana.e), err_text(p->bob.e));
	pair_end(p);
}

/* ---- honest ones ----------------------------------------------------------------- */

static void
test_thousands_of_articles_go_both_ways_once(void **state)
{
	struct pair *p = *state;
	const struct session_counts *a, *b;

	post_many(&p->ana, "ana", 0, 3000, mixed);
	post_many(&p->bob, "bob", 0, 2500, mixed);
	honest(p);
	assert_int_equal(holds(&p->bob, "ana", 0, 3000), 3000);
	assert_int_equal(holds(&p->ana, "bob", 0, 2500), 2500);
	a = session_counted(p->ana.s);
	b = session_counted(p->bob.s);
	assert_int_equal(a->sent, 3000);
	assert_int_equal(b->articles, 3000);
	assert_int_equal(b->sent, 2500);
	assert_int_equal(a->articles, 2500);
	assert_int_equal(a->duplicates + b->duplicates, 0);
	honest(p);
	assert_int_equal(session_counted(p->ana.s)->offered, 0);
	assert_int_equal(session_counted(p->bob.s)->offered, 0);
	assert_sound(&p->ana);
	assert_sound(&p->bob);
	assert_int_equal(p->ana.f->feed.strikes + p->bob.f->feed.strikes, 0);
}

static void
test_large_articles_go_on_a_line_that_takes_little_at_a_time(void **state)
{
	struct pair *p = *state;
	size_t high = 0;

	post_many(&p->ana, "big", 0, 24, giant);
	pair_start(p);
	while (p->ana.e == ERR_OK && p->bob.e == ERR_OK &&
	    !(session_over(p->ana.s) && session_over(p->bob.s))) {
		end_turn(&p->ana, &p->bob.in, p->ms, 50000);
		end_turn(&p->bob, &p->ana.in, p->ms, 50000);
		if (session_output(p->ana.s)->len > high)
			high = session_output(p->ana.s)->len;
		p->ms += 60;
	}
	assert_int_equal(p->ana.e, ERR_OK);
	assert_int_equal(p->bob.e, ERR_OK);
	pair_end(p);
	assert_int_equal(holds(&p->bob, "big", 0, 24), 24);
	assert_in_range(high, 1, 3u << 20);
}

static void
test_a_line_that_ends_anywhere_loses_nothing(void **state)
{
	struct pair *p = *state;

	post_many(&p->ana, "cut-a", 0, 600, small);
	post_many(&p->bob, "cut-b", 0, 600, small);
	for (unsigned i = 0; i < 60; i++) {
		pair_start(p);
		pair_run(p, 700 + 97 * i, 300 + 1777 * (size_t)i);
		pair_end(p);
	}
	honest(p);
	assert_int_equal(holds(&p->bob, "cut-a", 0, 600), 600);
	assert_int_equal(holds(&p->ana, "cut-b", 0, 600), 600);
	assert_sound(&p->ana);
	assert_sound(&p->bob);
	assert_int_equal(p->ana.f->feed.strikes + p->bob.f->feed.strikes, 0);
}

static void
test_more_differences_than_one_body_of_a_reconciliation_holds(void **state)
{
	struct pair *p = *state;

	/* both hold much, and lack more than 4,000 of the other's: their ids are told in parts */
	post_many(&p->ana, "ra", 0, 6000, small);
	post_many(&p->bob, "rb", 0, 6000, small);
	honest(p);
	assert_int_equal(holds(&p->bob, "ra", 0, 6000), 6000);
	assert_int_equal(holds(&p->ana, "rb", 0, 6000), 6000);
}

/* ---- what a friend may not say --------------------------------------------------- */

enum prepared { NOTHING, HELLO, ANSWERED, IN_FLIGHT };

struct lie {
	const char *name;
	enum prepared after;
	void (*say)(struct pair *, struct buf *);
	bool allowed;
};

static void
ids(struct buf *body, unsigned n, unsigned first)
{
	buf_addu16(body, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		unsigned char id[12] = "made of air";

		id[0] = (unsigned char)((first + i) >> 8);
		id[1] = (unsigned char)(first + i);
		buf_add(body, id, sizeof id);
	}
}

static void
record_of(struct buf *out, uint8_t type, const char *bytes, size_t len)
{
	record_add(out, type, (struct view){ (const unsigned char *)bytes, len });
}

static void
offer_of(struct buf *out, unsigned n, unsigned first, size_t cut)
{
	struct buf body = BUF_INIT(1u << 20);

	ids(&body, n, first);
	buf_truncate(&body, body.len - cut);
	record_add(out, RECORD_OFFER, buf_view(&body));
	buf_release(&body);
}

static void
chunk_of(struct pair *p, struct buf *out, uint32_t seq, const char *who)
{
	struct buf text = BUF_INIT(ARTICLE_MAX), items = BUF_INIT(CHUNK_MAX),
		   body = BUF_INIT(CHUNK_MAX);

	text_of(who, 7, 100, &text);
	item_add_article(&items, buf_view(&text), NULL);
	buf_addu32(&body, seq);
	must(batch_pack(p->ana.b.zip, buf_view(&items), &body) == ERR_OK);
	record_add(out, RECORD_CHUNK, buf_view(&body));
	buf_release(&text);
	buf_release(&items);
	buf_release(&body);
}

static void
offer_this(struct buf *out, const char *who)
{
	struct buf id = BUF_INIT(64), body = BUF_INIT(64);
	unsigned char h[DIGEST_LEN];

	buf_addf(&id, "<%s-7@example.net>", who);
	digest_sha256(buf_view(&id), h);
	buf_addu16(&body, 1);
	buf_add(&body, h, 12);
	record_add(out, RECORD_OFFER, buf_view(&body));
	buf_release(&id);
	buf_release(&body);
}

#define SAY(name) static void name(struct pair *p, struct buf *out)
#define RECORD(type, bytes)                                                              \
	do {                                                                             \
		(void)p;                                                                 \
		record_of(out, type, bytes, sizeof(bytes) - 1);                          \
	} while (0)

SAY(an_offer)
{
	(void)p;
	offer_of(out, 3, 0, 0);
}
SAY(no_ids)
{
	RECORD(RECORD_OFFER, "\0\0");
}
SAY(too_many_ids)
{
	(void)p;
	offer_of(out, 1025, 0, 0);
}
SAY(half_an_id)
{
	(void)p;
	offer_of(out, 5, 0, 6);
}
SAY(a_flood)
{
	(void)p;
	for (unsigned i = 0; i <= 16; i++)
		offer_of(out, 1024, i * 1024, 0);
}
SAY(empty_hello)
{
	RECORD(RECORD_HELLO, "");
}
SAY(long_hello)
{
	(void)p;
	struct buf z = BUF_INIT(1u << 20);
	must(buf_grow(&z, 70000) != NULL);
	record_add(out, RECORD_HELLO, buf_view(&z));
	buf_release(&z);
}
SAY(cut_hello)
{
	RECORD(RECORD_HELLO, "\x06\x50xx");
}
SAY(want_two)
{
	RECORD(RECORD_WANT, "\0\2\1\1");
}
SAY(want_three)
{
	RECORD(RECORD_WANT, "\0\3\1\2\0");
}
SAY(want_what)
{
	RECORD(RECORD_WANT, "\0\3\1\1\3");
}
SAY(want_short)
{
	RECORD(RECORD_WANT, "\0\3\1\1");
}
SAY(want_nothing_said)
{
	RECORD(RECORD_WANT, "");
}
SAY(later_wanted)
{
	RECORD(RECORD_LATER, "\0\0\0\0\0\0\1");
}
SAY(later_released)
{
	RECORD(RECORD_LATER, "\0\0\0\0\0\2\1");
}
SAY(later_waiting)
{
	RECORD(RECORD_LATER, "\0\0\0\0\0\1\1");
}
SAY(later_far)
{
	RECORD(RECORD_LATER, "\xff\xff\xff\xff\xff\xff\1");
}
SAY(later_twice)
{
	RECORD(RECORD_LATER, "\0\0\0\0\0\1\0");
	RECORD(RECORD_LATER, "\0\0\0\0\0\1\0");
}
SAY(ack_next)
{
	RECORD(RECORD_ACK, "\0\0\0\1\0\0");
}
SAY(ack_first)
{
	RECORD(RECORD_ACK, "\0\0\0\0\0\0");
}
SAY(ack_twice)
{
	ack_first(p, out);
	ack_first(p, out);
}
SAY(ack_index)
{
	RECORD(RECORD_ACK, "\0\0\0\0\0\1\0\x09\1\0\0\0\0");
}
SAY(ack_many)
{
	RECORD(RECORD_ACK, "\0\0\0\0\xff\xff\0\0\1\0\0\0\0");
}
SAY(ack_more)
{
	RECORD(RECORD_ACK, "\0\0\0\0\0\0x");
}
SAY(unasked)
{
	chunk_of(p, out, 0, "unasked");
}
SAY(another)
{
	offer_this(out, "asked");
	chunk_of(p, out, 0, "unasked");
}
SAY(twice)
{
	offer_this(out, "doubled");
	chunk_of(p, out, 0, "doubled");
	chunk_of(p, out, 1, "doubled");
}
SAY(out_of_order)
{
	offer_this(out, "asked");
	chunk_of(p, out, 1, "asked");
}
SAY(far_seq)
{
	offer_this(out, "asked");
	chunk_of(p, out, UINT32_MAX, "asked");
}
SAY(noise)
{
	offer_this(out, "asked");
	RECORD(RECORD_CHUNK, "\0\0\0\0\1\2\3\4\5\6\7");
}
SAY(gone_unasked)
{
	RECORD(RECORD_GONE, "\0\0\0\0\0\0");
}
SAY(gone_twice)
{
	offer_this(out, "asked");
	RECORD(RECORD_GONE, "\0\0\0\0\0\0");
	RECORD(RECORD_GONE, "\0\0\0\0\0\0");
}
SAY(gone_once)
{
	offer_this(out, "asked");
	RECORD(RECORD_GONE, "\0\0\0\0\0\0");
}
SAY(gone_long)
{
	offer_this(out, "asked");
	RECORD(RECORD_GONE, "\0\0\0\0\0\0\0");
}
SAY(recon_noise)
{
	RECORD(RECORD_RECON, "\x09xyz");
}
SAY(recon_empty)
{
	RECORD(RECORD_RECON, "");
}
SAY(recon_claim)
{
	RECORD(RECORD_RECON, "\0\x80\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\x61");
}
SAY(early_bye)
{
	RECORD(RECORD_BYE, "");
}
SAY(long_done)
{
	RECORD(RECORD_DONE, "x");
}
SAY(offer_after_bye)
{
	RECORD(RECORD_DONE, "");
	RECORD(RECORD_BYE, "");
	an_offer(p, out);
}
SAY(two_byes)
{
	RECORD(RECORD_DONE, "");
	RECORD(RECORD_BYE, "");
	RECORD(RECORD_BYE, "");
}
SAY(odd)
{
	RECORD(11, "x");
}
SAY(odd_high)
{
	RECORD(255, "");
}
SAY(even)
{
	RECORD(12, "x");
	RECORD(254, "");
	RECORD(0, "");
}
SAY(giant_record)
{
	(void)p;
	buf_addc(out, RECORD_CHUNK);
	buf_addu24(out, 0xffffff);
}

/* bob has three articles that ana lacks; ana is nobody but these bytes. */
static const struct lie lies[] = {
	{ "OFFER before HELLO", NOTHING, an_offer, false },
	{ "WANT before HELLO", NOTHING, want_three, false },
	{ "BYE before HELLO", NOTHING, early_bye, false },
	{ "a HELLO that is too long", NOTHING, long_hello, false },
	{ "a HELLO that is cut", NOTHING, cut_hello, false },
	{ "a second HELLO", HELLO, empty_hello, false },
	{ "an OFFER of nothing", HELLO, no_ids, false },
	{ "an OFFER of too many", HELLO, too_many_ids, false },
	{ "an OFFER that is cut", HELLO, half_an_id, false },
	{ "17,000 offers", HELLO, a_flood, false },
	{ "a WANT of fewer", HELLO, want_two, false },
	{ "a WANT with no such verdict", HELLO, want_what, false },
	{ "a WANT that is cut", HELLO, want_short, false },
	{ "an empty WANT", HELLO, want_nothing_said, false },
	{ "a WANT for no offer", ANSWERED, want_three, false },
	{ "LATER for what is wanted", ANSWERED, later_wanted, false },
	{ "LATER for what was released", ANSWERED, later_released, false },
	{ "LATER for what waits", ANSWERED, later_waiting, true },
	{ "LATER for no offer", ANSWERED, later_far, false },
	{ "LATER twice", ANSWERED, later_twice, false },
	{ "an ACK for nothing", HELLO, ack_first, false },
	{ "an ACK out of order", IN_FLIGHT, ack_next, false },
	{ "an ACK twice", IN_FLIGHT, ack_twice, false },
	{ "an ACK of no such article", IN_FLIGHT, ack_index, false },
	{ "an ACK that is cut", IN_FLIGHT, ack_many, false },
	{ "an ACK that is too long", IN_FLIGHT, ack_more, false },
	{ "a CHUNK that was not wanted", HELLO, unasked, false },
	{ "a CHUNK of another article", HELLO, another, false },
	{ "the same CHUNK twice", HELLO, twice, false },
	{ "a CHUNK out of order", HELLO, out_of_order, false },
	{ "the last CHUNK of all", HELLO, far_seq, false },
	{ "a CHUNK of noise", HELLO, noise, false },
	{ "GONE for nothing", HELLO, gone_unasked, false },
	{ "GONE twice", HELLO, gone_twice, false },
	{ "GONE for what is wanted", HELLO, gone_once, true },
	{ "GONE that is too long", HELLO, gone_long, false },
	{ "a RECON of no kind", HELLO, recon_noise, false },
	{ "an empty RECON", HELLO, recon_empty, false },
	{ "a RECON that claims 2^63", HELLO, recon_claim, true },
	{ "BYE before DONE", HELLO, early_bye, false },
	{ "a DONE with words", HELLO, long_done, false },
	{ "OFFER after BYE", HELLO, offer_after_bye, false },
	{ "two BYEs", HELLO, two_byes, false },
	{ "an odd record", HELLO, odd, false },
	{ "the last odd record", HELLO, odd_high, false },
	{ "even records", HELLO, even, true },
	{ "16 MB in one record", HELLO, giant_record, false },
};

static void
prepare(struct pair *p, enum prepared how)
{
	pair_start(p);
	if (how == NOTHING)
		return;
	/* ana's HELLO, and no more of her: the rest is said by hand */
	must(session_work(p->ana.s, p->ms, false) == ERR_OK);
	end_turn(&p->ana, &p->bob.in, p->ms, SIZE_MAX);
	for (int i = 0; i < 4; i++)
		end_turn(&p->bob, &p->ana.in, p->ms += 60, SIZE_MAX);
	must(p->bob.e == ERR_OK);
	if (how == HELLO)
		return;
	want_three(p, &p->bob.in);
	end_turn(&p->bob, &p->ana.in, p->ms += 60, SIZE_MAX);
	must(p->bob.e == ERR_OK);
}

static void
test_what_the_protocol_does_not_allow_ends_the_session_and_is_charged(void **state)
{
	struct pair *p = *state;

	for (size_t i = 0; i < COUNT(lies); i++) {
		uint64_t strikes = p->bob.f->feed.strikes;
		char who[16];

		snprintf(who, sizeof who, "lie%zu", i);
		post_many(&p->bob, who, 0, 3, small);
		prepare(p, lies[i].after);
		lies[i].say(p, &p->bob.in);
		for (int k = 0; k < 6; k++)
			end_turn(&p->bob, &p->ana.in, p->ms += 60, SIZE_MAX);
		if (p->bob.e != (lies[i].allowed ? ERR_OK : ERR_SYNTAX))
			fail_msg("%s: %s", lies[i].name, err_text(p->bob.e));
		must(batcher_enter(&p->bob.b) == ERR_OK);
		must(batcher_leave(&p->bob.b, ERR_OK) == ERR_OK);
		if (p->bob.f->feed.strikes != strikes + !lies[i].allowed)
			fail_msg("%s: %d strikes", lies[i].name,
			    (int)(p->bob.f->feed.strikes - strikes));
		session_end(p->ana.s);
		session_end(p->bob.s);
		assert_int_equal(holds(&p->bob, "unasked", 7, 8), 0);
		honest(p);
		if (lies[i].after == NOTHING || lies[i].after == HELLO)
			assert_int_equal(holds(&p->ana, who, 0, 3), 3);
	}
	assert_sound(&p->ana);
	assert_sound(&p->bob);
}

static void
test_a_million_ids_are_stopped_long_before_however_slowly_they_come(void **state)
{
	struct pair *p = *state;
	uint64_t strikes = p->bob.f->feed.strikes;
	unsigned n = 0;

	prepare(p, HELLO);
	for (; n < 977 && p->bob.e == ERR_OK; n++) {
		offer_of(&p->bob.in, 1024, n * 1024, 0);
		/* each is answered before the next comes */
		for (int k = 0; k < 3; k++)
			end_turn(&p->bob, &p->ana.in, p->ms += 60, SIZE_MAX);
	}
	assert_int_equal(p->bob.e, ERR_SYNTAX);
	assert_in_range(n, 16, 17);
	must(batcher_enter(&p->bob.b) == ERR_OK);
	must(batcher_leave(&p->bob.b, ERR_OK) == ERR_OK);
	assert_int_equal(p->bob.f->feed.strikes, strikes + 1);
	session_end(p->ana.s);
	session_end(p->bob.s);
	honest(p);
}

static void
test_a_friend_that_is_cut_meanwhile_is_not_made_anew(void **state)
{
	struct pair *p = *state;
	struct feed_friend row;

	post_many(&p->ana, "cut", 0, 50, small);
	pair_start(p);
	pair_run(p, SIZE_MAX, 700);
	must(batcher_enter(&p->bob.b) == ERR_OK);
	must(feed_friend_cut(p->bob.b.feed, p->bob.f->feed.id) == ERR_OK);
	must(batcher_leave(&p->bob.b, ERR_OK) == ERR_OK);
	must(unlink(NODE_PATH(&p->bob.node, "keys/ana.friend")) == 0);
	assert_false(pair_run(p, SIZE_MAX, SIZE_MAX));
	assert_int_equal(p->bob.e, ERR_NOTFOUND);
	assert_int_equal(session_end(p->bob.s), ERR_NOTFOUND);
	assert_int_equal(feed_friend(p->bob.b.feed, "ana", &row), ERR_NOTFOUND);
	assert_int_equal(holds(&p->bob, "cut", 0, 50), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_thousands_of_articles_go_both_ways_once),
		TEST(test_large_articles_go_on_a_line_that_takes_little_at_a_time),
		TEST(test_a_line_that_ends_anywhere_loses_nothing),
		TEST(test_more_differences_than_one_body_of_a_reconciliation_holds),
		TEST(
		    test_what_the_protocol_does_not_allow_ends_the_session_and_is_charged),
		TEST(test_a_million_ids_are_stopped_long_before_however_slowly_they_come),
		TEST(test_a_friend_that_is_cut_meanwhile_is_not_made_anew),
	};

	crypto_init();
	return cmocka_run_group_tests_name("session exchange", tests, NULL, NULL);
}
