#include "lib/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 4352 /* NODE_PATH_MAX and a suffix */
#define PIECE (64u << 10)

static enum err
system_err(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return ERR_NOTFOUND;
	return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
}

static void
close_keep(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* Opens a regular file; a FIFO of that name must not block us. */
static enum err
open_regular(const char *path, int flags, int *out, off_t *size)
{
	struct stat st;
	enum err e = ERR_OK;
	int fd;

	if ((fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) < 0)
		return system_err();
	if (fstat(fd, &st) != 0)
		e = ERR_IO;
	else if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		e = ERR_IO;
	}
	if (e != ERR_OK) {
		close_keep(fd);
		return e;
	}
	*size = st.st_size;
	*out = fd;
	return ERR_OK;
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* One piece more; *got is 0 at the end of the file. */
static enum err
read_piece(int fd, struct buf *out, ssize_t *got)
{
	size_t room = out->cap - out->len, n = room < PIECE ? room : PIECE;
	unsigned char probe, *p;

	if (n == 0) {
		/* a full buffer: one more byte tells whether the file ends here */
		if ((*got = read_some(fd, &probe, 1)) > 0)
			buf_addc(out, probe);
	} else {
		if ((p = buf_grow(out, n)) == NULL)
			return buf_err(out);
		*got = read_some(fd, p, n);
		buf_truncate(out, out->len - n + (*got > 0 ? (size_t)*got : 0));
	}
	return *got < 0 ? ERR_IO : buf_err(out);
}

enum err
fs_readfd(int fd, struct buf *out)
{
	size_t start = out->len;
	ssize_t got = 1;
	enum err e = buf_err(out);

	while (e == ERR_OK && got > 0)
		e = read_piece(fd, out, &got);
	if (e != ERR_OK)
		buf_truncate(out, start);
	return e;
}

enum err
fs_read(const char *path, struct buf *out)
{
	off_t size;
	int fd = -1;
	enum err e;

	if ((e = open_regular(path, O_RDONLY, &fd, &size)) != ERR_OK)
		return e;
	e = fs_readfd(fd, out);
	close_keep(fd);
	return e;
}

enum err
fs_write_all(int fd, struct view v)
{
	while (v.len > 0) {
		ssize_t n = write(fd, v.p, v.len);

		if (n < 0 && errno != EINTR)
			return system_err();
		if (n > 0)
			v = view_slice(v, (size_t)n, v.len);
	}
	return ERR_OK;
}

enum err
fs_sync_dir(const char *path)
{
	enum err e = ERR_OK;
	int fd;

	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return system_err();
	/* a file system that cannot sync folders says EINVAL: nothing more can be done */
	if (fsync(fd) != 0 && errno != EINVAL)
		e = system_err();
	close_keep(fd);
	return e;
}

/* The folder that path's name stands in. */
static enum err
sync_parent(const char *path)
{
	struct buf dir = BUF_INIT(PATH_CAP);
	const char *slash = strrchr(path, '/'), *name;
	enum err e;

	if (slash == NULL)
		buf_addc(&dir, '.');
	else
		buf_add(&dir, path, slash == path ? 1 : (size_t)(slash - path));
	name = buf_cstr(&dir);
	e = name == NULL ? buf_err(&dir) : fs_sync_dir(name);
	buf_release(&dir);
	return e;
}

static enum err
zero(int fd, off_t size)
{
	static const unsigned char zeros[4096];

	while (size > 0) {
		size_t n = size < (off_t)sizeof zeros ? (size_t)size : sizeof zeros;
		enum err e = fs_write_all(fd, (struct view){ zeros, n });

		if (e != ERR_OK)
			return e;
		size -= (off_t)n;
	}
	return fsync(fd) == 0 ? ERR_OK : system_err();
}

/* Makes the temporary file, whole and on the disk. */
static enum err
write_tmp(const char *tmp, struct view content, mode_t mode)
{
	enum err e;
	int fd;

	/* what a process of the same number left behind is worth nothing */
	if (unlink(tmp) != 0 && errno != ENOENT)
		return system_err();
	if ((fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) < 0)
		return system_err();
	e = fs_write_all(fd, content);
	if (e == ERR_OK && fsync(fd) != 0)
		e = system_err();
	if (close(fd) != 0 && e == ERR_OK)
		e = system_err();
	if (e != ERR_OK) {
		int saved = errno;

		unlink(tmp);
		errno = saved;
	}
	return e;
}

enum err
fs_write_atomic(const char *path, struct view content, bool secret)
{
	struct buf tmp = BUF_INIT(PATH_CAP);
	const char *name;
	off_t size = 0;
	int old = -1;
	enum err e;

	buf_addf(&tmp, "%s.tmp-%ld", path, (long)getpid());
	if ((name = buf_cstr(&tmp)) == NULL) {
		e = buf_err(&tmp);
		goto out;
	}
	if (secret) {
		e = open_regular(path, O_WRONLY | O_NOFOLLOW, &old, &size);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			goto out;
	}
	if ((e = write_tmp(name, content, secret ? 0600 : 0644)) != ERR_OK)
		goto out;
	if (rename(name, path) != 0) {
		e = system_err();
		unlink(name);
		goto out;
	}
	/* the old bytes go only when the new ones cannot be lost any more */
	if ((e = sync_parent(path)) == ERR_OK && old >= 0)
		e = zero(old, size);
out:
	close_keep(old);
	buf_release(&tmp);
	return e;
}

enum err
fs_erase(const char *path)
{
	off_t size = 0;
	int fd = -1;
	enum err e;

	e = open_regular(path, O_WRONLY | O_NOFOLLOW, &fd, &size);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	e = zero(fd, size);
	close_keep(fd);
	if (e == ERR_OK && unlink(path) != 0)
		e = system_err();
	return e == ERR_OK ? sync_parent(path) : e;
}

enum err
fs_mkdir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return system_err();
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return ERR_OK;
	errno = ENOTDIR;
	return ERR_IO;
}

enum err
fs_lock(const char *path, bool wait, int *out)
{
	enum err e;
	int fd, r;

	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return system_err();
	do
		r = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
	while (r != 0 && errno == EINTR);
	if (r != 0) {
		e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
		close_keep(fd);
		return e;
	}
	*out = fd;
	return ERR_OK;
}
