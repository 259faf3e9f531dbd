/* links: hearsay */
#include "cli/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000

static void
lines_are_taken_and_others_left(void **state)
{
	static const char file[] =
	    "friend bob state up since 1699999990 carrier tcp next-call - last-error -\n"
	    "\n"
	    "nonsense\n"
	    "friend UPPER state up\n"
	    "friend zoe since 5\n"
	    "friend ana last-error \"connection refused\" next-call 1700000300 "
	    "state away later-key 7 since 1699996400\n"
	    "friend eve state up last-error \"no end\n";
	struct view rest = view_str(file);
	struct links_line l;

	(void)state;
	assert_true(links_next(&rest, &l));
	assert_true(view_eqs(l.name, "bob") && view_eqs(l.state, "up"));
	assert_true(view_eqs(l.carrier, "tcp") && l.error.len == 0);
	assert_int_equal(l.since, NOW - 10);
	assert_int_equal(l.next, 0);
	assert_true(links_next(&rest, &l));
	assert_true(view_eqs(l.name, "ana") && view_eqs(l.state, "away"));
	assert_true(view_eqs(l.error, "connection refused"));
	assert_int_equal(l.next, NOW + 300);
	assert_false(links_next(&rest, &l));
}

static void
a_person_is_told_what_failed_and_what_comes_next(void **state)
{
	static const struct {
		const char *line, *want;
	} c[] = {
		{ "friend bob state up carrier tcp since 1699999990",
		    "link up by tcp for 10 s" },
		{ "friend bob state away next-call 1700000300 last-error \"timed out\"",
		    "link away; next call in 5 min; last failure: timed out "
		    "(if bob is up, look at hearsay address)" },
		{ "friend bob state up carrier \"called\" since 1699999990",
		    "link up, called from there, for 10 s" },
		{ "friend bob state down carrier \"exec a \\\"b\" last-error \"the day's "
		  "budget is used\"",
		    "no link; last failure: exec a \\\"b: the day's budget is used "
		    "(hearsay when bob)" },
		{ "friend bob state away next-call 1699999999",
		    "link away; next call now" },
		{ "friend bob state down carrier \"tcp a:1\" since 1699999990 "
		  "last-error \"the exchange failed\"",
		    "no link for 10 s; last failure: tcp a:1: the exchange failed (what "
		    "`hearsay up` said says why, here or there)" },
		{ "friend bob state idle since 1800000000", "link idle" },
		{ "friend bob state up last-error \"\x1b[2J\"",
		    "link up; last failure: ?[2J (if bob is up, look at hearsay "
		    "address)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct view rest = view_str(c[i].line);
		struct buf out = BUF_INIT(4096);
		struct links_line l;

		assert_true(links_next(&rest, &l));
		links_tell(&l, NOW, &out);
		if (!view_eqs(buf_view(&out), c[i].want))
			fail_msg("case %zu: %.*s", i, (int)out.len, (const char *)out.p);
		buf_release(&out);
	}
}

static void
a_program_is_told_in_stable_words(void **state)
{
	static const char file[] =
	    "friend bob state away since 5 last-error \"a b\x1b\" next-call 7";
	struct view rest = view_str(file);
	struct buf out = BUF_INIT(4096);
	struct links_line l;

	(void)state;
	assert_true(links_next(&rest, &l));
	links_machine(&l, &out);
	assert_true(view_eqs(buf_view(&out),
	    "link=bob state=away since=5 next-call=7 carrier= last-error=\"a b\\x1b\""));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_and_others_left),
		cmocka_unit_test(a_person_is_told_what_failed_and_what_comes_next),
		cmocka_unit_test(a_program_is_told_in_stable_words),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
