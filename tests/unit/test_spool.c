/* spool: storing, numbers, finding and reading. */
#include "tests/unit/spool_kit.h"

static int
setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	kit_open(k);
	*state = k;
	return 0;
}

static int
teardown(void **state)
{
	kit_close(*state);
	free(*state);
	return 0;
}

static void
a_stored_article_comes_back_byte_for_byte_by_id_and_number(void **state)
{
	struct kit *k = *state;
	struct buf out = BUF_INIT(ARTICLE_MAX);
	uint64_t arrival, found = 0;
	bool sig = true;

	arrival =
	    kit_post(k, &(struct post){ .id = "<a@x>", .body = "Hello.\r\n.dot\r\n" });
	assert_int_equal(arrival, 1);
	kit_reopen(k);
	assert_int_equal(spool_find(k->sp, VIEW_LIT("<a@x>"), &found), ERR_OK);
	assert_int_equal(found, 1);
	assert_int_equal(
	    spool_find_number(k->sp, kit_group(k, "misc.test").id, 1, &found), ERR_OK);
	assert_int_equal(found, 1);
	buf_adds(&out, "before");
	assert_int_equal(spool_article(k->sp, 1, &out, NULL, &sig), ERR_OK);
	assert_false(sig);
	assert_int_equal(out.len, k->text.len + 6);
	assert_memory_equal(out.p + 6, k->text.p, k->text.len);
	assert_int_equal(spool_find(k->sp, VIEW_LIT("<b@x>"), &found), ERR_NOTFOUND);
	assert_int_equal(spool_find_number(k->sp, 1, 2, &found), ERR_NOTFOUND);
	assert_int_equal(spool_find_number(k->sp, 99, UINT64_MAX, &found), ERR_NOTFOUND);
	assert_int_equal(spool_article(k->sp, 2, &out, NULL, &sig), ERR_NOTFOUND);
	assert_int_equal(spool_article(k->sp, 0, &out, NULL, &sig), ERR_NOTFOUND);
	kit_sound(k);
	buf_release(&out);
}

static void
the_second_copy_is_a_duplicate_and_another_text_is_counted(void **state)
{
	struct kit *k = *state;
	struct spool_stored out;
	struct spool_counts c;

	kit_post(k, &(struct post){ .id = "<a@x>" });
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	out = kit_put(k, &(struct post){ .id = "<a@x>" });
	assert_int_equal(out.result, PUT_DUPLICATE);
	assert_int_equal(out.arrival, 1);
	out = kit_put(k, &(struct post){ .id = "<a@x>", .body = "Not what it was." });
	assert_int_equal(out.result, PUT_DIFFERS);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_int_equal(spool_counts(k->sp, &c), ERR_OK);
	assert_int_equal(c.articles, 1);
	assert_int_equal(c.history, 1);
	assert_int_equal(c.differing, 1);
	assert_true(c.bytes > 0);
	assert_int_equal(kit_group(k, "misc.test").high, 1);
	kit_sound(k);
}

static void
crossposts_have_a_number_in_each_group_once(void **state)
{
	struct kit *k = *state;
	struct spool_meta m;

	kit_post(k, &(struct post){ .id = "<1@x>", .groups = "b.two" });
	kit_post(k, &(struct post){ .id = "<2@x>", .groups = "a.one,b.two,a.one" });
	assert_int_equal(spool_meta(k->sp, 2, &m), ERR_OK);
	assert_int_equal(m.groups, 2);
	assert_int_equal(m.in[0].group, kit_group(k, "a.one").id);
	assert_int_equal(m.in[0].number, 1);
	assert_int_equal(m.in[1].group, kit_group(k, "b.two").id);
	assert_int_equal(m.in[1].number, 2);
	assert_int_equal(m.received, KIT_NOW);
	assert_int_equal(m.size, k->text.len);
	assert_false(m.native || m.nofeed || m.unsigned_post || m.control);
	assert_int_equal(kit_group(k, "b.two").count, 2);
	kit_sound(k);
}

static void
groups_are_made_only_as_far_as_allowed(void **state)
{
	struct kit *k = *state;
	struct spool_stored out;
	struct spool_group g;

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	out = kit_put(k, &(struct post){ .id = "<1@x>", .flags = PUT_NONEWGROUP });
	assert_int_equal(out.result, PUT_NOGROUP);
	out = kit_put(
	    k, &(struct post){ .id = "<2@x>", .groups = "a.a,b.b,c.c", .max = 2 });
	assert_int_equal(out.result, PUT_STORED);
	assert_int_equal(out.created, 2);
	assert_int_equal(out.arrival, 1);
	out = kit_put(k,
	    &(struct post){
		.id = "<3@x>", .groups = "c.c,a.a", .flags = PUT_NONEWGROUP });
	assert_int_equal(out.result, PUT_STORED);
	assert_int_equal(out.created, 0);
	assert_int_equal(spool_group(k->sp, VIEW_LIT("c.c"), &g), ERR_NOTFOUND);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	/* what was refused is not remembered */
	assert_false(kit_here(k, "<1@x>"));
	kit_post(k, &(struct post){ .id = "<1@x>" });
	kit_sound(k);
}

static void
control_and_local_posts_are_kept_apart(void **state)
{
	struct kit *k = *state;
	struct spool_meta m;

	kit_post(
	    k, &(struct post){ .id = "<1@x>", .headers = "Control: cancel <9@x>\r\n" });
	kit_post(
	    k, &(struct post){ .id = "<2@x>", .headers = "Control: newgroup a.b\r\n" });
	kit_post(k, &(struct post){ .id = "<3@x>", .groups = "local.test" });
	kit_post(k, &(struct post){ .id = "<4@x>", .flags = PUT_NOFEED });
	assert_int_equal(kit_group(k, "control.cancel").count, 1);
	assert_int_equal(kit_group(k, "control.cancel").status, 'n');
	assert_int_equal(kit_group(k, "control").count, 1);
	assert_int_equal(kit_group(k, "misc.test").count, 1);
	assert_int_equal(spool_meta(k->sp, 1, &m), ERR_OK);
	assert_true(m.control && !m.nofeed);
	assert_int_equal(spool_meta(k->sp, 3, &m), ERR_OK);
	assert_true(m.nofeed && !m.control);
	assert_int_equal(spool_meta(k->sp, 4, &m), ERR_OK);
	assert_true(m.nofeed);
	kit_sound(k);
}

static void
a_rollback_leaves_nothing_and_gives_no_number_away(void **state)
{
	struct kit *k = *state;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	kit_put(k, &(struct post){ .id = "<2@x>", .groups = "misc.test,new.group" });
	spool_rollback(k->sp);
	assert_false(kit_here(k, "<2@x>"));
	assert_int_equal(kit_post(k, &(struct post){ .id = "<3@x>" }), 2);
	assert_int_equal(kit_group(k, "misc.test").high, 2);
	kit_sound(k);
	spool_rollback(k->sp);
}

static void
writing_outside_a_transaction_and_by_readers_is_denied(void **state)
{
	struct kit *k = *state;
	struct spool_stored out;
	struct spool *r = NULL;
	uint64_t n;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(
	    kit_put_article(k, &(struct post){ 0 }, (struct view){ NULL, 0 }, &out),
	    ERR_DENIED);
	assert_int_equal(spool_commit(k->sp), ERR_DENIED);
	assert_int_equal(spool_group_new(k->sp, VIEW_LIT("a.b"), 1), ERR_DENIED);
	assert_int_equal(spool_open(k->path, SPOOL_READ, &r), ERR_OK);
	assert_int_equal(spool_begin(r), ERR_DENIED);
	assert_int_equal(spool_find(r, VIEW_LIT("<1@x>"), &n), ERR_OK);
	spool_close(r);
}

static void
a_reader_sees_each_commit_and_nothing_before_it(void **state)
{
	struct kit *k = *state;
	struct spool *r = NULL;
	uint64_t n;

	assert_int_equal(spool_open(k->path, SPOOL_READ, &r), ERR_OK);
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	kit_put(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(spool_find(r, VIEW_LIT("<1@x>"), &n), ERR_NOTFOUND);
	assert_int_equal(spool_last_arrival(r, &n), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(spool_last_arrival(k->sp, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(kit_group(k, "misc.test").high, 1);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_int_equal(spool_find(r, VIEW_LIT("<1@x>"), &n), ERR_OK);
	spool_close(r);
}

/* The marks are kept between transactions: another writer must be noticed. */
static void
two_writers_never_give_the_same_number(void **state)
{
	struct kit *k = *state;
	struct kit other = *k;
	char id[32];

	other.sp = NULL;
	buf_init(&other.text, ARTICLE_MAX);
	assert_int_equal(spool_open(k->path, SPOOL_WRITE, &other.sp), ERR_OK);
	for (unsigned i = 1; i <= 20; i++) {
		snprintf(id, sizeof id, "<%u@x>", i);
		assert_int_equal(
		    kit_post(i % 3 ? k : &other, &(struct post){ .id = id }), i);
	}
	assert_int_equal(kit_group(k, "misc.test").high, 20);
	assert_int_equal(kit_group(k, "misc.test").count, 20);
	spool_close(other.sp);
	buf_release(&other.text);
	kit_sound(k);
}

static void
the_newsreaders_own_id_finds_its_post(void **state)
{
	struct kit *k = *state;
	uint64_t found = 0;
	bool known;

	kit_post(k, &(struct post){ .id = "<1@x>", .alias = "<slrn.1@my.host>" });
	assert_int_equal(spool_find(k->sp, VIEW_LIT("<slrn.1@my.host>"), &found), ERR_OK);
	assert_int_equal(found, 1);
	assert_int_equal(
	    spool_known(k->sp, VIEW_LIT("<slrn.1@my.host>"), &known), ERR_OK);
	assert_true(known);
	assert_int_equal(spool_known(k->sp, VIEW_LIT("<1@x>"), &known), ERR_OK);
	assert_true(known);
	assert_int_equal(spool_known(k->sp, VIEW_LIT("<2@x>"), &known), ERR_OK);
	assert_false(known);
}

static bool
collect(void *arg, const struct spool_meta *m)
{
	struct buf *b = arg;

	buf_addf(b, "%u ", (unsigned)m->arrival);
	return b->len < 12;
}

static void
local_posts_wait_for_their_signature(void **state)
{
	unsigned char sig[ARTICLE_SIG_LEN], got[ARTICLE_SIG_LEN] = { 0 };
	struct buf seen = BUF_INIT(100), text = BUF_INIT(ARTICLE_MAX);
	struct kit *k = *state;
	char id[MSGID_MAX + 1];
	struct spool_counts c;
	struct spool_meta m;
	bool has = true;

	memset(sig, 0x5a, sizeof sig);
	kit_native(k, (struct native){ 0 }, 1, 0, id);
	kit_native(k, (struct native){ .subject = VIEW_LIT("b") }, 1, PUT_UNSIGNED, id);
	kit_native(k, (struct native){ .subject = VIEW_LIT("c") }, 1, PUT_UNSIGNED, id);
	assert_int_equal(spool_unsigned(k->sp, 0, 10, collect, &seen), ERR_OK);
	assert_string_equal(buf_cstr(&seen), "2 3 ");
	assert_int_equal(spool_counts(k->sp, &c), ERR_OK);
	assert_int_equal(c.unsigned_posts, 2);
	assert_int_equal(spool_article(k->sp, 2, &text, got, &has), ERR_OK);
	assert_false(has);
	assert_int_equal(spool_set_signature(k->sp, 2, sig), ERR_OK);
	buf_reset(&seen), buf_reset(&text);
	assert_int_equal(spool_unsigned(k->sp, 0, 10, collect, &seen), ERR_OK);
	assert_string_equal(buf_cstr(&seen), "3 ");
	assert_int_equal(spool_article(k->sp, 2, &text, got, &has), ERR_OK);
	assert_true(has);
	assert_memory_equal(got, sig, sizeof sig);
	assert_int_equal(spool_meta(k->sp, 2, &m), ERR_OK);
	assert_true(m.native && !m.unsigned_post);
	assert_int_equal(spool_set_signature(k->sp, 9, sig), ERR_NOTFOUND);
	assert_true(kit_here(k, id));
	buf_release(&seen), buf_release(&text);
	kit_sound(k);
}

static void
a_signature_of_the_wrong_length_or_on_a_foreign_article_is_refused(void **state)
{
	struct kit *k = *state;
	struct spool_stored out;

	kit_post(k, &(struct post){ .id = "<1@x>" });
	assert_int_equal(
	    spool_set_signature(k->sp, 1, (const unsigned char[ARTICLE_SIG_LEN]){ 0 }),
	    ERR_DENIED);
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(
	    kit_put_article(k, &(struct post){ 0 }, VIEW_LIT("short"), &out), ERR_SYNTAX);
	spool_rollback(k->sp);
}

/* ---- groups --------------------------------------------------------------------- */

static void
groups_are_listed_by_name_with_marks_and_description(void **state)
{
	struct kit *k = *state;
	struct spool_group g = { 0 };

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(spool_group_new(k->sp, VIEW_LIT("misc.b"), 5), ERR_OK);
	assert_int_equal(spool_group_new(k->sp, VIEW_LIT("misc.a"), 6), ERR_OK);
	assert_int_equal(spool_group_new(k->sp, VIEW_LIT("misc.a"), 7), ERR_EXISTS);
	assert_int_equal(spool_group_new(k->sp, VIEW_LIT("no good"), 7), ERR_SYNTAX);
	assert_int_equal(
	    spool_group_set(k->sp, VIEW_LIT("misc.a"), 'm', VIEW_LIT("About a"), 41),
	    ERR_OK);
	assert_int_equal(
	    spool_group_set(k->sp, VIEW_LIT("misc.a"), 'm', (struct view){ NULL, 0 }, 7),
	    ERR_OK);
	assert_int_equal(spool_group_set(k->sp, VIEW_LIT("misc.c"), 'y', VIEW_LIT(""), 0),
	    ERR_NOTFOUND);
	assert_int_equal(
	    spool_group_set(k->sp, VIEW_LIT("misc.a"), 'x', VIEW_LIT(""), 0), ERR_SYNTAX);
	assert_int_equal(
	    spool_group_set(k->sp, VIEW_LIT("misc.a"), 'y', VIEW_LIT("two\r\nlines"), 0),
	    ERR_SYNTAX);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_int_equal(spool_group_next(k->sp, VIEW_LIT(""), &g), ERR_OK);
	assert_string_equal(g.name, "misc.a");
	assert_string_equal(g.description, "About a");
	assert_int_equal(g.status, 'm');
	assert_int_equal(g.created, 6);
	assert_int_equal(g.low, 42);
	assert_int_equal(g.high, 41);
	assert_int_equal(g.count, 0);
	assert_int_equal(spool_group_next(k->sp, view_str(g.name), &g), ERR_OK);
	assert_string_equal(g.name, "misc.b");
	assert_int_equal(g.low, 1);
	assert_int_equal(g.high, 0);
	assert_int_equal(spool_group_next(k->sp, view_str(g.name), &g), ERR_NOTFOUND);
	assert_int_equal(spool_group_by_id(k->sp, g.id, &g), ERR_OK);
	assert_string_equal(g.name, "misc.b");
	assert_int_equal(spool_group_by_id(k->sp, 77, &g), ERR_NOTFOUND);
	kit_post(k, &(struct post){ .id = "<1@x>", .groups = "misc.a" });
	assert_int_equal(kit_group(k, "misc.a").low, 42);
	assert_int_equal(kit_group(k, "misc.a").high, 42);
	kit_sound(k);
}

/* ---- ranges --------------------------------------------------------------------- */

static void
fill(struct kit *k, unsigned n)
{
	char id[32];

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	for (unsigned i = 1; i <= n; i++) {
		snprintf(id, sizeof id, "<%u@x>", i);
		kit_put(k, &(struct post){ .id = id, .now = KIT_NOW + i });
	}
	assert_int_equal(spool_commit(k->sp), ERR_OK);
}

struct rows {
	uint64_t first, last;
	unsigned count, stop;
	bool fits;
};

static bool
over_row(void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct rows *r = arg;
	char want[32];
	int n = snprintf(want, sizeof want, "about <%u@x>\t", (unsigned)number);

	r->first = r->count == 0 ? number : r->first;
	r->last = number;
	r->count++;
	r->fits = number == arrival && !crossposted && view_starts(line, want) && n > 0;
	return r->fits && r->count != r->stop;
}

static bool
number_row(void *arg, uint64_t number, uint64_t arrival)
{
	return over_row(arg, number, arrival, false, (struct view){ NULL, 0 });
}

static void
overview_and_numbers_go_on_where_they_stopped(void **state)
{
	static const struct {
		uint64_t from, to;
		unsigned max, stop, count;
		uint64_t first, last, next;
	} c[] = {
		{ 1, 20, 100, 0, 20, 1, 20, 0 },
		{ 1, 20, 20, 0, 20, 1, 20, 0 },
		{ 1, 20, 7, 0, 7, 1, 7, 8 },
		{ 15, UINT64_MAX, 7, 0, 6, 15, 20, 0 },
		{ 3, 3, 7, 0, 1, 3, 3, 0 },
		{ 4, 3, 7, 0, 0, 0, 0, 0 },
		{ 21, 99, 7, 0, 0, 0, 0, 0 },
		{ 0, 99, 7, 3, 3, 1, 3, 4 },
		{ 0, 5, 0, 0, 0, 0, 0, 1 },
		{ 1, 5, 100, 5, 5, 1, 5, 0 },
	};
	struct kit *k = *state;
	uint32_t g;

	fill(k, 20);
	g = kit_group(k, "misc.test").id;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct rows over = { .stop = c[i].stop, .fits = true }, numbers = over;
		uint64_t next = 77;

		assert_int_equal(spool_over(k->sp, g, c[i].from, c[i].to, c[i].max,
				     over_row, &over, &next),
		    ERR_OK);
		assert_int_equal(next, c[i].next);
		assert_true(over.fits);
		assert_int_equal(over.count, c[i].count);
		assert_int_equal(over.first, c[i].first);
		assert_int_equal(over.last, c[i].last);
		assert_int_equal(spool_numbers(k->sp, g, c[i].from, c[i].to, c[i].max,
				     number_row, &numbers, &next),
		    ERR_OK);
		if (c[i].count > 0)
			assert_int_equal(numbers.first, c[i].first);
	}
}

static void
the_nearest_number_is_found_in_both_directions(void **state)
{
	static const struct {
		uint64_t number;
		int dir;
		enum err e;
		uint64_t want;
	} c[] = {
		{ 0, 1, ERR_OK, 1 },
		{ 5, 1, ERR_OK, 5 },
		{ 6, 1, ERR_NOTFOUND, 0 },
		{ 0, -1, ERR_NOTFOUND, 0 },
		{ 5, -1, ERR_OK, 5 },
		{ UINT64_MAX, -1, ERR_OK, 5 },
		{ 99, 1, ERR_NOTFOUND, 0 },
	};
	struct kit *k = *state;
	uint64_t got = 0;
	uint32_t g;

	fill(k, 5);
	g = kit_group(k, "misc.test").id;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(
		    spool_nearest(k->sp, g, c[i].number, c[i].dir, &got), c[i].e);
		if (c[i].e == ERR_OK)
			assert_int_equal(got, c[i].want);
	}
}

static void
arrivals_come_in_order_after_the_mark(void **state)
{
	struct kit *k = *state;
	struct buf seen = BUF_INIT(100);
	uint64_t last;

	fill(k, 5);
	assert_int_equal(spool_arrivals(k->sp, 2, 100, collect, &seen), ERR_OK);
	assert_string_equal(buf_cstr(&seen), "3 4 5 ");
	buf_reset(&seen);
	assert_int_equal(spool_arrivals(k->sp, 0, 2, collect, &seen), ERR_OK);
	assert_string_equal(buf_cstr(&seen), "1 2 ");
	buf_reset(&seen);
	assert_int_equal(spool_arrivals(k->sp, UINT64_MAX, 2, collect, &seen), ERR_OK);
	assert_int_equal(seen.len, 0);
	assert_int_equal(spool_last_arrival(k->sp, &last), ERR_OK);
	assert_int_equal(last, 5);
	buf_release(&seen);
}

static void
the_first_arrival_since_a_time_holds_when_the_clock_runs_backwards(void **state)
{
	static const int64_t received[] = { 100, 200, 5000, 150, 160, 5000, 6000, 300 };
	static const struct {
		int64_t when;
		uint64_t want; /* 0: none */
	} c[] = { { INT64_MIN, 1 }, { 100, 1 }, { 101, 2 }, { 200, 2 }, { 201, 3 },
		{ 5000, 3 }, { 5001, 7 }, { 6000, 7 }, { 6001, 0 }, { INT64_MAX, 0 } };
	struct kit *k = *state;
	uint64_t got;
	char id[32];

	assert_int_equal(spool_arrival_since(k->sp, 0, &got), ERR_NOTFOUND);
	for (size_t i = 0; i < sizeof received / sizeof received[0]; i++) {
		snprintf(id, sizeof id, "<%zu@x>", i);
		kit_post(k, &(struct post){ .id = id, .now = received[i] });
	}
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		enum err e = spool_arrival_since(k->sp, c[i].when, &got);

		assert_int_equal(e, c[i].want ? ERR_OK : ERR_NOTFOUND);
		if (e == ERR_OK)
			assert_int_equal(got, c[i].want);
	}
}

static void
a_transaction_is_full_after_its_articles_or_its_time(void **state)
{
	struct kit *k = *state;
	char id[32];
	unsigned n;

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_false(spool_full(k->sp));
	for (n = 0; !spool_full(k->sp) && n <= TXN_ARTICLES; n++) {
		snprintf(id, sizeof id, "<%u@x>", n);
		kit_put(k, &(struct post){ .id = id });
	}
	assert_in_range(n, 1, TXN_ARTICLES);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	assert_false(spool_full(k->sp));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_stored_article_comes_back_byte_for_byte_by_id_and_number),
		T(the_second_copy_is_a_duplicate_and_another_text_is_counted),
		T(crossposts_have_a_number_in_each_group_once),
		T(groups_are_made_only_as_far_as_allowed),
		T(control_and_local_posts_are_kept_apart),
		T(a_rollback_leaves_nothing_and_gives_no_number_away),
		T(writing_outside_a_transaction_and_by_readers_is_denied),
		T(a_reader_sees_each_commit_and_nothing_before_it),
		T(two_writers_never_give_the_same_number),
		T(the_newsreaders_own_id_finds_its_post),
		T(local_posts_wait_for_their_signature),
		T(a_signature_of_the_wrong_length_or_on_a_foreign_article_is_refused),
		T(groups_are_listed_by_name_with_marks_and_description),
		T(overview_and_numbers_go_on_where_they_stopped),
		T(the_nearest_number_is_found_in_both_directions),
		T(arrivals_come_in_order_after_the_mark),
		T(the_first_arrival_since_a_time_holds_when_the_clock_runs_backwards),
		T(a_transaction_is_full_after_its_articles_or_its_time),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
