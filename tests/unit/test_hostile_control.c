/* links: batcher */
/* Control that a friend signed and no correct program writes: see test_hostile.c. */
#include "tests/unit/hostile_kit.h"

#define STREAM 77 /* one that we sent, with three articles in flight */

/* ---- control --------------------------------------------------------------------------------- */

/* Three articles of ours are on their way to that friend. */
static void
in_flight(struct world *w)
{
	struct friend *f = w->b->friends[0];
	struct feed_stream s = { .friend = f->feed.id, .stream = STREAM, .articles = 3 };
	struct root *root = newest(&f->ring, ROOT_AGREED);

	memcpy(s.root, root->id, sizeof s.root);
	s.epoch = root->send.epoch;
	assert_int_equal(feed_stream_drop(w->b->feed, f->feed.id, STREAM), ERR_OK);
	assert_int_equal(feed_stream_add(w->b->feed, &s), ERR_OK);
	assert_int_equal(
	    feed_stream_range(w->b->feed, f->feed.id, STREAM, 1, 1001, 1003), ERR_OK);
	feed_state_release(&f->state);
	assert_int_equal(ranges_add(&f->state.flight, 1001, 1003), ERR_OK);
	f->feed.top = 1003;
	f->changed = true;
}

static void
ack(struct buf *b, uint64_t stream, uint16_t taken, unsigned count)
{
	buf_addu64(b, stream);
	buf_addc(b, 0);
	buf_addu16(b, taken);
	buf_addu16(b, (uint16_t)count);
}

static void
exception(struct buf *b, unsigned chunk, unsigned index, unsigned reason, uint32_t retry)
{
	buf_addc(b, (int)chunk);
	buf_addu16(b, (uint16_t)index);
	buf_addc(b, (int)reason);
	buf_addu32(b, retry);
}

static void
ack_cut(struct buf *b)
{
	ack(b, STREAM, 0xffff, 60000);
	exception(b, 1, 0, 1, 0);
}

static void
ack_short(struct buf *b)
{
	buf_addu64(b, STREAM);
}

static void
ack_unknown(struct buf *b)
{
	ack(b, 0xdeadbeef, 0xffff, 0);
}

static void
ack_refuses_all(struct buf *b)
{
	ack(b, STREAM, 0xffff, 3);
	for (unsigned i = 0; i < 3; i++)
		exception(b, 1, i, 1, 0);
}

static void
ack_defers_for_ever(struct buf *b)
{
	ack(b, STREAM, 0xffff, 3);
	for (unsigned i = 0; i < 3; i++)
		exception(b, 1, i, 2, UINT32_MAX);
}

static void
ack_of_nothing_there(struct buf *b)
{
	ack(b, STREAM, 0xffff, 2);
	exception(b, 200, 0, 2, 60);
	exception(b, 1, 60000, 2, 60);
}

static void
junk(struct buf *b)
{
	for (unsigned i = 0; i < 200; i++)
		buf_addc(b, 0xff);
}

static void
wide_want(struct buf *b)
{
	for (unsigned i = 0; i < 300; i++)
		buf_addf(b, "%smisc.g%u", i ? "," : "", i);
}

static void
not_utf8(struct buf *b)
{
	buf_adds(b, "misc.\xff\xfe*");
}

static void
nothing(struct buf *b)
{
	(void)b;
}

static void
zero_prekey(struct buf *b)
{
	buf_addu32(b, 7);
	buf_addu64(b, 1);
	for (unsigned i = 0; i < KEY_LEN; i++)
		buf_addc(b, 0);
}

static void
test_control_that_no_friend_sends_changes_little(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		void (*make)(struct buf *);
		unsigned strikes;
		size_t flight, deferred; /* ranges left */
	} c[] = {
		{ "an ACK cut short", ITEM_ACK, ack_short, 1, 1, 0 },
		{ "an ACK that counts beyond its bytes", ITEM_ACK, ack_cut, 1, 1, 0 },
		{ "an ACK of a stream never sent", ITEM_ACK, ack_unknown, 0, 1, 0 },
		{ "an ACK that refuses all", ITEM_ACK, ack_refuses_all, 0, 0, 0 },
		{ "an ACK that defers for ever", ITEM_ACK, ack_defers_for_ever, 0, 0, 1 },
		{ "an ACK of chunks that are not there", ITEM_ACK, ack_of_nothing_there,
		    0, 0, 0 },
		{ "a JOIN where none belongs", ITEM_JOIN, junk, 1, 1, 0 },
		{ "a CONFIRM where none belongs", ITEM_CONFIRM, junk, 1, 1, 0 },
		{ "a PREKEY of the wrong length", ITEM_PREKEY, junk, 1, 1, 0 },
		{ "a STATE of the wrong length", ITEM_STATE, junk, 1, 1, 0 },
		{ "an empty STATE", ITEM_STATE, nothing, 1, 1, 0 },
		{ "a WANT of 300 patterns", ITEM_WANT, wide_want, 1, 1, 0 },
		{ "a WANT that is not UTF-8", ITEM_WANT, not_utf8, 1, 1, 0 },
		{ "an empty WANT", ITEM_WANT, nothing, 1, 1, 0 },
		{ "an item of tomorrow", 42, junk, 0, 1, 0 },
		{ "an odd item of tomorrow", 43, junk, 0, 1, 0 },
	};
	struct world *w = *state;
	struct friend *f = w->b->friends[0];

	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf item = BUF_INIT(CHUNK_MAX), items = BUF_INIT(CHUNK_MAX);
		uint64_t strikes = f->feed.strikes;
		int64_t week = f->ring.ran + 7 * 86400;

		in_flight(w);
		c[i].make(&item);
		item_add(&items, c[i].type, buf_view(&item));
		deliver_items(w, 0, &items, true);
		if (f->feed.strikes - strikes != c[i].strikes)
			fail_msg("%s: %u strikes", c[i].name,
			    (unsigned)(f->feed.strikes - strikes));
		if (f->state.flight.n != c[i].flight ||
		    f->state.deferred.n != c[i].deferred)
			fail_msg("%s: %zu in flight, %zu deferred", c[i].name,
			    f->state.flight.n, f->state.deferred.n);
		assert_true(f->state.deferred.n == 0 || f->state.retry <= week);
		assert_int_equal(w->out[0].sum.paired, 0);
		assert_int_equal(f->wants.len, 0);
		assert_int_equal(w->b->friends[1]->feed.strikes, 0);
		buf_release(&item);
		buf_release(&items);
	}
	assert_still_heard(w, 0);
	assert_still_heard(w, 1);
}

/* What the friend says of epochs and generations is far beyond what can be. */
static void
test_a_state_of_the_far_future_moves_nothing(void **state)
{
	struct world *w = *state;
	struct friend *f = w->b->friends[0];
	struct root *root = newest(&f->ring, ROOT_AGREED);
	uint32_t epoch = root->send.epoch;

	for (size_t len = SPOOL_ID_LEN + 12; len <= SPOOL_ID_LEN + 20; len += 4) {
		struct buf item = BUF_INIT(64), items = BUF_INIT(256);

		for (size_t i = 0; i < SPOOL_ID_LEN; i++)
			buf_addc(&item, 1);
		while (item.len < len)
			buf_addu32(&item, 0x80000000u);
		item_add(&items, ITEM_STATE, buf_view(&item));
		deliver_items(w, 0, &items, true);
		assert_int_equal(root->send.epoch, epoch);
		buf_release(&item);
		buf_release(&items);
	}
	assert_still_heard(w, 0);
}

static enum err
count_sealed(void *ctx, struct view envelope)
{
	unsigned *n = ctx;

	assert_true(envelope.len > SEAL_HEAD_LEN);
	*n += 1;
	return ERR_OK;
}

static void
test_a_prekey_that_is_no_key_stops_no_stick(void **state)
{
	struct world *w = *state;
	struct buf item = BUF_INIT(64), items = BUF_INIT(256);

	zero_prekey(&item);
	item_add(&items, ITEM_PREKEY, buf_view(&item));
	deliver_items(w, 0, &items, true);
	buf_release(&item);
	buf_release(&items);
	assert_int_equal(batcher_begin_reading(w->b), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		unsigned sealed = 0;
		struct pack p = { .b = w->b,
			.f = w->b->friends[i],
			.room = 1u << 20,
			.sink = count_sealed,
			.ctx = &sealed };

		assert_int_equal(pack_friend(&p), ERR_OK);
		assert_true(sealed > 0);
	}
	assert_int_equal(batcher_commit(w->b), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_that_no_friend_sends_changes_little),
		cmocka_unit_test(test_a_state_of_the_far_future_moves_nothing),
		cmocka_unit_test(test_a_prekey_that_is_no_key_stops_no_stick),
	};

	crypto_init();
	return cmocka_run_group_tests_name(
	    "hostile control", tests, begin_world, end_world);
}
