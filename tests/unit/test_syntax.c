/* links: reader */
#include "reader/syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_field_is_right_or_refused_with_a_reason(void **state)
{
	static const struct {
		enum field field;
		const char *value;
		bool right;
	} c[] = {
		{ F_FROM, "a@b.example", true },
		{ F_FROM, "Ann B. <a@b.example>", true },
		{ F_FROM, "a@b.example (Ann (the) B)", true },
		{ F_FROM, "\"B, Ann\" <a@b.example>", true },
		{ F_FROM, "\"a b\"@b.example", true },
		{ F_FROM, "\"x\\\"y\" <a@b.example> (who)", true },
		{ F_FROM, "a@[192.0.2.1]", true },
		{ F_FROM, "J\xc3\xb6rg <j@b.example>", true },
		{ F_FROM, "a@b.example, C <c@d.example>", true },
		{ F_FROM, "a+b_c=d@b-c.example", true },
		{ F_FROM, "", false },
		{ F_FROM, "nobody", false },
		{ F_FROM, "a@", false },
		{ F_FROM, "@b", false },
		{ F_FROM, "a@b@c", false },
		{ F_FROM, "a b@c.example", false },
		{ F_FROM, "Ann <>", false },
		{ F_FROM, "Ann <a@b", false },
		{ F_FROM, "Ann <a@b> <c@d>", false },
		{ F_FROM, "<a@b> Ann", false },
		{ F_FROM, "\"Ann <a@b>", false },
		{ F_FROM, "(Ann a@b", false },
		{ F_FROM, "a@b,", false },
		{ F_FROM, ",a@b", false },
		{ F_FROM, "a@b,,c@d", false },
		{ F_FROM, "a..b@c", false },
		{ F_FROM, ".a@c", false },
		{ F_FROM, "a@c.", false },
		{ F_FROM, "\"\"@c", false },
		{ F_FROM, "a@[b\\]", false },
		{ F_FROM, "(", false },
		{ F_FROM, "<", false },
		{ F_FROM, "\"", false },
		{ F_FROM, "\"\\", false },
		{ F_REPLY_TO, "me", false },
		{ F_REPLY_TO, "a@b.example,c@d.example", true },
		{ F_APPROVED, "yes", false },
		{ F_APPROVED, "mod@b.example", true },
		{ F_NEWSGROUPS, "a.b", true },
		{ F_NEWSGROUPS, "a.b,c.d , e.f", true },
		{ F_NEWSGROUPS,
		    "gr\xc3\xbc\xc3\x9f"
		    "e.test",
		    true },
		{ F_NEWSGROUPS, "a.b c.d", false },
		{ F_NEWSGROUPS, "a.b,", false },
		{ F_NEWSGROUPS, ",a.b", false },
		{ F_NEWSGROUPS, "a.b,,c.d", false },
		{ F_NEWSGROUPS, "a..b", false },
		{ F_NEWSGROUPS, "poster", false },
		{ F_FOLLOWUP_TO, "poster", true },
		{ F_FOLLOWUP_TO, "poster,a.b", false },
		{ F_FOLLOWUP_TO, "a.b,c.d", true },
		{ F_DISTRIBUTION, "world", true },
		{ F_DISTRIBUTION, "de,at , ch-x", true },
		{ F_DISTRIBUTION, "a b", false },
		{ F_DISTRIBUTION, "-a", false },
		{ F_DISTRIBUTION, "a,", false },
		{ F_DATE, "Mon, 01 Jun 2026 12:00:00 +0200", true },
		{ F_DATE, "1 Jun 2026 12:00 GMT", true },
		{ F_DATE, "31 Feb 2026 12:00 GMT", false },
		{ F_DATE, "now", false },
		{ F_EXPIRES, "Fri, 01 Jan 2100 00:00:00 +0000", true },
		{ F_EXPIRES, "in May", false },
		{ F_MESSAGE_ID, "<a.b$c@d.example>", true },
		{ F_MESSAGE_ID, "<a@[192.0.2.1]>", true },
		{ F_MESSAGE_ID, "<a>", false },
		{ F_MESSAGE_ID, "<@b>", false },
		{ F_MESSAGE_ID, "<a@>", false },
		{ F_MESSAGE_ID, "<a@b@c>", false },
		{ F_MESSAGE_ID, "<a..b@c>", false },
		{ F_MESSAGE_ID, "<a@b.>", false },
		{ F_MESSAGE_ID, "<a b@c>", false },
		{ F_MESSAGE_ID, "<a@b> x", false },
		{ F_MESSAGE_ID, "a@b", false },
		{ F_SUPERSEDES, "<a@b> <c@d>", false },
		{ F_SUBJECT, "anything <<, at @ll", true },
		{ F_KEYWORDS, "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if ((syntax_fault(c[i].field, view_str(c[i].value)) == NULL) !=
		    c[i].right)
			fail_msg("%s: %s", field_name(c[i].field), c[i].value);
}

static void
no_value_is_read_past_its_end(void **state)
{
	static const char whole[] = "\"B\\\", A\" <a@b.example> (x (y)), c@[d], <e@f>";

	(void)state;
	/* every beginning and every end, in memory of just that size */
	for (size_t n = 0; n < sizeof whole; n++) {
		struct view v = VIEW_LIT(whole);
		struct buf b = BUF_INIT(sizeof whole);

		buf_addv(&b, view_slice(v, 0, n));
		for (enum field f = 0; f < F_COUNT; f++)
			(void)syntax_fault(f, buf_view(&b));
		buf_release(&b);
		buf_addv(&b, view_slice(v, n, v.len));
		for (enum field f = 0; f < F_COUNT; f++)
			(void)syntax_fault(f, buf_view(&b));
		buf_release(&b);
	}
	assert_null(syntax_fault(F_FROM, VIEW_LIT(whole)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_right_or_refused_with_a_reason),
		cmocka_unit_test(no_value_is_read_past_its_end),
	};

	return cmocka_run_group_tests_name("syntax", tests, NULL, NULL);
}
