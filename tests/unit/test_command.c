/* links: hearsay */
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "cli/nearest.h"

#define WORDS_MAX 12

struct line {
	const char *words[WORDS_MAX]; /* after the program's name */
};

/* argv is writable, as the real one: its strings are copied into room. */
static int
fill(const struct line *l, char room[WORDS_MAX][64], char *argv[WORDS_MAX + 2])
{
	static char name[] = "hearsay";
	int argc = 0;

	argv[argc++] = name;
	for (int i = 0; i < WORDS_MAX && l->words[i] != NULL; i++) {
		memcpy(room[i], l->words[i], strlen(l->words[i]) + 1);
		argv[argc++] = room[i];
	}
	argv[argc] = NULL;
	return argc;
}

static void
test_options_may_stand_anywhere(void **state)
{
	static const struct line lines[] = {
		{ { "-C", "d", "--here", "-m", "stick", "/s" } },
		{ { "stick", "/s", "-C", "d", "--here", "-m" } },
		{ { "-m", "stick", "-C", "d", "/s", "--here" } },
		{ { "--here", "stick", "-m", "-C", "d", "--", "/s" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		char room[WORDS_MAX][64], *argv[WORDS_MAX + 2];
		struct buf why = BUF_INIT(1024);
		struct command c = { 0 };
		int argc = fill(&lines[i], room, argv);

		assert_int_equal(command_parse(argc, argv, &c, &why), ERR_OK);
		assert_string_equal(c.verb, "stick");
		assert_int_equal(c.nargs, 1);
		assert_string_equal(c.args[0], "/s");
		assert_int_equal(c.ngiven, 3);
		assert_string_equal(command_value(&c, OPT_DIR), "d");
		assert_true(command_has(&c, OPT_HERE) && command_has(&c, OPT_MACHINE));
		assert_false(command_has(&c, OPT_YES));
		command_release(&c);
		buf_release(&why);
	}
}

static void
test_values_repeat_only_where_they_may(void **state)
{
	static const struct line l = { { "invite", "bob", "--address", "tcp:a:1",
	    "--address=tcp:b:2", "--expires=7d" } };
	char room[WORDS_MAX][64], *argv[WORDS_MAX + 2];
	struct buf why = BUF_INIT(1024);
	struct command c = { 0 };
	int argc = fill(&l, room, argv);

	(void)state;
	assert_int_equal(command_parse(argc, argv, &c, &why), ERR_OK);
	assert_int_equal(c.ngiven, 3);
	assert_string_equal(c.given[0].value, "tcp:a:1");
	assert_string_equal(c.given[1].value, "tcp:b:2");
	assert_string_equal(command_value(&c, OPT_EXPIRES), "7d");
	command_release(&c);
	buf_release(&why);
}

static void
test_bad_options_are_named_with_the_cure(void **state)
{
	static const struct {
		struct line line;
		const char *why; /* a part of the message */
	} c[] = {
		{ { { "stick", "--hre", "/s" } }, "did you mean --here?" },
		{ { { "--persno", "x", "setup" } }, "did you mean --persona?" },
		{ { { "-x", "status" } }, "there is no option \"-x\"" },
		{ { { "status", "--zebra\x1b[2J" } }, "\\x1b" },
		{ { { "setup", "--listen" } }, "--listen needs a value" },
		{ { { "setup", "--listen=" } }, "--listen needs a value" },
		{ { { "setup", "--yes=1" } }, "--yes takes no value" },
		{ { { "setup", "-C", "a", "-C", "b" } }, "-C is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		char room[WORDS_MAX][64], *argv[WORDS_MAX + 2];
		struct buf why = BUF_INIT(1024);
		struct command out = { 0 };
		int argc = fill(&c[i].line, room, argv);

		assert_int_equal(command_parse(argc, argv, &out, &why), ERR_SYNTAX);
		assert_non_null(buf_cstr(&why));
		assert_non_null(strstr((const char *)why.p, c[i].why));
		assert_null(out.args);
		buf_release(&why);
	}
}

static void
test_a_dash_alone_and_what_follows_two_dashes_are_arguments(void **state)
{
	static const struct line l = { { "join", "-", "--", "--as", "-m" } };
	char room[WORDS_MAX][64], *argv[WORDS_MAX + 2];
	struct buf why = BUF_INIT(1024);
	struct command c = { 0 };
	int argc = fill(&l, room, argv);

	(void)state;
	assert_int_equal(command_parse(argc, argv, &c, &why), ERR_OK);
	assert_int_equal(c.ngiven, 0);
	assert_int_equal(c.nargs, 3);
	assert_string_equal(c.args[0], "-");
	assert_string_equal(c.args[1], "--as");
	command_release(&c);
	buf_release(&why);
}

static void
test_the_first_stray_option_is_found(void **state)
{
	static const struct line l = { { "up", "-m", "--yes" } };
	char room[WORDS_MAX][64], *argv[WORDS_MAX + 2];
	struct buf why = BUF_INIT(1024);
	struct command c = { 0 };
	int argc = fill(&l, room, argv);

	(void)state;
	assert_int_equal(command_parse(argc, argv, &c, &why), ERR_OK);
	assert_int_equal(command_stray(&c, OPT_BIT(OPT_MACHINE)), OPT_YES);
	assert_int_equal(
	    command_stray(&c, OPT_BIT(OPT_MACHINE) | OPT_BIT(OPT_YES)), OPT_COUNT);
	command_release(&c);
	buf_release(&why);
}

static void
test_mistyped_words_find_the_name_that_was_meant(void **state)
{
	static const char *const names[] = { "setup", "stick", "status", "invite",
		"invites", "up", "join" };
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "setpu", "setup" },
		{ "stik", "stick" },
		{ "statsu", "status" },
		{ "invit", "invite" },
		{ "sta", "status" },
		{ "jion", "join" },
		{ "up", "up" },
		{ "x", NULL },
		{ "", NULL },
		{ "newspaper", NULL },
		{ "a-word-that-is-longer-than-any-verb", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const char *got = nearest(c[i].in, names, sizeof names / sizeof names[0]);

		if (c[i].want == NULL) {
			assert_null(got);
			continue;
		}
		assert_non_null(got);
		assert_string_equal(got, c[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_may_stand_anywhere),
		cmocka_unit_test(test_values_repeat_only_where_they_may),
		cmocka_unit_test(test_bad_options_are_named_with_the_cure),
		cmocka_unit_test(
		    test_a_dash_alone_and_what_follows_two_dashes_are_arguments),
		cmocka_unit_test(test_the_first_stray_option_is_found),
		cmocka_unit_test(test_mistyped_words_find_the_name_that_was_meant),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
