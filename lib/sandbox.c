#include "lib/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define W (1u << SANDBOX_READER_WORKER)
#define R (1u << SANDBOX_READER_WRITER)
#define I (1u << SANDBOX_IMPORT)
#define B (1u << SANDBOX_BATCHER)
#define L (1u << SANDBOX_LINK)
#define V (1u << SANDBOX_VERIFIER)
#define S (1u << SANDBOX_LINE)
#define A (1u << SANDBOX_AUTH)
#define ALL (W | R | I | B | L)
#define EVERY (ALL | V | S | A)

/* Which values of one argument a row allows. */
enum test {
	ANY,
	IS,    /* argument == value */
	LACKS, /* no bit of value is set in the argument */
	SELF,  /* argument == our process id */
};

struct row {
	int call;
	unsigned who;
	enum test test;
	unsigned arg;
	uint64_t value;
};

#define CALL(name) SCMP_SYS(name)

static const struct row rows[] = {
	/* memory; never executable: mmap and mprotect without PROT_EXEC */
	{ CALL(brk), EVERY, ANY, 0, 0 },
	{ CALL(mmap), EVERY, LACKS, 2, PROT_EXEC },
	{ CALL(mprotect), EVERY, LACKS, 2, PROT_EXEC },
	{ CALL(munmap), EVERY, ANY, 0, 0 },
	{ CALL(mremap), EVERY, ANY, 0, 0 },
	{ CALL(madvise), EVERY, ANY, 0, 0 },
	{ CALL(msync), ALL, ANY, 0, 0 },
	/* ends and signals; abort() signals itself */
	{ CALL(exit), EVERY, ANY, 0, 0 },
	{ CALL(exit_group), EVERY, ANY, 0, 0 },
	{ CALL(rt_sigreturn), EVERY, ANY, 0, 0 },
	{ CALL(rt_sigaction), EVERY, ANY, 0, 0 },
	{ CALL(rt_sigprocmask), EVERY, ANY, 0, 0 },
	{ CALL(sigaltstack), EVERY, ANY, 0, 0 },
	{ CALL(restart_syscall), EVERY, ANY, 0, 0 },
	{ CALL(tgkill), EVERY, SELF, 0, 0 },
	{ CALL(kill), EVERY, SELF, 0, 0 },
	{ CALL(kill), B, IS, 1, 0 }, /* a lease ends with its process: is it alive? */
	/* time, chance, identity */
	{ CALL(clock_gettime), EVERY, ANY, 0, 0 },
	{ CALL(clock_getres), ALL, ANY, 0, 0 },
	{ CALL(clock_nanosleep), ALL | S, ANY, 0, 0 },
	{ CALL(nanosleep), ALL | S, ANY, 0, 0 },
	{ CALL(gettimeofday), ALL, ANY, 0, 0 },
	{ CALL(time), ALL, ANY, 0, 0 },
	{ CALL(getrandom), EVERY, ANY, 0, 0 },
	{ CALL(getpid), EVERY, ANY, 0, 0 },
	{ CALL(getppid), ALL, ANY, 0, 0 },
	{ CALL(gettid), EVERY, ANY, 0, 0 },
	{ CALL(getuid), ALL, ANY, 0, 0 },
	{ CALL(geteuid), ALL, ANY, 0, 0 },
	{ CALL(getgid), ALL, ANY, 0, 0 },
	{ CALL(getegid), ALL, ANY, 0, 0 },
	{ CALL(getrusage), ALL, ANY, 0, 0 },
	{ CALL(prlimit64), ALL, IS, 2, 0 }, /* asking, not setting */
	{ CALL(sysinfo), ALL, ANY, 0, 0 },
	{ CALL(uname), ALL, ANY, 0, 0 },
	{ CALL(sched_yield), ALL, ANY, 0, 0 },
	{ CALL(sched_getaffinity), ALL, ANY, 0, 0 },
	{ CALL(futex), EVERY, ANY, 0, 0 },
	/* open descriptors */
	{ CALL(read), EVERY, ANY, 0, 0 },
	{ CALL(readv), ALL, ANY, 0, 0 },
	{ CALL(write), EVERY, ANY, 0, 0 },
	{ CALL(writev), ALL, ANY, 0, 0 },
	{ CALL(close), EVERY, ANY, 0, 0 },
	{ CALL(lseek), ALL, ANY, 0, 0 },
	{ CALL(pread64), ALL, ANY, 0, 0 },
	{ CALL(pwrite64), ALL, ANY, 0, 0 },
	{ CALL(fstat), ALL | S | A, ANY, 0, 0 },
	{ CALL(ftruncate), ALL, ANY, 0, 0 },
	{ CALL(fallocate), ALL, ANY, 0, 0 },
	{ CALL(fadvise64), ALL, ANY, 0, 0 },
	{ CALL(fsync), ALL, ANY, 0, 0 },
	{ CALL(fdatasync), ALL, ANY, 0, 0 },
	{ CALL(flock), ALL, ANY, 0, 0 },
	{ CALL(fcntl), ALL, IS, 1, F_GETFL },
	{ CALL(fcntl), ALL, IS, 1, F_SETFL },
	{ CALL(fcntl), ALL, IS, 1, F_GETFD },
	{ CALL(fcntl), ALL, IS, 1, F_SETFD },
	{ CALL(fcntl), ALL, IS, 1, F_GETLK },
	{ CALL(fcntl), ALL, IS, 1, F_SETLK },
	{ CALL(fcntl), ALL, IS, 1, F_SETLKW },
	{ CALL(fcntl), ALL, IS, 1, F_OFD_GETLK },
	{ CALL(fcntl), ALL, IS, 1, F_OFD_SETLK },
	{ CALL(fcntl), ALL, IS, 1, F_OFD_SETLKW },
	{ CALL(fcntl), ALL, IS, 1, F_DUPFD_CLOEXEC },
	{ CALL(ioctl), ALL, IS, 1, TCGETS }, /* stdio: is it a terminal? */
	{ CALL(ioctl), ALL, IS, 1, FIONREAD },
	/* a serial line: its modem's lines, a BREAK, what is not sent yet */
	{ CALL(ioctl), S, IS, 1, TIOCMGET },
	{ CALL(ioctl), S, IS, 1, TIOCMBIS },
	{ CALL(ioctl), S, IS, 1, TIOCMBIC },
	{ CALL(ioctl), S, IS, 1, TCSBRK },
	{ CALL(ioctl), S, IS, 1, TIOCOUTQ },
	{ CALL(ioctl), ALL, IS, 1, FIONBIO },
	/* the loop */
	{ CALL(poll), ALL | S | A, ANY, 0, 0 },
	{ CALL(ppoll), ALL | S | A, ANY, 0, 0 },
	{ CALL(select), ALL, ANY, 0, 0 },
	{ CALL(pselect6), ALL, ANY, 0, 0 },
	{ CALL(epoll_create1), ALL, ANY, 0, 0 },
	{ CALL(epoll_ctl), ALL, ANY, 0, 0 },
	{ CALL(epoll_wait), ALL, ANY, 0, 0 },
	{ CALL(epoll_pwait), ALL, ANY, 0, 0 },
	{ CALL(epoll_pwait2), ALL, ANY, 0, 0 },
	{ CALL(eventfd2), ALL, ANY, 0, 0 },
	{ CALL(timerfd_create), ALL, ANY, 0, 0 },
	{ CALL(timerfd_settime), ALL, ANY, 0, 0 },
	{ CALL(pipe2), ALL, ANY, 0, 0 },
	/* sockets that exist */
	{ CALL(recvmsg), W | R | L | A, ANY, 0, 0 },
	{ CALL(sendmsg), W | R | L | S | A, ANY, 0, 0 },
	{ CALL(recvfrom), W | R | L | A, ANY, 0, 0 },
	{ CALL(sendto), W | R | L | A, ANY, 0, 0 },
	{ CALL(shutdown), W | R | L | S, ANY, 0, 0 },
	{ CALL(getsockopt), W | R | L, ANY, 0, 0 },
	{ CALL(setsockopt), W | R | L, ANY, 0, 0 },
	{ CALL(accept), W | L, ANY, 0, 0 },
	{ CALL(accept4), W | L, ANY, 0, 0 },
	{ CALL(getsockname), W | L, ANY, 0, 0 },
	{ CALL(getpeername), W | L, ANY, 0, 0 },
	/* sockets that are made: internet only */
	{ CALL(socket), L, IS, 0, AF_INET },
	{ CALL(socket), L, IS, 0, AF_INET6 },
	{ CALL(connect), L, ANY, 0, 0 },
	/* names; SQLite asks whether its own file still stands where it was opened */
	{ CALL(stat), ALL, ANY, 0, 0 },
	{ CALL(lstat), ALL, ANY, 0, 0 },
	{ CALL(newfstatat), ALL, ANY, 0, 0 },
	{ CALL(statx), ALL, ANY, 0, 0 },
	{ CALL(access), ALL, ANY, 0, 0 },
	{ CALL(faccessat), ALL, ANY, 0, 0 },
	{ CALL(faccessat2), ALL, ANY, 0, 0 },
	{ CALL(getcwd), ALL, ANY, 0, 0 },
	{ CALL(openat), I, LACKS, 2, O_ACCMODE | O_CREAT | O_TRUNC },
	{ CALL(getdents64), I | B, ANY, 0, 0 },
	{ CALL(readlink), I | B, ANY, 0, 0 },
	{ CALL(readlinkat), I | B, ANY, 0, 0 },
	/* the last to close a database removes its -wal and -shm */
	{ CALL(unlink), R | I | B, ANY, 0, 0 },
	{ CALL(unlinkat), R | I | B, ANY, 0, 0 },
	{ CALL(openat), B, ANY, 0, 0 },
	{ CALL(rename), B, ANY, 0, 0 },
	{ CALL(renameat), B, ANY, 0, 0 },
	{ CALL(renameat2), B, ANY, 0, 0 },
	{ CALL(mkdir), B, ANY, 0, 0 },
	{ CALL(mkdirat), B, ANY, 0, 0 },
	{ CALL(rmdir), B, ANY, 0, 0 },
	{ CALL(fchmod), B, ANY, 0, 0 },
	{ CALL(statfs), B, ANY, 0, 0 },
	{ CALL(fstatfs), B, ANY, 0, 0 },
	{ CALL(syncfs), B, ANY, 0, 0 },
	{ CALL(utimensat), B, ANY, 0, 0 },
	{ CALL(fchown), B, ANY, 0,
	    0 }, /* SQLite as root: a new -wal gets its database's owner */
#ifdef HEARSAY_SAN
	/* the sanitizer names its memory and looks for its own program when it reports */
	{ CALL(prctl), EVERY, IS, 0, PR_GET_SECCOMP },
	{ CALL(readlink), ALL, ANY, 0, 0 },
	{ CALL(readlinkat), ALL, ANY, 0, 0 },
#endif
};

#ifdef HEARSAY_SAN
/* The leak check at exit traces its own process, which no profile allows: leaks are looked
 * for in all processes that never entered a sandbox. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return prctl(PR_GET_SECCOMP) != 0;
}
#endif

static int
add_row(scmp_filter_ctx ctx, const struct row *r)
{
	struct scmp_arg_cmp cmp = { .arg = r->arg };
	int rc;

	switch (r->test) {
	case ANY:
		break;
	case IS:
		cmp.op = SCMP_CMP_EQ;
		cmp.datum_a = r->value;
		break;
	case LACKS:
		cmp.op = SCMP_CMP_MASKED_EQ;
		cmp.datum_a = r->value;
		cmp.datum_b = 0;
		break;
	case SELF:
		cmp.op = SCMP_CMP_EQ;
		cmp.datum_a = (uint64_t)getpid();
		break;
	}
	rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, r->test != ANY, &cmp);
	/* the newer machines have no open, stat, unlink ... : nothing to allow there */
	return rc == -EDOM ? 0 : rc;
}

static enum err
enter_seccomp(enum sandbox_profile profile)
{
	scmp_filter_ctx ctx;
	int rc;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return ERR_NOMEM;
	/* a search tree instead of a list of a hundred comparisons at each call */
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].who & 1u << profile)
			rc = add_row(ctx, &rows[i]);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc == 0)
		return ERR_OK;
	errno = -rc;
	return ERR_IO;
}

/* ABI 1 forbids every rename between two folders: no use to us. */
#define LANDLOCK_ABI 2

#define FILE_READ LANDLOCK_ACCESS_FS_READ_FILE
#define FILE_WRITE LANDLOCK_ACCESS_FS_WRITE_FILE
#define DIR_READ LANDLOCK_ACCESS_FS_READ_DIR
#define DIR_WRITE                                                                        \
	(LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |                  \
	    LANDLOCK_ACCESS_FS_REFER)
#define NEVER                                                                            \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                     \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |               \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)

bool
sandbox_guards_paths(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		   LANDLOCK_CREATE_RULESET_VERSION) >= LANDLOCK_ABI;
}

static enum err
add_path(int ruleset, const struct sandbox_path *p)
{
	struct landlock_path_beneath_attr rule = { 0 };
	struct stat st;
	enum err e = ERR_OK;
	int fd;

	if ((fd = open(p->path, O_PATH | O_CLOEXEC)) < 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	rule.parent_fd = fd;
	rule.allowed_access = FILE_READ | (p->write ? FILE_WRITE : 0);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rule.allowed_access |= DIR_READ | (p->write ? DIR_WRITE : 0);
	/* EBADFD: a pipe without a folder, as a shell's <(command); it is not fenced */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
		0) != 0 &&
	    errno != EBADFD)
		e = ERR_IO;
	close(fd);
	return e;
}

static enum err
enter_landlock(const struct sandbox_path *paths, size_t n)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs =
		    FILE_READ | FILE_WRITE | DIR_READ | DIR_WRITE | NEVER,
	};
	enum err e = ERR_OK;
	int ruleset;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ruleset < 0)
		return ERR_IO;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = add_path(ruleset, &paths[i]);
	if (e == ERR_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		e = ERR_IO;
	close(ruleset);
	return e;
}

enum err
sandbox_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t n)
{
	enum err e;

	assert((unsigned)profile < SANDBOX_PROFILES);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR_IO;
	/* keys stay out of core files and away from tracers */
	if ((profile == SANDBOX_BATCHER || profile == SANDBOX_LINK ||
		profile == SANDBOX_LINE || profile == SANDBOX_AUTH) &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR_IO;
	if (sandbox_guards_paths() && (e = enter_landlock(paths, n)) != ERR_OK)
		return e;
	return enter_seccomp(profile);
}
