/* spool: check finds every damage and mends what can be mended. */
#include "tests/unit/spool_kit.h"

static void
say(void *arg, const char *what)
{
	struct buf *b = arg;

	buf_addf(b, "%s\n", what);
}

static uint64_t
check(struct kit *k, bool repair, struct buf *said)
{
	uint64_t troubles = 0;

	buf_reset(said);
	assert_int_equal(spool_check(k->sp, repair, say, said, &troubles), ERR_OK);
	return troubles;
}

static void
fill(struct kit *k)
{
	char id[MSGID_MAX + 1];

	kit_open(k);
	kit_post(k, &(struct post){ .id = "<1@x>", .groups = "a.one,b.two" });
	kit_post(k, &(struct post){ .id = "<2@x>", .groups = "a.one" });
	kit_native(k, (struct native){ .newsgroups = VIEW_LIT("b.two") }, 1, 0, id);
	kit_post(k, &(struct post){ .id = "<4@x>", .groups = "b.two", .ingress = 5 });
}

/* What is done to a sound spool, what check says of it, and how many articles are left
 * after the repair. */
static const struct {
	const char *damage, *says;
	unsigned left;
} cases[] = {
	{ "UPDATE overview SET line='x' WHERE num=1", "overview line is not its own", 4 },
	{ "UPDATE overview SET crossposted=0", "overview line is not its own", 4 },
	{ "UPDATE overview SET arrival=4 WHERE arrival=3", "overview line is not its own",
	    4 },
	{ "DELETE FROM overview", "overview line is missing", 4 },
	{ "INSERT INTO overview VALUES(1,99,1,0,'x')", "overview: a row names", 4 },
	{ "DELETE FROM number WHERE arrival=2", "number 2 of a.one is missing", 4 },
	{ "UPDATE number SET arrival=1 WHERE arrival=2", "number 2 of a.one is another's",
	    4 },
	{ "INSERT INTO number VALUES(1,50,77)", "numbers: a row names article 77", 4 },
	{ "INSERT INTO number VALUES(1,50,1)", "numbers: a row names article 1", 4 },
	{ "UPDATE grp SET count=9", "group a.one: marks", 4 },
	{ "UPDATE grp SET high=1", "group a.one: marks", 4 },
	{ "UPDATE grp SET low=2 WHERE name='a.one'", "below the low mark", 4 },
	{ "DELETE FROM history WHERE arrival=2",
	    "article 2: the history does not know it", 4 },
	{ "UPDATE history SET arrival=0", "the history does not know it", 4 },
	{ "UPDATE history SET content=zeroblob(16)", "the history does not know it", 4 },
	{ "INSERT INTO history VALUES(zeroblob(16),88,zeroblob(16),0,0,0)",
	    "history: a row names", 4 },
	{ "UPDATE meta SET articles=0", "counts:", 4 },
	{ "UPDATE meta SET bytes=0, history=77, groups=0", "counts:", 4 },
	{ "UPDATE meta SET arrival=1", "counts:", 4 },
	{ "UPDATE ingress SET bytes=1 WHERE id=5", "counts:", 4 },
	{ "DELETE FROM ingress", "counts:", 4 },
	{ "INSERT INTO ingress VALUES(9,1,1)", "counts:", 4 },
	{ "INSERT INTO body VALUES(99,x'00',NULL)", "text: a row names article 99", 4 },
	{ "DELETE FROM body WHERE arrival=2", "article 2: its text does not decode", 3 },
	{ "UPDATE body SET frame=x'00112233' WHERE arrival=1", "article 1: its text", 3 },
	{ "UPDATE article SET size=size+1 WHERE arrival=4", "article 4: its text", 3 },
	{ "UPDATE article SET id=zeroblob(16) WHERE arrival=4",
	    "article 4: its id is another", 3 },
	{ "UPDATE article SET flags=8 WHERE arrival=4", "its kind or signature", 3 },
	{ "UPDATE body SET signature=NULL WHERE arrival=3", "its kind or signature", 3 },
	{ "UPDATE body SET signature=zeroblob(64) WHERE arrival=2",
	    "its kind or signature", 3 },
	{ "UPDATE article SET xref=x'' WHERE arrival=2", "it is in no group", 3 },
	{ "DELETE FROM article WHERE arrival=2", "names article 2", 3 },
};

static void
each_damage_is_told_and_mended(void **state)
{
	struct buf said = BUF_INIT(1u << 20);
	struct spool_counts n;
	struct kit k;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t first;

		fill(&k);
		assert_int_equal(check(&k, true, &said), 0);
		kit_sql(&k, cases[i].damage);
		first = check(&k, false, &said);
		buf_addc(&said, '\0');
		if (first == 0 || strstr((char *)said.p, cases[i].says) == NULL)
			fail_msg("%s: said %s", cases[i].damage, (char *)said.p);
		/* a look changes nothing */
		assert_int_equal(check(&k, false, &said), first);
		check(&k, true, &said);
		if (check(&k, false, &said) != 0) {
			buf_addc(&said, '\0');
			fail_msg("%s: not mended, %s", cases[i].damage, (char *)said.p);
		}
		assert_int_equal(spool_counts(k.sp, &n), ERR_OK);
		if (n.articles != cases[i].left)
			fail_msg("%s: %u left", cases[i].damage, (unsigned)n.articles);
		kit_close(&k);
	}
	buf_release(&said);
}

static void
a_removed_article_may_come_again(void **state)
{
	struct buf said = BUF_INIT(1u << 20);
	struct kit k;

	(void)state;
	fill(&k);
	kit_sql(&k, "DELETE FROM body WHERE arrival=2");
	assert_true(check(&k, true, &said) > 0);
	assert_false(kit_here(&k, "<2@x>"));
	assert_int_equal(
	    kit_post(&k, &(struct post){ .id = "<2@x>", .groups = "a.one" }), 5);
	assert_int_equal(kit_group(&k, "a.one").high, 3);
	kit_sound(&k);
	kit_close(&k);
	buf_release(&said);
}

static void
the_low_mark_does_not_fall_and_no_number_is_given_twice(void **state)
{
	struct buf said = BUF_INIT(1u << 20);
	struct spool_group g;
	struct kit k;
	uint64_t n;

	(void)state;
	fill(&k);
	kit_sql(&k, "UPDATE grp SET low=3 WHERE name='a.one'");
	assert_true(check(&k, true, &said) > 0);
	g = kit_group(&k, "a.one");
	assert_int_equal(g.low, 3);
	assert_int_equal(g.high, 4);
	assert_int_equal(g.count, 2);
	assert_int_equal(spool_find_number(k.sp, g.id, 1, &n), ERR_NOTFOUND);
	assert_int_equal(spool_find_number(k.sp, g.id, 3, &n), ERR_OK);
	assert_int_equal(n, 1);
	kit_sound(&k);
	kit_close(&k);
	buf_release(&said);
}

static void
a_lost_high_mark_is_found_again(void **state)
{
	struct buf said = BUF_INIT(1u << 20);
	struct kit k;

	(void)state;
	fill(&k);
	kit_sql(&k, "UPDATE grp SET high=0, low=1, count=0; UPDATE meta SET arrival=0");
	assert_true(check(&k, true, &said) > 0);
	assert_int_equal(
	    kit_post(&k, &(struct post){ .id = "<5@x>", .groups = "b.two" }), 5);
	assert_int_equal(kit_group(&k, "b.two").high, 4);
	kit_sound(&k);
	kit_close(&k);
	buf_release(&said);
}

/* Any damaged page ends in an answer: troubles, or ERR_CORRUPT; never in a crash. */
static void
damaged_pages_are_told(void **state)
{
	struct buf said = BUF_INIT(1u << 20);
	unsigned char page[512];
	unsigned found = 0, tried = 0;

	(void)state;
	memset(page, 0xa5, sizeof page);
	for (long at = 8192, end = 8192 * 2; at < end; at += 8192, tried++) {
		uint64_t troubles = 0;
		struct kit k;
		FILE *f;
		enum err e;

		fill(&k);
		spool_close(k.sp);
		k.sp = NULL;
		f = fopen(k.path, "r+");
		assert_non_null(f);
		assert_int_equal(fseek(f, 0, SEEK_END), 0);
		end = ftell(f);
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		assert_int_equal(fwrite(page, 1, sizeof page, f), sizeof page);
		fclose(f);
		e = spool_open(k.path, SPOOL_WRITE, &k.sp);
		if (e == ERR_OK)
			e = spool_check(k.sp, true, say, &said, &troubles);
		assert_true(e == ERR_OK || e == ERR_CORRUPT);
		found += e == ERR_CORRUPT || troubles > 0;
		if (!(e == ERR_CORRUPT || troubles > 0))
			print_message("# page %ld\n", at / 8192 + 1);
		kit_close(&k);
	}
	/* a page of the free list may hold anything */
	assert_true(found + 2 >= tried);
	buf_release(&said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_damage_is_told_and_mended),
		cmocka_unit_test(a_removed_article_may_come_again),
		cmocka_unit_test(the_low_mark_does_not_fall_and_no_number_is_given_twice),
		cmocka_unit_test(a_lost_high_mark_is_found_again),
		cmocka_unit_test(damaged_pages_are_told),
	};

	return cmocka_run_group_tests_name("spool_check", tests, NULL, NULL);
}
