/* search.db: what is in it, what is given out, and that it is always made again. */
#include "spool_kit.h"

#include <fcntl.h>

#include "spool/moderate.h"
#include "spool/search.h"

#define FOUND_MAX 64

struct index {
	struct kit k;
	char path[128];
	struct search *s;
};

struct found {
	uint64_t arrival[FOUND_MAX];
	unsigned count;
};

static void
words(void *arg, struct view article, struct search_text *out)
{
	size_t n = view_find(article, "\r\n\r\n");
	struct view head = view_slice(article, 0, n + 2);

	(void)arg;
	out->subject = article_field(head, "Subject");
	out->author = article_field(head, "From");
	out->groups = article_field(head, "Newsgroups");
	out->body = view_slice(article, n + 4, article.len);
}

static void
start(struct index *x)
{
	*x = (struct index){ 0 };
	kit_open(&x->k);
	snprintf(x->path, sizeof x->path, "%s/search.db", x->k.dir);
	assert_int_equal(search_open(x->path, x->k.sp, SPOOL_WRITE, &x->s), ERR_OK);
}

static void
finish(struct index *x)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
	char name[160];

	search_close(x->s);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(name, sizeof name, "%s%s", x->path, ends[i]);
		unlink(name);
	}
	kit_close(&x->k);
}

static void
reopen(struct index *x)
{
	search_close(x->s);
	x->s = NULL;
	assert_int_equal(search_open(x->path, x->k.sp, SPOOL_WRITE, &x->s), ERR_OK);
}

static void
follow(struct index *x)
{
	struct search_progress p = { .more = true };

	for (int i = 0; i < 1000 && p.more; i++)
		assert_int_equal(search_step(x->s, words, NULL, &p), ERR_OK);
	assert_false(p.more);
	assert_int_equal(p.mark, p.last);
}

static bool
note(void *arg, const struct spool_meta *m)
{
	struct found *f = arg;

	assert_true(f->count < FOUND_MAX);
	f->arrival[f->count++] = m->arrival;
	return true;
}

static struct found
find_as(struct index *x, const char *text, const char *read, unsigned max)
{
	uint64_t below = INT64_MAX;
	struct found f = { 0 };
	struct query q;
	const char *why;

	query_init(&q);
	assert_int_equal(query_parse(view_str(text), &q, &why), ERR_OK);
	while (below > 0)
		assert_int_equal(
		    search_find(x->s, &q, view_str(read), below, max, note, &f, &below),
		    ERR_OK);
	query_release(&q);
	return f;
}

static unsigned
count(struct index *x, const char *text)
{
	return find_as(x, text, "", 1000).count;
}

static void
words_are_found_the_newest_first(void **state)
{
	struct index x;
	struct found f;

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .body = "Sourdough bread" });
	kit_post(&x.k, &(struct post){ .id = "<2@a>", .body = "nothing" });
	kit_post(
	    &x.k, &(struct post){ .id = "<3@a>", .body = "BREAD with cr\xc3\xa8me" });
	follow(&x);
	f = find_as(&x, "bread", "", 1000);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.arrival[0], 3);
	assert_int_equal(f.arrival[1], 1);
	assert_int_equal(find_as(&x, "bread", "", 1).count, 2);
	assert_int_equal(count(&x, "creme"), 1);
	assert_int_equal(count(&x, "\"sourdough bread\""), 1);
	assert_int_equal(count(&x, "\"bread sourdough\""), 0);
	assert_int_equal(count(&x, "bread -creme"), 1);
	assert_int_equal(count(&x, "subject:about"), 3);
	assert_int_equal(count(&x, "subject:bread"), 0);
	assert_int_equal(count(&x, "from:someone"), 0);
	assert_int_equal(count(&x, "from:\"some one\" bread"), 2);
	/* the groups' names are no words of the article */
	assert_int_equal(count(&x, "misc"), 0);
	finish(&x);
}

static void
groups_are_asked_for_by_wildmat(void **state)
{
	struct index x;

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .groups = "rec.food,alt.bread" });
	kit_post(&x.k, &(struct post){ .id = "<2@a>", .groups = "rec.food" });
	kit_post(&x.k, &(struct post){ .id = "<3@a>", .groups = "alt.bread" });
	follow(&x);
	assert_int_equal(count(&x, "line group:rec.*"), 2);
	assert_int_equal(count(&x, "line -group:alt.*"), 1);
	assert_int_equal(count(&x, "line group:rec.*,!rec.food"), 0);
	/* who may not read a group does not learn what is in it */
	assert_int_equal(find_as(&x, "line", "alt.*", 9).count, 2);
	assert_int_equal(find_as(&x, "line group:rec.*", "alt.*", 9).count, 1);
	assert_int_equal(find_as(&x, "line", "comp.*", 9).count, 0);
	finish(&x);
}

static void
no_text_is_too_odd_for_the_index(void **state)
{
	static const char *const texts[] = { "OR", "AND NOT", "NEAR(a b)", "a*", "^a",
		"a:b", "{a b}:c", "(a", "a)", "a\\", "'x; DROP TABLE text0; x", "body:x",
		"rank", "a AND", "-a b", "\xe2\x80\x94", "a\xe2\x80\x94",
		"\xf0\x9f\x8d\x9e", "%s%n", "a.b.c", "x_y", "from:OR",
		"subject:\"NEAR(\"", "1" };
	struct index x;

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .body = "a b OR x y" });
	follow(&x);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		print_message("# %s\n", texts[i]);
		assert_true(count(&x, texts[i]) <= 1);
	}
	assert_int_equal(count(&x, "OR"), 1);
	assert_int_equal(count(&x, "x_y"), 1);
	finish(&x);
}

static void
review(struct index *x)
{
	struct spool_reviewed r = { 0 };
	bool more = true;

	while (more)
		assert_int_equal(spool_review(x->k.sp, &r, &more), ERR_OK);
}

static void
what_went_or_was_hidden_is_not_found(void **state)
{
	struct spool_ban ban = { .kind = BAN_GROUP, .len = 9 };
	struct spool_expired done = { 0 };
	struct index x;
	char id[MSGID_MAX + 1], cancel[MSGID_MAX + 16];
	bool more = true;

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .groups = "alt.hides" });
	kit_post(&x.k, &(struct post){ .id = "<2@a>", .ingress = 5 });
	kit_native(&x.k, (struct native){ .body = VIEW_LIT("a line\r\n") }, 1, 0, id);
	snprintf(cancel, sizeof cancel, "cancel %s", id);
	follow(&x);
	assert_int_equal(count(&x, "line"), 3);
	memcpy(ban.value, "alt.hides", 9);
	assert_int_equal(spool_begin(x.k.sp), ERR_OK);
	assert_int_equal(spool_ban_add(x.k.sp, &ban), ERR_OK);
	assert_int_equal(spool_commit(x.k.sp), ERR_OK);
	review(&x);
	assert_int_equal(count(&x, "line"), 2);
	while (more)
		assert_int_equal(
		    spool_purge(x.k.sp,
			&(struct spool_purge){ .ingress = 5, .now = KIT_NOW }, &done,
			&more),
		    ERR_OK);
	assert_int_equal(count(&x, "line"), 1);
	kit_native(&x.k, (struct native){ .control = view_str(cancel) }, 1, 0, id);
	assert_int_equal(count(&x, "line"), 0);
	follow(&x);
	/* nor is what cancelled it */
	assert_int_equal(count(&x, "native"), 0);
	finish(&x);
}

static void
a_step_is_bounded_and_the_mark_tells(void **state)
{
	struct search_progress p = { 0 };
	struct index x;
	char id[32];

	(void)state;
	start(&x);
	assert_int_equal(spool_begin(x.k.sp), ERR_OK);
	for (int i = 0; i < SEARCH_STEP + 10; i++) {
		snprintf(id, sizeof id, "<%d@a>", i);
		kit_put(&x.k, &(struct post){ .id = id });
	}
	assert_int_equal(spool_commit(x.k.sp), ERR_OK);
	assert_int_equal(search_progress(x.s, &p), ERR_OK);
	assert_int_equal(p.mark, 0);
	assert_int_equal(p.last, SEARCH_STEP + 10);
	assert_true(p.more);
	assert_int_equal(search_step(x.s, words, NULL, &p), ERR_OK);
	assert_true(p.mark > 0 && p.mark <= SEARCH_STEP);
	assert_true(p.more);
	reopen(&x); /* what is committed is not done again */
	assert_int_equal(search_progress(x.s, &p), ERR_OK);
	assert_true(p.mark > 0);
	follow(&x);
	assert_int_equal(count(&x, "subject:5"), 1);
	finish(&x);
}

static void
another_spools_index_is_filled_anew(void **state)
{
	struct index x, other;

	(void)state;
	start(&x);
	start(&other);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .body = "bread" });
	kit_post(&other.k, &(struct post){ .id = "<2@a>", .body = "wine" });
	follow(&x);
	search_close(x.s);
	assert_int_equal(search_open(x.path, other.k.sp, SPOOL_WRITE, &x.s), ERR_OK);
	follow(&x);
	search_close(other.s);
	other.s = NULL;
	assert_int_equal(search_open(x.path, other.k.sp, SPOOL_READ, &other.s), ERR_OK);
	assert_int_equal(count(&other, "wine"), 1);
	assert_int_equal(count(&other, "bread"), 0);
	finish(&other);
	finish(&x);
}

/* Bytes of no meaning from some page on. */
static void
damage(const char *path, off_t from)
{
	unsigned char junk[4096];
	int fd = open(path, O_RDWR);

	memset(junk, 0xa5, sizeof junk);
	assert_true(fd >= 0);
	for (off_t at = from; at < from + 8 * (off_t)sizeof junk; at += sizeof junk)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at), (ssize_t)sizeof junk);
	close(fd);
}

static void
a_file_that_is_no_index_is_replaced(void **state)
{
	struct index x;
	char name[160];

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .body = "bread" });
	follow(&x);
	search_close(x.s);
	x.s = NULL;
	snprintf(name, sizeof name, "%s-wal", x.path);
	assert_int_equal(truncate(name, 0), 0);
	damage(x.path, 0);
	assert_int_equal(search_open(x.path, x.k.sp, SPOOL_READ, &x.s), ERR_CORRUPT);
	assert_int_equal(search_open(x.path, x.k.sp, SPOOL_WRITE, &x.s), ERR_OK);
	follow(&x);
	assert_int_equal(count(&x, "bread"), 1);
	finish(&x);
}

static void
a_reset_in_place_reaches_who_has_it_open(void **state)
{
	struct search *reader = NULL, *mine;
	struct index x;

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<1@a>", .body = "bread" });
	follow(&x);
	assert_int_equal(search_open(x.path, x.k.sp, SPOOL_READ, &reader), ERR_OK);
	mine = x.s;
	x.s = reader;
	assert_int_equal(count(&x, "bread"), 1);
	x.s = mine;
	assert_int_equal(search_reset(x.s), ERR_OK);
	kit_post(&x.k, &(struct post){ .id = "<2@a>", .body = "more bread" });
	follow(&x);
	x.s = reader;
	assert_int_equal(count(&x, "bread"), 2);
	x.s = mine;
	search_close(reader);
	reopen(&x);
	assert_int_equal(count(&x, "bread"), 2);
	finish(&x);
}

static void
what_is_of_no_use_makes_room(void **state)
{
	struct spool_expired done = { 0 };
	struct search_progress p;
	struct index x;
	bool more = true;
	char id[32];

	(void)state;
	start(&x);
	kit_post(&x.k, &(struct post){ .id = "<keep@a>", .body = "bread" });
	for (int i = 0; i < 10100; i += 1010) {
		assert_int_equal(spool_begin(x.k.sp), ERR_OK);
		for (int j = i; j < i + 1010; j++) {
			snprintf(id, sizeof id, "<%d@a>", j);
			kit_put(&x.k, &(struct post){ .id = id, .ingress = 5 });
		}
		assert_int_equal(spool_commit(x.k.sp), ERR_OK);
	}
	follow(&x);
	while (more)
		assert_int_equal(
		    spool_purge(x.k.sp,
			&(struct spool_purge){ .ingress = 5, .now = KIT_NOW }, &done,
			&more),
		    ERR_OK);
	/* it looks when it has something to do */
	kit_post(&x.k, &(struct post){ .id = "<new@a>", .body = "bread" });
	assert_int_equal(search_step(x.s, words, NULL, &p), ERR_OK);
	assert_true(p.more);
	assert_int_equal(count(&x, "bread"), 2);
	follow(&x);
	assert_int_equal(count(&x, "bread"), 2);
	assert_int_equal(count(&x, "subject:5000"), 0);
	finish(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_the_newest_first),
		cmocka_unit_test(groups_are_asked_for_by_wildmat),
		cmocka_unit_test(no_text_is_too_odd_for_the_index),
		cmocka_unit_test(what_went_or_was_hidden_is_not_found),
		cmocka_unit_test(a_step_is_bounded_and_the_mark_tells),
		cmocka_unit_test(another_spools_index_is_filled_anew),
		cmocka_unit_test(a_file_that_is_no_index_is_replaced),
		cmocka_unit_test(a_reset_in_place_reaches_who_has_it_open),
		cmocka_unit_test(what_is_of_no_use_makes_room),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
