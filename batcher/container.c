#include "batcher/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/b32.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/keys.h"
#include "lib/text.h"

#define PIECE (64u << 10)

/* 4, 5, 6, 7 times a power of two: at most a quarter is fill, and few sizes exist. */
uint64_t
container_bucket(uint64_t used)
{
	uint64_t unit = STICK_FILE_MIN / 4;

	for (;; unit *= 2)
		for (uint64_t n = 4; n < 8; n++)
			if (n * unit >= used)
				return n * unit;
}

uint64_t
container_room(uint64_t room)
{
	uint64_t best = 0;

	if (room > STICK_FILE_MAX)
		room = STICK_FILE_MAX;
	for (uint64_t unit = STICK_FILE_MIN / 4; 4 * unit <= room; unit *= 2)
		for (uint64_t n = 4; n < 8; n++)
			if (n * unit <= room)
				best = n * unit;
	return best;
}

bool
container_named(const char *name)
{
	if (strlen(name) != CONTAINER_NAME_LEN)
		return false;
	for (; *name != '\0'; name++) {
		int c =
		    text_lower((unsigned char)*name); /* some file systems know no case */

		if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')))
			return false;
	}
	return true;
}

static void
random_name(char out[NAME_MAX_LEN + 1])
{
	unsigned char r[CONTAINER_NAME_LEN * 5 / 8];
	struct buf b = BUF_INIT(CONTAINER_NAME_LEN);

	random_bytes(r, sizeof r);
	b32_lower(&b, (struct view){ r, sizeof r });
	memcpy(out, b.p, CONTAINER_NAME_LEN);
	out[CONTAINER_NAME_LEN] = '\0';
	buf_release(&b);
}

void
container_init(struct container *c, int dir)
{
	memset(c, 0, sizeof *c);
	c->dir = dir;
	c->fd = -1;
	random_name(c->file.name);
	random_name(c->file.temporary);
}

static enum err
system_err(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_FULL : ERR_IO;
}

static void
put(struct container *c, struct view v)
{
	if (c->e != ERR_OK)
		return;
	if (fs_write_all(c->fd, v) != ERR_OK)
		c->e = system_err();
	else if (EVP_DigestUpdate(c->hash, v.p, v.len) != 1)
		c->e = ERR_NOMEM;
	c->at += v.len;
}

static void
fill(struct container *c, uint64_t to)
{
	unsigned char *r = malloc(PIECE);

	if (r == NULL)
		c->e = ERR_NOMEM;
	while (c->e == ERR_OK && c->at < to) {
		size_t n = to - c->at < PIECE ? (size_t)(to - c->at) : PIECE;

		random_bytes(r, n);
		put(c, (struct view){ r, n });
	}
	free(r);
}

static void
begin(struct container *c)
{
	/* anyone who gets the stick must be able to read it: it says nothing */
	c->fd = openat(
	    c->dir, c->file.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (c->fd < 0) {
		c->e = system_err();
		return;
	}
	c->hash = EVP_MD_CTX_new();
	if (c->hash == NULL || EVP_DigestInit_ex(c->hash, EVP_sha256(), NULL) != 1)
		c->e = ERR_NOMEM;
}

enum err
container_add(struct container *c, struct view envelope)
{
	if (c->fd < 0 && c->e == ERR_OK)
		begin(c);
	fill(c, (c->at + ENVELOPE_STEP - 1) / ENVELOPE_STEP * ENVELOPE_STEP);
	put(c, envelope);
	return c->e;
}

/* The day, not the minute: when a stick was written is nobody's business. */
static void
blur_time(int fd)
{
	struct timespec t[2] = { 0 };

	t[0].tv_sec = t[1].tv_sec = clock_now() / 86400 * 86400;
	if (futimens(fd, t) != 0)
		errno = 0; /* a file system without times keeps none */
}

enum err
container_finish(struct container *c)
{
	unsigned len = DIGEST_LEN;

	fill(c, container_bucket(c->at));
	if (c->e == ERR_OK && EVP_DigestFinal_ex(c->hash, c->file.hash, &len) != 1)
		c->e = ERR_NOMEM;
	c->file.size = c->at;
	c->file.whole = true;
	if (c->e == ERR_OK) {
		blur_time(c->fd);
		if (fsync(c->fd) != 0)
			c->e = system_err();
	}
	return c->e;
}

enum err
container_publish_as(struct container *c, const char *name)
{
	if (c->e == ERR_OK && renameat(c->dir, c->file.temporary, c->dir, name) != 0)
		c->e = system_err();
	if (c->e == ERR_OK) {
		close(c->fd);
		c->fd = -1;
		if (fsync(c->dir) != 0 && errno != EINVAL)
			c->e = system_err();
	}
	return c->e;
}

enum err
container_publish(struct container *c)
{
	return container_publish_as(c, c->file.name);
}

void
container_release(struct container *c)
{
	if (c->fd >= 0) {
		close(c->fd);
		unlinkat(c->dir, c->file.temporary, 0);
	}
	EVP_MD_CTX_free(c->hash);
	c->fd = -1;
	c->hash = NULL;
}

static bool
same_hash(int fd, const struct feed_file *f)
{
	unsigned char *w = malloc(PIECE), h[DIGEST_LEN];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t left = f->size;
	unsigned len = DIGEST_LEN;
	bool ok =
	    w != NULL && ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (ok && left > 0) {
		ssize_t n = read(fd, w, PIECE);

		ok = n > 0 && (uint64_t)n <= left &&
		    EVP_DigestUpdate(ctx, w, (size_t)n) == 1;
		left -= n > 0 ? (uint64_t)n : 0;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, h, &len) == 1 &&
	    memcmp(h, f->hash, sizeof h) == 0;
	EVP_MD_CTX_free(ctx);
	free(w);
	return ok;
}

bool
container_intact(int dir, const struct feed_file *f)
{
	int fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size)
		ok = same_hash(fd, f);
	close(fd);
	return ok;
}
