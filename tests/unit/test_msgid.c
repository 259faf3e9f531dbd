/* Message-IDs: what is one, and which are native. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/msgid.h"

static const struct {
	const char *in;
	bool valid, native;
} cases[] = {
	{ "<a@b>", true, false },
	{ "<1993Apr1.120000.1@leaf.example>", true, false },
	{ "<a>", true, false },
	{ "<no-at-sign>", true, false },
	{ "<a<b@c>", true, false },
	{ "<a@hearsay.invalid>", true, true },
	{ "<a@HEARSAY.Invalid>", true, true },
	{ "<@hearsay.invalid>", true, true },
	{ "<a@xhearsay.invalid>", true, false },
	{ "<a@hearsay.invalid.example>", true, false },
	{ "<>", false, false },
	{ "", false, false },
	{ "<", false, false },
	{ "a@b", false, false },
	{ "<a@b", false, false },
	{ "a@b>", false, false },
	{ "<a@b> ", false, false },
	{ " <a@b>", false, false },
	{ "<a b@c>", false, false },
	{ "<a\tb@c>", false, false },
	{ "<a@b>>", false, false },
	{ "<a@b><c@d>", false, false },
	{ "<\xc3\xa4@b>", false, false },
	{ "<a\x7f@b>", false, false },
	{ "<a @hearsay.invalid>", false, false },
};

static void
is_angle_brackets_around_printable_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (msgid_valid(view_str(cases[i].in)) != cases[i].valid)
			fail_msg("valid: %s", cases[i].in);
		if (msgid_native(view_str(cases[i].in)) != cases[i].native)
			fail_msg("native: %s", cases[i].in);
	}
}

static void
has_three_to_250_bytes(void **state)
{
	unsigned char id[MSGID_MAX + 1];

	(void)state;
	memset(id, 'x', sizeof id);
	id[0] = '<';
	for (size_t len = 3; len <= sizeof id; len++) {
		id[len - 1] = '>';
		assert_int_equal(msgid_valid((struct view){ id, len }), len <= MSGID_MAX);
		id[len - 1] = 'x';
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_angle_brackets_around_printable_ascii),
		cmocka_unit_test(has_three_to_250_bytes),
	};

	return cmocka_run_group_tests_name("msgid", tests, NULL, NULL);
}
