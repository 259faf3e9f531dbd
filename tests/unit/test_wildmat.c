/* Wildmats of RFC 3977 section 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/wildmat.h"

static const struct {
	const char *wildmat, *text;
	bool match;
} matches[] = {
	/* RFC 3977 4.4 */
	{ "*foo*", "afoob", true },
	{ "*foo*", "fo", false },
	{ "mail*", "mailing", true },
	{ "mail*", "email", false },
	{ "*bar", "foobar", true },
	{ "*bar", "bart", false },
	{ "????", "abcd", true },
	{ "????", "abc", false },
	{ "?*", "", false },
	{ "?*", "a", true },
	{ "a*b*c", "axxbyyc", true },
	{ "a*b*c", "axxbyy", false },
	{ "*", "", true },
	{ "*", "anything", true },
	{ "", "", false },
	{ "comp.lang.c", "comp.lang.c", true },
	{ "comp.lang.c", "comp.lang.c++", false },
	{ "comp.lang.c", "COMP.lang.c", false },
	{ "a*,!*b,*c*", "ab", false },
	{ "a*,!*b,*c*", "ac", true },
	{ "a*,!*b,*c*", "acb", true },
	{ "a*,c*,!*b", "acb", false },
	{ "!*b,a*", "ab", true },
	{ "!a*", "b", false },
	{ "*,!comp.*", "comp.lang.c", false },
	{ "*,!comp.*,comp.lang.*", "comp.lang.c", true },
	{ "a*aab", "aaaaaaaab", true },
	{ "**a", "bca", true },
	{ "*.?", "x.\xc3\xa4", true },
	{ "*.??", "x.\xc3\xa4", false },
	{ "\xe2\x82\xac*", "\xe2\x82\xac uro", true },
	{ "?", "\xe2\x82\xac", true },
	{ "?", "\xff", true },
	{ "*\x80", "\xe2\x82\x80", false },
};

static void
lets_the_last_matching_pattern_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++)
		if (wildmat_match(view_str(matches[i].wildmat),
			view_str(matches[i].text)) != matches[i].match)
			fail_msg("%s on %s", matches[i].wildmat, matches[i].text);
}

static const struct {
	const char *in;
	bool valid;
} lists[] = {
	{ "*", true },
	{ "comp.*,!comp.binaries.*", true },
	{ "!*", true },
	{ "\xe2\x82\xac?", true },
	{ "", false },
	{ ",", false },
	{ "a,", false },
	{ ",a", false },
	{ "a,,b", false },
	{ "!", false },
	{ "a,!", false },
	{ "!!a", false },
	{ "a!b", false },
	{ "a[bc]", false },
	{ "a]", false },
	{ "a\\*", false },
	{ "a b", false },
	{ "a\tb", false },
	{ "a\x7f", false },
	{ "\xff", false },
	{ "\xe2\x82", false },
};

static void
refuses_what_rfc_3977_does_not_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (wildmat_valid(view_str(lists[i].in)) != lists[i].valid)
			fail_msg("%s", lists[i].in);
}

static void
has_at_most_256_patterns_and_16_kib(void **state)
{
	struct buf b = BUF_INIT(WILDMAT_MAX + 1);

	(void)state;
	for (size_t i = 0; i < WILDMATS_MAX; i++)
		buf_adds(&b, i == 0 ? "a" : ",a");
	assert_true(wildmat_valid(buf_view(&b)));
	buf_adds(&b, ",a");
	assert_false(wildmat_valid(buf_view(&b)));
	buf_reset(&b);
	while (b.len < WILDMAT_MAX)
		buf_addc(&b, 'a');
	assert_true(wildmat_valid(buf_view(&b)));
	buf_addc(&b, 'a');
	assert_false(wildmat_valid(buf_view(&b)));
	buf_release(&b);
}

static void
takes_no_exponential_time(void **state)
{
	struct buf p = BUF_INIT(WILDMAT_MAX), t = BUF_INIT(WILDMAT_MAX);

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		buf_adds(&p, "*a");
	buf_adds(&p, "*b");
	for (size_t i = 0; i < 8000; i++)
		buf_addc(&t, 'a');
	assert_false(wildmat_match(buf_view(&p), buf_view(&t)));
	buf_addc(&t, 'b');
	assert_true(wildmat_match(buf_view(&p), buf_view(&t)));
	buf_release(&p);
	buf_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_the_last_matching_pattern_decide),
		cmocka_unit_test(refuses_what_rfc_3977_does_not_have),
		cmocka_unit_test(has_at_most_256_patterns_and_16_kib),
		cmocka_unit_test(takes_no_exponential_time),
	};

	return cmocka_run_group_tests_name("wildmat", tests, NULL, NULL);
}
