#include "batcher/stick.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "batcher/owed.h"
#include "batcher/pack.h"
#include "lib/log.h"
#include "lib/text.h"

#define ENTRIES_MAX 10000
#define RESERVE_FRIENDS                                                                  \
	16 /* at most: who gets a stick that we filled must have room to answer */

static enum err
grow(void **p, size_t *room, size_t n, size_t size)
{
	size_t want = *room == 0 ? 16 : *room * 2;
	void *q;

	if (n < *room)
		return ERR_OK;
	if ((q = reallocarray(*p, want, size)) == NULL)
		return ERR_NOMEM;
	*p = q;
	*room = want;
	return ERR_OK;
}

static enum err
add_present(void *ctx, const struct feed_stream *s)
{
	struct stick *st = ctx;
	enum err e = grow((void **)&st->present, &st->present_room, st->present_count,
	    sizeof st->present[0]);

	if (e == ERR_OK)
		st->present[st->present_count++] = *s;
	return e;
}

static enum err
own_file(struct stick *st, const struct feed_file *f, const char *name)
{
	enum err e;

	if (strcmp(name, f->temporary) == 0) {
		/* what a kill left behind: never visible to anybody as whole */
		if (unlinkat(st->dir, name, 0) == 0)
			st->removed++;
		return ERR_OK;
	}
	st->own++;
	if (f->size == 0) {
		st->broken++; /* no file that we know to be whole: not ours to remove */
		return ERR_OK;
	}
	if ((e = grow((void **)&st->old, &st->old_room, st->old_count,
		 sizeof st->old[0])) != ERR_OK)
		return e;
	st->old[st->old_count] =
	    (struct stick_file){ f->id, container_intact(st->dir, f) };
	st->broken += !st->old[st->old_count].intact;
	st->old_count++;
	return ERR_OK;
}

/* After all was read: what a friend answered counts no longer. */
static enum err
find_present(struct batcher *b, struct stick *st)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < st->old_count && e == ERR_OK; i++)
		if (st->old[i].intact)
			e = feed_file_streams(b->feed, st->old[i].id, add_present, st);
	return e;
}

static enum err
foreign_file(struct batcher *b, struct stick *st, const char *name)
{
	int fd = openat(st->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum err e = ERR_MORE;
	int why = errno;

	st->files++;
	if (fd >= 0) {
		e = unpack_fd(b, fd, st->in);
		why = errno;
		close(fd);
	}
	if (e != ERR_MORE)
		return e;
	st->unreadable++;
	log_at(LOG_WARN, "%s cannot be read (%s): skipped", name, strerror(why));
	return ERR_OK;
}

/* Asked before it is opened: opening a device, or what waits for a writer, does things. */
static bool
is_file(const struct stick *st, const char *name)
{
	struct stat info;

	if (fstatat(st->dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
	    S_ISREG(info.st_mode))
		return true;
	log_at(LOG_WARN, "%s is a %s, not a file: left alone", name,
	    S_ISDIR(info.st_mode)       ? "folder"
		: S_ISLNK(info.st_mode) ? "link"
					: "device or pipe");
	return false;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names first, then work: the folder changes under our hands. */
static enum err
list(struct stick *st, char ***out, size_t *count)
{
	int fd = openat(st->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char **names = calloc(ENTRIES_MAX, sizeof *names);
	struct dirent *ent;
	size_t n = 0;
	enum err e = names == NULL ? ERR_NOMEM : d == NULL ? ERR_IO : ERR_OK;

	while (e == ERR_OK && n < ENTRIES_MAX && (ent = readdir(d)) != NULL)
		if (container_named(ent->d_name) &&
		    (names[n++] = strdup(ent->d_name)) == NULL)
			e = ERR_NOMEM;
	if (d != NULL)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	if (n > 0)
		qsort(names, n, sizeof *names, by_text);
	*out = names;
	*count = n;
	return e;
}

static enum err
read_all(struct batcher *b, struct stick *st)
{
	char **names = NULL;
	size_t n = 0;
	enum err e = list(st, &names, &n);

	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		struct feed_file f;

		if (!is_file(st, names[i]))
			continue;
		if ((e = feed_file(b->feed, names[i], &f)) == ERR_OK)
			e = own_file(st, &f, names[i]);
		else if (e == ERR_NOTFOUND)
			e = foreign_file(b, st, names[i]);
	}
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return e;
}

/* ---- writing ------------------------------------------------------------------------------ */

static enum err
sink(void *ctx, struct view envelope)
{
	return container_add(ctx, envelope);
}

/* Articles leave room for an answer of each friend, and as much for other people's files.
 * Our own answers may take of that: *spare tells. */
static uint64_t
room_on(const struct batcher *b, const struct stick *st, bool *spare)
{
	uint64_t free_bytes,
	    reserve = STICK_FILE_MIN *
	    (uint64_t)(1 + (b->count < RESERVE_FRIENDS ? b->count : RESERVE_FRIENDS));
	struct statvfs v;

	*spare = false;
	if (fstatvfs(st->dir, &v) != 0)
		return STICK_FILE_MAX;
	free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	if (free_bytes >= reserve + STICK_FILE_MIN)
		return container_room(free_bytes - reserve);
	*spare = true;
	return free_bytes >= STICK_FILE_MIN ? STICK_FILE_MIN : 0;
}

/* A fair part of the room for each who still lacks something; what one leaves, the next
 * may use, and what is left at the end goes into a further file. */
static enum err
pack_all(struct batcher *b, struct stick *st, struct container *c)
{
	bool spare;
	uint64_t room = room_on(b, st, &spare);
	uint64_t used = 0;
	size_t hungry = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; i < b->count; i++)
		hungry += st->out[i].full;
	for (size_t i = 0; i < b->count && e == ERR_OK; i++) {
		struct stick_friend *o = &st->out[i];
		struct pack p = { .b = b,
			.f = b->friends[i],
			.file = c->file.id,
			.control_only = spare,
			.present = st->present,
			.present_count = st->present_count,
			.sink = sink,
			.ctx = c };

		memset(&o->now, 0, sizeof o->now);
		if (!o->full || hungry == 0)
			continue;
		p.room = (room - used) / (spare ? 1 : hungry);
		hungry--;
		e = pack_friend(&p);
		used += p.used < room - used ? p.used : room - used;
		o->now.packed = p.articles;
		o->now.bytes = p.bytes;
		o->now.pairing = p.pairing;
		o->left = p.left;
		o->full = p.full;
		st->damaged += p.damaged;
	}
	return e;
}

/* What was packed is on the stick, or it is not. */
static void
add_up(struct batcher *b, struct stick *st, bool written)
{
	st->left = 0;
	st->full = false;
	for (size_t i = 0; i < b->count; i++) {
		struct stick_friend *o = &st->out[i];

		if (written) {
			o->packed += o->now.packed;
			o->bytes += o->now.bytes;
			o->pairing |= o->now.pairing;
		} else {
			o->left += o->now.packed;
			o->full |= o->now.packed > 0 || o->now.pairing;
		}
		st->left += o->left;
		st->full |= o->full;
	}
}

/* Rows, then keys, then the visible name: what a friend can see, we remember. */
static enum err
write_file(struct batcher *b, struct stick *st, bool *wrote)
{
	struct container c;
	enum err e;

	*wrote = false;
	container_init(&c, st->dir);
	/* the temporary name is on record before the file exists: a leftover is recognized */
	if ((e = feed_file_add(b->feed, &c.file)) != ERR_OK)
		return e;
	if ((e = batcher_begin_reading(b)) != ERR_OK)
		return e;
	e = pack_all(b, st, &c);
	if (e == ERR_OK && c.fd >= 0) {
		if ((e = container_finish(&c)) == ERR_OK)
			e = feed_file_whole(b->feed, &c.file);
	} else if (e == ERR_OK)
		e = feed_file_drop(b->feed, c.file.id);
	if (e == ERR_OK)
		e = batcher_commit(b);
	if (e == ERR_OK && c.fd >= 0 && (e = container_publish(&c)) == ERR_OK) {
		*wrote = true;
		st->written++;
		st->bytes_written += c.file.size;
		memcpy(st->name, c.file.name, sizeof st->name);
		e = feed_file_streams(b->feed, c.file.id, add_present, st);
	}
	if (c.e != ERR_OK) {
		st->refused = true;
		st->why = errno;
	}
	add_up(b, st, e == ERR_OK);
	batcher_rollback(b);
	container_release(&c);
	return e;
}

static enum err
write_files(struct batcher *b, struct stick *st)
{
	bool wrote, spare = false;
	enum err e;

	for (size_t i = 0; i < b->count; i++)
		st->out[i].full = true; /* as far as we know */
	do {
		e = write_file(b, st, &wrote);
		if (e == ERR_OK && wrote)
			room_on(b, st, &spare);
	} while (e == ERR_OK && wrote && st->full && !spare);
	return e;
}

/* ---- cleaning up ----------------------------------------------------------------------------- */

struct settled {
	struct batcher *b;
	bool all;
};

static struct friend *
by_number(struct batcher *b, uint32_t id)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->friends[i]->feed.id == id)
			return b->friends[i];
	return NULL;
}

/* One whose keys could not be read is not cut: what is for it stays. */
static bool
is_cut(struct batcher *b, uint32_t id)
{
	struct feed_friend f;

	return feed_friend_next(b->feed, id - 1, &f) != ERR_OK || f.id != id;
}

/* Nothing in it can still be of use to its friend. */
static enum err
stream_settled(void *ctx, const struct feed_stream *s)
{
	struct settled *x = ctx;
	struct friend *f = by_number(x->b, s->friend);
	struct ranges r = { 0 };
	enum err e = ERR_OK;

	if (s->acked)
		return ERR_OK;
	if (f == NULL) {
		x->all = x->all && is_cut(x->b, s->friend);
		return ERR_OK;
	}
	if (owed_still(x->b, f, s)) {
		x->all = false;
		return ERR_OK;
	}
	if ((e = feed_stream_arrivals(x->b->feed, s->friend, s->stream, -1, &r)) !=
	    ERR_OK)
		return e;
	for (size_t i = 0; i < r.n && x->all; i++)
		for (uint64_t a = r.r[i].lo; a <= r.r[i].hi && x->all; a++)
			if (ranges_has(&f->state.flight, a) ||
			    ranges_has(&f->state.pending, a) ||
			    ranges_has(&f->state.deferred, a))
				x->all = false;
	ranges_release(&r);
	return e;
}

static void
forget_present(struct stick *st, uint64_t file)
{
	size_t n = 0;

	for (size_t i = 0; i < st->present_count; i++)
		if (st->present[i].file != file)
			st->present[n++] = st->present[i];
	st->present_count = n;
}

static enum err
clean_up(struct batcher *b, struct stick *st)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < st->old_count && e == ERR_OK; i++) {
		struct settled x = { b, true };
		struct feed_file f;

		if ((e = feed_file_streams(b->feed, st->old[i].id, stream_settled, &x)) !=
			ERR_OK ||
		    !x.all)
			continue;
		if ((e = feed_file_by_id(b->feed, st->old[i].id, &f)) != ERR_OK)
			continue;
		if (unlinkat(st->dir, f.name, 0) != 0 && errno != ENOENT)
			continue; /* a write-protected stick keeps its files */
		st->removed++;
		forget_present(st, f.id);
		e = feed_file_drop(b->feed, f.id);
	}
	return e;
}

static enum err
count_on_stick(struct batcher *b, struct stick *st)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < b->count && e == ERR_OK; i++) {
		struct friend *f = b->friends[i];
		struct ranges here = { 0 };

		for (size_t j = 0; j < st->present_count && e == ERR_OK; j++)
			if (st->present[j].friend == f->feed.id)
				e = feed_stream_arrivals(b->feed, f->feed.id,
				    st->present[j].stream, -1, &here);
		for (size_t j = 0; j < here.n; j++)
			for (uint64_t a = here.r[j].lo; a <= here.r[j].hi; a++)
				st->out[i].on_stick += ranges_has(&f->state.flight, a);
		ranges_release(&here);
	}
	return e;
}

enum err
stick_run(struct batcher *b, int dir, struct stick *st)
{
	enum err e;

	memset(st, 0, sizeof *st);
	st->dir = dir;
	st->in = calloc(b->count + 1, sizeof *st->in);
	st->out = calloc(b->count + 1, sizeof *st->out);
	if (st->in == NULL || st->out == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < b->count; i++)
		st->in[i].f = st->out[i].f = b->friends[i];
	/* what was acknowledged makes room for what is new */
	if ((e = signer_run(b->node, b->spool, &st->signer)) != ERR_OK ||
	    (e = read_all(b, st)) != ERR_OK || (e = find_present(b, st)) != ERR_OK ||
	    (e = clean_up(b, st)) != ERR_OK)
		return e;
	e = write_files(b, st);
	if (e != ERR_OK && !(e == ERR_FULL && st->refused))
		return e;
	if (syncfs(dir) != 0) {
		st->refused = true;
		st->why = errno;
		return ERR_IO;
	}
	st->synced = true;
	return count_on_stick(b, st);
}

void
stick_release(struct stick *st)
{
	free(st->in);
	free(st->out);
	free(st->present);
	free(st->old);
	memset(st, 0, sizeof *st);
}
