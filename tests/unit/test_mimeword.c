#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/mimeword.h"

static void
only_what_is_not_ascii_is_encoded(void **state)
{
	static const struct {
		const char *text, *want;
	} c[] = {
		{ "", "" },
		{ "Re: plain =?x?= text", "Re: plain =?x?= text" },
		{ "Re: Grüße vom Knoten", "Re: =?UTF-8?B?R3LDvMOfZQ==?= vom Knoten" },
		{ "é", "=?UTF-8?B?w6k=?=" },
		{ "a é b ñ c", "a =?UTF-8?B?w6kgYiDDsQ==?= c" },
		{ "éé", "=?UTF-8?B?w6nDqQ==?=" },
		{ "éée", "=?UTF-8?B?w6nDqWU=?=" },
		/* 45 bytes would cut the é in two */
		{ "éxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxéyé",
		    "=?UTF-8?B?w6l4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=?= "
		    "=?UTF-8?B?w6l5w6k=?=" },
	};
	struct buf b = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&b);
		mimeword_text(&b, view_str(c[i].text), " ");
		assert_string_equal(buf_cstr(&b), c[i].want);
	}
	buf_release(&b);
}

static void
an_address_stays_readable(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	mimeword_from(&b, view_str("Bea Königová <bea.k@hearsay.invalid>"), " ");
	assert_string_equal(
	    buf_cstr(&b), "Bea =?UTF-8?B?S8O2bmlnb3bDoQ==?= <bea.k@hearsay.invalid>");
	buf_reset(&b);
	mimeword_from(&b, view_str("<bea.k@hearsay.invalid>"), " ");
	assert_string_equal(buf_cstr(&b), "<bea.k@hearsay.invalid>");
	buf_release(&b);
}

static void
of_a_header_what_people_wrote_for_people_is_encoded(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	mimeword_head(&b,
	    view_str(
		"From: é <a@b>\r\nNewsgroups: talk.é\r\nSubject: é\r\nDate: now\r\n"));
	assert_string_equal(buf_cstr(&b),
	    "From: =?UTF-8?B?w6k=?= <a@b>\r\nNewsgroups: talk.é\r\n"
	    "Subject: =?UTF-8?B?w6k=?=\r\nDate: now\r\n");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_not_ascii_is_encoded),
		cmocka_unit_test(an_address_stays_readable),
		cmocka_unit_test(of_a_header_what_people_wrote_for_people_is_encoded),
	};

	return cmocka_run_group_tests_name("mimeword", tests, NULL, NULL);
}
