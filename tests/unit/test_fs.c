#include "lib/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/node.h"

#define V(s) VIEW_LIT(s)

/* Every test runs in an empty folder of its own, removed with its files afterwards. */
static int
enter(void **state)
{
	char *dir = strdup("/tmp/hearsay-fs-XXXXXX");

	*state = dir;
	return dir == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0;
}

static int
leave(void **state)
{
	static const char *const names[] = { "a", "b", "fifo", "link", "lock",
		"node/node.conf", "node", "d/x", "d" };
	char *dir = *state;
	int rc;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)!remove(names[i]);
	rc = chdir("/") != 0 || rmdir(dir) != 0;
	free(dir);
	return rc;
}

static bool
holds(const char *path, struct view want)
{
	struct buf b = BUF_INIT(1u << 20);
	bool same = fs_read(path, &b) == ERR_OK && view_eq(buf_view(&b), want);

	buf_release(&b);
	return same;
}

static void
a_file_is_read_whole_or_not_at_all(void **state)
{
	struct buf b = BUF_INIT(5), big = BUF_INIT(1u << 20);
	char block[100000];

	(void)state;
	assert_int_equal(fs_read("a", &b), ERR_NOTFOUND);
	assert_int_equal(fs_write_atomic("a", V("12345"), false), ERR_OK);
	assert_int_equal(fs_read("a", &b), ERR_OK);
	assert_true(view_eqs(buf_view(&b), "12345"));
	buf_reset(&b);
	buf_adds(&b, "x");
	assert_int_equal(fs_read("a", &b), ERR_TOOBIG);
	assert_true(view_eqs(buf_view(&b), "x"));
	memset(block, 'z', sizeof block);
	assert_int_equal(
	    fs_write_atomic("a", (struct view){ (void *)block, sizeof block }, false),
	    ERR_OK);
	assert_int_equal(fs_read("a", &big), ERR_OK);
	assert_int_equal(big.len, sizeof block);
	assert_int_equal(big.p[sizeof block - 1], 'z');
	buf_release(&b);
	buf_release(&big);
}

static void
only_regular_files_are_read(void **state)
{
	struct buf b = BUF_INIT(100);

	(void)state;
	assert_int_equal(fs_read(".", &b), ERR_IO);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fs_read("fifo", &b), ERR_IO);
	assert_int_equal(fs_read("/dev/zero", &b), ERR_IO);
	assert_int_equal(fs_read("fifo/x", &b), ERR_NOTFOUND);
	buf_release(&b);
}

static void
a_written_file_replaces_the_old_one_and_leaves_nothing_beside(void **state)
{
	struct stat st;
	char tmp[64];

	(void)state;
	assert_int_equal(fs_write_atomic("a", V("old"), false), ERR_OK);
	assert_int_equal(fs_write_atomic("a", V("new"), false), ERR_OK);
	assert_true(holds("a", V("new")));
	assert_int_equal(fs_write_atomic("a", V(""), false), ERR_OK);
	assert_true(holds("a", V("")));
	snprintf(tmp, sizeof tmp, "a.tmp-%ld", (long)getpid());
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(fs_write_atomic("no/such/folder", V("x"), false), ERR_NOTFOUND);
	/* left behind by a process of our number that was killed */
	assert_int_equal(fs_write_atomic(tmp, V("half"), false), ERR_OK);
	assert_int_equal(fs_write_atomic("a", V("whole"), false), ERR_OK);
	assert_true(holds("a", V("whole")));
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0022, 0);
}

static void
a_replaced_secret_is_overwritten(void **state)
{
	struct stat st;
	char old[7] = "";
	int fd;

	(void)state;
	assert_int_equal(fs_write_atomic("a", V("secret"), true), ERR_OK);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true((fd = open("a", O_RDONLY)) >= 0);
	assert_int_equal(fs_write_atomic("a", V("another"), true), ERR_OK);
	assert_true(holds("a", V("another")));
	assert_int_equal(read(fd, old, sizeof old), 6);
	assert_memory_equal(old, "\0\0\0\0\0\0", 6);
	close(fd);
}

static void
a_secret_is_never_written_through_a_link(void **state)
{
	(void)state;
	assert_int_equal(fs_write_atomic("a", V("precious"), false), ERR_OK);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_not_equal(fs_write_atomic("link", V("x"), true), ERR_OK);
	assert_int_not_equal(fs_erase("link"), ERR_OK);
	assert_true(holds("a", V("precious")));
}

static void
an_erased_file_is_overwritten_and_gone(void **state)
{
	char old[10000], zeros[10000] = "";
	int fd;

	(void)state;
	memset(old, 'k', sizeof old);
	assert_int_equal(fs_erase("a"), ERR_OK);
	assert_int_equal(
	    fs_write_atomic("a", (struct view){ (void *)old, sizeof old }, true), ERR_OK);
	assert_true((fd = open("a", O_RDONLY)) >= 0);
	assert_int_equal(fs_erase("a"), ERR_OK);
	assert_int_equal(access("a", F_OK), -1);
	assert_int_equal(read(fd, old, sizeof old), sizeof old);
	assert_memory_equal(old, zeros, sizeof old);
	close(fd);
}

static void
folders_may_exist_but_files_are_no_folders(void **state)
{
	(void)state;
	assert_int_equal(fs_mkdir("d", 0700), ERR_OK);
	assert_int_equal(fs_mkdir("d", 0700), ERR_OK);
	assert_int_equal(fs_sync_dir("d"), ERR_OK);
	assert_int_equal(fs_write_atomic("d/x", V("x"), false), ERR_OK);
	assert_int_equal(fs_mkdir("d/x", 0700), ERR_IO);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(fs_mkdir("no/d", 0700), ERR_NOTFOUND);
	assert_int_equal(fs_sync_dir("no"), ERR_NOTFOUND);
}

/* Runs in a child, which holds the lock until it is killed, and says when it has it. */
static pid_t
child_with_lock(void)
{
	int ready[2], fd;
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		c = fs_lock("lock", false, &fd) == ERR_OK ? 'y' : 'n';
		(void)!write(ready[1], &c, 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
a_lock_dies_with_its_process(void **state)
{
	pid_t pid = child_with_lock();
	int fd = -1;

	(void)state;
	assert_int_equal(fs_lock("lock", false, &fd), ERR_BUSY);
	assert_int_equal(fd, -1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(fs_lock("lock", true, &fd), ERR_OK);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	assert_int_equal(fs_lock("lock", false, &fd), ERR_OK);
	close(fd);
	assert_int_equal(access("lock", F_OK), 0);
}

static void
a_full_disk_is_told_apart(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, V("x")), ERR_FULL);
	close(fd);
}

static void
the_node_folder_is_found_and_made_absolute(void **state)
{
	static const struct {
		const char *option, *env, *home, *want;
	} c[] = {
		{ "/n/", "/e", "/h", "/n" },
		{ NULL, "/e", "/h", "/e" },
		{ NULL, "", "/h", "/h/.hearsay" },
		{ NULL, NULL, "/h", "/h/.hearsay" },
		{ NULL, NULL, "/nonexistent", "/var/lib/hearsay" },
		{ NULL, NULL, "/", "/var/lib/hearsay" },
		{ NULL, NULL, NULL, "/var/lib/hearsay" },
	};
	struct node n;
	char long_name[5000];

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		c[i].env ? setenv("HEARSAY_DIR", c[i].env, 1) : unsetenv("HEARSAY_DIR");
		c[i].home ? setenv("HOME", c[i].home, 1) : unsetenv("HOME");
		assert_int_equal(node_locate(c[i].option, &n), ERR_OK);
		assert_string_equal(n.dir, c[i].want);
		node_release(&n);
	}
	assert_int_equal(node_locate("node", &n), ERR_OK);
	assert_memory_equal(n.dir, *state, strlen(*state));
	assert_string_equal(n.dir + strlen(*state), "/node");
	assert_int_equal(node_locate("", &n), ERR_SYNTAX);
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(node_locate(long_name, &n), ERR_TOOBIG);
}

static void
a_node_is_loaded_only_when_its_file_is_sound(void **state)
{
	struct node n;

	(void)state;
	assert_int_equal(node_locate("node", &n), ERR_OK);
	assert_int_equal(node_load(&n), ERR_NOTFOUND);
	assert_int_equal(fs_mkdir("node", 0700), ERR_OK);
	assert_int_equal(
	    fs_write_atomic("node/node.conf", V("listen here\n"), false), ERR_OK);
	assert_int_equal(node_load(&n), ERR_OK);
	assert_true(view_eqs(node_get(&n, "listen", NULL), "here"));
	assert_true(view_eqs(node_get(&n, "expire", "90d"), "90d"));
	assert_null(node_get(&n, "expire", NULL).p);
	assert_true(holds(NODE_PATH(&n, "%s.conf", "node"), V("listen here\n")));
	assert_int_equal(
	    fs_write_atomic("node/node.conf", V("a b\n\xff\n"), false), ERR_OK);
	assert_int_equal(node_load(&n), ERR_SYNTAX);
	node_release(&n);
	node_release(NULL);
}

static void
the_clock_can_be_moved_and_ignores_nonsense(void **state)
{
	static const struct {
		const char *env;
		int64_t moved;
	} c[] = { { "+31536000", 31536000 }, { "-86400", -86400 }, { "86400", 0 },
		{ "+", 0 }, { "+1x", 0 }, { "", 0 } };
	int64_t ms = clock_ms();

	(void)state;
	unsetenv("HEARSAY_CLOCK");
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int64_t before, after, moved;

		before = clock_now();
		setenv("HEARSAY_CLOCK", c[i].env, 1);
		moved = clock_now();
		unsetenv("HEARSAY_CLOCK");
		after = clock_now();
		assert_true(moved >= before + c[i].moved && moved <= after + c[i].moved);
	}
	assert_true(clock_ms() >= ms);
}

/* What one log call writes on stderr. */
static void
logged(const char *foreign, struct buf *out)
{
	int saved = dup(STDERR_FILENO), fd = open("a", O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(saved >= 0 && fd >= 0);
	fflush(NULL);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	log_at(LOG_INFO, "unpack file=%s", quoted(view_str(foreign)));
	log_at(LOG_DEBUG, "unseen");
	log_at(LOG_ERROR, "gone");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(fd);
	assert_int_equal(fs_read("a", out), ERR_OK);
}

static void
a_log_line_is_one_line_whatever_it_names(void **state)
{
	struct buf b = BUF_INIT(8192);
	char foreign[3000];

	(void)state;
	log_setup("test", LOG_INFO);
	logged("a\nb\"\x1b", &b);
	assert_string_equal(
	    buf_cstr(&b), "test: unpack file=\"a\\x0ab\\\"\\x1b\"\ntest: error: gone\n");
	buf_reset(&b);
	memset(foreign, '\x01', sizeof foreign - 1);
	foreign[sizeof foreign - 1] = '\0';
	logged(foreign, &b);
	assert_true(b.len < 1000 && view_find(buf_view(&b), "...\"\n") < b.len);
	buf_release(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_whole_or_not_at_all),
		TEST(only_regular_files_are_read),
		TEST(a_written_file_replaces_the_old_one_and_leaves_nothing_beside),
		TEST(a_replaced_secret_is_overwritten),
		TEST(a_secret_is_never_written_through_a_link),
		TEST(an_erased_file_is_overwritten_and_gone),
		TEST(folders_may_exist_but_files_are_no_folders),
		TEST(a_lock_dies_with_its_process),
		TEST(a_full_disk_is_told_apart),
		TEST(the_node_folder_is_found_and_made_absolute),
		TEST(a_node_is_loaded_only_when_its_file_is_sound),
		TEST(the_clock_can_be_moved_and_ignores_nonsense),
		TEST(a_log_line_is_one_line_whatever_it_names),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
