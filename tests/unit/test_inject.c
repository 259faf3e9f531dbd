/* links: reader */
#include "reader/inject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/date.h"
#include "reader/poster.h"
#include "reader/render.h"
#include "spool/moderate.h"

#define V(s) VIEW_LIT(s)
#define NOW 1780000000 /* Thu, 28 May 2026 20:26:40 +0000 */

static char folder[] = "/tmp/hearsay-inject-XXXXXX";

static struct world {
	struct spool *spool;
	struct persona list[2];
	struct personas personas;
} world;

static void
persona(struct persona *p, const char *name, unsigned char key)
{
	struct buf b = BUF_INIT(sizeof p->address);

	snprintf(p->file, sizeof p->file, "%s", name);
	snprintf(p->name, sizeof p->name, "%s", name);
	snprintf(p->display, sizeof p->display, "Persona %s", name);
	memset(p->key, key, sizeof p->key);
	article_address(&b, view_str(name), p->key);
	snprintf(p->address, sizeof p->address, "%s", buf_cstr(&b));
	buf_release(&b);
}

static void
group(const char *name, char status)
{
	assert_int_equal(spool_group_new(world.spool, view_str(name), NOW), ERR_OK);
	assert_int_equal(spool_group_set(world.spool, view_str(name), status,
			     (struct view){ NULL, 0 }, 0),
	    ERR_OK);
}

static int
setup(void **state)
{
	char path[64];

	(void)state;
	persona(&world.list[0], "ana", 1);
	persona(&world.list[1], "zoe", 2);
	world.personas = (struct personas){ world.list, 2, 0 };
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/spool.db", folder);
	assert_int_equal(spool_create(path), ERR_OK);
	assert_int_equal(spool_open(path, SPOOL_WRITE, &world.spool), ERR_OK);
	assert_int_equal(spool_begin(world.spool), ERR_OK);
	group("talk.test", 'y');
	group("talk.moderated", 'm');
	group("talk.closed", 'n');
	group("talk.other", 'y');
	group("local.notes", 'y');
	return spool_commit(world.spool) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "spool.db", "spool.db-wal", "spool.db-shm",
		"spool.db-lock" };
	char path[64];

	(void)state;
	spool_close(world.spool);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static enum err
inject_text(const char *text, struct injected *in)
{
	struct inject_env env = {
		.spool = world.spool, .personas = &world.personas, .now = NOW
	};

	injected_init(in);
	return inject(&env, view_str(text), in);
}

/* Posts it for good and answers the whole answer line. */
static void
post(const char *text, struct buf *answer)
{
	struct poster ps = {
		.spool = world.spool, .personas = &world.personas, .wake = -1
	};
	struct posting p;

	posting_init(&p, view_str(text));
	poster_take(&ps, &p, 1);
	buf_reset(answer);
	buf_addv(answer, buf_view(&p.answer));
	assert_true(p.stored == view_starts(buf_view(answer), "240 "));
	posting_release(&p);
}

#define HEAD "From: x@y.example\r\nNewsgroups: talk.test\r\nSubject: s\r\n"

static void
dates_near_now_are_kept_to_the_second(void **state)
{
	static const struct {
		const char *date;
		int64_t want;
	} c[] = {
		{ "Date: Thu, 28 May 2026 20:26:40 +0000\r\n", NOW },
		{ "Date: Thu, 28 May 2026 22:26:39 +0200\r\n", NOW - 1 },
		{ "Date: Wed, 27 May 2026 20:26:41 +0000\r\n", NOW - 86399 },
		{ "Date: Wed, 27 May 2026 20:26:40 +0000\r\n", NOW },
		{ "Date: Fri, 29 May 2026 20:26:39 +0000\r\n", NOW + 86399 },
		{ "Date: Fri, 29 May 2026 20:26:40 +0000\r\n", NOW },
		{ "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n", NOW },
		{ "", NOW },
	};
	struct buf text = BUF_INIT(4096);
	struct injected in;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&text);
		buf_addf(&text, HEAD "%s\r\n", c[i].date);
		assert_int_equal(inject_text(buf_cstr(&text), &in), ERR_OK);
		assert_int_equal(in.article.date, c[i].want);
		assert_true(
		    view_find(in.article.datetext, " +0000") < in.article.datetext.len);
		injected_release(&in);
	}
	buf_release(&text);
}

static void
what_is_no_date_is_refused(void **state)
{
	struct injected in;

	(void)state;
	assert_int_equal(inject_text(HEAD "Date: yesterday\r\n\r\n", &in), ERR_DENIED);
	assert_true(view_starts(buf_view(&in.reason), "Date: "));
	injected_release(&in);
	/* RFC 5537 3.5: nor what is more than a day ahead */
	assert_int_equal(
	    inject_text(HEAD "Date: Fri, 29 May 2026 20:26:41 +0000\r\n\r\n", &in),
	    ERR_DENIED);
	assert_true(view_starts(buf_view(&in.reason), "Date: "));
	injected_release(&in);
}

static void
from_chooses_the_persona_and_any_other_is_rewritten(void **state)
{
	struct buf text = BUF_INIT(4096), want = BUF_INIT(256);
	const char *const zoe = world.list[1].address;
	const struct {
		const char *from;
		int persona;
	} c[] = {
		{ "x@y.example", 0 },
		{ "Nobody <x@y.example>", 0 },
		{ world.list[0].address, 0 },
		{ zoe, 1 },
		{ "zoe.AIBAEAQCAIBAEAQC@HEARSAY.INVALID", 1 },
		{ "zoe.aibaeaqcaibaeaqb@hearsay.invalid", 0 },
		{ "=?utf-8?q?Zo=C3=AB?= <zoe.aibaeaqcaibaeaqc@hearsay.invalid>", 1 },
		{ "zoe.aibaeaqcaibaeaqc@hearsay.invalid (Zoe)", 1 },
	};
	struct injected in;

	(void)state;
	assert_string_equal(zoe, "zoe.aibaeaqcaibaeaqc@hearsay.invalid");
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const struct persona *p = &world.list[c[i].persona];

		buf_reset(&text);
		buf_addf(&text, "From: %s\r\nNewsgroups: talk.test\r\nSubject: s\r\n\r\n",
		    c[i].from);
		assert_int_equal(inject_text(buf_cstr(&text), &in), ERR_OK);
		buf_reset(&want);
		buf_addf(&want, "%s <%s>", p->display, p->address);
		assert_true(view_eq(in.article.from, buf_view(&want)));
		assert_memory_equal(in.article.author, p->key, sizeof p->key);
		assert_int_equal(in.flags, PUT_UNSIGNED);
		injected_release(&in);
	}
	buf_release(&text);
	buf_release(&want);
}

static void
nothing_of_the_poster_goes_out_but_what_the_form_names(void **state)
{
	static const char text[] =
	    "Path: secret!me\r\nOrganization: secret\r\nX-Any: secret\r\n"
	    "User-Agent: secret\r\nSender: secret@secret.example\r\n"
	    "NNTP-Posting-Host: secret\r\nMessage-ID: <secret@secret.example>\r\n"
	    "References: <secret.2@secret.example>\r\nInjection-Date: secret\r\n"
	    "Cc: secret@secret.example\r\nFrom: secret@secret.example\r\n"
	    "Date: Thu, 28 May 2026 22:26:39 +0200\r\n"
	    "Newsgroups:  talk.test \r\nSubject: s\r\n\r\nbody\r\n";
	struct injected in;

	(void)state;
	assert_int_equal(inject_text(text, &in), ERR_OK);
	assert_int_equal(view_find(buf_view(&in.bytes), "secret"), in.bytes.len);
	assert_int_equal(view_find(buf_view(&in.bytes), "+0200"), in.bytes.len);
	assert_true(view_eqs(buf_view(&in.alias), "<secret@secret.example>"));
	assert_true(view_eqs(in.article.body, "body\r\n"));
	injected_release(&in);
}

static void
what_a_newsreader_must_not_post_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} c[] = {
		{ "From: a@b\r\nNewsgroups: talk.closed\r\nSubject: s\r\n\r\n",
		    "no posts" },
		{ "From: a@b\r\nNewsgroups: talk.moderated\r\nSubject: s\r\n\r\n",
		    "Approved" },
		{ "From: a@b\r\nNewsgroups: talk.none\r\nSubject: s\r\n\r\n",
		    "hearsay groups new talk.none" },
		{ "From: a@b\r\nNewsgroups: ,\r\nSubject: s\r\n\r\n", "Newsgroups" },
		{ HEAD "Subject: t\r\n\r\n", "Subject: appears twice" },
		{ HEAD "date: a\r\nDate: b\r\n\r\n", "Date: appears twice" },
		{ HEAD "Control: cancel\r\n\r\n", "Control" },
		{ HEAD "Control: rmgroup talk.test\r\n\r\n", "Control" },
		{ HEAD "Supersedes: <none@far.example>\r\n\r\n", "Supersedes" },
		{ HEAD "Expires: some day\r\n\r\n", "date" },
		{ HEAD "Content-Type: \xff\r\n\r\n", "UTF-8" },
		{ HEAD " \r\n", "empty line" },
		{ " " HEAD "\r\n", "header line" },
		{ "No Colon\r\n" HEAD "\r\n", "header line" },
		{ HEAD "Bad name: x\r\n\r\n", "header line" },
	};
	struct injected in;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(inject_text(c[i].text, &in), ERR_DENIED);
		if (view_find(buf_view(&in.reason), c[i].why) == in.reason.len)
			fail_msg("%s is not in: %s", c[i].why, buf_cstr(&in.reason));
		injected_release(&in);
	}
	assert_int_equal(
	    inject_text("From: a@b\r\nNewsgroups: talk.moderated\r\nSubject: s\r\n"
			"Approved: me@b\r\n\r\n",
		&in),
	    ERR_OK);
	injected_release(&in);
}

static void
many_references_keep_the_first_and_the_last(void **state)
{
	const size_t n = REFERENCES_MAX + 20;
	struct buf text = BUF_INIT(HEADER_MAX);
	struct view rest, id;
	struct injected in;
	char first[64] = "", want[64];
	size_t kept = 0;

	(void)state;
	buf_adds(&text, HEAD "References:");
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "\r\n <%048d%c%caa@hearsay.invalid>", 0,
		    'a' + (int)(i / 16), 'a' + (int)(i % 16));
	buf_adds(&text, "\r\n\r\n");
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '0')
			text.p[i] = 'a';
	assert_int_equal(inject_text(buf_cstr(&text), &in), ERR_OK);
	rest = in.article.references;
	while (article_next_ref(&rest, &id)) {
		if (kept++ == 0)
			snprintf(first, sizeof first, "%.*s", 51, (const char *)id.p + 1);
	}
	assert_int_equal(kept, REFERENCES_MAX);
	memset(want, 'a', 51);
	want[51] = '\0';
	assert_string_equal(first, want);
	assert_int_equal(id.p[49], 'a' + (n - 1) / 16);
	assert_int_equal(id.p[50], 'a' + (n - 1) % 16);
	injected_release(&in);
	buf_release(&text);
}

static void
posts_to_local_groups_are_kept_to_the_letter(void **state)
{
	static const char text[] =
	    "Subject: s\r\nX-Any:   odd  spacing\r\n\tfolded\r\n"
	    "From: Ana <ana.aeaqcaibaeaqcaib@hearsay.invalid>\r\nLines: 7\r\n"
	    "References: <a@far.example>\r\nNewsgroups: local.notes\r\n"
	    "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <l@host.example>\r\n"
	    "\r\n\xff raw\r\n";
	struct injected in;

	(void)state;
	assert_int_equal(inject_text(text, &in), ERR_OK);
	assert_false(in.article.native);
	assert_int_equal(in.flags, PUT_NOFEED);
	assert_int_equal(in.alias.len, 0);
	assert_true(view_eqs(buf_view(&in.bytes), text));
	injected_release(&in);
}

static void
local_posts_without_an_id_get_different_ones(void **state)
{
	static const char text[] =
	    "From: a@b\r\nNewsgroups: local.notes\r\nSubject: s\r\n\r\n";
	struct injected a, b;

	(void)state;
	assert_int_equal(inject_text(text, &a), ERR_OK);
	assert_int_equal(inject_text(text, &b), ERR_OK);
	assert_string_not_equal(a.article.msgid, b.article.msgid);
	assert_int_equal(a.article.date, NOW);
	injected_release(&a);
	injected_release(&b);
}

static void
a_cancel_in_a_local_group_needs_a_cancel_key(void **state)
{
#define LOCAL "From: a@b\r\nNewsgroups: local.notes\r\nSubject: s\r\n"
	static const struct {
		const char *text;
		enum err want;
	} c[] = {
		{ LOCAL "Control: cancel <l@host.example>\r\n\r\n", ERR_DENIED },
		{ LOCAL "Control: Cancel <l@host.example>\r\n\r\n", ERR_DENIED },
		{ LOCAL "Supersedes: <l@host.example>\r\n\r\n", ERR_DENIED },
		{ LOCAL "Control: cancel <l@host.example>\r\n"
			"Cancel-Key: sha256:YQ==\r\n\r\n",
		    ERR_OK },
		{ LOCAL "Supersedes: <l@host.example>\r\n"
			"Cancel-Key: sha256:YQ==\r\n\r\n",
		    ERR_OK },
	};
	struct injected in;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(inject_text(c[i].text, &in), c[i].want);
		assert_int_equal(
		    view_find(buf_view(&in.reason), "Cancel-Key") < in.reason.len,
		    c[i].want == ERR_DENIED);
		injected_release(&in);
	}
#undef LOCAL
}

static void
a_persona_cancels_its_own_posts_and_no_others(void **state)
{
	static const char foreign[] =
	    "From: a@b.example\r\nDate: Thu, 28 May 2026 20:26:40 +0000\r\n"
	    "Newsgroups: talk.test\r\nSubject: s\r\nMessage-ID: <f@far.example>\r\n\r\n";
	struct buf answer = BUF_INIT(512);
	struct article a;
	struct spool_put p = { .article = &a, .now = NOW };
	struct spool_stored stored;
	enum fault why;
	uint64_t arrival;

	(void)state;
	assert_int_equal(article_parse(view_str(foreign), &a, &why), ERR_OK);
	assert_int_equal(spool_begin(world.spool), ERR_OK);
	assert_int_equal(spool_put(world.spool, &p, &stored), ERR_OK);
	assert_int_equal(spool_commit(world.spool), ERR_OK);
	post(HEAD "Control: cancel <f@far.example>\r\n\r\n", &answer);
	assert_true(view_starts(buf_view(&answer), "441 Control: names an article of"));
	/* zoe's post is cancelled by zoe's key, though From is the standard persona's */
	post("From: zoe.aibaeaqcaibaeaqc@hearsay.invalid\r\nNewsgroups: talk.test\r\n"
	     "Subject: s\r\nMessage-ID: <z@host.example>\r\n\r\n",
	    &answer);
	assert_true(view_starts(buf_view(&answer), "240 "));
	assert_int_equal(
	    spool_find(world.spool, V("<z@host.example>"), &arrival), ERR_OK);
	post(HEAD "Control: cancel <z@host.example>\r\n\r\n", &answer);
	assert_true(view_starts(buf_view(&answer), "240 "));
	assert_int_equal(
	    spool_find(world.spool, V("<z@host.example>"), &arrival), ERR_NOTFOUND);
	buf_release(&answer);
}

static void
a_batch_answers_each_post_for_itself(void **state)
{
	static const char *const text[] = { HEAD "Message-ID: <b1@host.example>\r\n\r\n",
		"nonsense", HEAD "Message-ID: <b1@host.example>\r\n\r\n",
		HEAD "References: <b1@host.example>\r\n\r\n" };
	static const char *const want[] = { "240 ", "441 ",
		"441 Message-ID: is already here", "240 " };
	struct poster ps = {
		.spool = world.spool, .personas = &world.personas, .wake = -1
	};
	struct posting p[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		posting_init(&p[i], view_str(text[i]));
	for (size_t i = 0; i < 4;)
		i += poster_take(&ps, p + i, 4 - i);
	for (size_t i = 0; i < 4; i++) {
		assert_true(view_starts(buf_view(&p[i].answer), want[i]));
		posting_release(&p[i]);
	}
}

/* Posts as a worker would, with that grant; what comes is in answer, and From in from. */
static void
post_as(struct poster *ps, struct view who, const char *text, struct buf *answer,
    struct buf *from)
{
	struct posting p;
	struct rendered r;
	uint64_t arrival;

	posting_init(&p, view_str(text));
	p.who = who;
	poster_take(ps, &p, 1);
	buf_reset(answer);
	buf_addv(answer, buf_view(&p.answer));
	buf_reset(from);
	if (p.stored) {
		render_init(&r, &world.personas);
		assert_int_equal(spool_last_arrival(world.spool, &arrival), ERR_OK);
		assert_int_equal(render_load(world.spool, arrival, &r), ERR_OK);
		buf_addv(from, article_field(buf_view(&r.head), "From"));
		render_release(&r);
	}
	posting_release(&p);
}

static void
the_writer_judges_who_posts_by_itself(void **state)
{
	static const struct {
		const char *user; /* with its grant; NULL: nobody; else: a false grant */
		const char *from, *groups, *answer, *by;
	} c[] = {
		{ NULL, "a@b.example", "talk.test", "240 ", "ana" },
		{ "zoe", "a@b.example", "talk.test", "240 ", "zoe" },
		{ "zoe", "ana.aeaqcaibaeaqcaib@hearsay.invalid", "talk.test", "240 ",
		    "zoe" },
		{ "zoe", "a@b.example", "local.notes", "240 ", "zoe" },
		{ "zoe", "a@b.example", "talk.other", "441 Newsgroups: you may not", "" },
		{ "zoe", "a@b.example", "talk.test,talk.other", "441 Newsgroups", "" },
		{ "bare", "a@b.example", "talk.other", "240 ", "ana" },
		{ "bare", "a@b.example", "local.notes", "441 no group local.notes", "" },
		{ "lost", "a@b.example", "talk.test", "441 the persona of this user",
		    "" },
		{ "gone", "a@b.example", "talk.test", "441 this user may not", "" },
		{ "", "a@b.example", "talk.test", "441 who posts is not proved", "" },
	};
	struct user list[] = { { "zoe", "zoe", "", "*,!talk.other", false, "" },
		{ "bare", "", "talk.*", "", false, "" },
		{ "lost", "nobody", "", "", false, "" } };
	struct users users = { list, 3 };
	struct grant_key key = { { 9 } };
	struct poster ps = { .spool = world.spool,
		.personas = &world.personas,
		.wake = -1,
		.users = &users,
		.key = &key };
	struct buf answer = BUF_INIT(1024), from = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf who = BUF_INIT(256), text = BUF_INIT(1024);
		unsigned char grant[GRANT_LEN] = { 0 };

		if (c[i].user != NULL) {
			if (c[i].user[0] != '\0')
				grant_make(&key, view_str(c[i].user), grant);
			buf_add(&who, grant, sizeof grant);
			buf_adds(&who, c[i].user[0] != '\0' ? c[i].user : "zoe");
		}
		buf_addf(&text, "From: %s\r\nNewsgroups: %s\r\nSubject: by %zu\r\n\r\n",
		    c[i].from, c[i].groups, i);
		post_as(&ps, buf_view(&who), buf_cstr(&text), &answer, &from);
		if (!view_starts(buf_view(&answer), c[i].answer) ||
		    (c[i].by[0] != '\0' &&
			view_find(buf_view(&from), c[i].by) == from.len))
			fail_msg("%zu: %s by %s", i, buf_cstr(&answer), buf_cstr(&from));
		buf_release(&who);
		buf_release(&text);
	}
	ps.login_always = true;
	post_as(&ps, (struct view){ 0 }, HEAD "\r\n", &answer, &from);
	assert_true(view_starts(buf_view(&answer), "441 log in first"));
	buf_release(&answer);
	buf_release(&from);
}

static void
an_answer_to_an_odd_subject_is_not_refused_for_it(void **state)
{
	static const struct {
		const char *subject, *want;
	} c[] = {
		{ "Re: \x10"
		  "A PROBLEM",
		    "Re: A PROBLEM" },
		{ "Re: caf\xe9", "Re: caf\xc3\xa9" },
		{ "Re: caf\xc3\xa9", "Re: caf\xc3\xa9" },
		{ "\x80\x9f"
		  "bare C1",
		    "bare C1" },
		{ "\x01 a\tb \x7f", "a\tb" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf text = BUF_INIT(1024);
		struct injected in;

		buf_addf(&text,
		    "From: x@y.example\r\nNewsgroups: talk.test\r\nSubject: %s\r\n\r\nhi\r\n",
		    c[i].subject);
		assert_int_equal(inject_text(buf_cstr(&text), &in), ERR_OK);
		assert_true(view_eqs(in.article.subject, c[i].want));
		injected_release(&in);
		buf_release(&text);
	}
}

#define MOD "Newsgroups: talk.kept\r\nSubject: s\r\n"
#define ANA "From: <ana.aeaqcaibaeaqcaib@hearsay.invalid>\r\n" MOD
#define ZOE "From: <zoe.aibaeaqcaibaeaqc@hearsay.invalid>\r\n" MOD

static void
a_moderated_group_waits_for_the_moderator_that_is_known(void **state)
{
	struct spool_moderator zoe = { .wildmat = "talk.kept" };
	struct buf answer = BUF_INIT(POSTER_ANSWER_MAX), text = BUF_INIT(4096);
	struct spool_meta m;
	char id[MSGID_MAX + 1];
	uint64_t arrival = 0;

	(void)state;
	memset(zoe.key, 2, sizeof zoe.key);
	assert_int_equal(spool_begin(world.spool), ERR_OK);
	group("talk.kept", 'm');
	assert_int_equal(spool_moderator_add(world.spool, &zoe), ERR_OK);
	assert_int_equal(spool_commit(world.spool), ERR_OK);

	post(ANA "Approved: ana@x.example\r\n\r\n", &answer);
	assert_true(view_find(buf_view(&answer), "you do not moderate") < answer.len);
	post(ZOE "Approved: zoe@x.example\r\n\r\nhers\r\n", &answer);
	assert_true(view_starts(buf_view(&answer), "240 Article received "));
	post(ANA "\r\nhello\r\n", &answer);
	assert_true(view_starts(buf_view(&answer), "240 Article waits "));
	snprintf(id, sizeof id, "%s", strchr(buf_cstr(&answer), '<'));
	assert_int_equal(spool_find(world.spool, view_str(id), &arrival), ERR_OK);
	assert_int_equal(spool_meta(world.spool, arrival, &m), ERR_OK);
	assert_true(m.pending);

	buf_addf(&text, ANA "Control: approve %s\r\n\r\n", id);
	post(buf_cstr(&text), &answer);
	assert_true(view_find(buf_view(&answer), "you do not moderate") < answer.len);
	buf_reset(&text);
	buf_addf(&text, ZOE "Control: approve %s\r\n\r\n", id);
	post(buf_cstr(&text), &answer);
	assert_true(view_starts(buf_view(&answer), "240 "));
	assert_int_equal(spool_meta(world.spool, arrival, &m), ERR_OK);
	assert_false(m.pending);
	buf_release(&answer);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_near_now_are_kept_to_the_second),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(an_answer_to_an_odd_subject_is_not_refused_for_it),
		cmocka_unit_test(from_chooses_the_persona_and_any_other_is_rewritten),
		cmocka_unit_test(nothing_of_the_poster_goes_out_but_what_the_form_names),
		cmocka_unit_test(
		    what_a_newsreader_must_not_post_is_refused_with_the_reason),
		cmocka_unit_test(many_references_keep_the_first_and_the_last),
		cmocka_unit_test(posts_to_local_groups_are_kept_to_the_letter),
		cmocka_unit_test(local_posts_without_an_id_get_different_ones),
		cmocka_unit_test(a_cancel_in_a_local_group_needs_a_cancel_key),
		cmocka_unit_test(a_persona_cancels_its_own_posts_and_no_others),
		cmocka_unit_test(a_batch_answers_each_post_for_itself),
		cmocka_unit_test(the_writer_judges_who_posts_by_itself),
		cmocka_unit_test(a_moderated_group_waits_for_the_moderator_that_is_known),
	};

	return cmocka_run_group_tests_name("inject", tests, setup, teardown);
}
