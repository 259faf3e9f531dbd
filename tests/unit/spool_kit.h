/* What the spool's tests share: a fresh spool in a folder of its own, and short posts. */
#ifndef TESTS_UNIT_SPOOL_KIT_H
#define TESTS_UNIT_SPOOL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "spool/spool.h"

#define KIT_NOW 1700000000

struct kit {
	char dir[64], path[96];
	struct spool *sp;
	struct buf text;
};

/* One foreign post; NULL fields are left out or have a default. */
struct post {
	const char *id, *groups, *headers, *body;
	uint32_t ingress;
	unsigned flags, max;
	int64_t now;
	const char *alias;
};

static inline void
kit_open(struct kit *k)
{
	*k = (struct kit){ .dir = "/tmp/hearsay-spool-XXXXXX" };
	buf_init(&k->text, 2 * ARTICLE_MAX);
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->path, sizeof k->path, "%s/spool.db", k->dir);
	assert_int_equal(spool_create(k->path), ERR_OK);
	assert_int_equal(spool_open(k->path, SPOOL_WRITE, &k->sp), ERR_OK);
}

static inline void
kit_close(struct kit *k)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock", "-old" };
	char name[128];

	spool_close(k->sp);
	buf_release(&k->text);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(name, sizeof name, "%s%s", k->path, ends[i]);
		unlink(name);
	}
	rmdir(k->dir);
}

static inline void
kit_reopen(struct kit *k)
{
	spool_close(k->sp);
	k->sp = NULL;
	assert_int_equal(spool_open(k->path, SPOOL_WRITE, &k->sp), ERR_OK);
}

static inline enum err
kit_put_article(
    struct kit *k, const struct post *p, struct view signature, struct spool_stored *out)
{
	struct article a;
	enum fault why = FAULT_NONE;
	struct spool_put in = { .article = &a,
		.signature = signature,
		.ingress = p->ingress,
		.flags = p->flags,
		.now = p->now ? p->now : KIT_NOW,
		.new_groups_max = p->max ? p->max : 100,
		.alias = view_str(p->alias ? p->alias : "") };

	if (article_parse(buf_view(&k->text), &a, &why) != ERR_OK)
		fail_msg("article_parse: %s", fault_name(why));
	return spool_put(k->sp, &in, out);
}

/* In the caller's transaction. */
static inline struct spool_stored
kit_put(struct kit *k, const struct post *p)
{
	struct spool_stored out = { 0 };

	buf_reset(&k->text);
	buf_addf(&k->text,
	    "From: Some One <one@example.com>\r\nNewsgroups: %s\r\nSubject: about %s\r\n"
	    "Date: Mon, 01 Jun 2020 12:00:00 +0000\r\nMessage-ID: %s\r\n%s\r\n%s\r\n",
	    p->groups ? p->groups : "misc.test", p->id, p->id,
	    p->headers ? p->headers : "", p->body ? p->body : "A line.");
	assert_int_equal(kit_put_article(k, p, (struct view){ NULL, 0 }, &out), ERR_OK);
	return out;
}

/* In a transaction of its own; answers the arrival. */
static inline uint64_t
kit_post(struct kit *k, const struct post *p)
{
	struct spool_stored out;

	assert_int_equal(spool_begin(k->sp), ERR_OK);
	out = kit_put(k, p);
	assert_int_equal(out.result, PUT_STORED);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	return out.arrival;
}

/* A native post by an author; id is set to its Message-ID. */
static inline uint64_t
kit_native(struct kit *k, struct native n, unsigned char author, unsigned flags,
    char id[MSGID_MAX + 1])
{
	unsigned char sig[ARTICLE_SIG_LEN] = { 7 };
	struct post p = { .flags = flags };
	struct spool_stored out = { 0 };
	struct article a;
	enum fault why = FAULT_NONE;

	memset(n.author, author, sizeof n.author);
	n.name = VIEW_LIT("ana");
	n.display = VIEW_LIT("Ana");
	n.date = n.date ? n.date : 1591012800;
	if (n.newsgroups.len == 0)
		n.newsgroups = VIEW_LIT("misc.test");
	if (n.subject.len == 0)
		n.subject = VIEW_LIT("native");
	buf_reset(&k->text);
	if (article_compose(&n, &k->text, &why) != ERR_OK)
		fail_msg("article_compose: %s", fault_name(why));
	assert_int_equal(article_parse(buf_view(&k->text), &a, &why), ERR_OK);
	snprintf(id, MSGID_MAX + 1, "%s", a.msgid);
	assert_int_equal(spool_begin(k->sp), ERR_OK);
	assert_int_equal(
	    kit_put_article(
		k, &p, (struct view){ sig, flags & PUT_UNSIGNED ? 0 : sizeof sig }, &out),
	    ERR_OK);
	assert_int_equal(out.result, PUT_STORED);
	assert_int_equal(spool_commit(k->sp), ERR_OK);
	return out.arrival;
}

static inline struct spool_group
kit_group(struct kit *k, const char *name)
{
	struct spool_group g = { 0 };

	assert_int_equal(spool_group(k->sp, view_str(name), &g), ERR_OK);
	return g;
}

static inline bool
kit_here(struct kit *k, const char *id)
{
	uint64_t arrival;
	enum err e = spool_find(k->sp, view_str(id), &arrival);

	assert_true(e == ERR_OK || e == ERR_NOTFOUND);
	return e == ERR_OK;
}

static inline void
kit_say(void *arg, const char *what)
{
	(void)arg;
	print_message("# %s\n", what);
}

static inline void
kit_sound(struct kit *k)
{
	uint64_t troubles = 1;

	assert_int_equal(spool_check(k->sp, false, kit_say, NULL, &troubles), ERR_OK);
	assert_int_equal(troubles, 0);
}

/* Another program, or damage, at work. */
static inline void
kit_sql(struct kit *k, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

#endif
