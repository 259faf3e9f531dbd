/* links: batcher */
/* Two spools, and two ends of a reconciliation that talk by bodies alone. */
#include "spool_kit.h"

#include "batcher/reconcile.h"
#include "lib/date.h"
#include "lib/keys.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400

struct end {
	struct kit kit;
	struct node node;
	struct batcher b;
	struct friend f;
	struct reconcile *r;
	struct buf out;
};

struct pair {
	struct end ana, bob;
};

static void
end_init(struct end *e, const char *conf, const char *wants, const char *file)
{
	memset(e, 0, sizeof *e);
	kit_open(&e->kit);
	buf_init(&e->node.conf, CONF_MAX);
	buf_adds(&e->node.conf, conf);
	e->b.node = &e->node;
	e->b.spool = e->kit.sp;
	e->b.now = KIT_NOW;
	e->f.feed.id = 7;
	buf_init(&e->f.conf, CONF_MAX);
	buf_adds(&e->f.conf, file);
	buf_init(&e->f.wants, WILDMAT_MAX);
	buf_adds(&e->f.wants, wants);
	buf_init(&e->out, 2 * RECONCILE_BODY_MAX);
}

static void
end_release(struct end *e)
{
	reconcile_free(e->r);
	feed_state_release(&e->f.state);
	buf_release(&e->node.conf);
	buf_release(&e->f.conf);
	buf_release(&e->f.wants);
	buf_release(&e->out);
	kit_close(&e->kit);
}

static void
pair_init(struct pair *p)
{
	end_init(&p->ana, "groups *\n", "*", "");
	end_init(&p->bob, "groups *\n", "*", "");
}

static void
pair_release(struct pair *p)
{
	end_release(&p->ana);
	end_release(&p->bob);
}

/* Article i; its date is i minutes before KIT_NOW unless said otherwise. */
static void
put(struct end *e, unsigned i, const char *group, int64_t date, uint32_t ingress)
{
	struct post p = { .ingress = ingress };
	struct buf at = BUF_INIT(64);
	struct spool_stored out;

	date_rfc5322(&at, date ? date : KIT_NOW - 60ll * i);
	buf_reset(&e->kit.text);
	buf_addf(&e->kit.text,
	    "From: a@example.com\r\nNewsgroups: %s\r\nSubject: s\r\nDate: %s\r\n"
	    "Message-ID: <%u@example.com>\r\n\r\nText.\r\n",
	    group, buf_cstr(&at), i);
	assert_int_equal(
	    kit_put_article(&e->kit, &p, (struct view){ NULL, 0 }, &out), ERR_OK);
	assert_int_equal(out.result, PUT_STORED);
	buf_release(&at);
}

static uint64_t
arrival(struct end *e, unsigned i)
{
	struct buf id = BUF_INIT(64);
	uint64_t n = 0;

	buf_addf(&id, "<%u@example.com>", i);
	assert_int_equal(spool_find(e->kit.sp, buf_view(&id), &n), ERR_OK);
	buf_release(&id);
	return n;
}

/* Articles from..to but every `but`-th, counted from `at`. */
static void
fill(struct end *e, unsigned from, unsigned to, unsigned but, unsigned at)
{
	assert_int_equal(spool_begin(e->kit.sp), ERR_OK);
	for (unsigned i = from; i < to; i++)
		if (but == 0 || i % but != at)
			put(e, i, "misc.test", 0, i % 5 == 0 ? 7 : 0);
	assert_int_equal(spool_commit(e->kit.sp), ERR_OK);
}

static void
begin(struct end *e, bool caller)
{
	struct key chain, key;

	memset(&chain, 5, sizeof chain);
	assert_int_equal(reconcile_key(&chain, &key), ERR_OK);
	reconcile_free(e->r);
	e->r = NULL;
	assert_int_equal(reconcile_new(&e->b, &e->f, &key, caller, &e->r), ERR_OK);
}

/* One body to an end, and what it says to that to the other, until nobody speaks. */
static void
talk(struct end *to, struct end *from, struct view body)
{
	struct buf in = BUF_INIT(2 * RECONCILE_BODY_MAX);
	bool more = true;

	while (more) {
		buf_reset(&in);
		assert_int_equal(reconcile_step(to->r, body, &in, &more), ERR_OK);
		assert_true(in.len <= RECONCILE_BODY_MAX);
		if (in.len > 0)
			talk(from, to, buf_view(&in));
		body = (struct view){ NULL, 0 };
	}
	buf_release(&in);
}

static void
reconcile(struct pair *p)
{
	begin(&p->ana, true);
	begin(&p->bob, false);
	talk(&p->ana, &p->bob, (struct view){ NULL, 0 });
	assert_true(reconcile_done(p->ana.r));
	assert_true(reconcile_done(p->bob.r));
	assert_int_equal(reconcile_apply(p->ana.r), ERR_OK);
	assert_int_equal(reconcile_apply(p->bob.r), ERR_OK);
}

static bool
due(struct end *e, unsigned i)
{
	return ranges_has(&e->f.state.pending, arrival(e, i));
}

/* ---- tests ------------------------------------------------------------------------------ */

static void
each_side_learns_what_the_other_lacks(void **state)
{
	/* ana has from..to but every n-th, bob another part of the same */
	static const struct {
		unsigned ana_from, ana_to, ana_but, bob_from, bob_to, bob_but;
	} c[] = {
		{ 0, 0, 0, 0, 0, 0 },
		{ 0, 50, 0, 0, 50, 0 },
		{ 0, 50, 7, 0, 50, 9 },
		{ 0, 3000, 501, 0, 3000, 701 },
		{ 0, 1500, 0, 1000, 3000, 0 },
		/* who has much less lets the other ask */
		{ 0, 3000, 0, 2990, 3010, 0 },
		{ 2990, 3010, 0, 0, 3000, 0 },
		{ 0, 0, 0, 0, 3000, 0 },
		/* more than one body of ids */
		{ 0, 4100, 0, 4100, 9000, 0 },
	};

	(void)state;
	for (size_t k = 0; k < COUNT(c); k++) {
		struct reconcile_counts ana, bob;
		uint64_t lacks_ana = 0, lacks_bob = 0;
		struct pair p;

		pair_init(&p);
		fill(&p.ana, c[k].ana_from, c[k].ana_to, c[k].ana_but, 1);
		fill(&p.bob, c[k].bob_from, c[k].bob_to, c[k].bob_but, 2);
		reconcile(&p);
		for (unsigned i = 0; i < 9000; i++) {
			bool a = i >= c[k].ana_from && i < c[k].ana_to &&
			    (c[k].ana_but == 0 || i % c[k].ana_but != 1);
			bool b = i >= c[k].bob_from && i < c[k].bob_to &&
			    (c[k].bob_but == 0 || i % c[k].bob_but != 2);

			lacks_bob += a && !b;
			lacks_ana += b && !a;
			if (a)
				assert_int_equal(due(&p.ana, i), !b);
			if (b)
				assert_int_equal(due(&p.bob, i), !a);
		}
		ana = reconcile_counts(p.ana.r);
		bob = reconcile_counts(p.bob.r);
		assert_int_equal(ana.lacks, lacks_bob);
		assert_int_equal(bob.lacks, lacks_ana);
		assert_int_equal(ana.bytes, bob.bytes);
		assert_int_equal(ranges_count(&p.ana.f.state.pending), lacks_bob);
		pair_release(&p);
	}
}

static void
equal_spools_cost_a_few_hundred_bytes(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 5000, 0, 0);
	fill(&p.bob, 0, 5000, 0, 0);
	reconcile(&p);
	assert_in_range(reconcile_counts(p.ana.r).bytes, 1, 250);
	assert_int_equal(reconcile_counts(p.ana.r).compared, 5000);
	assert_int_equal(p.ana.f.state.pending.n, 0);
	assert_int_equal(p.ana.f.feed.top, 5000);
	pair_release(&p);
}

static void
only_groups_that_both_take_are_compared(void **state)
{
	static const struct {
		const char *group;
		bool compared;
	} c[] = {
		{ "comp.one", true },
		{ "comp.secret", false }, /* ana's send policy */
		{ "alt.one", false },     /* bob does not want it */
		{ "rec.one", false },     /* ana does not want it any more */
		{ "alt.one,comp.two", true },
		{ "local.one", false },
	};
	struct pair p;

	(void)state;
	end_init(
	    &p.ana, "groups comp.*,alt.*\n", "comp.*,rec.*", "send *,!comp.secret\n");
	end_init(&p.bob, "groups comp.*,rec.*\n", "comp.*,alt.*", "");
	assert_int_equal(spool_begin(p.ana.kit.sp), ERR_OK);
	for (unsigned i = 0; i < COUNT(c); i++)
		put(&p.ana, i, c[i].group, 0, 0);
	assert_int_equal(spool_commit(p.ana.kit.sp), ERR_OK);
	reconcile(&p);
	assert_int_equal(reconcile_counts(p.ana.r).compared, 2);
	assert_int_equal(reconcile_counts(p.ana.r).lacks, 2);
	/* the others are looked at as ever, when they are due */
	for (unsigned i = 0; i < COUNT(c); i++)
		assert_true(due(&p.ana, i));
	pair_release(&p);
}

static void
what_may_have_expired_at_either_end_is_not_compared(void **state)
{
	static const struct {
		const char *ana, *bob;
		uint64_t compared; /* of 100 articles, one a day */
	} c[] = {
		{ "", "", 100 }, { "expire 30d\n", "", 30 }, { "", "expire 30d\n", 30 },
		{ "expire 30d\n", "expire 10d\n", 10 },
		{ "expire 10d\n", "expire 30d\n", 10 },
		{ "expire 30d\nexpire misc.* 50d\n", "", 50 },
		{ "expire misc.* 20d\nexpire 0\n", "", 100 },
		{ "expire rec.* 2d\n", "", 100 }, /* a group that is not here */
	};

	(void)state;
	for (size_t k = 0; k < COUNT(c); k++) {
		struct pair p;

		end_init(&p.ana, c[k].ana, "*", "");
		end_init(&p.bob, c[k].bob, "*", "");
		assert_int_equal(spool_begin(p.ana.kit.sp), ERR_OK);
		assert_int_equal(spool_begin(p.bob.kit.sp), ERR_OK);
		for (unsigned i = 0; i < 100; i++) {
			int64_t date = KIT_NOW - (int64_t)i * DAY - DAY / 2;

			put(&p.ana, i, "misc.test", date, 0);
			put(&p.bob, i + (i == 5 || i == 95 ? 1000 : 0), "misc.test", date,
			    0);
		}
		assert_int_equal(spool_commit(p.ana.kit.sp), ERR_OK);
		assert_int_equal(spool_commit(p.bob.kit.sp), ERR_OK);
		reconcile(&p);
		assert_int_equal(reconcile_counts(p.ana.r).compared, c[k].compared);
		assert_int_equal(reconcile_counts(p.bob.r).compared, c[k].compared);
		assert_int_equal(
		    reconcile_counts(p.ana.r).lacks, c[k].compared > 95 ? 2 : 1);
		pair_release(&p);
	}
}

static void
what_expired_is_not_compared_and_the_friend_offers_it(void **state)
{
	struct spool_rule all = { VIEW_LIT("*"), 10 };
	struct spool_expiry x = {
		.rules = &all, .count = 1, .history = 90 * DAY, .now = KIT_NOW + 100
	};
	struct spool_expired io = { 0 };
	bool more = true;
	struct pair p;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 20, 0, 0);
	fill(&p.bob, 0, 20, 0, 0);
	while (more)
		assert_int_equal(spool_expire(p.ana.kit.sp, &x, &io, &more), ERR_OK);
	reconcile(&p);
	assert_int_equal(reconcile_counts(p.ana.r).compared, 0);
	assert_int_equal(reconcile_counts(p.ana.r).lacks, 0);
	assert_int_equal(reconcile_counts(p.bob.r).lacks, 20);
	pair_release(&p);
}

static void
copies_with_other_dates_are_lacking_nowhere(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 1, 200, 0, 0);
	fill(&p.bob, 1, 200, 0, 0);
	assert_int_equal(spool_begin(p.ana.kit.sp), ERR_OK);
	assert_int_equal(spool_begin(p.bob.kit.sp), ERR_OK);
	put(&p.ana, 500, "misc.test", 1234567890, 0);
	put(&p.bob, 500, "misc.test", 1300000000, 0);
	assert_int_equal(spool_commit(p.ana.kit.sp), ERR_OK);
	assert_int_equal(spool_commit(p.bob.kit.sp), ERR_OK);
	reconcile(&p);
	assert_int_equal(reconcile_counts(p.ana.r).lacks, 0);
	assert_int_equal(reconcile_counts(p.bob.r).lacks, 0);
	pair_release(&p);
}

static void
when_both_begin_the_callers_opening_stands(void **state)
{
	struct buf a = BUF_INIT(RECONCILE_BODY_MAX), b = BUF_INIT(RECONCILE_BODY_MAX);
	struct pair p;
	bool more;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 300, 11, 1);
	fill(&p.bob, 0, 300, 13, 1);
	begin(&p.ana, true);
	begin(&p.bob, false);
	assert_int_equal(
	    reconcile_step(p.ana.r, (struct view){ NULL, 0 }, &a, &more), ERR_OK);
	assert_int_equal(
	    reconcile_step(p.bob.r, (struct view){ NULL, 0 }, &b, &more), ERR_OK);
	talk(&p.ana, &p.bob, buf_view(&b));
	talk(&p.bob, &p.ana, buf_view(&a));
	assert_true(reconcile_done(p.ana.r));
	assert_true(reconcile_done(p.bob.r));
	assert_int_equal(reconcile_apply(p.ana.r), ERR_OK);
	assert_true(due(&p.ana, 14));
	assert_false(due(&p.ana, 13));
	buf_release(&a);
	buf_release(&b);
	pair_release(&p);
}

static void
the_friends_ranges_follow(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 100, 0, 0);  /* arrivals 1 to 100 */
	fill(&p.bob, 0, 100, 10, 3); /* lacks 3, 13, ..., 93 */
	p.ana.f.feed.top = 50;
	assert_int_equal(ranges_add(&p.ana.f.state.pending, 20, 30), ERR_OK);
	assert_int_equal(ranges_add(&p.ana.f.state.flight, 4, 14), ERR_OK);
	assert_int_equal(ranges_add(&p.ana.f.state.deferred, 34, 34), ERR_OK);
	begin(&p.ana, true);
	assert_int_equal(reconcile_apply(p.ana.r), ERR_DENIED);
	reconcile(&p);
	/* 3 and 13 are in flight (arrivals 4 and 14), 33 was deferred */
	assert_int_equal(ranges_count(&p.ana.f.state.pending), 7);
	assert_true(due(&p.ana, 23));
	assert_true(due(&p.ana, 93));
	assert_false(due(&p.ana, 3));
	assert_false(due(&p.ana, 33));
	assert_int_equal(ranges_count(&p.ana.f.state.flight), 11);
	assert_int_equal(p.ana.f.feed.top, 100);
	assert_int_equal(p.ana.f.feed.back, 94);
	assert_true(p.ana.f.changed);
	assert_false(p.ana.f.state.pending.n == 0);
	pair_release(&p);
}

static void
what_may_not_come_now_is_refused(void **state)
{
	enum { FRESH, ASKED, ANSWERING, TURNED };
	static const struct {
		int when;
		struct view body;
	} c[] = {
		{ FRESH, VIEW_LIT("\x04") },
		{ FRESH, VIEW_LIT("\x00") },
		{ FRESH, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ FRESH, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ FRESH, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61\0") },
		{ FRESH, VIEW_LIT("\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61") },
		{ FRESH, VIEW_LIT("\x02\x61") },
		{ FRESH, VIEW_LIT("\x03\x01") },
		{ ASKED, VIEW_LIT("\x03\x01") },
		{ ASKED, VIEW_LIT("\x02") },
		{ ASKED, VIEW_LIT("\x02\x61\0\0\x03") },
		{ ANSWERING, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61") },
		{ ANSWERING, VIEW_LIT("\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61") },
		{ ANSWERING, VIEW_LIT("\x03") },
		{ ANSWERING, VIEW_LIT("\x03\x03") },
		{ ANSWERING, VIEW_LIT("\x03\x00part of an id") },
		{ TURNED, VIEW_LIT("\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf out = BUF_INIT(RECONCILE_BODY_MAX);
		struct pair p;
		bool more;

		/* a TURN must not go below the floor */
		end_init(&p.ana, c[i].when == TURNED ? "expire 300d\n" : "", "*", "");
		end_init(&p.bob, "", "*", "");
		fill(&p.ana, 0, 20, 0, 0);
		begin(&p.ana, true);
		if (c[i].when == ANSWERING)
			assert_int_equal(
			    reconcile_step(p.ana.r,
				VIEW_LIT("\x00\0\0\0\0\x7f\0\0\0\0\0\0\0\0\0\0\0\x61"),
				&out, &more),
			    ERR_OK);
		else if (c[i].when != FRESH)
			assert_int_equal(reconcile_step(p.ana.r, (struct view){ NULL, 0 },
					     &out, &more),
			    ERR_OK);
		assert_int_equal(
		    reconcile_step(p.ana.r, c[i].body, &out, &more), ERR_SYNTAX);
		buf_release(&out);
		pair_release(&p);
	}
}

static void
a_friend_that_never_ends_is_stopped(void **state)
{
	struct buf out = BUF_INIT(RECONCILE_BODY_MAX);
	enum err e = ERR_OK;
	unsigned rounds = 0;
	struct pair p;
	bool more;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 100, 0, 0);
	begin(&p.ana, true);
	assert_int_equal(
	    reconcile_step(p.ana.r, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61"),
		&out, &more),
	    ERR_OK);
	while (e == ERR_OK && rounds++ < 2 * RECONCILE_ROUNDS_MAX) {
		buf_reset(&out);
		e = reconcile_step(p.ana.r, VIEW_LIT("\x02\x61\0\0\x02\0"), &out, &more);
	}
	assert_int_equal(e, ERR_TOOBIG);
	assert_in_range(rounds, 1, RECONCILE_ROUNDS_MAX);
	buf_release(&out);
	pair_release(&p);
}

static void
ids_that_are_not_here_are_of_no_interest(void **state)
{
	struct buf out = BUF_INIT(RECONCILE_BODY_MAX);
	struct pair p;
	bool more;

	(void)state;
	pair_init(&p);
	fill(&p.ana, 0, 10, 0, 0);
	begin(&p.ana, true);
	assert_int_equal(
	    reconcile_step(p.ana.r, VIEW_LIT("\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x61"),
		&out, &more),
	    ERR_OK);
	assert_int_equal(
	    reconcile_step(p.ana.r, VIEW_LIT("\x03\x01sixteen bytes ofsixteen bytes of"),
		&out, &more),
	    ERR_OK);
	assert_true(reconcile_done(p.ana.r));
	assert_int_equal(reconcile_counts(p.ana.r).lacks, 0);
	buf_release(&out);
	pair_release(&p);
}

static int
setup(void **state)
{
	(void)state;
	crypto_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_side_learns_what_the_other_lacks),
		cmocka_unit_test(equal_spools_cost_a_few_hundred_bytes),
		cmocka_unit_test(only_groups_that_both_take_are_compared),
		cmocka_unit_test(what_may_have_expired_at_either_end_is_not_compared),
		cmocka_unit_test(what_expired_is_not_compared_and_the_friend_offers_it),
		cmocka_unit_test(copies_with_other_dates_are_lacking_nowhere),
		cmocka_unit_test(when_both_begin_the_callers_opening_stands),
		cmocka_unit_test(the_friends_ranges_follow),
		cmocka_unit_test(what_may_not_come_now_is_refused),
		cmocka_unit_test(a_friend_that_never_ends_is_stopped),
		cmocka_unit_test(ids_that_are_not_here_are_of_no_interest),
	};

	return cmocka_run_group_tests_name("reconcile", tests, setup, NULL);
}
