/* links: hearsay */
#include "cli/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fs.h"
#include "lib/limits.h"

static const char *const keys[] = { "tcp", "dir", NULL };

static void
the_lines_of_the_keys_are_replaced_at_their_place(void **state)
{
	static const struct {
		const char *file, *text, *want;
	} c[] = {
		{ "", "", "" },
		{ "", "tcp a:1\n", "tcp a:1\n" },
		{ "send *\n", "tcp a:1\n", "send *\ntcp a:1\n" },
		{ "send *", "tcp a:1\n", "send *\ntcp a:1\n" },
		{ "tcp b:2\nsend *\n", "tcp a:1\ndir /x\n", "tcp a:1\ndir /x\nsend *\n" },
		{ "# tcp is below\n\n tcp b:2\ncall every 1h\ndir /y\n", "dir /x\n",
		    "# tcp is below\n\ndir /x\ncall every 1h\n" },
		{ "tcp b:2\nsend *\n", "", "send *\n" },
		{ "tcps b:2\nTCP b:2\n", "", "tcps b:2\nTCP b:2\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(4096), again = BUF_INIT(4096);

		lines_replace(view_str(c[i].file), keys, view_str(c[i].text), &out);
		assert_int_equal(buf_err(&out), ERR_OK);
		if (!view_eqs(buf_view(&out), c[i].want))
			fail_msg("case %zu: %.*s", i, (int)out.len, (const char *)out.p);
		/* a second time changes nothing */
		lines_replace(buf_view(&out), keys, view_str(c[i].text), &again);
		assert_true(view_eq(buf_view(&out), buf_view(&again)));
		buf_release(&out);
		buf_release(&again);
	}
}

static void
what_would_not_be_read_again_is_refused(void **state)
{
	static const char bad[] = "tcp \xff:1\n";
	struct buf out = BUF_INIT(4096), small = BUF_INIT(8);

	(void)state;
	lines_replace(VIEW_LIT("send *\n"), keys, view_str(bad), &out);
	assert_int_equal(buf_err(&out), ERR_SYNTAX);
	lines_replace(VIEW_LIT("send *\nsend b\n"), keys, VIEW_LIT(""), &small);
	assert_int_equal(buf_err(&small), ERR_TOOBIG);
	buf_release(&out);
	buf_release(&small);
}

static void
a_file_is_written_whole_and_made_when_it_is_missing(void **state)
{
	char dir[] = "/tmp/hearsay-lines-XXXXXX", path[64];
	struct buf got = BUF_INIT(4096);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/bob", dir);
	assert_int_equal(lines_write(path, keys, VIEW_LIT("tcp a:1\n")), ERR_OK);
	assert_int_equal(fs_read(path, &got), ERR_OK);
	assert_true(view_eqs(buf_view(&got), "tcp a:1\n"));
	buf_reset(&got);
	assert_int_equal(lines_write(path, keys, VIEW_LIT("tcp \xff\n")), ERR_SYNTAX);
	assert_int_equal(fs_read(path, &got), ERR_OK);
	assert_true(view_eqs(buf_view(&got), "tcp a:1\n"));
	unlink(path);
	rmdir(dir);
	buf_release(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_of_the_keys_are_replaced_at_their_place),
		cmocka_unit_test(what_would_not_be_read_again_is_refused),
		cmocka_unit_test(a_file_is_written_whole_and_made_when_it_is_missing),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
