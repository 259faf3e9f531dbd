/* What people type becomes an expression of the index, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/query.h"

#define ANY "{subject author body} : "

static void
words_become_an_expression_of_the_index(void **state)
{
	static const struct {
		const char *text, *match, *groups, *never;
	} c[] = {
		{ "bread", ANY "\"bread\"", "", "" },
		{ " rye\tbread ", ANY "\"rye\" AND " ANY "\"bread\"", "", "" },
		{ "\"rye bread\"", ANY "\"rye bread\"", "", "" },
		{ "bread -rye", ANY "\"bread\" NOT " ANY "\"rye\"", "", "" },
		{ "-rye bread", ANY "\"bread\" NOT " ANY "\"rye\"", "", "" },
		{ "from:ana", "author : \"ana\"", "", "" },
		{ "FROM:\"ana lima\"", "author : \"ana lima\"", "", "" },
		{ "subject=oven", "subject : \"oven\"", "", "" },
		{ "-subject:re oven", ANY "\"oven\" NOT subject : \"re\"", "", "" },
		{ "x group:rec.*,!rec.a", ANY "\"x\"", "rec.*,!rec.a", "" },
		{ "x -group:alt.* -group:b", ANY "\"x\"", "", "alt.*,b" },
		{ "http://a.example/", ANY "\"http://a.example/\"", "", "" },
		{ "OR", ANY "\"OR\"", "", "" },
		{ "a* (b) ^c {d}:e",
		    ANY "\"a*\" AND " ANY "\"(b)\" AND " ANY "\"^c\" AND " ANY
			"\"{d}:e\"",
		    "", "" },
		{ "a\"b c\"d", ANY "\"a\" AND " ANY "\"b c\" AND " ANY "\"d\"", "", "" },
		{ "caf\xc3\xa9", ANY "\"caf\xc3\xa9\"", "", "" },
	};
	struct query q;
	const char *why;

	(void)state;
	query_init(&q);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		print_message("# %s\n", c[i].text);
		assert_int_equal(query_parse(view_str(c[i].text), &q, &why), ERR_OK);
		assert_string_equal(buf_cstr(&q.match), c[i].match);
		assert_true(view_eqs(buf_view(&q.groups), c[i].groups));
		assert_true(view_eqs(buf_view(&q.never), c[i].never));
	}
	query_release(&q);
}

static void
what_cannot_be_looked_for_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} c[] = {
		{ "", "say at least one word to look for" },
		{ "   ", "say at least one word to look for" },
		{ "-rye", "say at least one word to look for" },
		{ "group:rec.*", "say at least one word to look for" },
		{ "bread \"rye", "a quote has no end" },
		{ "+++", "each word needs a letter or a digit" },
		{ "\"\"", "each word needs a letter or a digit" },
		{ "from: ana", "each word needs a letter or a digit" },
		{ "x group:[a]", "group: wants a wildmat, as rec.food.*" },
		{ "x group:", "group: wants a wildmat, as rec.food.*" },
		{ "a\x01", "there is a control character in it" },
		{ "\xff", "that is not UTF-8" },
	};
	char many[200] = "", big[QUERY_MAX + 2];
	struct query q;
	const char *why;

	(void)state;
	query_init(&q);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(query_parse(view_str(c[i].text), &q, &why), ERR_SYNTAX);
		assert_string_equal(why, c[i].why);
	}
	for (size_t i = 0; i <= QUERY_WORDS; i++)
		memcpy(many + 2 * i, "a ", 2);
	assert_int_equal(query_parse(view_str(many), &q, &why), ERR_SYNTAX);
	assert_string_equal(why, "these are too many words");
	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_int_equal(query_parse(view_str(big), &q, &why), ERR_SYNTAX);
	assert_string_equal(why, "that is too long");
	query_release(&q);
}

static void
the_name_of_a_group_is_a_query(void **state)
{
	static const struct {
		const char *name, *same; /* as this text; NULL: refused */
	} c[] = {
		{ "search.bread", "bread" },
		{ "Search.bread", "bread" },
		{ "search.bread+recipe", "bread recipe" },
		{ "search.bread.recipe", "bread recipe" },
		{ "search.rye_bread", "rye_bread" },
		{ "search.bread+-rye", "bread -rye" },
		{ "search.from:ana+bread", "from:ana bread" },
		{ "search.from=ana+bread", "from:ana bread" },
		{ "search.bread+group=rec.food", "bread group:rec.food,rec.food.*" },
		{ "search.bread+-group=alt", "bread -group:alt,alt.*" },
		{ "search.", NULL },
		{ "search.+", NULL },
		{ "search.-rye", NULL },
		{ "search.bread*", NULL },
		{ "search.a,b", NULL },
		{ "search.\"a", NULL },
	};
	struct query q, want;
	const char *why;
	char name[200] = "search.";

	(void)state;
	query_init(&q);
	query_init(&want);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		enum err e = query_parse_group(view_str(c[i].name), &q, &why);

		print_message("# %s\n", c[i].name);
		assert_int_equal(e, c[i].same != NULL ? ERR_OK : ERR_SYNTAX);
		if (c[i].same == NULL) {
			assert_non_null(why);
			continue;
		}
		assert_int_equal(query_parse(view_str(c[i].same), &want, &why), ERR_OK);
		assert_string_equal(buf_cstr(&q.match), buf_cstr(&want.match));
		assert_true(view_eq(buf_view(&q.groups), buf_view(&want.groups)));
		assert_true(view_eq(buf_view(&q.never), buf_view(&want.never)));
	}
	assert_int_equal(
	    query_parse_group(view_str("misc.test"), &q, &why), ERR_NOTFOUND);
	memset(name + 7, 'a', 150);
	assert_int_equal(query_parse_group(view_str(name), &q, &why), ERR_SYNTAX);
	query_release(&q);
	query_release(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_an_expression_of_the_index),
		cmocka_unit_test(what_cannot_be_looked_for_is_refused_with_a_reason),
		cmocka_unit_test(the_name_of_a_group_is_a_query),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
