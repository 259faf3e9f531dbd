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

#include "reader/commands.h"

#define V(s) VIEW_LIT(s)
#define ARTICLES 3000
#define GREETING "200 Hearsay, posting allowed\r\n"

static char folder[] = "/tmp/hearsay-session-XXXXXX";

/* What all tests share: a spool of ARTICLES articles, and the last post that came. */
static struct world {
	struct session_env env;
	struct buf posted;
	unsigned posts;
	bool refuse;
} world;

static bool
take(void *arg, struct session *s, struct view article)
{
	struct world *w = arg;

	if (w->refuse)
		return false;
	w->posts++;
	buf_reset(&w->posted);
	buf_addv(&w->posted, article);
	session_posted(s, V("240 Article received"));
	return true;
}

static void
put(struct spool *sp, unsigned i)
{
	struct buf b = BUF_INIT(4096);
	struct article a;
	struct spool_put p = { .article = &a, .now = 1000000 + i, .new_groups_max = 1 };
	struct spool_stored stored;
	enum fault why;

	buf_addf(&b,
	    "From: a@b.example\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
	    "Newsgroups: talk.long\r\nSubject: number %u\r\nX-Odd: o%u\r\n"
	    "Message-ID: <n%u@test.example>\r\n\r\n.dot\r\ntext\r\n",
	    i, i, i);
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
	for (unsigned i = 1; i <= ARTICLES; i++)
		put(world.env.spool, i);
	assert_int_equal(spool_commit(world.env.spool), ERR_OK);
	render_init(&world.env.article, NULL);
	buf_init(&world.posted, ARTICLE_MAX);
	world.env.post = take;
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
	buf_release(&world.posted);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* Gives in to a session in pieces and collects all that it says. */
static void
talk(struct session *s, struct view in, size_t piece, struct buf *said)
{
	while (in.len > 0 && s->state != SESSION_CLOSED) {
		size_t used = session_input(s, view_slice(in, 0, piece));

		buf_addv(said, buf_view(&s->out));
		buf_reset(&s->out);
		while (s->state == SESSION_ANSWER) {
			session_step(s);
			assert_true(s->out.len < STEP_BYTES + 4096);
			buf_addv(said, buf_view(&s->out));
			buf_reset(&s->out);
		}
		in = view_slice(in, used, in.len);
	}
}

static void
begin(struct session *s, struct buf *said)
{
	memset(said, 0, sizeof *said);
	buf_init(said, 16u << 20);
	world.posts = 0;
	session_init(s, &world.env, &(struct access){ .post = true });
}

static void
end(struct session *s, struct buf *said)
{
	session_release(s);
	buf_release(said);
}

static void
pieces_of_any_size_give_the_same_answers(void **state)
{
	static const char in[] =
	    "GROUP talk.long\r\nXOVER 1-2\r\nPOST\r\nA: b\r\n\r\n..x\r\n"
	    ".\r\nARTICLE 2\r\nHDR X-Odd 7\r\nlistgroup\r\nQUIT\r\n";
	static const size_t size[] = { 1, 2, 3, 7, 64 };
	struct buf whole, said;
	struct session s;

	(void)state;
	begin(&s, &whole);
	talk(&s, view_str(in), sizeof in, &whole);
	session_release(&s);
	assert_true(whole.len > 10000);
	for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
		begin(&s, &said);
		talk(&s, view_str(in), size[i], &said);
		assert_int_equal(said.len, whole.len);
		assert_memory_equal(said.p, whole.p, said.len);
		assert_int_equal(world.posts, 1);
		assert_true(view_eq(buf_view(&world.posted), V("A: b\r\n\r\n.x\r\n")));
		assert_int_equal(s.state, SESSION_CLOSED);
		end(&s, &said);
	}
	buf_release(&whole);
}

static void
a_long_answer_comes_in_steps_and_input_waits(void **state)
{
	static const char *const in[] = { "OVER 1-\r\n", "HDR X-Odd 1-\r\n",
		"LISTGROUP\r\n", "XPAT Subject 1- *nothing*\r\n",
		"NEWNEWS * 19700101 000000\r\n" };
	struct buf said;
	struct session s;

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		unsigned steps = 0;

		begin(&s, &said);
		talk(&s, V("GROUP talk.long\r\n"), 64, &said);
		assert_int_equal(session_input(&s, view_str(in[i])), strlen(in[i]));
		assert_int_equal(s.state, SESSION_ANSWER);
		assert_int_equal(session_input(&s, V("DATE\r\n")), 0);
		for (; s.state == SESSION_ANSWER; steps++) {
			assert_true(s.out.len < STEP_BYTES + 4096);
			buf_reset(&s.out);
			session_step(&s);
		}
		assert_true(steps >= 2);
		assert_int_equal(session_input(&s, V("DATE\r\n")), 6);
		end(&s, &said);
	}
}

static size_t
count(struct view v, const char *what)
{
	size_t n = 0;

	for (size_t at; (at = view_find(v, what)) < v.len; n++)
		v = view_slice(v, at + 1, v.len);
	return n;
}

static void
every_row_of_a_long_answer_comes_once(void **state)
{
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said);
	talk(&s, V("GROUP talk.long\r\nOVER 1-\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), "\tnumber "), ARTICLES);
	assert_int_equal(
	    count(buf_view(&said), "\tXref: localhost talk.long:"), ARTICLES);
	buf_reset(&said);
	talk(&s, V("HDR X-Odd 1-\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), " o"), ARTICLES);
	buf_reset(&said);
	talk(&s, V("NEWNEWS talk.* 19700101 000000 GMT\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), "@test.example>"), ARTICLES);
	end(&s, &said);
}

static void
only_crlf_dot_crlf_ends_a_post(void **state)
{
	static const struct {
		const char *in, *answer;
	} c[] = {
		{ "a\r\n.\r\n", "240" },
		{ ".\r\n", "240" },
		{ "a\n.\nDATE\n.\r\nb\r\n.\r\n", "441" },
		{ "a\r\n.\nDATE\r\n.\r\n", "441" },
		{ "a\n.\r\nDATE\r\n.\r\n", "441" },
		{ "a\r.\rDATE\r\n.\r\n", "441" },
		{ "a\r\n.\rDATE\r\n.\r\n", "441" },
		{ "a\r\r\n.\r\n", "441" },
	};
	struct buf said;
	struct session s;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		begin(&s, &said);
		talk(&s, V("POST\r\n"), 64, &said);
		talk(&s, view_str(c[i].in), 3, &said);
		assert_int_equal(s.state, SESSION_COMMAND);
		assert_int_equal(count(buf_view(&said), c[i].answer), 1);
		assert_int_equal(count(buf_view(&said), "\n111"), 0);
		end(&s, &said);
	}
}

static void
a_nul_in_a_post_refuses_it(void **state)
{
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said);
	talk(&s, V("POST\r\na\0b\r\n.\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), "441 The article has a NUL"), 1);
	assert_int_equal(world.posts, 0);
	end(&s, &said);
}

static void
what_is_too_long_costs_no_memory(void **state)
{
	struct buf said, big = BUF_INIT(3 * ARTICLE_MAX);
	struct session s;

	(void)state;
	memset(buf_grow(&big, 2 * ARTICLE_MAX), 'x', 2 * ARTICLE_MAX);
	begin(&s, &said);
	talk(&s, buf_view(&big), 1000, &said);
	assert_true(s.line.room <= LINE_MAX_NNTP);
	talk(&s, V("\r\nDATE\r\nPOST\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), "501 "), 1);
	assert_int_equal(count(buf_view(&said), "\n111 "), 1);
	talk(&s, buf_view(&big), 1000, &said);
	assert_true(s.intake.bytes.room <= ARTICLE_MAX);
	talk(&s, V("\r\n.\r\nDATE\r\n"), 64, &said);
	assert_int_equal(count(buf_view(&said), "441 The article is too large"), 1);
	assert_int_equal(count(buf_view(&said), "\n111 "), 2);
	buf_release(&big);
	end(&s, &said);
}

static void
what_is_no_newsreader_is_closed_without_a_word(void **state)
{
	static const char *const in[] = { "GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\n",
		"\x16\x03\x01", "\x80\x2e", "SSH-2.0-OpenSSH\r\n", "a\001b\r\n" };
	struct buf said;
	struct session s;

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		begin(&s, &said);
		talk(&s, view_str(in[i]), 64, &said);
		assert_int_equal(s.state, SESSION_CLOSED);
		assert_true(view_eqs(buf_view(&said), GREETING));
		end(&s, &said);
	}
}

static void
ten_unknown_commands_end_a_session(void **state)
{
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said);
	for (unsigned i = 0; i < SESSION_UNKNOWN_MAX; i++) {
		assert_int_equal(s.state, SESSION_COMMAND);
		talk(&s, V("XYZZY\r\nDATE\r\n"), 64, &said);
	}
	assert_int_equal(s.state, SESSION_CLOSED);
	assert_int_equal(count(buf_view(&said), "500 "), SESSION_UNKNOWN_MAX);
	end(&s, &said);
}

static void
bytes_of_a_command_are_never_echoed(void **state)
{
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said);
	talk(&s, V("DATE\r\nGROUP zq\xff\xfe\r\nzq\xc3 x\r\nLIST zq\r\nHDR zq:\r\n"), 64,
	    &said);
	assert_int_equal(count(buf_view(&said), "zq"), 0);
	end(&s, &said);
}

static void
a_writer_that_is_away_refuses_the_post_alone(void **state)
{
	struct buf said;
	struct session s;

	(void)state;
	begin(&s, &said);
	world.refuse = true;
	talk(&s, V("POST\r\na\r\n.\r\nDATE\r\n"), 64, &said);
	world.refuse = false;
	assert_int_equal(count(buf_view(&said), "\n441 "), 1);
	assert_int_equal(count(buf_view(&said), "\n111 "), 1);
	end(&s, &said);
}

static void
leading_dots_are_doubled(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "", "" },
		{ "a\r\n", "a\r\n" },
		{ ".\r\n", "..\r\n" },
		{ "a\r\n.\r\n..b\r\nc.\r\n", "a\r\n..\r\n...b\r\nc.\r\n" },
		{ "\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n" },
	};
	struct buf out = BUF_INIT(64);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&out);
		render_lines(&out, view_str(c[i].in));
		assert_true(view_eqs(buf_view(&out), c[i].want));
	}
	buf_release(&out);
}

static void
arguments_name_an_id_or_numbers(void **state)
{
	static const struct {
		const char *in;
		bool range;
		enum err want;
		uint64_t from, to;
	} c[] = {
		{ "5", false, ERR_OK, 5, 5 },
		{ "0005", false, ERR_OK, 5, 5 },
		{ "5-9", true, ERR_OK, 5, 9 },
		{ "5-", true, ERR_OK, 5, INT64_MAX },
		{ "9-5", true, ERR_OK, 9, 5 },
		{ "9223372036854775807", false, ERR_OK, INT64_MAX, INT64_MAX },
		{ "9223372036854775808", false, ERR_OK, INT64_MAX, INT64_MAX },
		{ "1-99999999999999999999999999", true, ERR_OK, 1, INT64_MAX },
		{ "5-9", false, ERR_SYNTAX, 0, 0 },
		{ "-5", true, ERR_SYNTAX, 0, 0 },
		{ "-", true, ERR_SYNTAX, 0, 0 },
		{ "+5", true, ERR_SYNTAX, 0, 0 },
		{ "5-9-", true, ERR_SYNTAX, 0, 0 },
		{ "5x", true, ERR_SYNTAX, 0, 0 },
		{ "<a@b", true, ERR_SYNTAX, 0, 0 },
		{ "<>", true, ERR_SYNTAX, 0, 0 },
	};
	struct spec spec;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(
		    spec_parse(view_str(c[i].in), c[i].range, &spec), c[i].want);
		if (c[i].want != ERR_OK)
			continue;
		assert_int_equal(spec.msgid.len, 0);
		assert_int_equal(spec.from, c[i].from);
		assert_int_equal(spec.to, c[i].to);
	}
	assert_int_equal(spec_parse(V("<a@b>"), false, &spec), ERR_OK);
	assert_true(view_eqs(spec.msgid, "<a@b>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_size_give_the_same_answers),
		cmocka_unit_test(a_long_answer_comes_in_steps_and_input_waits),
		cmocka_unit_test(every_row_of_a_long_answer_comes_once),
		cmocka_unit_test(only_crlf_dot_crlf_ends_a_post),
		cmocka_unit_test(a_nul_in_a_post_refuses_it),
		cmocka_unit_test(what_is_too_long_costs_no_memory),
		cmocka_unit_test(what_is_no_newsreader_is_closed_without_a_word),
		cmocka_unit_test(ten_unknown_commands_end_a_session),
		cmocka_unit_test(bytes_of_a_command_are_never_echoed),
		cmocka_unit_test(a_writer_that_is_away_refuses_the_post_alone),
		cmocka_unit_test(leading_dots_are_doubled),
		cmocka_unit_test(arguments_name_an_id_or_numbers),
	};

	return cmocka_run_group_tests_name("session", tests, setup, teardown);
}
