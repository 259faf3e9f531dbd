/* What both forms of article share: lines, the walk through fields, ids and overview. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/article.h"
#include "lib/text.h"

#define HEAD                                                                             \
	"From: a@b\r\nNewsgroups: misc.test\r\nSubject: s\r\nMessage-ID: <i@b>\r\n"      \
	"Date: 1 Apr 93 12:00 GMT\r\n"

static enum fault
fault_of(struct view v)
{
	struct article a;
	enum fault why = FAULT_COUNT;
	enum err e = article_parse(v, &a, &why);

	assert_int_equal(e == ERR_OK, why == FAULT_NONE);
	assert_int_equal(e == ERR_TOOBIG, why == FAULT_TOOBIG || why == FAULT_HEADERBIG);
	return why;
}

static void
is_lines_that_end_with_crlf(void **state)
{
	static const struct {
		struct view in;
		enum fault want;
	} c[] = {
		{ VIEW_LIT(HEAD "\r\n"), FAULT_NONE },
		{ VIEW_LIT(HEAD "\r\nbody\r\n"), FAULT_NONE },
		{ VIEW_LIT(HEAD "\r\n\r\n\r\n"), FAULT_NONE },
		{ VIEW_LIT(HEAD "\r\n\xff\x01\x7f\r\n"), FAULT_NONE },
		{ VIEW_LIT(""), FAULT_NO_BODY },
		{ VIEW_LIT(HEAD), FAULT_NO_BODY },
		{ VIEW_LIT("From: a@b"), FAULT_NO_BODY },
		{ VIEW_LIT("\r\n"), FAULT_MISSING },
		{ VIEW_LIT(HEAD "\r\nbody"), FAULT_UNENDED },
		{ VIEW_LIT(HEAD "\r\nbody\r"), FAULT_BARE_CR },
		{ VIEW_LIT(HEAD "\r\nbody\n"), FAULT_BARE_LF },
		{ VIEW_LIT(HEAD "\r\nbo\rdy\r\n"), FAULT_BARE_CR },
		{ VIEW_LIT(HEAD "\r\nbody\r\r\n"), FAULT_BARE_CR },
		{ VIEW_LIT(HEAD "\r\nbody\r\n\n"), FAULT_BARE_LF },
		{ VIEW_LIT(HEAD "\n\r\n"), FAULT_BARE_LF },
		{ VIEW_LIT("\n" HEAD "\r\n"), FAULT_BARE_LF },
		{ VIEW_LIT("X: a\rb\r\n" HEAD "\r\n"), FAULT_BARE_CR },
		{ VIEW_LIT(HEAD "\r\nbo\0dy\r\n"), FAULT_NUL },
		{ VIEW_LIT("X:\0\r\n" HEAD "\r\n"), FAULT_NUL },
	};

	(void)state;
	assert_int_equal(fault_of((struct view){ NULL, 0 }), FAULT_NO_BODY);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if (fault_of(c[i].in) != c[i].want)
			fail_msg("%zu: %s", i, fault_name(fault_of(c[i].in)));
}

static void
has_at_most_1_mib_and_64_kib_of_header(void **state)
{
	struct buf b = BUF_INIT(2 * ARTICLE_MAX);
	size_t extra = sizeof(HEAD "X: \r\n") - 1;

	(void)state;
	buf_adds(&b, HEAD "\r\n");
	while (b.len < ARTICLE_MAX - 2)
		buf_addc(&b, 'x');
	buf_adds(&b, "\r\n");
	assert_int_equal(fault_of(buf_view(&b)), FAULT_NONE);
	buf_truncate(&b, b.len - 2);
	buf_adds(&b, "x\r\n");
	assert_int_equal(fault_of(buf_view(&b)), FAULT_TOOBIG);
	for (size_t over = 0; over < 2; over++) {
		buf_reset(&b);
		buf_adds(&b, HEAD "X: ");
		for (size_t i = 0; i < HEADER_MAX - extra + over; i++)
			buf_addc(&b, 'x');
		buf_adds(&b, "\r\n\r\n");
		assert_int_equal(
		    fault_of(buf_view(&b)), over == 0 ? FAULT_NONE : FAULT_HEADERBIG);
	}
	buf_release(&b);
}

static void
has_at_most_1000_fields(void **state)
{
	struct buf b = BUF_INIT(ARTICLE_MAX);

	(void)state;
	buf_adds(&b, HEAD);
	for (size_t i = 5; i < FIELDS_MAX; i++)
		buf_adds(&b, "X: y\r\n");
	buf_adds(&b, "\r\n");
	assert_int_equal(fault_of(buf_view(&b)), FAULT_NONE);
	buf_truncate(&b, b.len - 2);
	buf_adds(&b, "X: y\r\n\r\n");
	assert_int_equal(fault_of(buf_view(&b)), FAULT_HEADERBIG);
	buf_release(&b);
}

static void
is_written_only_on_success(void **state)
{
	struct article a;
	unsigned char before[sizeof a];
	enum fault why;

	(void)state;
	memset(&a, 0x5a, sizeof a);
	memcpy(before, &a, sizeof a);
	assert_int_equal(article_parse(VIEW_LIT("X: y\r\n\r\n"), &a, &why), ERR_SYNTAX);
	assert_memory_equal(&a, before, sizeof a);
}

static void
gives_its_fields_one_after_the_other(void **state)
{
	static const char *want[][2] = {
		{ "A", "1" },
		{ "B", "2\r\n 3" },
		{ "C", "" },
		{ "d", "4:5" },
		{ "E", "6" },
	};
	struct view head =
	    VIEW_LIT("A:1\r\nB: 2\r\n 3 \r\nC:\r\nd:  4:5\t\r\nE:\r\n\t6\r\n \t\r\n");
	struct view rest = head, name, value;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		assert_true(article_next_field(&rest, &name, &value));
		assert_true(view_eqs(name, want[i][0]));
		assert_true(view_eqs(value, want[i][1]));
	}
	assert_false(article_next_field(&rest, &name, &value));
	assert_true(view_eqs(article_field(head, "D"), "4:5"));
	assert_true(article_field(head, "C").p != NULL);
	assert_true(article_field(head, "F").p == NULL);
	assert_int_equal(article_field(head, "F").len, 0);
}

static void
loses_line_ends_before_blanks_when_unfolded(void **state)
{
	static const char *c[][2] = {
		{ "", "" },
		{ "one", "one" },
		{ "one\r\n two", "one two" },
		{ "one\r\n\t two\r\n \r\n three", "one\t two  three" },
		{ "\r\n x", " x" },
		{ "a\r\nb", "a\r\nb" },
		{ "a\r\n", "a\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(100);

		article_unfold(view_str(c[i][0]), &b);
		assert_true(view_eqs(buf_view(&b), c[i][1]));
		buf_release(&b);
	}
}

/* What a walk gives, joined by '|'. */
static void
assert_walk(bool (*next)(struct view *, struct view *), struct view in, const char *want)
{
	struct buf b = BUF_INIT(1000);
	struct view item;

	while (next(&in, &item)) {
		buf_addv(&b, item);
		buf_addc(&b, '|');
	}
	if (!view_eqs(buf_view(&b), want))
		fail_msg("%s instead of %s", buf_cstr(&b), want);
	assert_int_equal(in.len, 0);
	buf_release(&b);
}

static void
gives_groups_and_references_one_after_the_other(void **state)
{
	static const char *groups[][2] = {
		{ "", "" },
		{ "a", "a|" },
		{ "a,b.c", "a|b.c|" },
		{ " a , b\r\n\t,c ", "a|b|c|" },
		{ "a,,b", "a||b|" },
		{ "a b", "a b|" },
	};
	static const char *refs[][2] = {
		{ "", "" },
		{ "<a@b>", "<a@b>|" },
		{ "<a@b> <c@d>", "<a@b>|<c@d>|" },
		{ "<a@b>\r\n\t<c@d>", "<a@b>|<c@d>|" },
		{ "<a@b><c@d>,<e@f>", "<a@b>|<c@d>|<e@f>|" },
		{ "Your message of <a@b> and <c d> (<e", "<a@b>|" },
		{ "<> <<a@b>", "<<a@b>|" },
		{ "<a <b@c>", "<b@c>|" },
		{ "a@b>", "" },
		{ "<\xff> <a@b>", "<a@b>|" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		assert_walk(article_next_group, view_str(groups[i][0]), groups[i][1]);
	for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++)
		assert_walk(article_next_ref, view_str(refs[i][0]), refs[i][1]);
}

static void
knows_the_reserved_host_in_any_spelling(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} c[] = {
		{ "a@hearsay.invalid", true },
		{ "A <a@HEARSAY.INVALID>", true },
		{ "a@x, b@hearsay.invalid", true },
		{ "a@\r\n\thearsay . invalid", true },
		{ "@@hearsay.invalid", true },
		{ "a@hearsay.invalid.example", true },
		{ "hearsay.invalid", false },
		{ "a@hearsay.invali", false },
		{ "a@hear-say.invalid", false },
		{ "a@mail.hearsay.invalid", false },
		{ "", false },
		{ "@", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if (article_reserved(view_str(c[i].in)) != c[i].want)
			fail_msg("%s", c[i].in);
}

static void
has_an_overview_line_without_tabs_and_line_ends_in_it(void **state)
{
	static const char in[] =
	    "From: a\tb@c\r\nNewsgroups: misc.test\r\nSubject: one\r\n\ttwo\r\n three\r\n"
	    "Message-ID: <i@b>\r\nDate: soon\r\nReferences: <x@y>\r\n\t<z@y>\r\n\r\n"
	    "line\r\n\r\n";
	struct buf b = BUF_INIT(1000);
	struct article a;
	enum fault why;

	(void)state;
	assert_int_equal(article_parse(view_str(in), &a, &why), ERR_OK);
	article_overview(&a, 1234, &b);
	assert_string_equal(
	    buf_cstr(&b), "one two three\ta b@c\tsoon\t<i@b>\t<x@y> <z@y>\t1234\t2");
	buf_reset(&b);
	a.subject = (struct view)VIEW_LIT("\0a\rb\nc\r\nd\r");
	a.references = (struct view){ NULL, 0 };
	article_overview(&a, 0, &b);
	assert_string_equal(buf_cstr(&b), " a b cd \ta b@c\tsoon\t<i@b>\t\t0\t2");
	buf_release(&b);
}

static void
names_each_fault_once(void **state)
{
	(void)state;
	for (int i = 0; i < FAULT_COUNT; i++) {
		const char *name = fault_name((enum fault)i);

		assert_true(strlen(name) > 1 && strlen(fault_text((enum fault)i)) > 5);
		for (const char *p = name; *p != '\0'; p++)
			assert_true(
			    *p == '-' || text_isdigit(*p) || (*p >= 'a' && *p <= 'z'));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, fault_name((enum fault)k));
	}
	assert_string_equal(fault_name(FAULT_BARE_CR), "bare-cr");
	assert_string_equal(fault_name(FAULT_COUNT), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_lines_that_end_with_crlf),
		cmocka_unit_test(has_at_most_1_mib_and_64_kib_of_header),
		cmocka_unit_test(has_at_most_1000_fields),
		cmocka_unit_test(is_written_only_on_success),
		cmocka_unit_test(gives_its_fields_one_after_the_other),
		cmocka_unit_test(loses_line_ends_before_blanks_when_unfolded),
		cmocka_unit_test(gives_groups_and_references_one_after_the_other),
		cmocka_unit_test(knows_the_reserved_host_in_any_spelling),
		cmocka_unit_test(has_an_overview_line_without_tabs_and_line_ends_in_it),
		cmocka_unit_test(names_each_fault_once),
	};

	return cmocka_run_group_tests_name("article", tests, NULL, NULL);
}
