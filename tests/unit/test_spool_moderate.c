/* spool: bans hide and undo shows, moderators approve before or after, authors are known. */
#include "tests/unit/spool_kit.h"

#include "spool/moderate.h"

#define ANA 1
#define BEN 2
#define EVE 3

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

static uint64_t
by(struct kit *k, unsigned char author, const char *subject, char id[MSGID_MAX + 1])
{
	return kit_native(
	    k, (struct native){ .subject = view_str(subject) }, author, 0, id);
}

static struct spool_ban
ban_of(enum ban_kind kind, const void *value, size_t len)
{
	struct spool_ban b = { .kind = kind, .len = len, .since = KIT_NOW };

	memcpy(b.value, value, len);
	snprintf(b.note, sizeof b.note, "too loud");
	return b;
}

/* Until it is done; answers what changed. */
static struct spool_reviewed
review(struct kit *k)
{
	struct spool_reviewed r = { 0 };
	bool more = true;

	while (more)
		assert_int_equal(spool_review(k->sp, &r, &more), ERR_OK);
	return r;
}

static struct spool_reviewed
ban(struct kit *k, enum ban_kind kind, const void *value, size_t len)
{
	struct spool_ban b = ban_of(kind, value, len);

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(spool_ban_add(k->sp, &b), ERR_OK);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	return review(k);
}

static struct spool_reviewed
unban(struct kit *k, enum ban_kind kind, const void *value, size_t len)
{
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(
	    spool_ban_drop(k->sp, kind, (struct view){ value, len }), ERR_OK);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	return review(k);
}

static struct spool_meta
meta(struct kit *k, uint64_t arrival)
{
	struct spool_meta m = { 0 };

	assert_int_equal(spool_meta(k->sp, arrival, &m), ERR_OK);
	return m;
}

/* Can a newsreader see it in its first group? */
static bool
seen(struct kit *k, uint64_t arrival)
{
	struct spool_meta m = meta(k, arrival);
	uint64_t at = 0;
	enum err e = spool_find_number(k->sp, m.in[0].group, m.in[0].number, &at);

	assert_true(e == ERR_NOTFOUND || (e == ERR_OK && at == arrival));
	assert_int_equal(e == ERR_OK, !m.banned && !m.pending);
	return e == ERR_OK;
}

static void
a_banned_author_is_hidden_and_comes_back_to_the_same_numbers(void **state)
{
	unsigned char eve[ARTICLE_KEY_LEN];
	struct kit *k = *state;
	char id[MSGID_MAX + 1];
	struct spool_group before;
	uint64_t first, second, third;

	memset(eve, EVE, sizeof eve);
	first = by(k, EVE, "one", id);
	second = by(k, ANA, "two", id);
	before = kit_group(k, "misc.test");
	assert_int_equal(ban(k, BAN_AUTHOR, eve, sizeof eve).hidden, 1);
	assert_false(seen(k, first));
	assert_true(seen(k, second));
	third = by(k, EVE, "three", id);
	assert_false(seen(k, third));
	assert_int_equal(kit_group(k, "misc.test").count, 1);
	assert_int_equal(kit_group(k, "misc.test").low, before.low);
	assert_int_equal(kit_group(k, "misc.test").high, before.high + 1);
	kit_sound(k);
	assert_int_equal(unban(k, BAN_AUTHOR, eve, sizeof eve).shown, 2);
	assert_true(seen(k, first));
	assert_true(seen(k, third));
	assert_int_equal(meta(k, first).in[0].number, 1);
	assert_int_equal(kit_group(k, "misc.test").count, 3);
	kit_sound(k);
}

static void
a_foreign_address_a_thread_a_group_and_a_friend_can_be_banned(void **state)
{
	struct kit *k = *state;
	uint64_t root, answer, other, brought;

	root = kit_post(k, &(struct post){ .id = "<root@x>", .ingress = 7 });
	answer = kit_post(
	    k, &(struct post){ .id = "<a@x>", .headers = "References: <root@x>\r\n" });
	other = kit_post(k, &(struct post){ .id = "<o@x>", .groups = "alt.a,alt.b" });
	brought = kit_post(k, &(struct post){ .id = "<b@x>", .ingress = 12 });
	assert_int_equal(ban(k, BAN_THREAD, "<root@x>", 8).hidden, 2);
	assert_false(seen(k, root));
	assert_false(seen(k, answer));
	assert_true(seen(k, other));
	assert_int_equal(unban(k, BAN_THREAD, "<root@x>", 8).shown, 2);
	assert_int_equal(ban(k, BAN_GROUP, "alt.a", 5).hidden, 0);
	assert_int_equal(ban(k, BAN_GROUP, "alt.*", 5).hidden, 1);
	assert_false(seen(k, other));
	assert_int_equal(unban(k, BAN_GROUP, "alt.*", 5).shown, 1);
	assert_int_equal(ban(k, BAN_FRIEND, "12", 2).hidden, 1);
	assert_false(seen(k, brought));
	assert_true(seen(k, root));
	assert_int_equal(ban(k, BAN_AUTHOR, "one@example.com", 15).hidden, 3);
	assert_false(seen(k, other));
	kit_sound(k);
	assert_int_equal(unban(k, BAN_AUTHOR, "one@example.com", 15).shown, 3);
	assert_false(seen(k, brought));
}

static void
what_is_no_ban_is_refused_and_those_that_are_can_be_listed(void **state)
{
	static const struct {
		enum ban_kind kind;
		const char *value;
	} bad[] = {
		{ BAN_AUTHOR, "nobody" },
		{ BAN_AUTHOR, "Big@example.com" },
		{ BAN_THREAD, "root@x" },
		{ BAN_GROUP, "" },
		{ BAN_GROUP, "alt\n" },
		{ BAN_FRIEND, "0" },
		{ BAN_FRIEND, "bob" },
		{ (enum ban_kind)'z', "x" },
	};
	struct kit *k = *state;
	struct spool_ban b = { 0 };
	unsigned n = 0;

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		b = ban_of(bad[i].kind, bad[i].value, strlen(bad[i].value));
		if (spool_ban_add(k->sp, &b) != ERR_SYNTAX)
			fail_msg("%c %s", bad[i].kind, bad[i].value);
	}
	assert_int_equal(
	    spool_ban_drop(k->sp, BAN_GROUP, VIEW_LIT("alt.*")), ERR_NOTFOUND);
	b = ban_of(BAN_GROUP, "alt.*", 5);
	assert_int_equal(spool_ban_add(k->sp, &b), ERR_OK);
	b = ban_of(BAN_FRIEND, "3", 1);
	assert_int_equal(spool_ban_add(k->sp, &b), ERR_OK);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	b = (struct spool_ban){ 0 };
	while (spool_ban_next(k->sp, &b) == ERR_OK) {
		assert_int_equal(b.kind, n == 0 ? BAN_FRIEND : BAN_GROUP);
		assert_string_equal(b.note, "too loud");
		assert_int_equal(b.since, KIT_NOW);
		n++;
	}
	assert_int_equal(n, 2);
	b = ban_of(BAN_GROUP, "alt.*", 5);
	assert_int_equal(spool_ban_add(k->sp, &b), ERR_DENIED);
}

static void
moderate(struct kit *k, const char *wildmat, unsigned char author)
{
	struct spool_moderator m = { 0 };

	snprintf(m.wildmat, sizeof m.wildmat, "%s", wildmat);
	memset(m.key, author, sizeof m.key);
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(spool_moderator_add(k->sp, &m), ERR_OK);
	assert_int_equal(
	    spool_group_set(k->sp, VIEW_LIT("misc.test"), 'm', (struct view){ 0 }, 0),
	    ERR_OK);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	review(k);
}

static void
control(struct kit *k, unsigned char author, const char *verb, const char *target)
{
	char text[MSGID_MAX + 16], id[MSGID_MAX + 1];

	snprintf(text, sizeof text, "%s %s", verb, target);
	kit_native(k, (struct native){ .control = view_str(text) }, author, 0, id);
}

static bool
count(void *arg, const struct spool_meta *m)
{
	unsigned *n = arg;

	assert_true(m->pending);
	(*n)++;
	return true;
}

static unsigned
pending(struct kit *k)
{
	unsigned n = 0;

	assert_int_equal(spool_pending(k->sp, 0, 100, count, &n), ERR_OK);
	return n;
}

static void
a_moderated_group_waits_for_its_moderator(void **state)
{
	char one[MSGID_MAX + 1], own[MSGID_MAX + 1];
	struct kit *k = *state;
	uint64_t first, mine;

	by(k, BEN, "before", one);
	moderate(k, "misc.*", ANA);
	/* what stood there before is judged as well: it can be approved */
	assert_int_equal(pending(k), 1);
	control(k, ANA, "approve", one);
	assert_int_equal(pending(k), 0);
	first = by(k, BEN, "one", one);
	mine = by(k, ANA, "hers", own);
	assert_false(seen(k, first));
	assert_true(seen(k, mine));
	control(k, EVE, "approve", one);
	assert_false(seen(k, first));
	control(k, ANA, "approve", one);
	assert_true(seen(k, first));
	kit_sound(k);
}

static void
an_approval_may_come_first(void **state)
{
	char one[MSGID_MAX + 1];
	struct kit *k = *state;
	struct kit other;
	uint64_t first;

	kit_open(&other);
	by(&other, BEN, "one", one);
	kit_close(&other);
	by(k, ANA, "hers", (char[MSGID_MAX + 1]){ 0 });
	moderate(k, "misc.test", ANA);
	control(k, ANA, "approve", one);
	first = by(k, BEN, "one", one);
	assert_true(seen(k, first));
}

static void
a_moderator_cancels_in_its_groups_alone(void **state)
{
	char one[MSGID_MAX + 1], two[MSGID_MAX + 1];
	struct kit *k = *state;

	by(k, BEN, "one", one);
	kit_native(k,
	    (struct native){
		.subject = VIEW_LIT("two"), .newsgroups = VIEW_LIT("alt.x") },
	    BEN, 0, two);
	control(k, ANA, "cancel", one);
	assert_true(kit_here(k, one));
	moderate(k, "misc.test", ANA);
	control(k, ANA, "cancel", two);
	assert_true(kit_here(k, two));
	kit_native(k,
	    (struct native){ .subject = VIEW_LIT("again"), .supersedes = view_str(one) },
	    ANA, 0, two);
	assert_false(kit_here(k, one));
	kit_sound(k);
}

static void
authors_are_counted_and_may_have_a_name(void **state)
{
	struct kit *k = *state;
	struct spool_author a = { 0 };
	unsigned char key[ARTICLE_KEY_LEN];
	char id[MSGID_MAX + 1];

	memset(key, BEN, sizeof key);
	assert_int_equal(spool_author(k->sp, key, &a), ERR_NOTFOUND);
	by(k, BEN, "one", id);
	by(k, BEN, "two", id);
	by(k, ANA, "three", id);
	assert_int_equal(spool_author(k->sp, key, &a), ERR_OK);
	assert_int_equal(a.posts, 2);
	assert_int_equal(a.first, KIT_NOW);
	assert_string_equal(a.name, "");
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(spool_author_name(k->sp, key, VIEW_LIT("a@b")), ERR_SYNTAX);
	assert_int_equal(spool_author_name(k->sp, key, VIEW_LIT("Self")), ERR_SYNTAX);
	assert_int_equal(
	    spool_author_name(k->sp, key, VIEW_LIT("Ben of the mill")), ERR_OK);
	memset(key, EVE, sizeof key);
	assert_int_equal(spool_author_name(k->sp, key, VIEW_LIT("Eve")), ERR_OK);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	a = (struct spool_author){ 0 };
	assert_int_equal(spool_author_next(k->sp, true, &a), ERR_OK);
	assert_int_equal(a.key[0], ANA);
	assert_int_equal(spool_author_next(k->sp, false, &a), ERR_OK);
	assert_string_equal(a.name, "Ben of the mill");
	assert_int_equal(a.posts, 2);
	assert_int_equal(spool_author_next(k->sp, false, &a), ERR_OK);
	assert_int_equal(a.posts, 0);
	assert_int_equal(spool_author_next(k->sp, false, &a), ERR_NOTFOUND);
}

static void
what_is_hidden_expires_and_is_checked_as_all_is(void **state)
{
	struct spool_rule rule = { VIEW_LIT("*"), 100 };
	struct spool_expiry x = { &rule, 1, 0, 1000, KIT_NOW + 200 };
	struct spool_expired done = { 0 };
	struct kit *k = *state;
	bool more = true;

	kit_post(k, &(struct post){ .id = "<root@x>" });
	ban(k, BAN_THREAD, "<root@x>", 8);
	while (more)
		assert_int_equal(spool_expire(k->sp, &x, &done, &more), ERR_OK);
	assert_int_equal(done.articles, 1);
	assert_int_equal(kit_group(k, "misc.test").low, 2);
	kit_sound(k);
	kit_post(
	    k, &(struct post){ .id = "<new@x>", .headers = "References: <root@x>\r\n" });
	kit_sql(k, "DELETE FROM hidden");
	kit_reopen(k);
	{
		uint64_t troubles = 0;

		assert_int_equal(spool_check(k->sp, true, NULL, NULL, &troubles), ERR_OK);
		assert_true(troubles > 0);
	}
	kit_sound(k);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_banned_author_is_hidden_and_comes_back_to_the_same_numbers),
		T(a_foreign_address_a_thread_a_group_and_a_friend_can_be_banned),
		T(what_is_no_ban_is_refused_and_those_that_are_can_be_listed),
		T(a_moderated_group_waits_for_its_moderator),
		T(an_approval_may_come_first),
		T(a_moderator_cancels_in_its_groups_alone),
		T(authors_are_counted_and_may_have_a_name),
		T(what_is_hidden_expires_and_is_checked_as_all_is),
	};

	return cmocka_run_group_tests_name("spool moderate", tests, NULL, NULL);
}
