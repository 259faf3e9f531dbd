/* A node with two friends, mallory and trudy, whose own halves of the keys are at hand: what
 * the tests of hostile envelopes share. */
#ifndef TESTS_UNIT_HOSTILE_KIT_H
#define TESTS_UNIT_HOSTILE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batcher/batch.h"
#include "batcher/pack.h"
#include "batcher/pairing.h"
#include "batcher/unpack.h"
#include "lib/article.h"
#include "lib/fs.h"
#include "lib/sign.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1700000000
#define MANY 100000

static const char *const hostile_folders[] = { "friends", "keys", "personas", "tmp" };

/* This node, and both friends' halves of their keys. */
struct world {
	char dir[64], file[80];
	struct node node;
	struct batcher *b;
	struct ring theirs[2];
	struct key author;
	unsigned number; /* of the next article */
	struct unpack_from *out;
};

/* ---- two friends -------------------------------------------------------------------------- */

static inline struct root *
newest(struct ring *r, enum root_state s)
{
	for (unsigned i = r->count; i-- > 0;)
		if (r->root[i]->state == s)
			return r->root[i];
	fail_msg("no root %s", root_state_text(s));
	return NULL;
}

static inline void
introduce(struct world *w, const char *name, struct ring *theirs)
{
	struct buf hints = BUF_INIT(4096);
	struct token t = { 0 };
	enum pairing_event what;
	struct friend *f;
	struct root *in, *out;

	assert_int_equal(batcher_befriend(w->b, name, &f), ERR_OK);
	ring_look(theirs, NOW);
	assert_int_equal(pairing_invite(&f->ring, &t, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_join(theirs, &t, NOW), ERR_OK);
	in = newest(&f->ring, ROOT_INVITED);
	out = newest(theirs, ROOT_JOINING);
	assert_int_equal(
	    pairing_got_join(&f->ring, in, buf_view(&out->join), NOW, &hints, &what),
	    ERR_OK);
	buf_reset(&hints);
	assert_int_equal(
	    pairing_got_confirm(theirs, out, buf_view(&in->confirm), &hints, &what),
	    ERR_OK);
	token_release(&t);
	buf_release(&hints);
}

static inline int
begin_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	char path[128];

	assert_non_null(w);
	snprintf(w->dir, sizeof w->dir, "/tmp/hearsay-hostile-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	for (size_t i = 0; i < COUNT(hostile_folders); i++) {
		snprintf(path, sizeof path, "%s/%s", w->dir, hostile_folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(w->file, sizeof w->file, "%s/stick", w->dir);
	assert_int_equal(node_locate(w->dir, &w->node), ERR_OK);
	assert_int_equal(spool_create(NODE_PATH(&w->node, "spool.db")), ERR_OK);
	assert_int_equal(feed_create(NODE_PATH(&w->node, "exchange.db")), ERR_OK);
	w->b = calloc(1, sizeof *w->b);
	assert_non_null(w->b);
	assert_int_equal(batcher_open(&w->node, w->b), ERR_OK);
	introduce(w, "mallory", &w->theirs[0]);
	introduce(w, "trudy", &w->theirs[1]);
	w->out = calloc(2, sizeof *w->out);
	key_random(&w->author);
	*state = w;
	return 0;
}

static inline int
end_world(void **state)
{
	struct world *w = *state;
	char command[96];

	batcher_close(w->b);
	free(w->b);
	ring_release(&w->theirs[0]);
	ring_release(&w->theirs[1]);
	node_release(&w->node);
	free(w->out);
	for (size_t i = 0; i < COUNT(hostile_folders); i++) {
		static const char *const names[] = { "mallory", "trudy", "mallory.friend",
			"trudy.friend", "lock" };

		for (size_t j = 0; j < COUNT(names); j++) {
			snprintf(command, sizeof command, "%s/%s/%s", w->dir,
			    hostile_folders[i], names[j]);
			unlink(command);
		}
		snprintf(command, sizeof command, "%s/%s", w->dir, hostile_folders[i]);
		rmdir(command);
	}
	for (size_t i = 0; i < 2; i++) {
		static const char *const ends[] = { "", "-wal", "-shm", "-lock" };

		for (size_t j = 0; j < COUNT(ends); j++) {
			snprintf(command, sizeof command, "%s/%s.db%s", w->dir,
			    i ? "spool" : "exchange", ends[j]);
			unlink(command);
		}
	}
	unlink(w->file);
	rmdir(w->dir);
	free(w);
	return 0;
}

/* ---- envelopes ------------------------------------------------------------------------------ */

/* Seals the contents to us as that friend would, and has the file read. Returns its stream. */
static inline uint64_t
deliver(struct world *w, unsigned who, const struct view *contents, size_t n)
{
	struct root *from = newest(&w->theirs[who], ROOT_AGREED);
	struct seal_keys keys;
	struct seal_to to = {
		.keys = &keys, .my_static = &from->my_static, .my_sign = &from->my_sign
	};
	struct buf sealed = BUF_INIT(8u << 20);
	uint64_t stream;
	FILE *f;

	random_bytes(&stream, sizeof stream);
	assert_int_equal(epoch_keys(&from->send.key, &keys), ERR_OK);
	memcpy(to.root_id, from->id, sizeof to.root_id);
	memcpy(to.their_key, from->their_static, KEY_LEN);
	assert_int_equal(seal_write(&to, stream, contents, n, &sealed), ERR_OK);
	seal_keys_release(&keys);
	f = fopen(w->file, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(sealed.p, 1, sealed.len, f), sealed.len);
	fclose(f);
	buf_release(&sealed);

	memset(w->out, 0, 2 * sizeof *w->out);
	for (size_t i = 0; i < 2; i++)
		w->out[i].f = w->b->friends[i];
	f = fopen(w->file, "rb");
	assert_non_null(f);
	assert_int_equal(unpack_fd(w->b, fileno(f), w->out), ERR_OK);
	fclose(f);
	return stream;
}

static inline void
pack_items(struct world *w, const struct buf *items, struct buf *content)
{
	buf_init(content, CHUNK_MAX);
	assert_int_equal(buf_err(items), ERR_OK);
	assert_int_equal(batch_pack(w->b->zip, buf_view(items), content), ERR_OK);
}

/* One chunk of these items behind an empty control, or as the control. */
static inline uint64_t
deliver_items(struct world *w, unsigned who, const struct buf *items, bool control)
{
	struct buf none = BUF_INIT(16), c[2];
	struct view views[2];
	uint64_t stream;

	pack_items(w, control ? items : &none, &c[0]);
	pack_items(w, items, &c[1]);
	views[0] = buf_view(&c[0]);
	views[1] = buf_view(&c[1]);
	stream = deliver(w, who, views, control ? 1 : 2);
	buf_release(&c[0]);
	buf_release(&c[1]);
	return stream;
}

/* ---- articles ------------------------------------------------------------------------------- */

static inline void
foreign(struct world *w, const char *group, struct buf *out)
{
	buf_init(out, ARTICLE_MAX);
	buf_addf(out,
	    "From: x@example.net\r\nNewsgroups: %s\r\nSubject: s\r\n"
	    "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\nMessage-ID: <n-%u@example.net>\r\n"
	    "\r\nHello.\r\n",
	    group, w->number++);
	assert_int_equal(buf_err(out), ERR_OK);
}

static inline void
native(struct world *w, struct buf *out, unsigned char sig[ARTICLE_SIG_LEN])
{
	char subject[32];
	struct native n = { .display = VIEW_LIT("Mallory"),
		.name = VIEW_LIT("mallory"),
		.date = NOW,
		.newsgroups = VIEW_LIT("misc.test"),
		.body = VIEW_LIT("Hello.\r\n") };
	struct article a;
	enum fault why;

	snprintf(subject, sizeof subject, "number %u", w->number++);
	n.subject = view_str(subject);
	ed25519_public(&w->author, n.author);
	buf_init(out, ARTICLE_MAX);
	assert_int_equal(article_compose(&n, out, &why), ERR_OK);
	assert_int_equal(article_parse(buf_view(out), &a, &why), ERR_OK);
	assert_int_equal(article_sign(&a, &w->author, sig), ERR_OK);
}

/* The friend's next article is taken, whatever it sent before. */
static inline void
assert_still_heard(struct world *w, unsigned who)
{
	struct buf article, items = BUF_INIT(CHUNK_PLAIN);
	unsigned char sig[ARTICLE_SIG_LEN];
	uint64_t strikes = w->b->friends[who]->feed.strikes;

	native(w, &article, sig);
	item_add_article(&items, buf_view(&article), sig);
	deliver_items(w, who, &items, false);
	assert_int_equal(w->out[who].sum.articles, 1);
	assert_int_equal(w->out[who].sum.envelopes, 1);
	assert_int_equal(w->out[!who].sum.envelopes, 0);
	assert_int_equal(w->b->friends[who]->feed.strikes, strikes);
	buf_release(&items);
	buf_release(&article);
}

#endif
