/* links: batcher */
/* What a friend who was introduced properly may still send: envelopes that verify, made by
 * hand. Nothing crashes, only what no correct program sends is a strike, and neither this
 * friend's good articles nor the other friend's suffer. */
#include "tests/unit/hostile_kit.h"

/* ---- chunks --------------------------------------------------------------------------------- */

static void
frame(struct world *w, unsigned ref, uint32_t dict, uint32_t stated, size_t real,
    struct buf *c)
{
	struct buf zeros = BUF_INIT(CHUNK_MAX);

	assert_non_null(buf_grow(&zeros, real));
	memset(zeros.p, 0, real);
	buf_addc(c, (int)ref);
	if (ref == 1)
		buf_addu32(c, dict);
	buf_addu24(c, stated);
	assert_int_equal(zip_pack(w->b->zip, buf_view(&zeros), c), ERR_OK);
	buf_release(&zeros);
}

static void
test_chunks_that_do_not_decode_cost_themselves(void **state)
{
	static const struct {
		unsigned ref;
		uint32_t dict_flip, stated;
		size_t real;
		unsigned strikes;
	} c[] = {
		{ 1, 0, 100, 1u << 20, 1 }, /* a bomb: more than is stated */
		{ 1, 0, 1, 1u << 20, 1 },
		{ 1, 0, 1000, 100, 1 }, /* less than is stated */
		{ 1, 0, CHUNK_MAX + 1, 100, 1 },
		{ 1, 0, 0xffffff, 1u << 20, 1 },
		{ 1, 1, 100, 100, 0 }, /* another dictionary: newer, not wrong */
		{ 2, 0, 100, 100, 0 },
		{ 255, 0, 100, 100, 0 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(c); i++) {
		uint64_t strikes = w->b->friends[0]->feed.strikes, stream;
		struct buf none = BUF_INIT(16), control, bad = BUF_INIT(CHUNK_MAX), good,
			   items = BUF_INIT(CHUNK_PLAIN), article;
		struct view views[3];
		struct feed_in in;

		foreign(w, "misc.test", &article);
		item_add_article(&items, buf_view(&article), NULL);
		pack_items(w, &none, &control);
		pack_items(w, &items, &good);
		frame(w, c[i].ref, zip_dict_id() ^ c[i].dict_flip, c[i].stated, c[i].real,
		    &bad);
		views[0] = buf_view(&control);
		views[1] = buf_view(&bad);
		views[2] = buf_view(&good);
		stream = deliver(w, 0, views, 3);
		assert_int_equal(w->out[0].sum.undecodable, 1);
		assert_int_equal(w->out[0].sum.articles, 1);
		assert_int_equal(w->b->friends[0]->feed.strikes - strikes, c[i].strikes);
		assert_int_equal(
		    feed_in(w->b->feed, w->b->friends[0]->feed.id, stream, &in), ERR_OK);
		assert_int_equal(in.taken, 5); /* chunk 1 is to be packed again */

		/* as control: nothing of the envelope, once */
		stream = deliver(w, 0, views + 1, 2);
		assert_int_equal(w->out[0].sum.undecodable, 1);
		assert_int_equal(w->out[0].sum.envelopes, 0);
		assert_int_equal(
		    w->b->friends[0]->feed.strikes - strikes, 2 * c[i].strikes);
		buf_release(&article);
		buf_release(&items);
		buf_release(&control);
		buf_release(&good);
		buf_release(&bad);
	}
	assert_still_heard(w, 0);
	assert_still_heard(w, 1);
}

/* ---- items ----------------------------------------------------------------------------------- */

static void
cut_item(struct world *w, struct buf *items)
{
	(void)w;
	buf_addc(items, ITEM_ARTICLE);
	buf_addvarint(items, 1000);
	buf_adds(items, "short");
}

static void
huge_item(struct world *w, struct buf *items)
{
	(void)w;
	buf_addc(items, ITEM_ARTICLE);
	buf_addvarint(items, UINT64_MAX);
}

static void
long_varint(struct world *w, struct buf *items)
{
	(void)w;
	buf_add(items, "\x81\x80\x00\x00", 4);
}

static void
even_type(struct world *w, struct buf *items)
{
	(void)w;
	item_add(items, 40, VIEW_LIT("of tomorrow"));
}

static void
odd_type(struct world *w, struct buf *items)
{
	(void)w;
	item_add(items, 41, VIEW_LIT("of tomorrow"));
}

static void
many_even(struct world *w, struct buf *items)
{
	(void)w;
	for (unsigned i = 0; i < MANY; i++)
		item_add(items, 40, (struct view){ 0 });
}

static void
many_odd(struct world *w, struct buf *items)
{
	(void)w;
	for (unsigned i = 0; i < MANY; i++)
		item_add(items, 41, (struct view){ 0 });
}

static void
empty_article(struct world *w, struct buf *items)
{
	(void)w;
	item_add(items, ITEM_ARTICLE, (struct view){ 0 });
}

static void
reserved_flag(struct world *w, struct buf *items)
{
	struct buf a;

	foreign(w, "misc.test", &a);
	buf_addc(items, ITEM_ARTICLE);
	buf_addvarint(items, a.len + 1);
	buf_addc(items, 4);
	buf_addv(items, buf_view(&a));
	buf_release(&a);
}

static void
no_signature(struct world *w, struct buf *items)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct buf a;

	native(w, &a, sig);
	item_add_article(items, buf_view(&a), NULL);
	buf_release(&a);
}

static void
wrong_signature(struct world *w, struct buf *items)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct buf a;

	native(w, &a, sig);
	sig[40] ^= 1;
	item_add_article(items, buf_view(&a), sig);
	buf_release(&a);
}

/* Signed anew, but From names another key than the author's. */
static void
wrong_from(struct world *w, struct buf *items)
{
	unsigned char sig[ARTICLE_SIG_LEN], *at;
	struct buf a;

	native(w, &a, sig);
	at = memmem(a.p, a.len, "<mallory.", 9);
	assert_non_null(at);
	at[9] = at[9] == 'a' ? 'b' : 'a';
	item_add_article(items, buf_view(&a), sig);
	buf_release(&a);
}

static void
signed_foreign(struct world *w, struct buf *items)
{
	unsigned char sig[ARTICLE_SIG_LEN] = { 1 };
	struct buf a;

	foreign(w, "misc.test", &a);
	item_add_article(items, buf_view(&a), sig);
	buf_release(&a);
}

static void
local_group(struct world *w, struct buf *items)
{
	struct buf a;

	foreign(w, "LOCAL.secrets", &a);
	item_add_article(items, buf_view(&a), NULL);
	buf_release(&a);
}

static void
reserved_id(struct world *w, struct buf *items)
{
	(void)w;
	item_add(items, ITEM_ARTICLE,
	    VIEW_LIT("\0From: x@example.net\r\nNewsgroups: misc.test\r\nSubject: s\r\n"
		     "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\n"
		     "Message-ID: <x@HEARSAY.invalid>\r\n\r\nHello.\r\n"));
}

struct sent {
	uint64_t stream;
	size_t details; /* bytes */
	uint16_t taken;
	bool found;
};

static enum err
find_owed(void *ctx, const struct feed_in *in, struct view details)
{
	struct sent *s = ctx;

	if (in->stream == s->stream) {
		s->found = true;
		s->taken = in->taken;
		s->details = details.len;
	}
	return ERR_OK;
}

static void
test_items_that_no_friend_sends_are_refused(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct world *, struct buf *);
		unsigned strikes, refused, taken;
		size_t details; /* at least */
	} c[] = {
		{ "cut", cut_item, 1, 0, 3, 2 },
		{ "huge", huge_item, 1, 0, 3, 2 },
		{ "a long spelling of a number", long_varint, 1, 0, 3, 2 },
		{ "an unknown even type", even_type, 0, 0, 3, 2 },
		{ "an unknown odd type", odd_type, 0, 0, 3, 10 },
		{ "100,000 even ones", many_even, 1, 0, 3, 2 },
		{ "100,000 odd ones", many_odd, 1, 0, 1, 1000 },
		{ "an empty article", empty_article, 1, 1, 3, 10 },
		{ "a reserved flag", reserved_flag, 1, 1, 3, 10 },
		{ "no signature", no_signature, 1, 1, 3, 10 },
		{ "a wrong signature", wrong_signature, 1, 1, 3, 10 },
		{ "another's From", wrong_from, 1, 1, 3, 10 },
		{ "a signed foreign article", signed_foreign, 1, 1, 3, 10 },
		{ "a local group", local_group, 1, 1, 3, 10 },
		{ "a reserved id", reserved_id, 1, 1, 3, 10 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(c); i++) {
		struct friend *f = w->b->friends[0];
		uint64_t strikes = f->feed.strikes;
		struct buf items = BUF_INIT(CHUNK_MAX), article;
		struct sent sent = { 0 };

		foreign(w, "misc.test", &article);
		item_add_article(&items, buf_view(&article), NULL);
		c[i].make(w, &items);
		sent.stream = deliver_items(w, 0, &items, false);
		if (w->out[0].sum.articles != 1 ||
		    w->out[0].sum.refused != c[i].refused ||
		    f->feed.strikes - strikes != c[i].strikes)
			fail_msg("%s: %u articles, %u refused, %u strikes", c[i].name,
			    (unsigned)w->out[0].sum.articles,
			    (unsigned)w->out[0].sum.refused,
			    (unsigned)(f->feed.strikes - strikes));
		assert_int_equal(
		    feed_owed(w->b->feed, f->feed.id, MANY, find_owed, &sent), ERR_OK);
		assert_true(sent.found);
		if (sent.taken != c[i].taken || sent.details < c[i].details)
			fail_msg("%s: taken %u, %zu bytes of details", c[i].name,
			    sent.taken, sent.details);
		buf_release(&items);
		buf_release(&article);
	}
	assert_still_heard(w, 0);
	assert_still_heard(w, 1);
}

static void
test_thousands_put_off_are_not_lost(void **state)
{
	struct world *w = *state;
	struct friend *f = w->b->friends[0];
	struct buf items = BUF_INIT(CHUNK_MAX);
	struct sent sent = { 0 };
	uint64_t before = f->feed.day_articles;

	for (unsigned i = 0; i < 6000; i++) {
		struct buf a;

		foreign(w, "misc.test", &a);
		item_add_article(&items, buf_view(&a), NULL);
		buf_release(&a);
	}
	f->feed.day_articles = QUOTA_ARTICLES;
	sent.stream = deliver_items(w, 0, &items, false);
	f->feed.day_articles = before;
	assert_int_equal(w->out[0].sum.deferred, 6000);
	assert_int_equal(
	    feed_owed(w->b->feed, f->feed.id, MANY, find_owed, &sent), ERR_OK);
	assert_true(sent.found);
	assert_int_equal(
	    sent.taken, 1); /* more than can be listed: the chunk comes again */
	assert_true(sent.details < CHUNK_PLAIN - WILDMAT_MAX - 1024);
	buf_release(&items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks_that_do_not_decode_cost_themselves),
		cmocka_unit_test(test_items_that_no_friend_sends_are_refused),
		cmocka_unit_test(test_thousands_put_off_are_not_lost),
	};

	crypto_init();
	return cmocka_run_group_tests_name("hostile", tests, begin_world, end_world);
}
