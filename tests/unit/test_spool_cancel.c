/* spool: cancel and Supersedes act with a proof, at once or when the article comes. */
#include "tests/unit/spool_kit.h"

#include "lib/b32.h"
#include "spool/cancellock.h"

/* RFC 8315 A: the key is a base64 text, the lock the base64 of its hash */
#define KEY "sha256:qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA="
#define LOCK "sha256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc="

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
a_cancel_key_opens_its_lock_and_no_other(void **state)
{
	static const struct {
		const char *lock, *key;
		bool want;
	} c[] = {
		{ LOCK, KEY, true },
		{ "SHA256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc=", KEY, true },
		{ "sha1:aaaa " LOCK, KEY, true },
		{ "sha1:aaaa\r\n " LOCK "\r\n\tmd5:x", KEY, true },
		{ "sha256:S/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc=", KEY, false },
		{ "sha1:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc=", KEY, false },
		{ "sha256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc", KEY, false },
		{ LOCK, "sha1:qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA=", false },
		{ LOCK, "sha256:qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMB=", false },
		{ LOCK, LOCK, false },
		{ LOCK, "sha256:", false },
		{ LOCK, "qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA=", false },
		{ "", KEY, false },
		{ "sha1:KqNqEREFnAu9etDGu6EI9Q346Gc=", "sha1:ABCDEFGHIJKL", true },
		{ "sha1:KqNqEREFnAu9etDGu6EI9Q346Gc=", "SHA1:ABCDEFGHIJKL", true },
		{ "md5:KqNqEREFnAu9etDGu6EI9Q346Gc=", "md5:ABCDEFGHIJKL", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if (cancellock_opens(view_str(c[i].lock), view_str(c[i].key)) !=
		    c[i].want)
			fail_msg("lock %s key %s", c[i].lock, c[i].key);
}

static void
elements_of_a_lock_are_taken_one_by_one(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "a:b", "a:b|" },
		{ "  a:b\r\n\tc:d  ", "a:b|c:d|" },
		{ "a: :b none a:b:c", "a:b:c|" },
		{ "", "" },
		{ " \r\n ", "" },
	};
	struct buf out = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct view rest = view_str(c[i].in), e;

		buf_reset(&out);
		while (cancellock_next(&rest, &e))
			buf_addv(&out, e), buf_adds(&out, "|");
		assert_string_equal(buf_cstr(&out), c[i].want);
	}
	buf_release(&out);
}

static void
a_cancel_by_the_same_author_takes_the_article_away_but_not_its_id(void **state)
{
	char id[MSGID_MAX + 1], by[MSGID_MAX + 1], control[MSGID_MAX + 20];
	struct kit *k = *state;
	struct spool_counts c;
	struct spool_meta m;
	uint64_t n;
	bool known;

	n = kit_native(k, (struct native){ 0 }, 1, 0, id);
	snprintf(control, sizeof control, "cancel %s", id);
	kit_native(k, (struct native){ .control = view_str(control) }, 1, 0, by);
	assert_false(kit_here(k, id));
	assert_true(kit_here(k, by));
	assert_int_equal(spool_known(k->sp, view_str(id), &known), ERR_OK);
	assert_true(known);
	assert_int_equal(spool_meta(k->sp, n, &m), ERR_NOTFOUND);
	assert_int_equal(kit_group(k, "misc.test").count, 0);
	assert_int_equal(kit_group(k, "misc.test").low, 2);
	assert_int_equal(kit_group(k, "misc.test").high, 1);
	assert_int_equal(kit_group(k, "control.cancel").count, 1);
	assert_int_equal(spool_counts(k->sp, &c), ERR_OK);
	assert_int_equal(c.articles, 1);
	assert_int_equal(c.history, 2);
	kit_sound(k);
}

static void
a_cancel_by_another_author_is_carried_and_does_nothing(void **state)
{
	char id[MSGID_MAX + 1], by[MSGID_MAX + 1], control[MSGID_MAX + 20];
	struct kit *k = *state;

	kit_native(k, (struct native){ 0 }, 1, 0, id);
	snprintf(control, sizeof control, "cancel %s", id);
	kit_native(k, (struct native){ .control = view_str(control) }, 2, 0, by);
	kit_native(k, (struct native){ .supersedes = view_str(id) }, 2, 0, by);
	assert_true(kit_here(k, id));
	assert_true(kit_here(k, by));
	kit_sound(k);
}

static void
supersedes_by_the_same_author_replaces(void **state)
{
	char id[MSGID_MAX + 1], by[MSGID_MAX + 1];
	struct kit *k = *state;

	kit_native(k, (struct native){ 0 }, 1, 0, id);
	kit_native(k,
	    (struct native){ .supersedes = view_str(id), .subject = VIEW_LIT("new") }, 1,
	    PUT_UNSIGNED, by);
	assert_false(kit_here(k, id));
	assert_true(kit_here(k, by));
	assert_int_equal(kit_group(k, "misc.test").count, 1);
	assert_int_equal(kit_group(k, "misc.test").low, 2);
	kit_sound(k);
}

/* What each foreign cancel does to an article that has the lock. */
static void
foreign_cancels_act_only_with_the_key(void **state)
{
	static const struct {
		const char *headers;
		bool gone;
	} c[] = {
		{ "Control: cancel <1@x>\r\n", false },
		{ "Control: cancel <1@x>\r\nCancel-Key: sha256:wrong\r\n", false },
		{ "Control: cancel <2@x>\r\nCancel-Key: " KEY "\r\n", false },
		{ "Control: cancelled <1@x>\r\nCancel-Key: " KEY "\r\n", false },
		{ "Control: rmgroup <1@x>\r\nCancel-Key: " KEY "\r\n", false },
		{ "Cancel-Key: " KEY "\r\n", false },
		{ "Control: cancel <1@x>\r\nCancel-Key: " KEY "\r\n", true },
		{ "Control: cancel  <1@x> \r\nCancel-Key: sha1:a\r\n\t" KEY "\r\n",
		    true },
		{ "Supersedes: <1@x>\r\nCancel-Key: " KEY "\r\n", true },
		{ "Supersedes: <1@x>\r\n", false },
	};

	(void)state;
	for (size_t order = 0; order < 2; order++)
		for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
			struct kit k;

			kit_open(&k);
			if (order == 0)
				kit_post(&k,
				    &(struct post){ .id = "<1@x>",
					.headers = "Cancel-Lock: " LOCK "\r\n" });
			kit_post(
			    &k, &(struct post){ .id = "<c@x>", .headers = c[i].headers });
			if (order == 1)
				kit_post(&k,
				    &(struct post){ .id = "<1@x>",
					.headers = "Cancel-Lock: " LOCK "\r\n" });
			if (kit_here(&k, "<1@x>") == c[i].gone)
				fail_msg("%s, order %zu", c[i].headers, order);
			kit_sound(&k);
			kit_close(&k);
		}
}

static void
an_article_cannot_cancel_itself(void **state)
{
	struct kit *k = *state;

	kit_post(k,
	    &(struct post){ .id = "<1@x>",
		.headers = "Supersedes: <1@x>\r\nCancel-Key: " KEY
			   "\r\nCancel-Lock: " LOCK "\r\n" });
	assert_true(kit_here(k, "<1@x>"));
	kit_sound(k);
}

static void
a_cancel_that_came_first_waits_for_the_article_of_its_author(void **state)
{
	struct native target = { .subject = VIEW_LIT("later") };
	char id[MSGID_MAX + 1], by[MSGID_MAX + 1], control[MSGID_MAX + 20];
	struct kit *k = *state, far;

	/* what the id will be */
	kit_open(&far);
	kit_native(&far, target, 1, 0, id);
	kit_close(&far);
	snprintf(control, sizeof control, "cancel %s", id);
	kit_native(k, (struct native){ .control = view_str(control) }, 2, 0, by);
	kit_native(k, (struct native){ .control = view_str(control) }, 1, 0, by);
	kit_reopen(k);
	kit_native(k, target, 1, 0, id);
	assert_false(kit_here(k, id));
	assert_int_equal(kit_group(k, "misc.test").count, 0);
	kit_sound(k);
}

static void
strangers_cancels_that_wait_keep_no_article_out(void **state)
{
	struct native target = { .subject = VIEW_LIT("later") };
	char id[MSGID_MAX + 1], by[MSGID_MAX + 1], control[MSGID_MAX + 20];
	struct kit *k = *state, far;
	sqlite3_stmt *s;
	sqlite3 *db;

	kit_open(&far);
	kit_native(&far, target, 1, 0, id);
	kit_close(&far);
	snprintf(control, sizeof control, "cancel %s", id);
	for (unsigned char i = 2; i < 30; i++)
		kit_native(k, (struct native){ .control = view_str(control) }, i, 0, by);
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM waiting", -1, &s, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_in_range(sqlite3_column_int(s, 0), 1, 16);
	sqlite3_finalize(s);
	sqlite3_close(db);
	kit_native(k, target, 1, 0, id);
	assert_true(kit_here(k, id));
	kit_sound(k);
}

/* Of a version that is not known here only Newsgroups and author are read. */
static void
an_article_of_a_higher_version_cancels_nothing_but_can_be_cancelled(void **state)
{
	static const char form[] =
	    "Hearsay-Article: 2\r\nNewsgroups: misc.test\r\nNew: %s\r\n"
	    "%sHearsay-Author: ";
	unsigned char sig[ARTICLE_SIG_LEN] = { 1 }, author[ARTICLE_KEY_LEN];
	char extra[MSGID_MAX + 20] = "", id[MSGID_MAX + 1] = "", by[MSGID_MAX + 1];
	struct kit *k = *state;
	struct spool_stored out = { 0 };
	struct article a;
	enum fault why;

	memset(author, 5, sizeof author);
	for (int i = 0; i < 2; i++) {
		buf_reset(&k->text);
		buf_addf(&k->text, form, i ? "b" : "a", extra);
		b32_lower(&k->text, (struct view){ author, sizeof author });
		buf_adds(&k->text, "\r\n\r\nx\r\n");
		assert_int_equal(article_parse(buf_view(&k->text), &a, &why), ERR_OK);
		assert_int_equal(a.version, 2);
		if (i == 0)
			snprintf(id, sizeof id, "%s", a.msgid);
		snprintf(extra, sizeof extra, "Supersedes: %s\r\n", a.msgid);
		assert_int_equal(spool_begin(k->sp), ERR_OK);
		assert_int_equal(kit_put_article(k, &(struct post){ 0 },
				     (struct view){ sig, sizeof sig }, &out),
		    ERR_OK);
		assert_int_equal(out.result, PUT_STORED);
		assert_int_equal(spool_commit(k->sp), ERR_OK);
	}
	assert_true(kit_here(k, id));
	kit_sound(k);
	kit_native(k, (struct native){ .supersedes = view_str(id) }, 5, 0, by);
	assert_false(kit_here(k, id));
	kit_sound(k);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_cancel_key_opens_its_lock_and_no_other),
		T(elements_of_a_lock_are_taken_one_by_one),
		T(a_cancel_by_the_same_author_takes_the_article_away_but_not_its_id),
		T(a_cancel_by_another_author_is_carried_and_does_nothing),
		T(supersedes_by_the_same_author_replaces),
		T(foreign_cancels_act_only_with_the_key),
		T(an_article_cannot_cancel_itself),
		T(a_cancel_that_came_first_waits_for_the_article_of_its_author),
		T(strangers_cancels_that_wait_keep_no_article_out),
		T(an_article_of_a_higher_version_cancels_nothing_but_can_be_cancelled),
	};

	return cmocka_run_group_tests_name("spool_cancel", tests, NULL, NULL);
}
