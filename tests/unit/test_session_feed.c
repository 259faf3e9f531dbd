/* links: reader */
#include "reader/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "reader/poster.h"

#define V(s) VIEW_LIT(s)
#define HEAD                                                                             \
	"From: a@b.example\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"                 \
	"Subject: fed\r\n"
#define TEXT(id, groups)                                                                 \
	HEAD "Newsgroups: " groups "\r\nMessage-ID: " id "\r\n\r\ntext\r\n"

static char folder[] = "/tmp/hearsay-feed-XXXXXX";

/* A writer that answers when the test says so. */
static struct world {
	struct session_env env;
	struct buf ids; /* of what was offered, in order, one a line */
	unsigned offers;
	enum err answer; /* of the next offers */
} world;

static enum err
offer(void *arg, struct session *s, struct view msgid, struct view article)
{
	struct world *w = arg;

	(void)s;
	(void)article;
	if (w->answer == ERR_IO)
		return ERR_IO;
	w->offers++;
	buf_addv(&w->ids, msgid);
	buf_addc(&w->ids, '\n');
	return w->answer;
}

static int
setup(void **state)
{
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/spool.db", folder);
	assert_int_equal(spool_create(path), ERR_OK);
	assert_int_equal(spool_open(path, SPOOL_WRITE, &world.env.spool), ERR_OK);
	assert_int_equal(spool_begin(world.env.spool), ERR_OK);
	assert_int_equal(spool_group_new(world.env.spool, V("talk.test"), 1), ERR_OK);
	assert_int_equal(spool_commit(world.env.spool), ERR_OK);
	render_init(&world.env.article, NULL);
	buf_init(&world.ids, 1 << 20);
	world.env.offer = offer;
	offer_init(&world.env.taken, ARTICLE_MAX);
	world.env.post_arg = &world;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "spool.db", "spool.db-wal", "spool.db-shm",
		"spool.db-lock" };
	char path[64];

	(void)state;
	spool_close(world.env.spool);
	render_release(&world.env.article);
	buf_release(&world.ids);
	offer_release(&world.env.taken);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void
begin(struct session *s, bool feed)
{
	world.offers = 0;
	world.answer = ERR_OK;
	buf_reset(&world.ids);
	session_init(s, &world.env, &(struct access){ .feed = feed });
	buf_reset(&s->out);
}

/* Gives it all that it takes, in pieces: how much. */
static size_t
give(struct session *s, struct view in, size_t piece)
{
	size_t used = 0, n = 1;

	for (; used < in.len && n > 0; used += n)
		n = session_input(s, view_slice(in, used, piece));
	return used;
}

static void
say(struct session *s, const char *text)
{
	assert_int_equal(give(s, view_str(text), strlen(text)), strlen(text));
}

/* What it answered since the last time. */
static void
expect(struct session *s, const char *want)
{
	assert_string_equal(buf_cstr(&s->out) == NULL ? "" : buf_cstr(&s->out), want);
	buf_reset(&s->out);
}

static bool
has(struct session *s, const char *line)
{
	return view_find(buf_view(&s->out), line) < s->out.len;
}

static void
feeding_is_off_unless_it_was_set_up(void **state)
{
	static const char *const asked[] = { "IHAVE <a@b.example>\r\n",
		"CHECK <a@b.example>\r\n", "MODE STREAM\r\n",
		"TAKETHIS <a@b.example>\r\n" TEXT("<a@b.example>", "talk.test") ".\r\n" };
	struct session s;

	(void)state;
	begin(&s, false);
	say(&s, "CAPABILITIES\r\n");
	assert_false(has(&s, "\r\nIHAVE\r\n"));
	assert_false(has(&s, "\r\nSTREAMING\r\n"));
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		buf_reset(&s.out);
		say(&s, asked[i]);
		assert_true(view_starts(buf_view(&s.out), "502 "));
		/* one answer: the article's lines are no commands */
		assert_int_equal(view_chr(buf_view(&s.out), '\n'), s.out.len - 1);
	}
	assert_int_equal(world.offers, 0);
	session_release(&s);
	begin(&s, true);
	say(&s, "CAPABILITIES\r\n");
	assert_true(has(&s, "\r\nIHAVE\r\n"));
	assert_true(has(&s, "\r\nSTREAMING\r\n"));
	buf_reset(&s.out);
	say(&s, "MODE STREAM\r\n");
	expect(&s, "203 Streaming permitted\r\n");
	session_release(&s);
}

static void
wrong_arguments_are_501_and_the_article_behind_them_is_read(void **state)
{
	static const char *const wrong[] = { "IHAVE\r\n", "IHAVE a@b\r\n", "CHECK\r\n",
		"CHECK <a@b> <c@d>\r\n", "CHECK <a b>\r\n",
		"TAKETHIS\r\nHELP\r\n..\r\n.\r\n", "TAKETHIS a@b\r\nDATE\r\n.\r\n",
		"TAKETHIS <a@b> 5\r\nDATE\r\n.\r\n" };
	struct session s;

	(void)state;
	begin(&s, true);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		say(&s, wrong[i]);
		expect(&s, "501 Syntax error\r\n");
	}
	assert_int_equal(world.offers, 0);
	session_release(&s);
}

static void
ihave_has_each_of_its_answers(void **state)
{
	static const struct {
		const char *writer, *want;
	} c[] = {
		{ "s", "235 \r\n" },
		{ "rno such group", "437 no such group\r\n" },
		{ "lNot stored: disk full", "436 Not stored: disk full\r\n" },
	};
	struct session s;

	(void)state;
	begin(&s, true);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		say(&s, "IHAVE <one@b.example>\r\n");
		assert_true(view_starts(buf_view(&s.out), "335 "));
		buf_reset(&s.out);
		say(&s, TEXT("<one@b.example>", "talk.test") ".\r\n");
		expect(&s, "");
		session_offered(&s, view_str(c[i].writer));
		expect(&s, c[i].want);
	}
	say(&s, "IHAVE <one@b.example>\r\n");
	buf_reset(&s.out);
	say(&s, "a\nb\r\n.\r\n");
	assert_true(view_starts(buf_view(&s.out), "437 "));
	buf_reset(&s.out);
	say(&s, "IHAVE <one@b.example>\r\n");
	buf_reset(&s.out);
	say(&s, TEXT("<two@b.example>", "talk.test") ".\r\n");
	expect(&s, "437 the article has another Message-ID\r\n");
	session_release(&s);
}

static void
answers_come_in_the_order_of_commands(void **state)
{
	static const char text[] =
	    "MODE STREAM\r\n"
	    "TAKETHIS <1@b.example>\r\n" TEXT("<1@b.example>",
		"talk.test") ".\r\n"
			     "CHECK <2@b.example>\r\nCHECK bad\r\n"
			     "TAKETHIS <3@b.example>\r\n" TEXT("<3@b.example>",
				 "talk.test") ".\r\n"
					      "TAKETHIS <4@b.example>\r\nbare\n\r\n.\r\n"
					      "MODE STREAM\r\n"
					      "TAKETHIS <5@b.example>\r\n" TEXT(
						  "<5@b.example>", "talk.test") ".\r\n";
	struct session s;

	(void)state;
	for (size_t piece = 1; piece < 200; piece += 33) {
		begin(&s, true);
		assert_int_equal(give(&s, V(text), piece), sizeof text - 1);
		expect(&s, "203 Streaming permitted\r\n");
		assert_string_equal(buf_cstr(&world.ids),
		    "<1@b.example>\n<3@b.example>\n<5@b.example>\n");
		assert_true(session_due(&s));
		session_offered(&s, V("s"));
		expect(
		    &s, "239 <1@b.example>\r\n238 <2@b.example>\r\n501 Syntax error\r\n");
		session_offered(&s, V("rno such group"));
		expect(&s,
		    "439 <3@b.example> no such group\r\n"
		    "439 <4@b.example> The article has an LF without CR\r\n"
		    "203 Streaming permitted\r\n");
		session_offered(&s, V("s"));
		expect(&s, "239 <5@b.example>\r\n");
		assert_false(session_due(&s));
		session_release(&s);
	}
}

static void
other_commands_wait_for_what_is_owed(void **state)
{
	struct session s;

	(void)state;
	begin(&s, true);
	say(&s,
	    "TAKETHIS <1@b.example>\r\n" TEXT("<1@b.example>",
		"talk.test") ".\r\nTAKETHIS <2@b.example>\r\n" TEXT("<2@b.example>",
		"talk.test") ".\r\n"
			     "QUIT\r\n");
	assert_int_equal(s.state, SESSION_WAIT);
	assert_int_equal(session_input(&s, V("DATE\r\n")), 0);
	session_offered(&s, V("s"));
	expect(&s, "239 <1@b.example>\r\n");
	session_offered(&s, V("s"));
	expect(&s, "239 <2@b.example>\r\n205 Bye\r\n");
	assert_int_equal(s.state, SESSION_CLOSED);
	session_release(&s);
}

static void
what_is_under_way_is_bounded(void **state)
{
	struct buf in = BUF_INIT(8 * ARTICLE_MAX);
	char line[LINE_MAX_NNTP];
	struct session s;
	size_t used;

	(void)state;
	memset(line, 'x', sizeof line);
	for (unsigned i = 0; i < 6; i++) {
		buf_addf(&in, "TAKETHIS <%u@b.example>\r\n", i);
		buf_addf(&in,
		    HEAD "Newsgroups: talk.test\r\nMessage-ID: <%u@b.example>\r\n\r\n",
		    i);
		for (size_t n = 0; n < 1900; n++) {
			buf_add(&in, line, sizeof line);
			buf_adds(&in, "\r\n");
		}
		buf_adds(&in, ".\r\n");
	}
	begin(&s, true);
	used = give(&s, buf_view(&in), 16384);
	assert_int_equal(world.offers, 5);
	assert_true(used < in.len);
	assert_false(session_takes_input(&s));
	session_offered(&s, V("s"));
	assert_true(session_takes_input(&s));
	(void)give(&s, view_slice(buf_view(&in), used, in.len), 16384);
	assert_int_equal(world.offers, 6);
	session_release(&s);
	/* and many small ones */
	begin(&s, true);
	for (unsigned i = 0; session_takes_input(&s) && i < 100000; i++)
		say(&s,
		    "TAKETHIS <s@b.example>\r\n" TEXT(
			"<s@b.example>", "talk.test") ".\r\n");
	assert_in_range(world.offers, 1000, 50000);
	assert_int_equal(buf_err(&s.replies.queue), ERR_OK);
	session_release(&s);
	buf_release(&in);
}

static void
an_offer_waits_in_the_session_until_there_is_room(void **state)
{
	struct session s;

	(void)state;
	begin(&s, true);
	world.answer = ERR_MORE;
	say(&s,
	    "TAKETHIS <1@b.example>\r\nPath: gone\r\n" TEXT(
		"<1@b.example>", "talk.test") ".\r\n");
	assert_int_equal(s.state, SESSION_HAND);
	assert_string_equal(
	    buf_cstr(&s.intake.bytes), TEXT("<1@b.example>", "talk.test"));
	assert_int_equal(session_input(&s, V("CHECK <2@b.example>\r\n")), 0);
	session_handed(&s);
	say(&s, "CHECK <2@b.example>\r\n");
	expect(&s, "");
	session_offered(&s, V("s"));
	expect(&s, "239 <1@b.example>\r\n238 <2@b.example>\r\n");
	session_release(&s);
}

static void
a_lost_writer_takes_nothing_with_it_that_was_promised(void **state)
{
	struct session s;

	(void)state;
	begin(&s, true);
	say(&s,
	    "TAKETHIS <1@b.example>\r\n" TEXT("<1@b.example>",
		"talk.test") ".\r\nTAKETHIS <2@b.example>\r\n" TEXT("<2@b.example>",
		"talk.test") ".\r\n");
	session_lost(&s);
	assert_true(view_starts(buf_view(&s.out), "400 "));
	assert_false(has(&s, "239 "));
	assert_int_equal(s.state, SESSION_CLOSED);
	assert_false(session_due(&s));
	session_release(&s);
	begin(&s, true);
	world.answer = ERR_IO;
	say(&s, "IHAVE <1@b.example>\r\n" TEXT("<1@b.example>", "talk.test") ".\r\n");
	assert_true(has(&s, "\r\n436 "));
	assert_int_equal(s.state, SESSION_COMMAND);
	session_release(&s);
}

static void
what_one_feed_sends_another_is_told_to_wait_with(void **state)
{
	struct session a, b;

	(void)state;
	assert_int_equal(claims_new(&world.env.claims), ERR_OK);
	begin(&a, true);
	begin(&b, true);
	a.number = 1;
	b.number = 2;
	say(&a, "CHECK <1@b.example>\r\nCHECK <1@b.example>\r\n");
	expect(&a, "238 <1@b.example>\r\n238 <1@b.example>\r\n");
	say(&b, "CHECK <1@b.example>\r\nIHAVE <1@b.example>\r\nCHECK <2@b.example>\r\n");
	expect(&b,
	    "431 <1@b.example>\r\n436 Another feed is sending it, try again later\r\n"
	    "238 <2@b.example>\r\n");
	say(&a, "TAKETHIS <1@b.example>\r\n" TEXT("<1@b.example>", "talk.test") ".\r\n");
	say(&b, "CHECK <1@b.example>\r\n");
	expect(&b, "431 <1@b.example>\r\n");
	session_offered(&a, V("rtoo big"));
	say(&b, "CHECK <1@b.example>\r\n");
	expect(&b, "238 <1@b.example>\r\n");
	session_release(&a);
	session_release(&b);
	claims_free(world.env.claims);
	world.env.claims = NULL;
}

/* Through the writer's side, with the spool. */
static void
taken(const char *groups, const char *offered, const char *text, const char *want)
{
	struct poster ps = { .spool = world.env.spool, .wake = -1, .feeds = true };
	struct posting p;

	if (groups != NULL)
		ps.feed_groups = view_str(groups);
	posting_init(&p, view_str(text));
	p.offered = view_str(offered);
	assert_int_equal(poster_take(&ps, &p, 1), 1);
	assert_string_equal(buf_cstr(&p.answer), want);
	assert_int_equal(p.stored, want[0] == OFFER_STORED);
	posting_release(&p);
	poster_release(&ps);
}

static void
a_feed_brings_what_an_import_would_take_and_into_groups_that_are_here(void **state)
{
	struct session s;

	(void)state;
	taken(NULL, "<a@x.example>", TEXT("<a@x.example>", "talk.test"), "s");
	taken(NULL, "<a@x.example>", TEXT("<a@x.example>", "talk.test"), "rit is here");
	taken(NULL, "<a@x.example>", TEXT("<a@x.example>", "talk.test") "more\r\n",
	    "rthe id is here, with another text");
	taken(NULL, "<b@x.example>", TEXT("<c@x.example>", "talk.test"),
	    "rthe article has another Message-ID");
	taken(NULL, "<b@x.example>", TEXT("<b@x.example>", "talk.new"), "rno such group");
	taken("other.*", "<b@x.example>", TEXT("<b@x.example>", "talk.new"),
	    "rno such group");
	taken("talk.*", "<b@x.example>", TEXT("<b@x.example>", "talk.new"), "s");
	taken("*", "<n@hearsay.invalid>", TEXT("<n@hearsay.invalid>", "talk.new"),
	    "rhearsay.invalid in an article from elsewhere");
	taken("*", "<d@x.example>", "Subject: alone\r\n\r\n",
	    "rone of From, Date, Message-ID, Newsgroups, Subject is missing");
	begin(&s, true);
	say(&s, "CHECK <a@x.example>\r\nIHAVE <b@x.example>\r\nCHECK <d@x.example>\r\n");
	expect(&s, "438 <a@x.example>\r\n435 It is here\r\n238 <d@x.example>\r\n");
	session_release(&s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeding_is_off_unless_it_was_set_up),
		cmocka_unit_test(
		    wrong_arguments_are_501_and_the_article_behind_them_is_read),
		cmocka_unit_test(ihave_has_each_of_its_answers),
		cmocka_unit_test(answers_come_in_the_order_of_commands),
		cmocka_unit_test(other_commands_wait_for_what_is_owed),
		cmocka_unit_test(what_is_under_way_is_bounded),
		cmocka_unit_test(an_offer_waits_in_the_session_until_there_is_room),
		cmocka_unit_test(a_lost_writer_takes_nothing_with_it_that_was_promised),
		cmocka_unit_test(what_one_feed_sends_another_is_told_to_wait_with),
		cmocka_unit_test(
		    a_feed_brings_what_an_import_would_take_and_into_groups_that_are_here),
	};

	return cmocka_run_group_tests_name("session_feed", tests, setup, teardown);
}
