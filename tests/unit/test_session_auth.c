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

#include "lib/text.h"
#include "reader/verdict.h"

#define V(s) VIEW_LIT(s)

static char folder[] = "/tmp/hearsay-auth-XXXXXX";

/* A reader-auth that answers when the test says so. */
static struct world {
	struct session_env env;
	char user[64], password[128]; /* of the last login */
	unsigned logins;
	bool away;
} world;

static void
keep(char *out, size_t room, struct view v)
{
	assert_true(v.len < room);
	if (v.len > 0)
		memcpy(out, v.p, v.len);
	out[v.len] = '\0';
}

static bool
login(void *arg, struct session *s, struct view user, struct view password)
{
	struct world *w = arg;

	assert_int_equal(s->state, SESSION_AUTH);
	keep(w->user, sizeof w->user, user);
	keep(w->password, sizeof w->password, password);
	w->logins++;
	return !w->away;
}

static bool
take(void *arg, struct session *s, struct view article)
{
	(void)arg;
	(void)article;
	session_posted(s, V("240 taken"));
	return true;
}

static void
put(struct spool *sp, const char *groups, const char *id)
{
	struct buf b = BUF_INIT(4096);
	struct article a;
	struct spool_put p = { .article = &a, .now = 1000000, .new_groups_max = 2 };
	struct spool_stored stored;
	enum fault why;

	buf_addf(&b,
	    "From: a@b.example\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
	    "Newsgroups: %s\r\nSubject: one\r\nMessage-ID: %s\r\n\r\ntext\r\n",
	    groups, id);
	assert_int_equal(article_parse(buf_view(&b), &a, &why), ERR_OK);
	assert_int_equal(spool_put(sp, &p, &stored), ERR_OK);
	assert_int_equal(stored.result, PUT_STORED);
	buf_release(&b);
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
	put(world.env.spool, "talk.open", "<open@x.example>");
	put(world.env.spool, "club.inner", "<inner@x.example>");
	put(world.env.spool, "club.inner,talk.open", "<both@x.example>");
	assert_int_equal(spool_commit(world.env.spool), ERR_OK);
	render_init(&world.env.article, NULL);
	world.env.post = take;
	world.env.login = login;
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
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* Gives in to a session, byte by byte, until it wants reader-auth; how much it took. */
static size_t
talk(struct session *s, struct view in, struct buf *said)
{
	size_t used = 0;

	while (used < in.len && s->state != SESSION_CLOSED && s->state != SESSION_AUTH) {
		used += session_input(s, view_slice(in, used, 1));
		while (s->state == SESSION_ANSWER)
			session_step(s);
		buf_addv(said, buf_view(&s->out));
		buf_reset(&s->out);
	}
	return used;
}

static void
begin(struct session *s, struct buf *said, const struct access *access)
{
	memset(said, 0, sizeof *said);
	buf_init(said, 1u << 20);
	world.logins = 0;
	world.away = false;
	session_init(s, &world.env, access);
	buf_addv(said, buf_view(&s->out));
	buf_reset(&s->out);
}

static void
answer(struct session *s, struct view verdict, struct buf *said)
{
	session_logged_in(s, verdict);
	buf_addv(said, buf_view(&s->out));
	buf_reset(&s->out);
}

/* Lets a user in with these rights. */
static void
enter(struct session *s, const char *read, const char *post, bool feed, struct buf *said)
{
	struct buf b = BUF_INIT(VERDICT_MAX);
	unsigned char grant[GRANT_LEN] = { 0 };
	struct user u = { .name = "ben", .feed = feed };

	snprintf(u.read, sizeof u.read, "%s", read);
	snprintf(u.post, sizeof u.post, "%s", post);
	verdict_add_in(&b, &u, grant);
	talk(s, V("AUTHINFO USER ben\r\nAUTHINFO PASS old mill\r\n"), said);
	assert_int_equal(s->state, SESSION_AUTH);
	answer(s, buf_view(&b), said);
	buf_release(&b);
}

static void
end(struct session *s, struct buf *said)
{
	session_release(s);
	buf_release(said);
}

/* The codes of the lines, for those that have one. */
static const char *
codes(const struct buf *said, struct buf *out)
{
	struct view rest = buf_view(said), line;

	while (text_line(&rest, &line))
		if (line.len >= 3 && line.p[0] >= '1' && line.p[0] <= '5' &&
		    (line.len == 3 || line.p[3] == ' ')) {
			buf_addv(out, view_slice(line, 0, 3));
			buf_addc(out, ' ');
		}
	return buf_cstr(out);
}

static void
strangers_get_these_answers(void **state)
{
	static const struct access here = { .post = true, .clear = true };
	static const struct access must = { .post = true, .clear = true, .login = true };
	static const struct access lan = { .post = true, .login = true };
	static const struct {
		const struct access *access;
		bool tls, deflate;
		const char *in, *want;
	} c[] = {
		{ &here, 0, 0, "AUTHINFO USER ben\r\n", "200 381 " },
		{ &here, 0, 0, "authinfo user B\xc3\xa9n!\r\n", "200 381 " },
		{ &here, 0, 0, "AUTHINFO PASS x\r\n", "200 482 " },
		{ &here, 0, 0, "AUTHINFO SASL PLAIN x\r\n", "200 503 " },
		{ &here, 0, 0, "AUTHINFO SASL\r\n", "200 501 " },
		{ &here, 0, 0, "AUTHINFO\r\n", "200 501 " },
		{ &here, 0, 0, "AUTHINFO USER\r\n", "200 501 " },
		{ &here, 0, 0, "AUTHINFO SIMPLE\r\n", "200 501 " },
		{ &here, 0, 1, "AUTHINFO USER ben\r\n", "200 502 " },
		{ &here, 0, 0, "GROUP talk.open\r\nPOST\r\n", "200 211 340 " },
		{ &lan, 0, 0, "AUTHINFO USER ben\r\nAUTHINFO PASS x\r\n",
		    "200 483 483 " },
		{ &lan, 1, 0, "AUTHINFO USER ben\r\n", "200 381 " },
		{ &must, 0, 0,
		    "GROUP talk.open\r\nLIST\r\nPOST\r\nSTAT <open@x.example>\r\n",
		    "200 480 480 480 480 " },
		{ &must, 0, 0, "IHAVE <a@b.c>\r\nCHECK <a@b.c>\r\nMODE STREAM\r\n",
		    "200 480 480 480 " },
		{ &must, 0, 0, "TAKETHIS <a@b.c>\r\nLIST\r\n.\r\nDATE\r\n",
		    "200 480 111 " },
		{ &must, 0, 0, "DATE\r\nHELP\r\nMODE READER\r\nCAPABILITIES\r\nQUIT\r\n",
		    "200 111 100 200 101 205 " },
		{ &must, 0, 0, "COMPRESS DEFLATE\r\nNONSENSE\r\nGROUP\r\n",
		    "200 480 500 501 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf said, got = BUF_INIT(4096);
		struct session s;

		begin(&s, &said, c[i].access);
		s.carrier.tls = c[i].tls;
		s.carrier.deflate = c[i].deflate;
		s.carrier.deflate_offer = true;
		talk(&s, view_str(c[i].in), &said);
		if (strcmp(codes(&said, &got), c[i].want) != 0)
			fail_msg("%s: %s", c[i].in, buf_cstr(&got));
		assert_int_equal(world.logins, 0);
		buf_release(&got);
		end(&s, &said);
	}
}

static void
capabilities_say_what_would_be_taken(void **state)
{
	static const struct {
		bool clear, tls, deflate, in;
		const char *has, *lacks;
	} c[] = {
		{ true, false, false, false, "\r\nAUTHINFO USER\r\n", "\r\nPOST" },
		{ false, false, false, false, "\r\nAUTHINFO\r\n", "AUTHINFO USER" },
		{ false, true, false, false, "\r\nAUTHINFO USER\r\n", "STARTTLS" },
		{ true, false, true, false, "\r\nAUTHINFO\r\n", "AUTHINFO USER" },
		{ true, false, false, true, "\r\nPOST\r\n", "AUTHINFO" },
		{ true, false, false, true, "\r\nREADER\r\n", "STARTTLS" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct access a = { .post = true, .login = true, .clear = c[i].clear };
		struct buf said;
		struct session s;

		begin(&s, &said, &a);
		s.carrier.tls = c[i].tls;
		s.carrier.tls_offer = true;
		s.carrier.deflate = c[i].deflate;
		if (c[i].in)
			enter(&s, "", "", false, &said);
		buf_reset(&said);
		talk(&s, V("CAPABILITIES\r\n"), &said);
		if (view_find(buf_view(&said), c[i].has) == said.len ||
		    view_find(buf_view(&said), c[i].lacks) != said.len)
			fail_msg("%zu: %s", i, buf_cstr(&said));
		end(&s, &said);
	}
}

static void
a_password_may_have_blanks_and_leaves_nothing_behind(void **state)
{
	const struct access a = { .post = true, .clear = true };
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	talk(&s, V("AUTHINFO USER ben\r\nAUTHINFO  PASS  an old  mill \r\nDATE\r\n"),
	    &said);
	assert_string_equal(world.user, "ben");
	assert_string_equal(world.password, "an old  mill");
	assert_true(s.secret);
	for (size_t i = 0; i < s.line.room; i++)
		assert_int_equal(s.line.p[i], 0);
	/* others go on; this one waits */
	assert_false(session_takes_input(&s));
	assert_true(session_awaits(&s) && !session_due(&s));
	assert_int_equal(session_input(&s, V("DATE\r\n")), 0);
	answer(&s, (struct view){ 0 }, &said);
	assert_true(view_find(buf_view(&said), "\r\n403 ") < said.len);
	assert_int_equal(s.state, SESSION_COMMAND);
	end(&s, &said);
}

static void
a_name_that_nobody_has_is_asked_for_a_password_too(void **state)
{
	const struct access a = { .post = true, .clear = true };
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	talk(&s, V("AUTHINFO USER no/body\r\nAUTHINFO PASS x\r\n"), &said);
	assert_int_equal(world.logins, 1);
	assert_string_equal(world.user, "");
	end(&s, &said);
}

static void
three_wrong_passwords_end_the_session(void **state)
{
	const struct access a = { .post = true, .clear = true };
	const unsigned char wrong[] = { VERDICT_WRONG };
	struct buf said, got = BUF_INIT(256);
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s.state, SESSION_COMMAND);
		talk(&s, V("AUTHINFO USER ben\r\nAUTHINFO PASS x\r\n"), &said);
		answer(&s, (struct view){ wrong, 1 }, &said);
	}
	assert_int_equal(s.state, SESSION_CLOSED);
	assert_string_equal(codes(&said, &got), "200 381 481 381 481 381 481 ");
	buf_release(&got);
	end(&s, &said);
}

static void
without_a_password_process_nobody_is_let_in(void **state)
{
	const struct access a = { .post = true, .clear = true, .login = true };
	struct buf said, got = BUF_INIT(256);
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	world.away = true;
	talk(&s, V("AUTHINFO USER ben\r\nAUTHINFO PASS x\r\nLIST\r\n"), &said);
	world.env.login = NULL;
	talk(&s, V("AUTHINFO USER ben\r\nLIST\r\n"), &said);
	world.env.login = login;
	assert_string_equal(codes(&said, &got), "200 381 403 480 403 480 ");
	buf_release(&got);
	end(&s, &said);
}

static void
a_user_has_the_groups_of_its_rights_alone(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "GROUP talk.open\r\n", "211 2 1 2 talk.open\r\n" },
		{ "GROUP club.inner\r\n", "411 No such newsgroup\r\n" },
		{ "LISTGROUP club.inner\r\n", "411 No such newsgroup\r\n" },
		{ "LIST\r\n", "215 Groups follow\r\ntalk.open 2 1 n\r\n.\r\n" },
		{ "LIST ACTIVE club.*\r\n", "215 Groups follow\r\n.\r\n" },
		{ "LIST COUNTS\r\n", "215 Counts follow\r\ntalk.open 2 1 2 n\r\n.\r\n" },
		{ "NEWGROUPS 19700101 000000\r\n",
		    "231 New groups follow\r\ntalk.open 2 1 n\r\n.\r\n" },
		{ "NEWNEWS * 19700101 000000\r\n",
		    "230 New articles follow\r\n<open@x.example>\r\n<both@x.example>\r\n"
		    ".\r\n" },
		{ "NEWNEWS club.* 19700101 000000\r\n",
		    "230 New articles follow\r\n.\r\n" },
		{ "STAT <inner@x.example>\r\n", "430 No such article\r\n" },
		{ "ARTICLE <inner@x.example>\r\n", "430 No such article\r\n" },
		{ "OVER <inner@x.example>\r\n", "430 No such article\r\n" },
		{ "HDR Subject <inner@x.example>\r\n", "430 No such article\r\n" },
		{ "XPAT Subject <inner@x.example> *\r\n", "430 No such article\r\n" },
		{ "STAT <both@x.example>\r\n", "223 0 <both@x.example>\r\n" },
		{ "HDR Xref <both@x.example>\r\n",
		    "225 Headers follow\r\n0 localhost talk.open:2\r\n.\r\n" },
		{ "GROUP talk.open\r\nHDR Xref 2\r\n",
		    "211 2 1 2 talk.open\r\n225 Headers follow\r\n"
		    "2 localhost talk.open:2\r\n.\r\n" },
	};
	const struct access a = { .post = true, .clear = true, .login = true };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf said;
		struct session s;

		begin(&s, &said, &a);
		enter(&s, "talk.*", "local.*", false, &said);
		buf_reset(&said);
		talk(&s, view_str(c[i].in), &said);
		if (!view_eqs(buf_view(&said), c[i].want))
			fail_msg("%s: %s", c[i].in, buf_cstr(&said));
		buf_reset(&said);
		talk(&s, V("ARTICLE <both@x.example>\r\n"), &said);
		assert_true(view_find(buf_view(&said),
				"\r\nXref: localhost talk.open:2\r\n") < said.len);
		end(&s, &said);
	}
}

static void
a_group_that_the_user_does_not_see_is_left(void **state)
{
	const struct access a = { .post = true, .clear = true };
	struct buf said, got = BUF_INIT(256);
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	talk(&s, V("GROUP club.inner\r\nSTAT\r\n"), &said);
	enter(&s, "talk.*", "", false, &said);
	talk(&s, V("STAT\r\nGROUP talk.open\r\nAUTHINFO USER ana\r\nSTAT\r\n"), &said);
	assert_string_equal(codes(&said, &got), "200 211 223 381 281 412 211 502 223 ");
	buf_release(&got);
	end(&s, &said);
}

static void
tls_forgets_who_was_named_before(void **state)
{
	const struct access a = { .post = true, .clear = true };
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said, &a);
	s.carrier.tls_offer = true;
	talk(&s, V("AUTHINFO USER eve\r\nSTARTTLS\r\n"), &said);
	assert_int_equal(s.state, SESSION_TLS);
	session_switched(&s);
	buf_reset(&said);
	talk(&s, V("AUTHINFO PASS x\r\n"), &said);
	assert_true(view_starts(buf_view(&said), "482 "));
	end(&s, &said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_get_these_answers),
		cmocka_unit_test(capabilities_say_what_would_be_taken),
		cmocka_unit_test(a_password_may_have_blanks_and_leaves_nothing_behind),
		cmocka_unit_test(a_name_that_nobody_has_is_asked_for_a_password_too),
		cmocka_unit_test(three_wrong_passwords_end_the_session),
		cmocka_unit_test(without_a_password_process_nobody_is_let_in),
		cmocka_unit_test(a_user_has_the_groups_of_its_rights_alone),
		cmocka_unit_test(a_group_that_the_user_does_not_see_is_left),
		cmocka_unit_test(tls_forgets_who_was_named_before),
	};

	return cmocka_run_group_tests_name("session-auth", tests, setup, teardown);
}
