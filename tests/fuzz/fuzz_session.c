/* links: reader */
/* A newsreader that sends anything: sessions stay in their limits, answers are lines, and
 * the pieces in which bytes come change nothing. The spool has a few articles. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader/inject.h"
#include "reader/session.h"
#include "reader/verdict.h"

#define SECRET "club.inner"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] =
    "From: a@b.example\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
    "Subject: one\r\n";

/* Only here: a fuzzer has no other place to keep what it needs between inputs. */
static struct spool *spool;
static struct session_env env;

static bool
take(void *arg, struct session *s, struct view article)
{
	struct personas none = { 0 };
	struct inject_env ie = { .spool = spool, .personas = &none, .now = 1767225600 };
	struct injected in;
	enum err e;

	(void)arg;
	injected_init(&in);
	e = inject(&ie, article, &in);
	assert(e == ERR_OK || e == ERR_DENIED);
	/* without a persona nothing but local.* is taken */
	assert((e == ERR_DENIED) == (in.reason.len > 0));
	if (e == ERR_OK)
		assert(!in.article.native && in.flags == PUT_NOFEED);
	assert(view_chr(buf_view(&in.reason), '\n') == in.reason.len);
	injected_release(&in);
	session_posted(s, VIEW_LIT("240 taken"));
	return true;
}

/* The password is its first byte: whoever knows it sees talk.* alone. */
static bool
login(void *arg, struct session *s, struct view user, struct view password)
{
	struct user u = { .name = "ben", .read = "talk.*", .post = "talk.test" };
	struct buf b = BUF_INIT(VERDICT_MAX);
	unsigned char grant[GRANT_LEN] = { 0 };

	(void)arg;
	assert(user.len <= NAME_MAX_LEN && password.len < LINE_MAX_NNTP);
	if (password.len == 0)
		return false;
	if (password.p[0] == 'w')
		verdict_add(&b, VERDICT_WRONG);
	else
		verdict_add_in(&b, &u, grant);
	session_logged_in(s, buf_view(&b));
	buf_release(&b);
	return true;
}

static void
put(const char *groups, unsigned i)
{
	struct buf b = BUF_INIT(4096);
	struct article a;
	struct spool_put p = { .article = &a, .now = 1767225600, .new_groups_max = 2 };
	struct spool_stored stored;
	enum fault why;

	buf_addf(&b, "%sNewsgroups: %s\r\nMessage-ID: <n%u@x.example>\r\n\r\n.dot\r\n",
	    head, groups, i);
	if (article_parse(buf_view(&b), &a, &why) != ERR_OK ||
	    spool_put(spool, &p, &stored) != ERR_OK)
		abort();
	buf_release(&b);
}

static void
prepare(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
	char path[64], file[80];

	snprintf(path, sizeof path, "/tmp/hearsay-fuzz-%d.db", (int)getpid());
	if (spool_create(path) != ERR_OK ||
	    spool_open(path, SPOOL_WRITE, &spool) != ERR_OK ||
	    spool_begin(spool) != ERR_OK ||
	    spool_group_new(spool, VIEW_LIT("local.notes"), 1767225600) != ERR_OK)
		abort();
	for (unsigned i = 1; i <= 5; i++)
		put("talk.test,talk.other", i);
	put(SECRET, 6);
	if (spool_commit(spool) != ERR_OK)
		abort();
	/* open descriptors are enough from here on */
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(file, sizeof file, "%s%s", path, ends[i]);
		unlink(file);
	}
	env.spool = spool;
	env.post = take;
	env.login = login;
	render_init(&env.article, NULL);
}

static void
run(struct view in, size_t piece, const struct access *access, struct buf *said)
{
	struct session s;

	session_init(&s, &env, access);
	while (s.state != SESSION_CLOSED && in.len > 0) {
		size_t used = session_input(&s, view_slice(in, 0, piece));

		while (s.state == SESSION_ANSWER)
			session_step(&s);
		assert(buf_err(&s.out) == ERR_OK);
		assert(s.out.len == 0 || s.out.p[s.out.len - 1] == '\n');
		assert(s.line.len <= LINE_MAX_NNTP && s.intake.bytes.len <= ARTICLE_MAX);
		assert(used > 0 || s.out.len > 0);
		buf_addv(said, buf_view(&s.out));
		buf_reset(&s.out);
		in = view_slice(in, used, in.len);
	}
	session_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct access here = { .post = true, .feed = true, .clear = true };
	static const struct access must = { .post = true, .login = true, .clear = true };
	struct view in = { data, size };
	struct buf whole = BUF_INIT(64u << 20), said = BUF_INIT(64u << 20);

	if (spool == NULL)
		prepare();
	run(in, size, &here, &whole);
	if (size < 4096) {
		run(in, 1, &here, &said);
		assert(said.len == whole.len);
	}
	/* who has to log in never hears of a group outside its rights */
	buf_reset(&said);
	run(in, size, &must, &said);
	assert(view_find(buf_view(&said), SECRET) == said.len);
	buf_release(&whole);
	buf_release(&said);
	return 0;
}
