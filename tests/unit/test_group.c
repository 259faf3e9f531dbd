/* Newsgroup names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/group.h"
#include "lib/limits.h"

static const struct {
	const char *in;
	bool valid, local;
} cases[] = {
	{ "misc.test", true, false },
	{ "a", true, false },
	{ "comp.lang.c++", true, false },
	{ "alt.2600", true, false },
	{ "de.comp.os_x-talk", true, false },
	{ "Fido7.Test", true, false },
	{ "hierarchie.gr\xc3\xb6\xc3\x9f"
	  "e",
	    true, false },
	{ "local", true, true },
	{ "local.test", true, true },
	{ "LOCAL.Test", true, true },
	{ "localhost.test", true, false },
	{ "alt.local", true, false },
	{ "local.", false, true },
	{ "local..x", false, true },
	{ "", false, false },
	{ ".", false, false },
	{ ".a", false, false },
	{ "a.", false, false },
	{ "a..b", false, false },
	{ "a b", false, false },
	{ "a,b", false, false },
	{ "a*", false, false },
	{ "a?b", false, false },
	{ "!a", false, false },
	{ "a[b]", false, false },
	{ "a\\b", false, false },
	{ "a/b", false, false },
	{ "a:b", false, false },
	{ "a\tb", false, false },
	{ "a\r\n b", false, false },
	{ "a\x7f", false, false },
	{ "gr\xf6\xdf"
	  "e",
	    false, false },
	{ "a\xc2\x85"
	  "b",
	    false, false },
	{ "a\xe2\x80\xae"
	  "b",
	    false, false },
	{ "a\xe2\x80\x8b"
	  "b",
	    false, false },
	{ "a\xef\xbb\xbf", false, false },
	{ "a\xed\xa0\x80", false, false },
	{ "poster", false, false },
	{ "Poster", false, false },
	{ "poster.talk", true, false },
};

static void
is_components_joined_by_dots(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (group_valid(view_str(cases[i].in)) != cases[i].valid)
			fail_msg("valid: %s", cases[i].in);
		if (group_local(view_str(cases[i].in)) != cases[i].local)
			fail_msg("local: %s", cases[i].in);
	}
}

static void
has_at_most_128_bytes(void **state)
{
	unsigned char name[GROUP_MAX + 1];

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(group_valid((struct view){ name, GROUP_MAX }));
	assert_false(group_valid((struct view){ name, GROUP_MAX + 1 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_components_joined_by_dots),
		cmocka_unit_test(has_at_most_128_bytes),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
