/* links: hearsay */
#include "cli/persona.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/qr.h"
#include "lib/fs.h"
#include "lib/text.h"

static void
test_a_display_name_gives_a_short_name(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "Ana Lima", "ana" },
		{ "ana", "ana" },
		{ "Jos\xc3\xa9 Silva", "jose" },
		{ "\xc3\x81ngela", "angela" },
		{ "\xc5\xa0imon", "simon" },
		{ "\xc5\x81ukasz", "lukasz" },
		{ "Mary-Jane Watson", "mary-jane" },
		{ "-Dash", "dash" },
		{ "O'Brien", "obrien" },
		{ "R2D2", "r2d2" },
		{ "\xe6\x9d\x8e", "me" },
		{ "...", "me" },
		{ "Abcdefghijklmnopqrstuvwxyzabcdefghijkl",
		    "abcdefghijklmnopqrstuvwxyzabcdef" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(64);

		persona_short(view_str(c[i].in), &out);
		assert_true(view_eqs(buf_view(&out), c[i].want));
		assert_true(text_name(buf_view(&out)));
		buf_release(&out);
	}
}

static void
test_what_From_cannot_carry_is_refused(void **state)
{
	static const struct {
		const char *in;
		bool ok;
	} c[] = {
		{ "Ana Lima", true },
		{ "Jos\xc3\xa9 \xe6\x9d\x8e", true },
		{ "a", true },
		{ "", false },
		{ " Ana", false },
		{ "Ana ", false },
		{ "ana@example", false },
		{ "Ana <a", false },
		{ "Ana>", false },
		{ "\"Ana\"", false },
		{ "Ana (at home)", false },
		{ "Ana\\Lima", false },
		{ "Ana ana.abcdefghijklmnop", false },
		{ "Ana\nLima", false },
		{ "Ana\x7f", false },
		{ "Ana\xe2\x80\xae", false }, /* U+202E turns the direction */
		{ "Ana\xff", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123",
		    true },
		{ "01234567890123456789012345678901234567890123456789012345678901234",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const char *why = "unset";

		assert_int_equal(persona_display(view_str(c[i].in), &why), c[i].ok);
		assert_int_equal(why == NULL, c[i].ok);
	}
}

static void
test_the_From_line_comes_from_the_personas_file(void **state)
{
	static const struct {
		const char *file;
		enum err want;
		const char *from;
	} c[] = {
		{ "display Ana Lima\nkey 00000000000000000000000000000000"
		  "00000000000000000000000000000000\n",
		    ERR_OK, "Ana Lima <ana.aaaaaaaaaaaaaaaa@hearsay.invalid>" },
		{ "key aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nname nana\n",
		    ERR_OK, "ana <nana.aaaaaaaaaaaaaaaa@hearsay.invalid>" },
		{ "display Ana Lima\n", ERR_CORRUPT, NULL },
		{ "key 00\n", ERR_CORRUPT, NULL },
	};
	char dir[] = "/tmp/hearsay-unit-XXXXXX";
	struct node n = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	memcpy(n.dir, dir, sizeof dir);
	assert_int_equal(fs_mkdir(NODE_PATH(&n, "personas"), 0700), ERR_OK);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(512);

		assert_int_equal(fs_write_atomic(NODE_PATH(&n, "personas/ana"),
				     view_str(c[i].file), false),
		    ERR_OK);
		assert_int_equal(persona_from(&n, view_str("ana"), &out), c[i].want);
		if (c[i].want == ERR_OK)
			assert_true(view_eqs(buf_view(&out), c[i].from));
		buf_release(&out);
	}
	assert_int_equal(
	    persona_from(&n, view_str("bob"), &(struct buf)BUF_INIT(512)), ERR_NOTFOUND);
	assert_int_equal(persona_from(&n, view_str("../ana"), &(struct buf)BUF_INIT(512)),
	    ERR_NOTFOUND);
	unlink(NODE_PATH(&n, "personas/ana"));
	rmdir(NODE_PATH(&n, "personas"));
	rmdir(dir);
}

/* A QR code of version 1 has 21 modules; four light ones stand on each side. */
static void
test_a_token_is_drawn_with_its_quiet_zone(void **state)
{
	struct buf out = BUF_INIT(64 << 10);
	struct view rest, line;
	unsigned lines = 0;

	(void)state;
	assert_int_equal(qr_draw("HEARSAY", false, &out), ERR_OK);
	rest = buf_view(&out);
	while (text_line(&rest, &line)) {
		uint32_t rune;
		unsigned runes = 0;

		while (line.len > 0) {
			assert_int_equal(text_rune(&line, &rune), ERR_OK);
			assert_true(lines > 1 || rune == 0x2588);
			assert_true((runes > 3 && runes < 25) || rune == 0x2588);
			runes++;
		}
		assert_int_equal(runes, 29);
		lines++;
	}
	assert_int_equal(lines, 15);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_display_name_gives_a_short_name),
		cmocka_unit_test(test_what_From_cannot_carry_is_refused),
		cmocka_unit_test(test_the_From_line_comes_from_the_personas_file),
		cmocka_unit_test(test_a_token_is_drawn_with_its_quiet_zone),
	};

	return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
