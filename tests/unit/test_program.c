#include "lib/program.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fs.h"

static int
shell(const char *script, const struct program_start *how)
{
	struct program p;
	pid_t pid = -1;
	int code = -1;

	assert_int_equal(program_init(&p, "sh"), ERR_OK);
	program_arg(&p, "-c");
	program_arg(&p, script);
	assert_int_equal(program_start(&p, how, &pid), ERR_OK);
	assert_int_equal(program_wait(pid, &code), ERR_OK);
	program_release(&p);
	return code;
}

static void
test_exit_codes_and_signals_are_told_apart(void **state)
{
	static const struct {
		const char *script;
		int want;
	} c[] = { { "exit 0", 0 }, { "exit 7", 7 }, { "exit 75", 75 },
		{ "kill -KILL $$", 128 + SIGKILL } };
	const struct program_start how = { -1, -1, false };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(shell(c[i].script, &how), c[i].want);
}

static void
test_what_it_prints_can_be_taken(void **state)
{
	struct program_start how = { -1, -1, true };
	struct buf out = BUF_INIT(256);
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	how.out = fd[1];
	assert_int_equal(shell("echo said; echo \"$0\"", &how), 0);
	close(fd[1]);
	assert_int_equal(fs_readfd(fd[0], &out), ERR_OK);
	assert_true(view_eqs(buf_view(&out), "said\nsh\n"));
	close(fd[0]);
	buf_release(&out);
}

static void
test_an_ignored_signal_is_not_inherited(void **state)
{
	const struct program_start how = { -1, -1, false };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;

	(void)state;
	assert_int_equal(sigaction(SIGTERM, &ignore, &old), 0);
	assert_int_equal(shell("kill -TERM $$; exit 0", &how), 128 + SIGTERM);
	assert_int_equal(sigaction(SIGTERM, &old, NULL), 0);
}

static void
test_a_missing_program_is_not_found(void **state)
{
	struct program p;

	(void)state;
	assert_int_equal(program_init(&p, "no-such-program"), ERR_NOTFOUND);
	program_arg(&p, "-C");
	assert_int_equal(program_exec(&p), ERR_NOTFOUND);
	program_release(&p);
}

static void
test_many_arguments_arrive_in_order(void **state)
{
	const struct program_start how = { -1, -1, false };
	struct program p;
	pid_t pid = -1;
	int code = -1;

	(void)state;
	assert_int_equal(program_init(&p, "sh"), ERR_OK);
	program_arg(&p, "-c");
	program_arg(&p, "[ $# = 1000 ] && [ \"$1\" = 'a b' ] && [ \"${1000}\" = '$x' ]");
	program_arg(&p, "sh");
	for (int i = 0; i < 999; i++)
		program_arg(&p, "a b");
	program_arg(&p, "$x");
	assert_int_equal(program_start(&p, &how, &pid), ERR_OK);
	assert_int_equal(program_wait(pid, &code), ERR_OK);
	assert_int_equal(code, 0);
	program_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes_and_signals_are_told_apart),
		cmocka_unit_test(test_what_it_prints_can_be_taken),
		cmocka_unit_test(test_an_ignored_signal_is_not_inherited),
		cmocka_unit_test(test_a_missing_program_is_not_found),
		cmocka_unit_test(test_many_arguments_arrive_in_order),
	};

	if (setenv("HEARSAY_LIBEXEC", "/bin", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
