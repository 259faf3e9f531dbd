#include "batcher/batcher.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/wildmat.h"

#define ZIP_LEVEL 9 /* a stick or a line is slower than this, see docs/performance.md */
#define ZIP_LEVEL_LINK 3 /* a fast line waits for the processor, not for the bytes */
#define SUFFIX ".friend"
#define HALF_WRITTEN ".friend.tmp-" /* as fs_write_atomic names it */

static void
friend_free(struct friend *f)
{
	if (f == NULL)
		return;
	ring_release(&f->ring);
	feed_state_release(&f->state);
	buf_release(&f->conf);
	buf_release(&f->wants);
	free(f);
}

static struct friend *
friend_new(const char *name)
{
	struct friend *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	buf_init(&f->conf, CONF_MAX);
	buf_init(&f->wants, WILDMAT_MAX);
	memcpy(f->ring.name, name, strnlen(name, NAME_MAX_LEN));
	return f;
}

/* A row for a friend without one: new, or after exchange.db was lost. Numbers may then have
 * been others' before, so what is in the spool counts as from nobody. */
static enum err
add_feed(struct batcher *b, struct friend *f)
{
	uint32_t id;
	enum err e;

	if ((e = feed_friend_add(b->feed, f->ring.name, &id)) != ERR_OK ||
	    (e = feed_friend(b->feed, f->ring.name, &f->feed)) != ERR_OK ||
	    (e = spool_last_arrival(b->spool, &f->feed.back)) != ERR_OK)
		return e;
	return feed_friend_save(b->feed, &f->feed);
}

static enum err
load_feed(struct batcher *b, struct friend *f)
{
	struct buf policy = BUF_INIT(WILDMAT_MAX);
	enum err e;

	if ((e = feed_friend(b->feed, f->ring.name, &f->feed)) == ERR_NOTFOUND)
		e = add_feed(b, f);
	if (e == ERR_OK)
		e = feed_wants(b->feed, f->feed.id, &f->wants, &policy);
	if (e == ERR_OK)
		e = feed_state_load(b->feed, f->feed.id, &f->state);
	buf_release(&policy);
	return e;
}

static enum err
load_friend(struct batcher *b, const char *name)
{
	struct friend *f;
	enum err e;

	if (b->count == FRIENDS_MAX)
		return ERR_FULL;
	if ((f = friend_new(name)) == NULL)
		return ERR_NOMEM;
	if ((e = ring_load(b->node, name, &f->ring)) != ERR_OK) {
		log_at(LOG_ERROR, "keys/%s.friend %s", name, err_text(e));
		/* one friend's broken file is no reason to leave the others */
		if (e == ERR_CORRUPT || e == ERR_VERSION) {
			b->damaged = true;
			e = ERR_OK;
		}
		goto fail;
	}
	e = fs_read(NODE_PATH(b->node, "friends/%s", name), &f->conf);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		goto fail;
	if ((e = load_feed(b, f)) != ERR_OK)
		goto fail;
	ring_look(&f->ring, b->now);
	b->friends[b->count++] = f;
	return ERR_OK;
fail:
	friend_free(f);
	return e;
}

static int
by_name(const void *a, const void *b)
{
	const struct friend *const *x = a, *const *y = b;

	return strcmp((*x)->ring.name, (*y)->ring.name);
}

/* What a kill left of a key file holds secrets that nothing would ever erase. */
static enum err
erase_half_written(struct batcher *b, const char *name)
{
	return strstr(name, HALF_WRITTEN) == NULL
	    ? ERR_OK
	    : fs_erase(NODE_PATH(b->node, "keys/%s", name));
}

/* The same in link/, where newsd's own files have a dot in their names. */
static enum err
clean_links(struct batcher *b)
{
	DIR *d = opendir(NODE_PATH(b->node, "link"));
	struct dirent *ent;
	enum err e = ERR_OK;

	if (d == NULL)
		return ERR_OK; /* made with the first key that goes there */
	while (e == ERR_OK && (ent = readdir(d)) != NULL) {
		struct view v = view_str(ent->d_name);
		size_t at = view_find(v, ".tmp-");

		if (at < v.len && text_name(view_slice(v, 0, at)))
			e = fs_erase(NODE_PATH(b->node, "link/%s", ent->d_name));
	}
	closedir(d);
	return e;
}

static enum err
load_friends(struct batcher *b)
{
	DIR *d = opendir(NODE_PATH(b->node, "keys"));
	struct dirent *ent;
	enum err e = ERR_OK;

	if (d == NULL)
		return ERR_IO;
	while (e == ERR_OK && (ent = readdir(d)) != NULL) {
		char name[NAME_MAX_LEN + 1] = { 0 };
		struct view v = view_str(ent->d_name);

		if ((e = erase_half_written(b, ent->d_name)) != ERR_OK)
			break;
		if (v.len <= strlen(SUFFIX) ||
		    !view_eqs(view_slice(v, v.len - strlen(SUFFIX), v.len), SUFFIX))
			continue;
		v.len -= strlen(SUFFIX);
		if (!text_name(v))
			continue;
		memcpy(name, v.p, v.len);
		e = load_friend(b, name);
	}
	closedir(d);
	if (e == ERR_OK && b->count > 0)
		qsort(b->friends, b->count, sizeof b->friends[0], by_name);
	return e;
}

/* What a person can do about a database that does not open. */
static const char *
database_advice(enum err e, bool spool)
{
	switch (e) {
	case ERR_NOTFOUND:
		return ": run `hearsay setup` first";
	case ERR_VERSION:
		return ": update this Hearsay";
	case ERR_BUSY:
		return ": try again";
	case ERR_CORRUPT:
		return spool ? ": `hearsay check --repair` builds anew what can be"
			     : ": put it back from a copy of the folder";
	default:
		return "";
	}
}

static enum err
open_databases(struct batcher *b)
{
	enum err e;

	if ((e = spool_open(NODE_PATH(b->node, "spool.db"), SPOOL_WRITE, &b->spool)) !=
	    ERR_OK) {
		log_at(LOG_ERROR, "spool.db %s%s", err_text(e), database_advice(e, true));
		return e;
	}
	if ((e = feed_open(NODE_PATH(b->node, "exchange.db"), true, &b->feed)) !=
	    ERR_OK) {
		log_at(LOG_ERROR, "exchange.db %s%s", err_text(e),
		    database_advice(e, false));
		return e;
	}
	return spool_id(b->spool, b->spool_id);
}

enum err
batcher_open(struct node *node, struct batcher *out)
{
	struct batcher *b = out;
	enum err e;

	memset(b, 0, sizeof *b);
	b->node = node;
	b->lock = -1;
	b->now = clock_now();
	if ((e = fs_lock(NODE_PATH(node, "keys/lock"), true, &b->lock)) != ERR_OK)
		log_at(LOG_ERROR, "%s/keys/lock: %s", node->dir, strerror(errno));
	if (e == ERR_OK)
		e = zip_new(ZIP_LEVEL, &b->zip);
	if (e == ERR_OK)
		e = open_databases(b);
	if (e == ERR_OK && (e = feed_begin(b->feed)) == ERR_OK) {
		if ((e = load_friends(b)) == ERR_OK && (e = clean_links(b)) == ERR_OK)
			e = feed_commit(b->feed);
		else
			feed_rollback(b->feed);
	}
	if (e != ERR_OK)
		batcher_close(b);
	return e;
}

enum err
batcher_open_for(struct node *node, const char *name, struct batcher *out)
{
	struct batcher *b = out;
	enum err e;

	memset(b, 0, sizeof *b);
	b->node = node;
	b->lock = -1;
	b->now = clock_now();
	if ((e = fs_lock(NODE_PATH(node, "keys/lock"), true, &b->lock)) != ERR_OK)
		log_at(LOG_ERROR, "%s/keys/lock: %s", node->dir, strerror(errno));
	if (e == ERR_OK)
		e = zip_new(ZIP_LEVEL_LINK, &b->zip);
	if (e == ERR_OK)
		e = open_databases(b);
	if (e == ERR_OK && (e = feed_begin(b->feed)) == ERR_OK) {
		if ((e = load_friend(b, name)) == ERR_OK)
			e = feed_commit(b->feed);
		else
			feed_rollback(b->feed);
	}
	if (e != ERR_OK)
		batcher_close(b);
	else
		flock(b->lock, LOCK_UN);
	return e;
}

/* Others changed it meanwhile: a stick beside the session, the person. */
static enum err
reload(struct batcher *b, struct friend *f)
{
	struct ring fresh = { 0 };
	enum err e;

	if ((e = ring_load(b->node, f->ring.name, &fresh)) != ERR_OK)
		return e;
	ring_release(&f->ring);
	f->ring = fresh;
	ring_look(&f->ring, b->now);
	feed_state_release(&f->state);
	buf_reset(&f->wants);
	f->changed = false;
	return load_feed(b, f);
}

enum err
batcher_enter(struct batcher *b)
{
	enum err e = ERR_OK;

	while (flock(b->lock, LOCK_EX) != 0)
		if (errno != EINTR)
			return ERR_IO;
	b->now = clock_now();
	if ((e = batcher_begin(b)) == ERR_OK)
		for (size_t i = 0; i < b->count && e == ERR_OK; i++)
			e = reload(b, b->friends[i]);
	if (e != ERR_OK) {
		batcher_rollback(b);
		flock(b->lock, LOCK_UN);
	}
	return e;
}

enum err
batcher_leave(struct batcher *b, enum err so_far)
{
	enum err e = so_far;

	if (e == ERR_OK)
		e = batcher_commit(b);
	batcher_rollback(b);
	flock(b->lock, LOCK_UN);
	return e;
}

void
batcher_close(struct batcher *b)
{
	batcher_rollback(b);
	for (size_t i = 0; i < b->count; i++)
		friend_free(b->friends[i]);
	zip_free(b->zip);
	feed_close(b->feed);
	spool_close(b->spool);
	if (b->lock >= 0)
		close(b->lock);
	memset(b, 0, sizeof *b);
	b->lock = -1;
}

struct friend *
batcher_friend(struct batcher *b, const char *name)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->friends[i]->ring.name, name) == 0)
			return b->friends[i];
	return NULL;
}

enum err
batcher_befriend(struct batcher *b, const char *name, struct friend **out)
{
	static const char head[] =
	    "# What this node does for this friend; `man hearsay.conf` tells every key.\n"
	    "# send     *              groups that may go to this friend\n"
	    "# foreign  any            articles from outside: any or none\n";
	const char *path = NODE_PATH(b->node, "friends/%s", name);
	struct friend *f;
	enum err e;

	if (b->count == FRIENDS_MAX)
		return ERR_FULL;
	/* keys that could not be read, said above, are not to be overwritten */
	if (access(NODE_PATH(b->node, "keys/%s.friend", name), F_OK) == 0)
		return ERR_CORRUPT;
	if ((f = friend_new(name)) == NULL)
		return ERR_NOMEM;
	if ((e = fs_read(path, &f->conf)) == ERR_NOTFOUND)
		if ((e = fs_write_atomic(path, view_str(head), false)) == ERR_OK)
			e = fs_read(path, &f->conf);
	if (e == ERR_OK)
		e = load_feed(b, f);
	if (e != ERR_OK) {
		friend_free(f);
		return e;
	}
	ring_look(&f->ring, b->now);
	f->ring.dirty = true;
	b->friends[b->count++] = f;
	*out = f;
	return ERR_OK;
}

enum err
batcher_begin_reading(struct batcher *b)
{
	enum err e = feed_begin(b->feed);

	b->running = e == ERR_OK;
	return e;
}

enum err
batcher_begin(struct batcher *b)
{
	enum err e;

	if ((e = batcher_begin_reading(b)) != ERR_OK)
		return e;
	if ((e = spool_begin(b->spool)) != ERR_OK)
		batcher_rollback(b);
	b->storing = e == ERR_OK;
	return e;
}

enum err
batcher_commit(struct batcher *b)
{
	enum err e = b->storing ? spool_commit(b->spool) : ERR_OK;

	b->storing = false;
	/* it goes on to the other friends at once */
	if (b->arrived && e == ERR_OK)
		wake_node(b->node);
	b->arrived = false;
	for (size_t i = 0; i < b->count && e == ERR_OK; i++)
		if (b->friends[i]->ring.dirty)
			e = ring_save(b->node, &b->friends[i]->ring);
	for (size_t i = 0; i < b->count && e == ERR_OK; i++) {
		struct friend *f = b->friends[i];

		if (!f->changed)
			continue;
		if ((e = feed_friend_save(b->feed, &f->feed)) == ERR_OK)
			e = feed_state_save(b->feed, f->feed.id, &f->state);
		f->changed = false;
	}
	if (e == ERR_OK)
		e = feed_commit(b->feed);
	if (e == ERR_OK)
		b->running = false;
	else
		batcher_rollback(b);
	return e;
}

void
batcher_rollback(struct batcher *b)
{
	if (!b->running)
		return;
	if (b->storing)
		spool_rollback(b->spool);
	feed_rollback(b->feed);
	b->running = b->storing = b->arrived = false;
}

struct view
friend_get(const struct friend *f, const char *key, const char *fallback)
{
	return conf_get(buf_view(&f->conf), key, view_str(fallback));
}

struct view
batcher_wants(const struct batcher *b)
{
	struct view v = node_get(b->node, "groups", "*");

	return wildmat_valid(v) ? v : view_str("*");
}
