/* Two nodes, ana and bob, who are friends, and a session of each, joined by buffers: what the
 * tests and the fuzzer of the exchange share. */
#ifndef TESTS_UNIT_EXCHANGE_KIT_H
#define TESTS_UNIT_EXCHANGE_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batcher/batch.h"
#include "batcher/pairing.h"
#include "batcher/session.h"
#include "lib/article.h"
#include "lib/digest.h"
#include "lib/fs.h"

#define must(x)                                                                          \
	do {                                                                             \
		if (!(x)) {                                                              \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);  \
			abort();                                                         \
		}                                                                        \
	} while (0)

static const char *const exchange_folders[] = { "friends", "keys", "personas", "tmp",
	"link", "run" };

struct end {
	char dir[64];
	struct node node;
	struct batcher b;
	struct friend *f; /* the other one */
	struct root *root;
	struct session *s;
	struct buf in; /* what came on the line and was not read */
	enum err e;    /* of the session's end */
};

struct pair {
	struct end ana, bob; /* ana calls */
	int64_t ms;
};

static inline void
end_open(struct end *x, const char *friend)
{
	char path[128];

	snprintf(x->dir, sizeof x->dir, "%s/hearsay-exchange-XXXXXX",
	    getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 20 ? getenv("TMPDIR")
								      : "/tmp");
	must(mkdtemp(x->dir) != NULL);
	for (size_t i = 0; i < sizeof exchange_folders / sizeof exchange_folders[0];
	     i++) {
		snprintf(path, sizeof path, "%s/%s", x->dir, exchange_folders[i]);
		must(mkdir(path, 0700) == 0);
	}
	must(node_locate(x->dir, &x->node) == ERR_OK);
	must(spool_create(NODE_PATH(&x->node, "spool.db")) == ERR_OK);
	must(feed_create(NODE_PATH(&x->node, "exchange.db")) == ERR_OK);
	must(batcher_open(&x->node, &x->b) == ERR_OK);
	must(batcher_begin(&x->b) == ERR_OK);
	must(batcher_befriend(&x->b, friend, &x->f) == ERR_OK);
	buf_init(&x->in, 64u << 20);
}

static inline void
remove_all(const char *dir)
{
	static const char *const files[] = { "friends/ana", "friends/bob",
		"keys/ana.friend", "keys/bob.friend", "keys/lock", "link/ana", "link/bob",
		"spool.db", "spool.db-wal", "spool.db-shm", "spool.db-lock",
		"run/exchanges", "exchange.db", "exchange.db-wal", "exchange.db-shm",
		"exchange.db-lock" };
	char path[128];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof exchange_folders / sizeof exchange_folders[0];
	     i++) {
		snprintf(path, sizeof path, "%s/%s", dir, exchange_folders[i]);
		rmdir(path);
	}
	rmdir(dir);
}

static inline void
end_close(struct end *x)
{
	session_free(x->s);
	batcher_close(&x->b);
	node_release(&x->node);
	buf_release(&x->in);
	remove_all(x->dir);
}

static inline struct root *
root_in(struct ring *r, enum root_state s)
{
	for (unsigned i = r->count; i-- > 0;)
		if (r->root[i]->state == s)
			return r->root[i];
	fprintf(stderr, "no root %s\n", root_state_text(s));
	abort();
}

static inline void
pair_up(struct pair *p)
{
	struct ring *a = &p->ana.f->ring, *b = &p->bob.f->ring;
	struct buf hints = BUF_INIT(4096);
	int64_t now = p->ana.b.now;
	struct token t = { 0 };
	enum pairing_event what;
	struct root *in, *out;

	must(pairing_invite(a, &t, INVITE_EXPIRES, now) == ERR_OK);
	must(pairing_join(b, &t, now) == ERR_OK);
	in = root_in(a, ROOT_INVITED);
	out = root_in(b, ROOT_JOINING);
	must(pairing_got_join(a, in, buf_view(&out->join), now, &hints, &what) == ERR_OK);
	buf_reset(&hints);
	must(
	    pairing_got_confirm(b, out, buf_view(&in->confirm), &hints, &what) == ERR_OK);
	token_release(&t);
	buf_release(&hints);
}

static inline struct pair *
pair_new(void)
{
	struct pair *p = calloc(1, sizeof *p);

	must(p != NULL);
	p->ms = 1000;
	end_open(&p->ana, "bob");
	end_open(&p->bob, "ana");
	pair_up(p);
	must(batcher_leave(&p->ana.b, ERR_OK) == ERR_OK);
	must(batcher_leave(&p->bob.b, ERR_OK) == ERR_OK);
	return p;
}

static inline void
pair_free(struct pair *p)
{
	end_close(&p->ana);
	end_close(&p->bob);
	free(p);
}

/* ---- articles -------------------------------------------------------------------- */

static inline void
text_of(const char *who, unsigned i, size_t body, struct buf *out)
{
	uint64_t noise = 0x9e3779b97f4a7c15u * (i + 1);

	buf_addf(out,
	    "From: x@example.net\r\nNewsgroups: misc.test\r\nSubject: %u\r\n"
	    "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\nMessage-ID: <%s-%u@example.net>\r\n"
	    "\r\n",
	    i, who, i);
	for (size_t n = 0; n < body; n += 66) {
		for (int k = 0; k < 4; k++) {
			noise ^= noise << 13;
			noise ^= noise >> 7;
			noise ^= noise << 17;
			buf_addf(out, "%016llx", (unsigned long long)noise);
		}
		buf_adds(out, "\r\n");
	}
	must(buf_err(out) == ERR_OK);
}

/* Articles from..to, the i-th of size(i) bytes. */
static inline void
post_many(
    struct end *x, const char *who, unsigned from, unsigned to, size_t (*size)(unsigned))
{
	struct buf text = BUF_INIT(ARTICLE_MAX);

	must(batcher_enter(&x->b) == ERR_OK);
	for (unsigned i = from; i < to; i++) {
		struct spool_stored out;
		struct article a;
		enum fault why;
		struct spool_put put = {
			.article = &a, .now = x->b.now, .new_groups_max = 10
		};

		buf_reset(&text);
		text_of(who, i, size(i), &text);
		must(article_parse(buf_view(&text), &a, &why) == ERR_OK);
		must(spool_put(x->b.spool, &put, &out) == ERR_OK);
		must(out.result == PUT_STORED);
	}
	must(batcher_leave(&x->b, ERR_OK) == ERR_OK);
	buf_release(&text);
}

static inline unsigned
holds(struct end *x, const char *who, unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from; i < to; i++) {
		struct buf id = BUF_INIT(64);
		uint64_t arrival;

		buf_addf(&id, "<%s-%u@example.net>", who, i);
		n += spool_find(x->b.spool, buf_view(&id), &arrival) == ERR_OK;
		buf_release(&id);
	}
	return n;
}

/* ---- sessions -------------------------------------------------------------------- */

static inline void
end_start(struct end *x, bool caller)
{
	struct root *root = root_in(&x->f->ring, ROOT_AGREED);

	buf_reset(&x->in);
	session_free(x->s);
	x->s = NULL;
	must(session_new(&x->b, x->f, root->id, caller, root->send.epoch, &x->s) ==
	    ERR_OK);
	x->e = ERR_OK;
}

static inline void
pair_start(struct pair *p)
{
	end_start(&p->ana, true);
	end_start(&p->bob, false);
}

/* Reads and works; what it says goes to `to`, at most `most` bytes. Answers how many. */
static inline size_t
end_turn(struct end *x, struct buf *to, int64_t ms, size_t most)
{
	struct buf *out = session_output(x->s);
	struct view in = buf_view(&x->in);
	size_t n;

	if (x->e == ERR_OK && (x->e = session_input(x->s, &in)) == ERR_OK) {
		buf_consume(&x->in, x->in.len - in.len);
		x->e = session_work(x->s, ms, false);
	}
	n = out->len < most ? out->len : most;
	buf_add(to, out->p, n);
	buf_consume(out, n);
	return n;
}

/* Until both said BYE or one ends, or so many bytes went over the line. */
static inline bool
pair_run(struct pair *p, size_t most, size_t bytes)
{
	for (unsigned turns = 0; turns < 2000000 && bytes > 0; turns++) {
		size_t n =
		    end_turn(&p->ana, &p->bob.in, p->ms, most < bytes ? most : bytes);

		bytes -= n;
		n += end_turn(&p->bob, &p->ana.in, p->ms, most < bytes ? most : bytes);
		p->ms += n == 0 ? 60 : 1;
		if (p->ana.e != ERR_OK || p->bob.e != ERR_OK)
			return false;
		if (session_over(p->ana.s) && session_over(p->bob.s))
			return true;
	}
	return false;
}

static inline void
pair_end(struct pair *p)
{
	must(session_end(p->ana.s) == ERR_OK);
	must(session_end(p->bob.s) == ERR_OK);
}

#endif
