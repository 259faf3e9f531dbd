/* The foreign form: what is kept, what is removed, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/article.h"
#include "lib/fs.h"
#include "lib/text.h"

#define VECTORS "tests/vectors/article/foreign.txt"
#define DOCS "docs/article.md"
#define N "\r\n"
#define REST "Subject: s" N "Message-ID: <i@b>" N "Date: 1 Apr 93 12:00 GMT" N
#define HEAD "From: a@b" N "Newsgroups: misc.test" N REST

struct vector {
	struct buf name, fault, raw, clean;
};

/* "\xNN" is a byte, all else itself. */
static void
add_line(struct buf *b, struct view v)
{
	unsigned char byte;

	while (v.len > 0) {
		if (view_starts(v, "\\x")) {
			assert_int_equal(
			    text_unhex(view_slice(v, 2, 2), &byte, 1), ERR_OK);
			buf_addc(b, byte);
			v = view_slice(v, 4, v.len);
		} else {
			buf_addc(b, v.p[0]);
			v = view_slice(v, 1, v.len);
		}
	}
	buf_adds(b, N);
}

static void
vector_add(struct vector *v, struct view key, struct view value)
{
	if (view_eqs(key, "vector"))
		buf_addv(&v->name, value);
	else if (view_eqs(key, "fault"))
		buf_addv(&v->fault, value);
	else if (view_eqs(key, "raw"))
		add_line(&v->raw, value);
	else if (view_eqs(key, "clean"))
		add_line(&v->clean, value);
	else
		fail_msg("unknown key in " VECTORS);
}

static void
vector_init(struct vector *v)
{
	buf_init(&v->name, 100);
	buf_init(&v->fault, 100);
	buf_init(&v->raw, 10000);
	buf_init(&v->clean, 10000);
}

static void
vector_release(struct vector *v)
{
	buf_release(&v->name);
	buf_release(&v->fault);
	buf_release(&v->raw);
	buf_release(&v->clean);
}

static void
check_vector(struct vector *v)
{
	struct buf out = BUF_INIT(10000), twice = BUF_INIT(10000);
	struct article a;
	enum fault why;

	article_clean(buf_view(&v->raw), &out, &why);
	if (!view_eqs(v->fault.len > 0 ? buf_view(&v->fault) : view_str("none"),
		fault_name(why)))
		fail_msg("%s: %s", buf_cstr(&v->name), fault_name(why));
	if (!view_eq(buf_view(&out), buf_view(&v->clean)))
		fail_msg("%s: %s", buf_cstr(&v->name), buf_cstr(&out));
	if (why == FAULT_NONE) {
		assert_int_equal(article_parse(buf_view(&out), &a, &why), ERR_OK);
		assert_false(a.native);
		assert_int_equal(article_clean(buf_view(&out), &twice, &why), ERR_OK);
		assert_true(view_eq(buf_view(&out), buf_view(&twice)));
	}
	buf_release(&twice);
	buf_release(&out);
}

static void
is_cleaned_as_the_vectors_say(void **state)
{
	struct buf file = BUF_INIT(1 << 20);
	struct view rest, line;
	struct vector v;
	size_t n = 0;

	(void)state;
	vector_init(&v);
	assert_int_equal(fs_read(VECTORS, &file), ERR_OK);
	buf_addc(&file, '\n');
	rest = buf_view(&file);
	while (text_line(&rest, &line)) {
		size_t space = view_chr(line, ' ');

		if (line.len > 0 && line.p[0] != '#') {
			vector_add(&v, view_slice(line, 0, space),
			    view_slice(line, space + 1, line.len));
		} else if (v.name.len > 0) {
			check_vector(&v);
			vector_release(&v);
			n++;
		}
	}
	assert_int_equal(n, 6);
	buf_release(&file);
}

/* Answers the fault, and that of the stored form in *stored. */
static enum fault
clean(const char *raw, struct buf *out, enum fault *stored)
{
	struct article a;
	enum fault why;

	buf_reset(out);
	article_clean(view_str(raw), out, &why);
	article_parse(view_str(raw), &a, stored);
	return why;
}

/* One field before the others: gone from the stored form, and not accepted in it. */
static void
check_trace_name(struct view name, struct buf *out)
{
	struct buf raw = BUF_INIT(10000);
	enum fault stored;

	buf_addv(&raw, name);
	if (raw.p[raw.len - 1] == '*') {
		buf_truncate(&raw, raw.len - 1);
		buf_adds(&raw, "Anything");
	}
	for (size_t i = 0; i < raw.len; i += 2)
		raw.p[i] = (unsigned char)text_lower(raw.p[i]);
	buf_adds(&raw, ": x" N "\t Subject: folded" N HEAD N "body" N);
	assert_int_equal(clean(buf_cstr(&raw), out, &stored), FAULT_NONE);
	if (!view_eqs(buf_view(out), HEAD N "body" N))
		fail_msg("%s", buf_cstr(out));
	assert_int_equal(stored, FAULT_TRACE);
	buf_release(&raw);
}

static void
loses_every_trace_field_that_the_docs_list(void **state)
{
	struct buf docs = BUF_INIT(1 << 20), out = BUF_INIT(10000);
	struct view rest, line;
	size_t n = 0;

	(void)state;
	assert_int_equal(fs_read(DOCS, &docs), ERR_OK);
	rest = buf_view(&docs);
	while (text_line(&rest, &line) && !view_eqs(line, "```trace"))
		;
	while (text_line(&rest, &line) && !view_eqs(line, "```")) {
		check_trace_name(line, &out);
		n++;
	}
	assert_int_equal(n, 50);
	buf_release(&out);
	buf_release(&docs);
}

static void
faults_are_those_that_the_docs_list(void **state)
{
	struct buf docs = BUF_INIT(1 << 20);
	struct view rest, line, word;
	int n = FAULT_NONE + 1;

	(void)state;
	assert_int_equal(fs_read(DOCS, &docs), ERR_OK);
	rest = buf_view(&docs);
	while (text_line(&rest, &line) && !view_eqs(line, "```faults"))
		;
	while (text_line(&rest, &line) && !view_eqs(line, "```"))
		while (text_word(&line, &word))
			assert_true(view_eqs(word, fault_name((enum fault)n++)));
	assert_int_equal(n, FAULT_COUNT);
	buf_release(&docs);
}

static void
keeps_names_that_only_look_like_a_trace(void **state)
{
	static const char *names[] = { "X-Path", "Paths", "Pat", "Xref2", "NNTP-Posting",
		"X-NNTP", "Hearsay", "Line", "X-Lines", "X-Bytes", "Received-By", "ARC",
		"Arcs", "Organization", "User-Agent", "X-Newsreader", "DKIM-Signature",
		"List-Id", "To", "Cc", "X", "!#$%&'*+-.^_`{|}~" };
	struct buf raw = BUF_INIT(10000), out = BUF_INIT(10000);
	enum fault stored;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		buf_reset(&raw);
		buf_addf(&raw, "%s: x" N HEAD N, names[i]);
		assert_int_equal(clean(buf_cstr(&raw), &out, &stored), FAULT_NONE);
		assert_int_equal(stored, FAULT_NONE);
		assert_true(view_eq(buf_view(&out), buf_view(&raw)));
	}
	buf_release(&out);
	buf_release(&raw);
}

#define WITH(more) HEAD more N N
#define GROUPS(groups) "From: a@b" N "Newsgroups: " groups N REST N
#define TEN "a,b,c,d,e,f,g,h,i,j,"

static const struct {
	const char *in;
	enum fault want;
} cases[] = {
	{ HEAD N, FAULT_NONE },
	{ WITH("X:y"), FAULT_NONE },
	{ WITH("X:"), FAULT_NONE },
	{ WITH("X: y" N " " N "\t" N " z"), FAULT_NONE },
	{ WITH("References: nonsense <"), FAULT_NONE },
	{ WITH("Followup-To: poster"), FAULT_NONE },
	{ WITH("Followup-To: alt.test, b"), FAULT_NONE },
	{ WITH("Control: newgroup alt.test"), FAULT_NONE },
	{ WITH("Control: cancel <a@b>"), FAULT_NONE },
	{ WITH("Control: cancel  <a@b>"), FAULT_NONE },
	{ WITH("Supersedes: <a@b>"), FAULT_NONE },
	{ WITH("References: <a@hearsay.invalid>"), FAULT_NONE },
	{ WITH("Sender: a" N "Sender: b" N "X: 1" N "X: 2"), FAULT_NONE },
	{ GROUPS("misc.test"), FAULT_NONE },
	{ GROUPS("misc.test, alt.test" N " ,x"), FAULT_NONE },
	{ GROUPS("misc.test,misc.test"), FAULT_NONE },
	{ GROUPS("..,misc.test,b[a]d,"), FAULT_NONE },
	{ GROUPS("local.test,local.b"), FAULT_NONE },
	{ GROUPS(TEN TEN TEN TEN TEN TEN "a,b,c,d"), FAULT_NONE },
	{ GROUPS(TEN TEN TEN TEN TEN TEN "a,b,c,d,e"), FAULT_CROSSPOST },
	{ GROUPS(TEN TEN TEN TEN TEN TEN ",,,,misc.test"), FAULT_CROSSPOST },

	{ " X: y" N HEAD N, FAULT_HEADER },
	{ WITH("no colon"), FAULT_HEADER },
	{ WITH("nocolon"), FAULT_HEADER },
	{ WITH(": y"), FAULT_HEADER },
	{ WITH("X : y"), FAULT_HEADER },
	{ WITH("X y: z"), FAULT_HEADER },
	{ WITH("X\xff: y"), FAULT_HEADER },
	{ WITH("X\x7f: y"), FAULT_HEADER },
	{ "From a@b Thu Apr  1 12:00:00 1993" N HEAD N, FAULT_HEADER },

	{ WITH("From: a@b"), FAULT_DOUBLED },
	{ WITH("newsgroups: misc.test"), FAULT_DOUBLED },
	{ WITH("SUBJECT: s"), FAULT_DOUBLED },
	{ WITH("Message-Id: <i@b>"), FAULT_DOUBLED },
	{ WITH("Date:"), FAULT_DOUBLED },
	{ WITH("Control: x y" N "Control: x y"), FAULT_DOUBLED },

	{ "Newsgroups: misc.test" N REST N, FAULT_MISSING },
	{ "From: a@b" N REST N, FAULT_MISSING },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Date: d" N N, FAULT_MISSING },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Message-ID: <i@b>" N N,
	    FAULT_MISSING },
	{ "From: a@b" N "Newsgroups: a" N "Date: d" N "Message-ID: <i@b>" N N,
	    FAULT_MISSING },
	{ "From: a@b" N "Newsgroups: a" N "Date: d" N "Message-ID: <i@b>" N
	  "Subject:" N N,
	    FAULT_NONE },
	{ "From: a@b" N "Newsgroups: a" N "Date:" N "Message-ID: <i@b>" N "Subject:" N N,
	    FAULT_NONE },
	{ "From: " N " " N "Newsgroups: misc.test" N REST N, FAULT_FROM },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Date: d" N
	  "Message-ID: i@b" N N,
	    FAULT_MSGID },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Date: d" N "Message-ID:" N N,
	    FAULT_MSGID },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Date: d" N
	  "Message-ID: <i@b> (x)" N N,
	    FAULT_MSGID },
	{ "From: a@b" N "Newsgroups: a" N "Subject: s" N "Date: d" N
	  "Message-ID: <x@Hearsay.Invalid>" N N,
	    FAULT_RESERVED },
	{ GROUPS(""), FAULT_GROUPS },
	{ GROUPS(","), FAULT_GROUPS },
	{ GROUPS("a b"), FAULT_GROUPS },
	{ GROUPS("poster"), FAULT_GROUPS },
	{ GROUPS("local."), FAULT_GROUPS },
	{ GROUPS("misc.test,local.test"), FAULT_LOCAL_MIX },
	{ GROUPS("LOCAL.test" N " ,misc.test"), FAULT_LOCAL_MIX },
	{ GROUPS("local..x,misc.test"), FAULT_LOCAL_MIX },
	{ WITH("Followup-To: local.test"), FAULT_LOCAL_MIX },
	{ WITH("Followup-To: alt.test,local.test"), FAULT_LOCAL_MIX },
	{ WITH("Followup-To: alt.test" N "Followup-To: local.test"), FAULT_LOCAL_MIX },
	{ "Followup-To: local.b" N GROUPS("local.a"), FAULT_NONE },
	{ "Followup-To: poster" N GROUPS("local.a"), FAULT_NONE },
	{ "Followup-To: misc.test" N GROUPS("local.a"), FAULT_LOCAL_MIX },
	{ WITH("Reply-To: x <a@HEARSAY.invalid>"), FAULT_RESERVED },
	{ WITH("Reply-To: x" N "Reply-To: a@hearsay.invalid"), FAULT_RESERVED },
	{ WITH("Sender: a@hearsay" N " .invalid"), FAULT_RESERVED },
	{ "Sender: a@hearsay.invalid" N GROUPS("local.a"), FAULT_NONE },

	{ WITH("Control:"), FAULT_CONTROL },
	{ WITH("Control: cancel"), FAULT_CONTROL },
	{ WITH("Control: Cancel i@b"), FAULT_CONTROL },
	{ WITH("Control: cancel <a@b> <c@d>"), FAULT_CONTROL },
	{ WITH("Control: cancel <a@b>" N "Supersedes: <a@b>"), FAULT_CONTROL },
	{ WITH("Supersedes:"), FAULT_CONTROL },
	{ WITH("Supersedes: a@b"), FAULT_CONTROL },
	{ WITH("Supersedes: <a@b> <c@d>"), FAULT_CONTROL },
};

static void
is_refused_with_a_reason_or_kept_as_it_is(void **state)
{
	struct buf out = BUF_INIT(ARTICLE_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum fault stored, why = clean(cases[i].in, &out, &stored);

		if (why != cases[i].want || stored != why)
			fail_msg("%s, %s instead of %s: %s", fault_name(why),
			    fault_name(stored), fault_name(cases[i].want), cases[i].in);
		assert_true(
		    view_eqs(buf_view(&out), why == FAULT_NONE ? cases[i].in : ""));
	}
	buf_release(&out);
}

static void
hides_no_bad_line_end_in_what_is_removed(void **state)
{
	static const struct {
		struct view in;
		enum fault want;
	} c[] = {
		{ VIEW_LIT("Path: a\n b" N HEAD N), FAULT_BARE_LF },
		{ VIEW_LIT("Path: a\rb" N HEAD N), FAULT_BARE_CR },
		{ VIEW_LIT("Path: a\0b" N HEAD N), FAULT_NUL },
		{ VIEW_LIT("Path: a" N), FAULT_NO_BODY },
	};
	struct buf out = BUF_INIT(ARTICLE_MAX);
	enum fault why;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(article_clean(c[i].in, &out, &why), ERR_SYNTAX);
		assert_int_equal(why, c[i].want);
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
}

static void
fields_that_are_read_have_at_most_16_kib(void **state)
{
	static const char *names[] = { "References", "Followup-To", "Keywords" };
	struct buf b = BUF_INIT(HEADER_MAX), out = BUF_INIT(HEADER_MAX);
	enum fault stored;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (size_t over = 0; over < 2; over++) {
			buf_reset(&b);
			buf_addf(&b, "%s: ", names[i]);
			for (size_t k = 0; k < LINE_MAX_ARTICLE + over; k++)
				buf_addc(&b, 'x');
			buf_adds(&b, N HEAD N);
			assert_int_equal(clean(buf_cstr(&b), &out, &stored),
			    over > 0 && i < 2 ? FAULT_HEADERBIG : FAULT_NONE);
		}
	buf_release(&out);
	buf_release(&b);
}

static void
says_when_the_output_has_no_room(void **state)
{
	struct buf out = BUF_INIT(20);
	enum fault why;

	(void)state;
	assert_int_equal(article_clean(VIEW_LIT(HEAD N), &out, &why), ERR_TOOBIG);
	assert_int_equal(why, FAULT_TOOBIG);
	buf_release(&out);
}

static void
gives_the_values_as_they_stand(void **state)
{
	static const char in[] =
	    "Approved: me" N "Expires: soon" N "Distribution: usa" N "Cancel-Lock: l" N
	    "Cancel-Key: k" N "References: <r@b>" N "Followup-To: poster" N
	    "Subject: one" N " two" N "From: a@b" N "Newsgroups: a, b" N
	    "Date: 6 Apr 93 13:03:51 GMT" N "Message-ID: <i@b>" N "Supersedes: <s@b>" N N
	    "1" N "2" N N;
	struct article a;
	enum fault why;

	(void)state;
	assert_int_equal(article_parse(view_str(in), &a, &why), ERR_OK);
	assert_true(view_eqs(a.approved, "me") && view_eqs(a.expires, "soon"));
	assert_true(view_eqs(a.distribution, "usa") && view_eqs(a.cancel_lock, "l"));
	assert_true(view_eqs(a.cancel_key, "k") && view_eqs(a.references, "<r@b>"));
	assert_true(
	    view_eqs(a.followup_to, "poster") && view_eqs(a.subject, "one\r\n two"));
	assert_true(view_eqs(a.from, "a@b") && view_eqs(a.newsgroups, "a, b"));
	assert_true(view_eqs(a.datetext, "6 Apr 93 13:03:51 GMT"));
	assert_true(view_eqs(a.supersedes, "<s@b>") && a.control.len == 0);
	assert_string_equal(a.msgid, "<i@b>");
	assert_int_equal(a.date, 734101431);
	assert_int_equal(a.lines, 3);
	assert_true(view_eqs(a.body, "1" N "2" N N));
	assert_int_equal(a.bytes.len, sizeof in - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_cleaned_as_the_vectors_say),
		cmocka_unit_test(loses_every_trace_field_that_the_docs_list),
		cmocka_unit_test(faults_are_those_that_the_docs_list),
		cmocka_unit_test(keeps_names_that_only_look_like_a_trace),
		cmocka_unit_test(is_refused_with_a_reason_or_kept_as_it_is),
		cmocka_unit_test(hides_no_bad_line_end_in_what_is_removed),
		cmocka_unit_test(fields_that_are_read_have_at_most_16_kib),
		cmocka_unit_test(says_when_the_output_has_no_room),
		cmocka_unit_test(gives_the_values_as_they_stand),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
