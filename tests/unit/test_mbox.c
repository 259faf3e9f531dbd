/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "reader/mbox.h"

/* The messages, each in brackets; "big" for one that is too long. */
static void
read_all(struct view file, size_t step, struct buf *out)
{
	struct mbox m = { 0 };
	struct mbox_item item;
	struct view in;
	size_t at = 0, shown = step == 0 ? file.len : 0;
	enum err e;

	for (;;) {
		in = view_slice(file, at, shown - at);
		e = mbox_next(&m, &in, shown == file.len, &item);
		if (e == ERR_NOTFOUND)
			return;
		if (e == ERR_MORE) {
			assert_true(shown < file.len);
			shown = file.len - shown > step ? shown + step : file.len;
			continue;
		}
		assert_int_equal(e, ERR_OK);
		at = shown - in.len;
		if (item.kind == MBOX_BIG)
			buf_adds(out, "big");
		if (item.kind != MBOX_MESSAGE)
			continue;
		buf_addc(out, '[');
		mbox_unquote(item.message, out);
		buf_addc(out, ']');
		assert_int_equal(buf_err(out), ERR_OK);
	}
}

#define DATED "From ana@example Mon Jun  1 12:00:00 1992\n"

static const struct {
	const char *file, *want;
} cases[] = {
	{ "From a\nA: 1\n\nx\n\n", "[A: 1\n\nx\n]" },
	{ "From a\nA: 1\n\nx\n", "[A: 1\n\nx\n]" },
	{ "From a\nA: 1\n\nx", "[A: 1\n\nx]" },
	{ "From a\nA: 1\n\nx\n\nFrom b\nB: 2\n\ny\n\n", "[A: 1\n\nx\n][B: 2\n\ny\n]" },
	{ "From a\r\nA: 1\r\n\r\nx\r\n\r\nFrom b\r\nB: 2\r\n\r\ny\r\n",
	    "[A: 1\r\n\r\nx\r\n][B: 2\r\n\r\ny\r\n]" },
	/* the empty line of the header is no separator */
	{ "From a\nA: 1\n\nFrom b\nB: 2\n\n", "[A: 1\n\n][B: 2\n\n]" },
	{ "From a\nA: 1\n\n\nFrom b\nB: 2\n\n\n", "[A: 1\n\n][B: 2\n\n]" },
	/* empty lines of the body stay, but for one */
	{ "From a\nA: 1\n\nx\n\n\n\nFrom b\nB: 2\n\n", "[A: 1\n\nx\n\n\n][B: 2\n\n]" },
	/* no empty line: only a dated line parts */
	{ "From a\nA: 1\n\nx\n" DATED "B: 2\n\ny\n", "[A: 1\n\nx\n][B: 2\n\ny\n]" },
	{ "From a\nA: 1\n\nx\nFrom b\nB: 2\n\ny\n", "[A: 1\n\nx\nFrom b\nB: 2\n\ny\n]" },
	/* no header field behind it: text */
	{ "From a\nA: 1\n\nx\n\nFrom here it is far\nto go: yes\n",
	    "[A: 1\n\nx\n\nFrom here it is"
	    " far\nto go: yes\n]" },
	{ "From a\nA: 1\n\nx\n\nFrom there", "[A: 1\n\nx\n\nFrom there]" },
	/* quoting: one level goes */
	{ "From a\nA: 1\n\n>From x\n>>From y\n> From z\n>>>From\n\n",
	    "[A: 1\n\nFrom x\n>From y\n> From z\n>>>From\n]" },
	{ "From a\n>From b remote from c\nA: 1\n\nx\n", "[A: 1\n\nx\n]" },
};

static void
an_mbox_gives_its_messages_unquoted(void **state)
{
	static const size_t steps[] = { 0, 1, 3, 10, 100 };
	struct buf out = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
			buf_reset(&out);
			read_all(view_str(cases[i].file), steps[k], &out);
			assert_string_equal(buf_cstr(&out), cases[i].want);
		}
	buf_release(&out);
}

static void
what_is_quoted_comes_back_the_same(void **state)
{
	static const char *const texts[] = {
		"",
		"A: 1\n\n",
		"A: 1\n\nx\n",
		"A: 1\n\nFrom a\nB: 2\n\n>From b\n\n\n",
		"A: 1\n\nx\n\nFrom ana@example Mon Jun  1 12:00:00 1992\nB: 2\n\n",
		"A: 1\n\n>>From c\nFromage\n From d\n",
	};
	struct buf file = BUF_INIT(4096), out = BUF_INIT(4096), want = BUF_INIT(4096);

	(void)state;
	for (size_t i = 1; i < sizeof texts / sizeof texts[0]; i++) {
		buf_reset(&file);
		buf_reset(&out);
		buf_reset(&want);
		for (size_t k = 1; k <= i; k++) {
			buf_adds(&file, DATED);
			mbox_quote(view_str(texts[k]), &file);
			buf_addc(&file, '\n');
			buf_addf(&want, "[%s]", texts[k]);
		}
		read_all(buf_view(&file), 0, &out);
		assert_string_equal(buf_cstr(&out), buf_cstr(&want));
	}
	buf_release(&file);
	buf_release(&out);
	buf_release(&want);
}

static void
a_message_that_is_too_long_is_left_out_alone(void **state)
{
	static const size_t steps[] = { 0, 4096, 100003 };
	struct buf file = BUF_INIT(8u << 20), out = BUF_INIT(4096);

	(void)state;
	buf_adds(&file, "From a\nA: 1\n\nx\n\nFrom b\nB: 2\n\n");
	while (file.len < 3 * (size_t)MBOX_MAX)
		buf_adds(&file, "a line of text that goes on\n");
	buf_adds(&file, "\nFrom c\nC: 3\n\nz\n");
	for (size_t i = 1; i < sizeof steps / sizeof steps[0]; i++) {
		buf_reset(&out);
		read_all(buf_view(&file), steps[i], &out);
		assert_string_equal(buf_cstr(&out), "[A: 1\n\nx\n]big[C: 3\n\nz\n]");
	}
	buf_release(&file);
	buf_release(&out);
}

static void
an_mbox_is_known_by_its_first_lines(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} c[] = {
		{ "From a\nA: 1\n", true },
		{ "From a\n>From b\nA: 1\n", true },
		{ "From a\nno field\n", false },
		{ "From: a\nA: 1\n", false },
		{ "From a", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(mbox_begins(view_str(c[i].in), true), c[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mbox_gives_its_messages_unquoted),
		cmocka_unit_test(what_is_quoted_comes_back_the_same),
		cmocka_unit_test(a_message_that_is_too_long_is_left_out_alone),
		cmocka_unit_test(an_mbox_is_known_by_its_first_lines),
	};

	return cmocka_run_group_tests_name("mbox", tests, NULL, NULL);
}
