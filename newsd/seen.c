#include "newsd/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char nobody[ROOT_ID_LEN];

struct record {
	unsigned char root[ROOT_ID_LEN];
	struct opening_seen seen;
};

static enum err
lock(int fd, int how)
{
	int r;

	do
		r = flock(fd, how);
	while (r != 0 && errno == EINTR);
	return r == 0 ? ERR_OK : ERR_IO;
}

enum err
seen_open(const char *path, int *fd)
{
	int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (f < 0)
		return ERR_IO;
	*fd = f;
	return ERR_OK;
}

/* ERR_NOTFOUND: behind the end. A piece of a record at the end is none. */
static enum err
read_record(int fd, uint32_t at, struct record *out)
{
	unsigned char raw[SEEN_RECORD];
	struct view v = { raw, sizeof raw }, id;
	ssize_t n = pread(fd, raw, sizeof raw, (off_t)at * SEEN_RECORD);

	if (n < 0)
		return ERR_IO;
	if (n < SEEN_RECORD)
		return ERR_NOTFOUND;
	view_take(&v, ROOT_ID_LEN, &id);
	memcpy(out->root, id.p, ROOT_ID_LEN);
	view_u64(&v, &out->seen.highest);
	view_u64(&v, &out->seen.lower);
	return ERR_OK;
}

static enum err
write_record(int fd, uint32_t at, const struct record *r)
{
	struct buf raw = BUF_INIT(SEEN_RECORD);
	enum err e;

	buf_add(&raw, r->root, ROOT_ID_LEN);
	buf_addu64(&raw, r->seen.highest);
	buf_addu64(&raw, r->seen.lower);
	e = buf_err(&raw);
	if (e == ERR_OK &&
	    pwrite(fd, raw.p, raw.len, (off_t)at * SEEN_RECORD) != SEEN_RECORD)
		e = ERR_IO;
	buf_release(&raw);
	return e;
}

enum err
seen_find(int fd, const unsigned char root[ROOT_ID_LEN], uint32_t *record)
{
	struct record r;
	uint32_t i, vacant = UINT32_MAX;
	enum err e;

	if ((e = lock(fd, LOCK_EX)) != ERR_OK)
		return e;
	for (i = 0; (e = read_record(fd, i, &r)) == ERR_OK; i++) {
		if (memcmp(r.root, root, ROOT_ID_LEN) == 0)
			break;
		if (vacant == UINT32_MAX && memcmp(r.root, nobody, ROOT_ID_LEN) == 0)
			vacant = i;
	}
	if (e == ERR_NOTFOUND) {
		i = vacant < i ? vacant : i;
		r = (struct record){ 0 };
		memcpy(r.root, root, ROOT_ID_LEN);
		e = write_record(fd, i, &r);
		if (e == ERR_OK && fdatasync(fd) != 0)
			e = ERR_IO;
	}
	lock(fd, LOCK_UN);
	if (e == ERR_OK)
		*record = i;
	return e;
}

static bool
known(const unsigned char *root, const unsigned char *roots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(root, roots + i * ROOT_ID_LEN, ROOT_ID_LEN) == 0)
			return true;
	return false;
}

enum err
seen_forget(int fd, const unsigned char *roots, size_t n)
{
	const struct record none = { 0 };
	struct record r;
	enum err e;

	if ((e = lock(fd, LOCK_EX)) != ERR_OK)
		return e;
	for (uint32_t i = 0; (e = read_record(fd, i, &r)) == ERR_OK; i++)
		if (memcmp(r.root, nobody, ROOT_ID_LEN) != 0 &&
		    !known(r.root, roots, n) &&
		    (e = write_record(fd, i, &none)) != ERR_OK)
			break;
	lock(fd, LOCK_UN);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
seen_burn(
    int fd, const unsigned char root[ROOT_ID_LEN], uint32_t record, uint64_t counter)
{
	struct record r;
	enum err e;

	if ((e = lock(fd, LOCK_EX)) != ERR_OK)
		return e;
	if ((e = read_record(fd, record, &r)) != ERR_OK)
		goto out;
	if (memcmp(r.root, root, ROOT_ID_LEN) != 0)
		e = ERR_CORRUPT;
	else if (!opening_burn(&r.seen, counter))
		e = ERR_EXISTS;
	else if ((e = write_record(fd, record, &r)) == ERR_OK && fdatasync(fd) != 0)
		e = ERR_IO;
out:
	lock(fd, LOCK_UN);
	return e;
}
