#include "reader/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "reader/lzw.h"

#define READ_STEP (256u << 10)
#define GZIP_BITS (15 + 16) /* zlib's way to say: gzip, largest window */

enum kind { PLAIN, GZIP, COMPRESS };

struct source_layer {
	struct buf mem;
	size_t start;    /* mem.p[start..len) is visible */
	uint64_t offset; /* of start, since the layer began */
	uint64_t made;   /* bytes unpacked in all */
	enum kind kind;
	bool end;
	enum err e;
	bool inflating;
	z_stream z;
	struct lzw *lzw;
};

static struct source_layer *
top(struct source *s)
{
	return s->layers[s->top];
}

static struct view
visible(const struct source_layer *l)
{
	return (struct view){ l->mem.p + l->start, l->mem.len - l->start };
}

static void
end_unpacking(struct source_layer *l)
{
	if (l->inflating)
		inflateEnd(&l->z);
	l->inflating = false;
	lzw_free(l->lzw);
	l->lzw = NULL;
}

static enum err
begin_layer(struct source *s, unsigned n, enum kind kind)
{
	struct source_layer *l = s->layers[n];

	if (l == NULL) {
		if ((l = calloc(1, sizeof *l)) == NULL)
			return ERR_NOMEM;
		buf_init(&l->mem, SOURCE_WINDOW + READ_STEP);
		s->layers[n] = l;
	}
	end_unpacking(l);
	buf_reset(&l->mem);
	l->start = 0;
	l->offset = l->made = 0;
	l->kind = kind;
	l->end = false;
	l->e = ERR_OK;
	return ERR_OK;
}

void
source_release(struct source *s)
{
	source_close(s);
	for (unsigned i = 0; i < SOURCE_DEPTH; i++) {
		if (s->layers[i] == NULL)
			continue;
		end_unpacking(s->layers[i]);
		buf_release(&s->layers[i]->mem);
		free(s->layers[i]);
		s->layers[i] = NULL;
	}
}

void
source_close(struct source *s)
{
	if (s->own)
		close(s->fd);
	s->own = false;
	s->fd = -1;
	s->top = 0;
}

enum err
source_attach(struct source *s, int fd)
{
	source_close(s);
	s->fd = fd;
	return begin_layer(s, 0, PLAIN);
}

enum err
source_open(struct source *s, const char *path)
{
	enum err e;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	if ((e = source_attach(s, fd)) != ERR_OK) {
		close(fd);
		return e;
	}
	/* only the opening must not wait: a pipe is read as it fills */
	if (fcntl(fd, F_SETFL, 0) != 0) {
		close(fd);
		return ERR_IO;
	}
	s->own = true;
	return ERR_OK;
}

/* Room for n more bytes behind what is visible, moving it to the front when needed. */
static unsigned char *
room(struct source_layer *l, size_t n)
{
	size_t len = l->mem.len - l->start;

	if (l->start > 0 && (len == 0 || n > l->mem.room - l->mem.len)) {
		if (len > 0)
			memmove(l->mem.p, l->mem.p + l->start, len);
		buf_truncate(&l->mem, len);
		l->start = 0;
	}
	return buf_grow(&l->mem, n);
}

/* Files are always ready. */
static bool
would_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static enum err
fill_plain(struct source *s, struct source_layer *l)
{
	unsigned char *p = room(l, READ_STEP);
	size_t before = l->mem.len - READ_STEP;
	ssize_t n;

	if (p == NULL)
		return buf_err(&l->mem);
	if (s->idle != NULL && would_wait(s->fd))
		s->idle(s->idle_arg);
	do
		n = read(s->fd, p, READ_STEP);
	while (n < 0 && errno == EINTR);
	buf_truncate(&l->mem, before + (n > 0 ? (size_t)n : 0));
	if (n < 0)
		return ERR_IO;
	l->end = n == 0;
	return ERR_OK;
}

/* gzip members may follow each other; what is no member belongs to the layer below. */
static enum err
next_member(struct source *s, struct source_layer *l)
{
	struct view in;
	bool end;
	enum err e;

	if ((e = source_peek(s, 2, &in, &end)) != ERR_OK)
		return e;
	if (in.len >= 2 && in.p[0] == 0x1f && in.p[1] == 0x8b)
		return inflateReset(&l->z) == Z_OK ? ERR_OK : ERR_NOMEM;
	l->end = true;
	return ERR_OK;
}

static enum err
fill_gzip(struct source *s, struct source_layer *l, struct view in, bool end)
{
	unsigned char *p = room(l, READ_STEP);
	size_t before = l->mem.len - READ_STEP, given;
	int ret;

	if (p == NULL)
		return buf_err(&l->mem);
	given = in.len < READ_STEP ? in.len : READ_STEP;
	l->z.next_in = (z_const Bytef *)(uintptr_t)in.p;
	l->z.avail_in = (uInt)given;
	l->z.next_out = p;
	l->z.avail_out = READ_STEP;
	ret = inflate(&l->z, Z_NO_FLUSH);
	buf_truncate(&l->mem, before + READ_STEP - l->z.avail_out);
	l->made += READ_STEP - l->z.avail_out;
	source_take(s, given - l->z.avail_in);
	if (ret == Z_STREAM_END)
		return next_member(s, l);
	if (ret == Z_MEM_ERROR)
		return ERR_NOMEM;
	if (ret != Z_OK && ret != Z_BUF_ERROR)
		return ERR_SYNTAX;
	/* the input is used up, nothing came of it, and the stream is not at its end */
	if (end && l->z.avail_in == 0 && l->z.avail_out == READ_STEP)
		return ERR_SYNTAX;
	return ERR_OK;
}

static enum err
fill_compress(struct source *s, struct source_layer *l, struct view in, bool end)
{
	struct view rest = in;
	size_t before;
	enum err e;

	if (room(l, READ_STEP) == NULL)
		return buf_err(&l->mem);
	before = l->mem.len - READ_STEP;
	buf_truncate(&l->mem, before);
	e = lzw_unpack(l->lzw, &rest, end, READ_STEP, &l->mem);
	l->made += l->mem.len - before;
	source_take(s, in.len - rest.len);
	if (e == ERR_MORE)
		return ERR_SYNTAX;
	l->end = end && rest.len == 0 && l->mem.len == before;
	return e;
}

static enum err
fill(struct source *s)
{
	struct source_layer *l = top(s);
	struct view in;
	bool end;
	enum err e;

	if (l->kind == PLAIN)
		return fill_plain(s, l);
	if (l->made >= SOURCE_UNPACKED)
		return ERR_TOOBIG;
	s->top--;
	e = source_peek(s, 1, &in, &end);
	if (e == ERR_OK)
		e = l->kind == GZIP ? fill_gzip(s, l, in, end)
				    : fill_compress(s, l, in, end);
	s->top++;
	return e;
}

enum err
source_peek(struct source *s, size_t want, struct view *out, bool *end)
{
	struct source_layer *l = top(s);

	assert(want <= SOURCE_WINDOW);
	while (l->e == ERR_OK && !l->end && l->mem.len - l->start < want)
		l->e = fill(s);
	*out = visible(l);
	*end = l->end;
	return l->mem.len - l->start >= want ? ERR_OK : l->e;
}

void
source_take(struct source *s, size_t n)
{
	struct source_layer *l = top(s);

	assert(n <= l->mem.len - l->start);
	l->start += n;
	l->offset += n;
}

bool
source_packed(struct view v)
{
	return v.len >= 2 && v.p[0] == 0x1f && (v.p[1] == 0x8b || v.p[1] == 0x9d);
}

enum err
source_push(struct source *s)
{
	struct source_layer *l;
	struct view v;
	enum kind kind;
	bool end;
	enum err e;

	if ((e = source_peek(s, 2, &v, &end)) != ERR_OK)
		return e;
	if (!source_packed(v))
		return ERR_SYNTAX;
	if (s->top + 1 >= SOURCE_DEPTH)
		return ERR_TOOBIG;
	kind = v.p[1] == 0x8b ? GZIP : COMPRESS;
	if ((e = begin_layer(s, s->top + 1, kind)) != ERR_OK)
		return e;
	l = s->layers[s->top + 1];
	if (kind == COMPRESS && (l->lzw = lzw_new()) == NULL)
		return ERR_NOMEM;
	if (kind == GZIP) {
		l->z = (z_stream){ 0 };
		if (inflateInit2(&l->z, GZIP_BITS) != Z_OK)
			return ERR_NOMEM;
		l->inflating = true;
	}
	s->top++;
	return ERR_OK;
}

void
source_pop(struct source *s)
{
	assert(s->top > 0);
	end_unpacking(top(s));
	s->top--;
}

uint64_t
source_offset(const struct source *s)
{
	return s->layers[s->top]->offset;
}

uint64_t
source_file_offset(const struct source *s)
{
	return s->layers[0]->offset;
}
