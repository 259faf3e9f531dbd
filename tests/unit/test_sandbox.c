#include "lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "lib/fs.h"

#define EVERY ((1u << SANDBOX_PROFILES) - 1)
#define BIT(profile) (1u << (profile))
#define PROGRAMS                                                                         \
	(EVERY & ~BIT(SANDBOX_VERIFIER) & ~BIT(SANDBOX_AUTH) &                           \
	    ~BIT(SANDBOX_LINE)) /* all that do more than compute */

/* What a child has in hand when it enters, as a program would. */
struct hand {
	char dir[64];     /* an allowed folder */
	char outside[64]; /* another one */
	char file[80];    /* outside/file, existing */
	int pair[2];      /* a socketpair */
	int listener;     /* a listening socket */
	int datagram;     /* of the internet, unconnected */
	int caller;       /* connected to it, not yet accepted */
	sqlite3 *db;      /* dir/x.db in WAL mode, opened and read once */
};

/* A try answers 0 when it worked, else errno. */
typedef int try_fn(struct hand *);

static int
outcome(long r)
{
	return r < 0 ? errno : 0;
}

static const char *
at(char *out, size_t room, const char *dir, const char *name)
{
	snprintf(out, room, "%s/%s", dir, name);
	return out;
}

static int
try_create(const char *dir)
{
	char path[128];

	return outcome(
	    open(at(path, sizeof path, dir, "made"), O_WRONLY | O_CREAT, 0600));
}

static int
create_inside(struct hand *h)
{
	return try_create(h->dir);
}

static int
create_outside(struct hand *h)
{
	return try_create(h->outside);
}

static int
read_outside(struct hand *h)
{
	return outcome(open(h->file, O_RDONLY));
}

static int
read_inside(struct hand *h)
{
	char path[128];

	return outcome(open(at(path, sizeof path, h->dir, "x.db"), O_RDONLY));
}

static int
list_inside(struct hand *h)
{
	char entries[1024];
	int fd = open(h->dir, O_RDONLY | O_DIRECTORY);

	return outcome(
	    fd < 0 ? fd : syscall(SYS_getdents64, fd, entries, sizeof entries));
}

static int
run_program(struct hand *h)
{
	char *argv[] = { NULL };

	(void)h;
	return outcome(execve("/bin/true", argv, argv));
}

static int
make_process(struct hand *h)
{
	pid_t pid = fork();

	(void)h;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int
trace_me(struct hand *h)
{
	(void)h;
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
signal_parent(struct hand *h)
{
	(void)h;
	return outcome(kill(getppid(), SIGCONT));
}

static int
ask_for_parent(struct hand *h)
{
	(void)h;
	return outcome(kill(getppid(), 0));
}

static int
socket_inet(struct hand *h)
{
	(void)h;
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int
socket_unix(struct hand *h)
{
	(void)h;
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
make_pair(struct hand *h)
{
	int fd[2];

	(void)h;
	return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
}

static int
connect_on(struct hand *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };

	int got;

	/* nobody listens there: being refused is being allowed to ask */
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	got = outcome(connect(h->datagram, (struct sockaddr *)&a, sizeof a));
	return got == ECONNREFUSED ? 0 : got;
}

static int
bind_on(struct hand *h)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	return outcome(bind(h->pair[0], (struct sockaddr *)&a, sizeof(sa_family_t)));
}

static int
listen_on(struct hand *h)
{
	return outcome(listen(h->listener, 5));
}

static int
accept_one(struct hand *h)
{
	return outcome(accept4(h->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static int
send_and_receive(struct hand *h)
{
	char c = 'x';
	struct iovec io = { &c, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	if (sendmsg(h->pair[0], &m, 0) != 1)
		return errno;
	return outcome(recvmsg(h->pair[1], &m, 0));
}

static int
read_and_write(struct hand *h)
{
	char c = 'x';

	return outcome(write(h->pair[0], &c, 1) == 1 ? read(h->pair[1], &c, 1) : -1);
}

static int
run_a_loop(struct hand *h)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, h->pair[0], &ev) != 0)
		return errno;
	return outcome(epoll_wait(ep, &ev, 1, 1000));
}

static int
map_code(struct hand *h)
{
	void *p =
	    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)h;
	return p == MAP_FAILED ? errno : 0;
}

static int
use_memory(struct hand *h)
{
	size_t big = 8u << 20;
	char *p = malloc(big), *q;

	(void)h;
	if (p == NULL)
		return ENOMEM;
	memset(p, 1, big);
	if ((q = realloc(p, 2 * big)) == NULL)
		return ENOMEM;
	free(q);
	return 0;
}

/* More rows than one page of the WAL, a checkpoint, and the tidy end of a database. */
static int
use_database(struct hand *h)
{
	char *why = NULL;
	int rc;

	errno = 0;
	rc = sqlite3_exec(h->db,
	    "BEGIN IMMEDIATE; INSERT INTO t SELECT randomblob(500) FROM "
	    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<500) "
	    "SELECT i FROM n); COMMIT; DELETE FROM t WHERE rowid % 2; "
	    "SELECT * FROM t ORDER BY x; PRAGMA wal_checkpoint(TRUNCATE)",
	    NULL, NULL, &why);
	if (rc != SQLITE_OK && errno == EPERM)
		return EPERM;
	if (rc != SQLITE_OK)
		fprintf(stderr, "sqlite: %s (%d)\n", why, sqlite3_system_errno(h->db));
	return rc == SQLITE_OK && sqlite3_close(h->db) == SQLITE_OK ? 0 : EIO;
}

static int
query_database(struct hand *h)
{
	errno = 0;
	if (sqlite3_exec(h->db, "SELECT count(*) FROM t", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return errno == EPERM ? EPERM : EIO;
}

static int
write_atomic_inside(struct hand *h)
{
	char path[128], other[128], sub[128];

	at(path, sizeof path, h->dir, "sub/file");
	at(other, sizeof other, h->dir, "file");
	if (fs_mkdir(at(sub, sizeof sub, h->dir, "sub"), 0700) != ERR_OK)
		return errno;
	if (fs_write_atomic(path, VIEW_LIT("hello"), true) != ERR_OK)
		return errno;
	if (fs_write_atomic(path, VIEW_LIT("again"), true) != ERR_OK)
		return errno;
	if (rename(path, other) != 0)
		return errno;
	return fs_erase(other) == ERR_OK ? outcome(rmdir(sub)) : errno;
}

static int
lock_inside(struct hand *h)
{
	char path[128];
	int fd;

	return fs_lock(at(path, sizeof path, h->dir, "lock"), false, &fd) == ERR_OK
	    ? 0
	    : errno;
}

static int
link_inside(struct hand *h)
{
	char path[128];

	return outcome(symlink("/etc/passwd", at(path, sizeof path, h->dir, "link")));
}

/* A socket has no wires; the kernel is to say so, not the sandbox. */
static int
tty_call(struct hand *h, unsigned long what)
{
	int bits = 0;

	return ioctl(h->pair[0], what, &bits) != 0 && errno == EPERM ? EPERM : 0;
}

static int
ask_for_wires(struct hand *h)
{
	return tty_call(h, TIOCMGET);
}

static int
lower_wires(struct hand *h)
{
	return tty_call(h, TIOCMBIC);
}

/* As if somebody had typed it there. */
static int
type_on_tty(struct hand *h)
{
	return tty_call(h, TIOCSTI);
}

static const struct attempt {
	const char *name;
	try_fn *run;
	unsigned allowed; /* in these profiles it works; in all others EPERM */
	bool
	    landlock; /* allowed by seccomp everywhere it matters: only Landlock says EACCES */
} attempts[] = {
	{ "run a program", run_program, 0, false },
	{ "make a process", make_process, 0, false },
	{ "be traced", trace_me, 0, false },
	{ "signal another process", signal_parent, 0, false },
	{ "make an internet socket", socket_inet, BIT(SANDBOX_LINK), false },
	{ "make a local socket", socket_unix, 0, false },
	{ "make a socketpair", make_pair, 0, false },
	{ "connect", connect_on, BIT(SANDBOX_LINK), false },
	{ "bind", bind_on, 0, false },
	{ "listen", listen_on, 0, false },
	{ "map code", map_code, 0, false },
	{ "make a symbolic link", link_inside, 0, false },
	{ "ask whether a process lives", ask_for_parent, BIT(SANDBOX_BATCHER), false },
	{ "create a file inside", create_inside, BIT(SANDBOX_BATCHER), false },
	{ "write files whole", write_atomic_inside, BIT(SANDBOX_BATCHER), false },
	{ "lock a file", lock_inside, BIT(SANDBOX_BATCHER), false },
	{ "open a file inside", read_inside, BIT(SANDBOX_IMPORT) | BIT(SANDBOX_BATCHER),
	    false },
	{ "list a folder", list_inside, BIT(SANDBOX_IMPORT) | BIT(SANDBOX_BATCHER),
	    false },
	{ "create a file outside", create_outside, BIT(SANDBOX_BATCHER), true },
	{ "open a file outside", read_outside, BIT(SANDBOX_IMPORT) | BIT(SANDBOX_BATCHER),
	    true },
	{ "ask for a tty's wires", ask_for_wires, BIT(SANDBOX_LINE), false },
	{ "lower a tty's wires", lower_wires, BIT(SANDBOX_LINE), false },
	{ "type on a tty", type_on_tty, 0, false },
	{ "accept", accept_one, BIT(SANDBOX_READER_WORKER) | BIT(SANDBOX_LINK), false },
	{ "send and receive messages", send_and_receive,
	    BIT(SANDBOX_READER_WORKER) | BIT(SANDBOX_READER_WRITER) | BIT(SANDBOX_LINK) |
		BIT(SANDBOX_AUTH),
	    false },
	{ "read and write", read_and_write, EVERY, false },
	{ "run an event loop", run_a_loop, PROGRAMS, false },
	{ "use memory", use_memory, EVERY, false },
	{ "query a database", query_database, PROGRAMS, false },
	{ "change, checkpoint and close a database", use_database, PROGRAMS, false },
};

static const char *const profiles[] = { "worker", "writer", "import", "batcher", "link",
	"verifier", "line", "auth" };

static int
want(const struct attempt *a, enum sandbox_profile p)
{
	if ((a->allowed & BIT(p)) == 0)
		return EPERM;
	return a->landlock && sandbox_guards_paths() ? EACCES : 0;
}

static void
listen_here(struct hand *h)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof a;

	/* an address of its own choice: nothing in the file system, nothing on the net */
	assert_true((h->listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	assert_int_equal(
	    bind(h->listener, (struct sockaddr *)&a, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(h->listener, 1), 0);
	assert_int_equal(getsockname(h->listener, (struct sockaddr *)&a, &len), 0);
	assert_true((h->caller = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	assert_int_equal(connect(h->caller, (struct sockaddr *)&a, len), 0);
}

static void
take(struct hand *h)
{
	char path[128];

	*h = (struct hand){ .dir = "/tmp/hearsay-in-XXXXXX",
		.outside = "/tmp/hearsay-out-XXXXXX" };
	assert_non_null(mkdtemp(h->dir));
	assert_non_null(mkdtemp(h->outside));
	snprintf(h->file, sizeof h->file, "%s/file", h->outside);
	assert_int_equal(fs_write_atomic(h->file, VIEW_LIT("x"), false), ERR_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, h->pair), 0);
	listen_here(h);
	assert_true((h->datagram = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
	assert_int_equal(
	    sqlite3_open(at(path, sizeof path, h->dir, "x.db"), &h->db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(h->db,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
		"PRAGMA temp_store=MEMORY; CREATE TABLE t(x); SELECT * FROM t",
		NULL, NULL, NULL),
	    SQLITE_OK);
}

static void
drop(const struct hand *h)
{
	static const char *const names[] = { "x.db", "x.db-wal", "x.db-shm", "made",
		"file", "lock" };
	const char *const dirs[] = { h->dir, h->outside };
	char path[128];

	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			unlink(at(path, sizeof path, dirs[d], names[i]));
		assert_int_equal(rmdir(dirs[d]), 0);
	}
	close(h->pair[0]);
	close(h->pair[1]);
	close(h->listener);
	close(h->caller);
	close(h->datagram);
}

/* In a child of its own: the sandbox stays for life. Exits with the attempt's errno. */
static int
in_child(const struct attempt *a, enum sandbox_profile p, struct hand *h)
{
	struct sandbox_path paths[] = { { h->dir, true } };
	int status = 0;
	pid_t pid;

	fflush(NULL);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		if (sandbox_enter(p, paths, 1) != ERR_OK)
			_exit(255);
		_exit(a->run(h));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void
each_profile_allows_and_forbids(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		for (unsigned p = 0; p < SANDBOX_PROFILES; p++) {
			struct hand h;
			int got;

			take(&h);
			got = in_child(&attempts[i], p, &h);
			sqlite3_close(h.db);
			drop(&h);
			if (got != want(&attempts[i], p))
				fail_msg("%s: %s: got %d, want %d", profiles[p],
				    attempts[i].name, got, want(&attempts[i], p));
		}
}

static int
abort_now(struct hand *h)
{
	(void)h;
	abort();
}

static void
an_abort_still_ends_the_process(void **state)
{
	const struct attempt a = { "abort", abort_now, EVERY, false };
	struct hand h;
	int got;

	(void)state;
	take(&h);
	got = in_child(&a, SANDBOX_READER_WORKER, &h);
	sqlite3_close(h.db);
	drop(&h);
	assert_int_equal(got, 1000 + SIGABRT);
}

static void
a_path_that_is_not_there_is_said(void **state)
{
	struct sandbox_path paths[] = { { "/nonexistent/hearsay", false } };
	enum err want_e = sandbox_guards_paths() ? ERR_NOTFOUND : ERR_OK;
	int status = 0;
	pid_t pid;

	(void)state;
	assert_true((pid = fork()) >= 0);
	if (pid == 0)
		_exit((int)sandbox_enter(SANDBOX_BATCHER, paths, 1));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want_e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_profile_allows_and_forbids),
		cmocka_unit_test(an_abort_still_ends_the_process),
		cmocka_unit_test(a_path_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
