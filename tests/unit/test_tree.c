/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "reader/tree.h"

struct seen {
	struct buf files, troubles;
	size_t prefix;
	unsigned stop_after, count;
};

static bool
file(void *arg, const char *path, bool number)
{
	struct seen *s = arg;

	buf_addf(&s->files, "%s%s ", path + s->prefix, number ? "#" : "");
	return ++s->count != s->stop_after;
}

static void
trouble(void *arg, const char *path, const char *why)
{
	struct seen *s = arg;

	buf_addf(&s->troubles, "%s: %s\n", path + s->prefix, why);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static const char *
at(struct buf *b, const char *dir, const char *name)
{
	buf_reset(b);
	buf_addf(b, "%s/%s", dir, name);
	return buf_cstr(b);
}

/* Names that end in / are folders, `a>b` is a link a that leads to b. */
static void
make(const char *dir, const char *const *names)
{
	struct buf path = BUF_INIT(4096);
	char name[256], *arrow;
	int fd;

	for (; *names != NULL; names++) {
		assert_true(strlen(*names) < sizeof name);
		memcpy(name, *names, strlen(*names) + 1);
		if ((arrow = strchr(name, '>')) != NULL) {
			*arrow = '\0';
			assert_int_equal(symlink(arrow + 1, at(&path, dir, name)), 0);
		} else if (name[strlen(name) - 1] == '/')
			assert_int_equal(mkdir(at(&path, dir, name), 0700), 0);
		else {
			fd = open(at(&path, dir, name), O_CREAT | O_WRONLY, 0600);
			assert_true(fd >= 0);
			close(fd);
		}
	}
	buf_release(&path);
}

static const struct {
	const char *names[16];
	const char *files, *troubles;
} cases[] = {
	{ { NULL }, "", "" },
	{ { "b", "a", ".hidden", "10", "9", "009", "x1" }, "009# 9# 10# a b x1 ", "" },
	{ { "comp/", "comp/lang/", "comp/lang/2", "comp/lang/10", "alt/", "alt/1", "z" },
	    "alt/1# comp/lang/2# comp/lang/10# z ", "" },
	{ { "a/", "a/1", "a/up>..", "a/me>../a" }, "a/1# ",
	    "a/me: leads back to a folder above it\n"
	    "a/up: leads back to a folder above it\n" },
	{ { "a/", "a/1", "l1>a", "l2>a" }, "a/1# l1/1# ",
	    "l2: a second link to one folder\n" },
	{ { "a", "l>a", "gone>nowhere" }, "a l ", "gone: No such file or directory\n" },
};

static void
folders_are_walked_in_order_and_loops_end(void **state)
{
	struct seen s = { 0 };
	const struct tree_visitor v = { &s, file, trouble };

	(void)state;
	buf_init(&s.files, 4096);
	buf_init(&s.troubles, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char dir[] = "/tmp/test-tree-XXXXXX";

		assert_non_null(mkdtemp(dir));
		make(dir, cases[i].names);
		s.prefix = strlen(dir) + 1;
		buf_reset(&s.files);
		buf_reset(&s.troubles);
		assert_int_equal(tree_walk(dir, &v), ERR_OK);
		assert_string_equal(buf_cstr(&s.files), cases[i].files);
		assert_string_equal(buf_cstr(&s.troubles), cases[i].troubles);
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	buf_release(&s.files);
	buf_release(&s.troubles);
}

static void
a_walk_ends_when_the_visitor_says_so(void **state)
{
	static const char *const names[] = { "a/", "a/1", "a/2", "b", NULL };
	char dir[] = "/tmp/test-tree-XXXXXX";
	struct seen s = { .stop_after = 1 };
	const struct tree_visitor v = { &s, file, trouble };

	(void)state;
	buf_init(&s.files, 4096);
	buf_init(&s.troubles, 4096);
	assert_non_null(mkdtemp(dir));
	make(dir, names);
	s.prefix = strlen(dir) + 1;
	assert_int_equal(tree_walk(dir, &v), ERR_OK);
	assert_string_equal(buf_cstr(&s.files), "a/1# ");
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	buf_release(&s.files);
	buf_release(&s.troubles);
}

static void
what_is_not_a_file_is_told_and_passed(void **state)
{
	char dir[] = "/tmp/test-tree-XXXXXX";
	struct buf path = BUF_INIT(4096);
	struct seen s = { 0 };
	const struct tree_visitor v = { &s, file, trouble };

	(void)state;
	buf_init(&s.files, 4096);
	buf_init(&s.troubles, 4096);
	assert_non_null(mkdtemp(dir));
	s.prefix = strlen(dir) + 1;
	assert_int_equal(mkfifo(at(&path, dir, "pipe"), 0600), 0);
	assert_int_equal(tree_walk(dir, &v), ERR_OK);
	assert_string_equal(buf_cstr(&s.files), "");
	assert_string_equal(buf_cstr(&s.troubles), "pipe: neither a file nor a folder\n");
	assert_int_equal(tree_walk(at(&path, dir, "none"), &v), ERR_NOTFOUND);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	buf_release(&s.files);
	buf_release(&s.troubles);
	buf_release(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_are_walked_in_order_and_loops_end),
		cmocka_unit_test(a_walk_ends_when_the_visitor_says_so),
		cmocka_unit_test(what_is_not_a_file_is_told_and_passed),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
