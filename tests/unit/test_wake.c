/* wake: the byte that tells newsd to look, and what happens without newsd. */
#include "lib/wake.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fs.h"

struct place {
	struct node node;
	const char *path;
	char room[NODE_PATH_MAX];
};

static int
enter(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	*state = p;
	snprintf(p->node.dir, sizeof p->node.dir, "/tmp/hearsay-wake-XXXXXX");
	if (mkdtemp(p->node.dir) == NULL ||
	    fs_mkdir(NODE_PATH(&p->node, "run"), 0700) != ERR_OK)
		return 1;
	p->path = node_path(&p->node, p->room, "run/wake");
	return 0;
}

static int
leave(void **state)
{
	struct place *p = *state;

	(void)!remove(p->path);
	(void)!remove(NODE_PATH(&p->node, "run"));
	(void)!remove(p->node.dir);
	free(p);
	return 0;
}

/* How many bytes lie in it. */
static int
bytes(int fd)
{
	char b[128];
	ssize_t n = read(fd, b, sizeof b);

	return n < 0 ? 0 : (int)n;
}

static void
newsd_is_told_by_who_holds_it_and_by_who_passes(void **state)
{
	struct place *p = *state;
	int held, newsd;

	assert_int_equal(mkfifo(p->path, 0600), 0);
	held = wake_open(&p->node);
	assert_true(held >= 0);
	wake_tell(held);
	newsd = open(p->path, O_RDONLY | O_NONBLOCK);
	assert_true(newsd >= 0);
	assert_int_equal(bytes(newsd), 1);
	wake_node(&p->node);
	wake_tell(held);
	assert_int_equal(bytes(newsd), 2);
	close(newsd);
	close(held);
}

static void
a_line_goes_in_whole_or_not_at_all(void **state)
{
	struct place *p = *state;
	char long_line[600] = { 0 }, got[32] = { 0 };
	int newsd;

	assert_false(wake_say(&p->node, VIEW_LIT("call bob\n")));
	assert_int_equal(mkfifo(p->path, 0600), 0);
	assert_false(wake_say(&p->node, VIEW_LIT("call bob\n")));
	newsd = open(p->path, O_RDONLY | O_NONBLOCK);
	assert_true(newsd >= 0);
	assert_false(wake_say(&p->node,
	    (struct view){ (const unsigned char *)long_line, sizeof long_line }));
	assert_true(wake_say(&p->node, VIEW_LIT("call bob\n")));
	assert_int_equal(read(newsd, got, sizeof got - 1), 9);
	assert_string_equal(got, "call bob\n");
	close(newsd);
}

static void
a_full_fifo_makes_nobody_wait(void **state)
{
	struct place *p = *state;
	int held;

	assert_int_equal(mkfifo(p->path, 0600), 0);
	held = wake_open(&p->node);
	for (int i = 0; i < 200000; i++)
		wake_tell(held);
	assert_int_equal(bytes(held), 128);
	close(held);
}

static void
without_newsd_nothing_happens(void **state)
{
	struct place *p = *state;

	wake_node(&p->node);
	assert_int_equal(access(p->path, F_OK), -1);
	assert_int_equal(wake_open(&p->node), -1);
	wake_tell(-1);
	assert_int_equal(mkfifo(p->path, 0600), 0);
	wake_node(&p->node); /* nobody reads: does not wait for a reader */
}

static void
a_file_of_that_name_does_not_grow(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(fs_write_atomic(p->path, VIEW_LIT("mine"), false), ERR_OK);
	assert_int_equal(wake_open(&p->node), -1);
	wake_node(&p->node);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_size, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    newsd_is_told_by_who_holds_it_and_by_who_passes, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_line_goes_in_whole_or_not_at_all, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_full_fifo_makes_nobody_wait, enter, leave),
		cmocka_unit_test_setup_teardown(
		    without_newsd_nothing_happens, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_file_of_that_name_does_not_grow, enter, leave),
	};

	return cmocka_run_group_tests_name("wake", tests, NULL, NULL);
}
