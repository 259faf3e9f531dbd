#include "newsd/count.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "newsd/opening.h"

#define COUNTER_LEN 8
#define PAST_LEN 40

enum err
count_open(const char *path, int *fd)
{
	int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (f < 0)
		return ERR_IO;
	*fd = f;
	return ERR_OK;
}

static enum err
put(int fd, const struct buf *b, off_t at)
{
	if (buf_err(b) != ERR_OK)
		return buf_err(b);
	return pwrite(fd, b->p, b->len, at) == (ssize_t)b->len ? ERR_OK : ERR_IO;
}

enum err
count_next(int fd, uint64_t wall_ms, uint64_t *counter)
{
	unsigned char raw[COUNTER_LEN];
	struct view v = { raw, sizeof raw };
	struct buf b = BUF_INIT(COUNTER_LEN);
	uint64_t last = 0;
	enum err e;
	int r;

	/* another newsd may be calling by hand */
	do
		r = flock(fd, LOCK_EX);
	while (r != 0 && errno == EINTR);
	if (r != 0)
		return ERR_IO;
	if (pread(fd, raw, sizeof raw, 0) == COUNTER_LEN)
		view_u64(&v, &last);
	last = opening_counter(last, wall_ms);
	buf_addu64(&b, last);
	e = put(fd, &b, 0);
	if (e == ERR_OK && fdatasync(fd) != 0)
		e = ERR_IO;
	flock(fd, LOCK_UN);
	buf_release(&b);
	if (e == ERR_OK)
		*counter = last;
	return e;
}

enum err
count_load(int fd, struct schedule_past *out)
{
	unsigned char raw[PAST_LEN];
	struct view v = { raw, sizeof raw };
	ssize_t n = pread(fd, raw, sizeof raw, COUNTER_LEN);
	uint64_t u[PAST_LEN / 8];

	if (n < 0)
		return ERR_IO;
	*out = (struct schedule_past){ 0 };
	if (n < PAST_LEN)
		return ERR_OK;
	for (unsigned i = 0; i < PAST_LEN / 8; i++) {
		view_u64(&v, &u[i]);
		if (u[i] > INT64_MAX) /* nothing that we wrote */
			return ERR_OK;
	}
	out->begun = (int64_t)u[0];
	out->heard = (int64_t)u[1];
	out->day = (int64_t)u[2];
	out->bytes = u[3];
	out->seconds = (int64_t)u[4];
	return ERR_OK;
}

enum err
count_save(int fd, const struct schedule_past *p)
{
	struct buf b = BUF_INIT(PAST_LEN);
	enum err e;

	buf_addu64(&b, (uint64_t)p->begun);
	buf_addu64(&b, (uint64_t)p->heard);
	buf_addu64(&b, (uint64_t)p->day);
	buf_addu64(&b, p->bytes);
	buf_addu64(&b, (uint64_t)p->seconds);
	e = put(fd, &b, COUNTER_LEN);
	buf_release(&b);
	return e;
}
