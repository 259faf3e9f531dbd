/* Dates: what old and new news wrote, and the one spelling that is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/date.h"

/* 2026-06-01 10:00:00 and 1993-04-06 13:03:51 UTC, from date(1) */
#define JUNE 1780308000ll
#define APRIL 734101431ll

static const struct {
	const char *in;
	int64_t want; /* -1: cannot be read */
} reads[] = {
	{ "Mon, 01 Jun 2026 10:00:00 +0000", JUNE },
	{ "Mon, 01 Jun 2026 12:00:00 +0200", JUNE },
	{ "Mon, 1 Jun 2026 04:30:00 -0530", JUNE },
	{ "1 Jun 2026 10:00 GMT", JUNE },
	{ "1 Jun 26 10:00 GMT", JUNE },
	{ "1 jun 2026 10:00:00.123 z", JUNE },
	{ "  Monday,\r\n\t1 June 2026 (first (of) month) 10:00:00 +0000 (UTC)  ", JUNE },
	{ "Mon, 01 Jun 2026 10:00:00 GMT+0000", JUNE },
	{ "Mon, 01 Jun 2026 10:00:00 +00", JUNE },
	{ "Sun, 01 Jun 2026 10:00:00 +0000", JUNE },
	{ "Tue Apr  6 13:03:51 1993", APRIL },
	{ "Tue Apr  6 13:03:51 GMT 1993", APRIL },
	{ "6 Apr 93 13:03:51 GMT", APRIL },
	{ "6 Apr 93 13:03:51", APRIL },
	{ "06 APR 93 13:03:51 UT", APRIL },
	{ "6 Apr 093 13:03:51 UT", APRIL },
	{ "Tuesday, 06-Apr-93 13:03:51 GMT", APRIL },
	{ "Tue, 6 Apr 1993 08:03:51 EST", APRIL },
	{ "Tue, 6 Apr 1993 09:03:51 EDT", APRIL },
	{ "Tue, 6 Apr 1993 07:03:51 CST", APRIL },
	{ "Tue, 6 Apr 1993 08:03:51 CDT", APRIL },
	{ "Tue, 6 Apr 1993 06:03:51 MST", APRIL },
	{ "Tue, 6 Apr 1993 07:03:51 MDT", APRIL },
	{ "Tue, 6 Apr 1993 05:03:51 PST", APRIL },
	{ "Tue, 6 Apr 1993 06:03:51 PDT", APRIL },
	{ "Tue, 6 Apr 1993 14:03:51 BST", APRIL },
	{ "Tue, 6 Apr 1993 15:03:51 MESZ", APRIL },
	{ "Tue, 6 Apr 1993 16:03:51 IDT", APRIL },
	{ "Tue, 6 Apr 1993 13:03:51 A", APRIL },
	{ "Tue, 6 Apr 1993 13:03:51 XYZZY", APRIL },
	{ "Tue, 6 Apr. 1993 09:03:51 EDT(-0400)", APRIL },
	{ "1 Jan 1970 00:00:00 +0000", 0 },
	{ "1 Jan 1970 01:00 +0100", 0 },
	{ "29 Feb 2000 00:00:00 +0000", 951782400 },
	{ "31 Dec 1998 23:59:60 +0000", 915148800 },
	{ "31 Dec 9999 23:59:59 +0000", 253402300799 },
	{ "1 Jan 50 00:00 UT", -1 },
	{ "1 Jan 49 00:00 UT", 2493072000 },
	{ "", -1 },
	{ "yesterday", -1 },
	{ "vendredi, 25 jul 2014 05:50:38 -0600", -1 },
	{ "6 Apr 93", -1 },
	{ "Apr 93 13:03:51", -1 },
	{ "0 Apr 93 13:03:51", -1 },
	{ "31 Apr 93 13:03:51", -1 },
	{ "29 Feb 1900 13:03:51", -1 },
	{ "29 Feb 2001 13:03:51", -1 },
	{ "6 Apr 93 24:03:51", -1 },
	{ "6 Apr 93 13:60:51", -1 },
	{ "6 Apr 93 13:03:61", -1 },
	{ "6 Apr 93 13:03:", -1 },
	{ "6 Apr 93 :03", -1 },
	{ "6 Apr 93 13:03:51 13:03:51", -1 },
	{ "6 Apr May 93 13:03:51", -1 },
	{ "6 Apr 93 94 13:03:51", -1 },
	{ "6 Apr 93 13:03:51 GMT GMT", -1 },
	{ "6 Apr 93 13:03:51 +0060", -1 },
	{ "6 Apr 93 13:03:51 +1", -1 },
	{ "6 Apr 93 13:03:51 +", -1 },
	{ "6 Apr 93 13:03:51 (", -1 },
	{ "6 Apr 93 13:03:51 )", -1 },
	{ "31 Dec 1969 23:59:59 +0000", -1 },
	{ "1 Jan 1970 00:00:00 +0001", -1 },
	{ "31 Dec 9999 23:59:59 -0001", -1 },
	{ "6 Apr 99999 13:03:51", -1 },
	{ "6 Apr 93 13:03:51 \xff", -1 },
};

static void
are_read_as_news_wrote_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		int64_t t = -1;
		enum err e = date_parse(view_str(reads[i].in), &t);

		if (t != reads[i].want || (e == ERR_OK) != (reads[i].want >= 0))
			fail_msg("%s gave %lld", reads[i].in, (long long)t);
	}
}

static void
are_written_in_one_spelling(void **state)
{
	static const struct {
		int64_t t;
		const char *text, *compact;
	} c[] = {
		{ JUNE, "Mon, 01 Jun 2026 10:00:00 +0000", "20260601100000" },
		{ 0, "Thu, 01 Jan 1970 00:00:00 +0000", "19700101000000" },
		{ 951868799, "Tue, 29 Feb 2000 23:59:59 +0000", "20000229235959" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000", "99991231235959" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(64);

		date_rfc5322(&b, c[i].t);
		assert_true(view_eqs(buf_view(&b), c[i].text));
		buf_reset(&b);
		date_compact(&b, c[i].t);
		assert_true(view_eqs(buf_view(&b), c[i].compact));
		buf_release(&b);
	}
}

static void
outside_1970_to_9999_fail_the_buffer(void **state)
{
	static const int64_t c[] = { -1, INT64_MIN, 253402300800, INT64_MAX };
	struct date_parts parts;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(64);

		assert_int_equal(date_split(c[i], &parts), ERR_SYNTAX);
		date_rfc5322(&b, c[i]);
		assert_int_equal(buf_err(&b), ERR_SYNTAX);
		buf_reset(&b);
		date_compact(&b, c[i]);
		assert_int_equal(buf_err(&b), ERR_SYNTAX);
		buf_release(&b);
	}
}

/* Every day of 1970..9999 would take long; steps of a prime number of seconds do not. */
static void
written_and_read_again_are_the_same(void **state)
{
	struct buf b = BUF_INIT(64);

	(void)state;
	for (int64_t t = 0; t < 253402300800; t += 8999993) {
		int64_t again = -1;

		buf_reset(&b);
		date_rfc5322(&b, t);
		assert_int_equal(date_parse(buf_view(&b), &again), ERR_OK);
		assert_true(again == t);
	}
	buf_release(&b);
}

static void
of_newnews_are_read(void **state)
{
	static const struct {
		const char *day, *clock;
		int64_t want;
	} c[] = {
		{ "20260601", "100000", JUNE },
		{ "260601", "100000", JUNE },
		{ "930406", "130351", APRIL },
		{ "19930406", "130351", APRIL },
		{ "270101", "000000", 0 },
		{ "19270229", "000000", 0 },
		{ "19270230", "000000", -1 },
		{ "19700101", "000000", 0 },
		{ "2606010", "100000", -1 },
		{ "260601", "10000", -1 },
		{ "261301", "100000", -1 },
		{ "260631", "100000", -1 },
		{ "260601", "240000", -1 },
		{ "26060a", "100000", -1 },
		{ "+60601", "100000", -1 },
		{ "", "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int64_t t = -1;
		enum err e =
		    date_nntp(view_str(c[i].day), view_str(c[i].clock), JUNE, &t);

		if ((e == ERR_OK) != (c[i].want >= 0) || (e == ERR_OK && t != c[i].want))
			fail_msg("%s %s gave %lld", c[i].day, c[i].clock, (long long)t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_read_as_news_wrote_them),
		cmocka_unit_test(are_written_in_one_spelling),
		cmocka_unit_test(outside_1970_to_9999_fail_the_buffer),
		cmocka_unit_test(written_and_read_again_are_the_same),
		cmocka_unit_test(of_newnews_are_read),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
