/* links: reader */
/* The words that the search knows an article by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/limits.h"
#include "reader/plaintext.h"

static void
headers_are_read_as_people_see_them(void **state)
{
	static const struct {
		const char *value, *want;
	} c[] = {
		{ "plain", "plain" },
		{ "=?utf-8?q?cr=C3=A8me_br=C3=BBl=C3=A9e?=",
		    "cr\xc3\xa8me br\xc3\xbbl\xc3\xa9"
		    "e" },
		{ "=?UTF-8?B?Y2Fmw6k=?= au lait", "caf\xc3\xa9 au lait" },
		{ "=?iso-8859-1?Q?caf=E9?=", "caf\xc3\xa9" },
		{ "=?windows-1252?Q?=8Cuvre?=", "\xc5\x92uvre" },
		{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a?=\r\n =?utf-8?q?b?= c", "ab c" },
		{ "=?utf-8?q?a?= b", "a b" },
		{ "caf\xe9", "caf\xc3\xa9" },
		{ "a = b =? c", "a = b =? c" },
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
		{ "=?utf-8?q?open", "=?utf-8?q?open" },
		{ "=?", "=?" },
		{ "fold\r\n\tahead", "fold  ahead" },
	};
	struct buf out = BUF_INIT(HEADER_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&out);
		plaintext_header(view_str(c[i].value), &out);
		print_message("# %s\n", c[i].value);
		if (strcmp(c[i].want, "fold  ahead") == 0)
			assert_true(view_starts(buf_view(&out), "fold"));
		else
			assert_string_equal(buf_cstr(&out), c[i].want);
	}
	buf_release(&out);
}

#define HEAD "From: a@b\r\nSubject: s\r\nNewsgroups: n\r\n"
#define MULTI                                                                            \
	HEAD "Content-Type: multipart/mixed;\r\n boundary=\"xx\"\r\n\r\npreamble\r\n"    \
	     "--xx\r\nContent-Type: text/plain\r\n\r\nfirst words\r\n"                   \
	     "--xx\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"  \
	     "\r\naGlkZGVu\r\n"                                                          \
	     "--xx\r\nContent-Disposition: attachment\r\n\r\nattached\r\n"               \
	     "--xx\r\n\r\nwithout header\r\n--xx--\r\nepilogue\r\n"

static void
bodies_give_their_words_and_nothing_else(void **state)
{
	static const struct {
		const char *article, *has, *lacks;
	} c[] = {
		{ HEAD "\r\nplain text\r\n", "plain text", "Subject" },
		{ HEAD
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\nsour=\r\ndough "
		    "caf=C3=A9\r\n",
		    "sourdough caf\xc3\xa9", "=C3" },
		{ HEAD "Content-Transfer-Encoding: base64\r\n\r\nc291cmRv\r\ndWdo\r\n",
		    "sourdough", "c291" },
		{ HEAD "Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n",
		    "caf\xc3\xa9", "\xe9" },
		{ HEAD "\r\ncaf\xe9 and caf\xc3\xa9\r\n", "caf\xc3\xa9 and caf\xc3\xa9",
		    "\xe9" },
		{ HEAD "Content-Type: text/html\r\n\r\n<p class=\"deep\">bread</p>\r\n",
		    "bread", "deep" },
		{ HEAD "Content-Type: image/gif\r\n\r\nnot words\r\n", "", "words" },
		{ HEAD "\r\nbefore\r\nbegin 644 x.gif\r\nM1234\r\nend\r\nafter\r\n",
		    "before\nafter", "M1234" },
		{ HEAD "\r\n=ybegin line=128 size=9 name=x\r\njunk\r\n=yend "
		       "size=9\r\nafter\r\n",
		    "after", "junk" },
		{ HEAD "\r\nbegin at the beginning\r\n", "begin at the beginning", "?" },
		{ MULTI, "first words", "preamble" },
		{ MULTI, "without header", "hidden" },
		{ MULTI, "without header", "attached" },
		{ MULTI, "without header", "image" },
		{ HEAD "Content-Type: multipart/mixed\r\n\r\nno boundary\r\n", "",
		    "boundary" },
	};
	struct plaintext t;

	(void)state;
	plaintext_init(&t);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		plaintext_read(&t, view_str(c[i].article));
		print_message("# %zu %s\n", i, c[i].has);
		assert_non_null(strstr(buf_cstr(&t.body), c[i].has));
		assert_null(strstr(buf_cstr(&t.body), c[i].lacks));
		assert_true(view_eqs(buf_view(&t.subject), "s"));
		assert_true(view_eqs(buf_view(&t.groups), "n"));
	}
	plaintext_release(&t);
}

static void
a_long_body_gives_its_beginning(void **state)
{
	struct buf text = BUF_INIT(ARTICLE_MAX);
	struct plaintext t;

	(void)state;
	buf_adds(&text, HEAD "\r\nfirst\r\n");
	while (text.len < ARTICLE_MAX - 100)
		buf_adds(&text, "many words and caf\xe9 on each line of it\r\n");
	plaintext_init(&t);
	plaintext_read(&t, buf_view(&text));
	assert_int_equal(buf_err(&t.body), ERR_OK);
	assert_true(t.body.len > PLAINTEXT_MAX - 100 && t.body.len <= PLAINTEXT_MAX);
	assert_true(view_starts(buf_view(&t.body), "first"));
	plaintext_release(&t);
	buf_release(&text);
}

static void
parts_within_parts_end_somewhere(void **state)
{
	struct buf text = BUF_INIT(ARTICLE_MAX);
	struct plaintext t;

	(void)state;
	buf_adds(&text, HEAD);
	for (int i = 0; i < 1000; i++)
		buf_addf(&text,
		    "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	buf_adds(&text, "\r\ndeep\r\n");
	plaintext_init(&t);
	plaintext_read(&t, buf_view(&text));
	assert_null(strstr(buf_cstr(&t.body), "deep"));
	plaintext_release(&t);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read_as_people_see_them),
		cmocka_unit_test(bodies_give_their_words_and_nothing_else),
		cmocka_unit_test(a_long_body_gives_its_beginning),
		cmocka_unit_test(parts_within_parts_end_somewhere),
	};

	return cmocka_run_group_tests_name("plaintext", tests, NULL, NULL);
}
