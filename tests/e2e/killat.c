/* LD_PRELOAD: ends the process at the KILL_AT-th call that changes a file, as kill -9 or a
 * power cut would: KILL_MODE before it, after it, or (half) with half of a write done. Calls
 * on sockets, pipes and terminals do not count. Everything goes straight to the kernel, so
 * that no sandbox sees a call that it did not see before. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
	unsigned long long left; /* 0: never */
	bool half, after;
} plan;

__attribute__((constructor)) static void
read_plan(void)
{
	const char *at = getenv("KILL_AT"), *mode = getenv("KILL_MODE");

	/* a preloaded library has nothing of ours to read a number with */
	plan.left = at == NULL ? 0 : strtoull(at, NULL, 10); /* style: see above */
	plan.half = mode != NULL && strcmp(mode, "half") == 0;
	plan.after = mode != NULL && strcmp(mode, "after") == 0;
}

static void
die_here(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	__builtin_trap();
}

/* Is this the call? Before it happens, unless it is to happen first. */
static bool
is_last(void)
{
	if (plan.left == 0 || --plan.left > 0)
		return false;
	if (!plan.after && !plan.half)
		die_here();
	return true;
}

static bool
is_file(int fd)
{
	int e = errno;
	struct stat st;
	bool is = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));

	errno = e;
	return is;
}

static long
done(bool last, long result)
{
	if (last)
		die_here();
	return result;
}

static size_t
cut(bool last, size_t n)
{
	return last && plan.half ? n / 2 : n;
}

EXPORT ssize_t
write(int fd, const void *p, size_t n)
{
	bool last = is_file(fd) && is_last();

	return done(last, syscall(SYS_write, fd, p, cut(last, n)));
}

EXPORT ssize_t
writev(int fd, const struct iovec *v, int n)
{
	bool last = is_file(fd) && is_last();

	return done(last, syscall(SYS_writev, fd, v, cut(last, (size_t)n)));
}

EXPORT ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	bool last = is_file(fd) && is_last();

	return done(last, syscall(SYS_pwrite64, fd, p, cut(last, n), at));
}

EXPORT ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

EXPORT int
renameat(int from, const char *a, int to, const char *b)
{
	bool last = is_last();

	return (int)done(last, syscall(SYS_renameat, from, a, to, b));
}

EXPORT int
rename(const char *a, const char *b)
{
	return renameat(AT_FDCWD, a, AT_FDCWD, b);
}

EXPORT int
unlinkat(int dir, const char *name, int flags)
{
	bool last = is_last();

	return (int)done(last, syscall(SYS_unlinkat, dir, name, flags));
}

EXPORT int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

EXPORT int
fsync(int fd)
{
	bool last = is_file(fd) && is_last();

	return (int)done(last, syscall(SYS_fsync, fd));
}

EXPORT int
fdatasync(int fd)
{
	bool last = is_file(fd) && is_last();

	return (int)done(last, syscall(SYS_fdatasync, fd));
}

EXPORT int
syncfs(int fd)
{
	bool last = is_last();

	return (int)done(last, syscall(SYS_syncfs, fd));
}

EXPORT int
ftruncate64(int fd, off64_t n)
{
	bool last = is_file(fd) && is_last();

	return (int)done(last, syscall(SYS_ftruncate, fd, n));
}

EXPORT int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}
