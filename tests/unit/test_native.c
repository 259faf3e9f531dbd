/* The native form: vectors, every way to be refused, and composing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/article.h"
#include "lib/b32.h"
#include "lib/date.h"
#include "lib/fs.h"
#include "lib/text.h"

#define VECTORS "tests/vectors/article/native.txt"
#define DOCS "docs/article.md"

/* the public key of seed 00 01 .. 1f, as in the vectors */
#define KEY16 "aoqqpp7tzyil4hlq"
#define KEY52 "aoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4a"
#define OTHER16 "bobqpp7tzyil4hlq"

struct vector {
	struct buf name, lines, bytes, seed, public, sha256, id, signature;
};

/* Adds one "key value" line of the file to its place. */
static void
vector_add(struct vector *v, struct view key, struct view value)
{
	const struct {
		const char *key;
		struct buf *to;
		bool hex;
	} places[] = {
		{ "vector", &v->name, false },
		{ "line", &v->lines, false },
		{ "bytes", &v->bytes, true },
		{ "seed", &v->seed, true },
		{ "public", &v->public, true },
		{ "sha256", &v->sha256, true },
		{ "id", &v->id, false },
		{ "signature", &v->signature, true },
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (!view_eqs(key, places[i].key))
			continue;
		if (places[i].hex) {
			unsigned char *p = buf_grow(places[i].to, value.len / 2);

			assert_non_null(p);
			assert_int_equal(text_unhex(value, p, value.len / 2), ERR_OK);
		} else {
			buf_addv(places[i].to, value);
		}
		if (places[i].to == &v->lines)
			buf_adds(&v->lines, "\r\n");
		return;
	}
	fail_msg("unknown key in " VECTORS);
}

static void
vector_init(struct vector *v)
{
	struct buf *all[] = { &v->name, &v->lines, &v->bytes, &v->seed, &v->public,
		&v->sha256, &v->id, &v->signature };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buf_init(all[i], 10000);
}

static void
vector_release(struct vector *v)
{
	struct buf *all[] = { &v->name, &v->lines, &v->bytes, &v->seed, &v->public,
		&v->sha256, &v->id, &v->signature };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buf_release(all[i]);
}

static void
assert_bytes(const struct buf *want, const void *got, size_t len)
{
	assert_int_equal(want->len, len);
	assert_memory_equal(want->p, got, len);
}

/* Signs with the seed and compares everything that OpenSSL has to say about it. */
static void
check_signature(const struct vector *v, const struct article *a)
{
	static const char label[] = "hearsay article 1"; /* its NUL is signed too */
	unsigned char message[sizeof label + DIGEST_LEN], sig[ARTICLE_SIG_LEN], key[32];
	size_t len = sizeof sig, key_len = sizeof key;
	EVP_PKEY *k =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, v->seed.p, v->seed.len);
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	memcpy(message, label, sizeof label);
	memcpy(message + sizeof label, a->hash, DIGEST_LEN);
	assert_int_equal(EVP_PKEY_get_raw_public_key(k, key, &key_len), 1);
	assert_bytes(&v->public, key, key_len);
	assert_memory_equal(a->author, key, sizeof key);
	assert_int_equal(EVP_DigestSignInit(c, NULL, NULL, NULL, k), 1);
	assert_int_equal(EVP_DigestSign(c, sig, &len, message, sizeof message), 1);
	assert_bytes(&v->signature, sig, len);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(k);
}

static void
check_vector(const struct vector *v, struct view docs)
{
	char *id = strndup((const char *)v->id.p + 1, B32_LEN(DIGEST_LEN));
	struct article a;
	enum fault why;

	assert_bytes(&v->bytes, v->lines.p, v->lines.len);
	assert_int_equal(article_parse(buf_view(&v->bytes), &a, &why), ERR_OK);
	assert_true(a.native);
	assert_int_equal(
	    a.version, view_eqs(buf_view(&v->name), "higher-version") ? 2 : 1);
	assert_bytes(&v->sha256, a.hash, sizeof a.hash);
	assert_bytes(&v->id, a.msgid, strlen(a.msgid));
	check_signature(v, &a);
	assert_true(view_find(docs, id) < docs.len);
	free(id);
}

static void
agrees_with_every_vector_and_the_docs(void **state)
{
	struct buf file = BUF_INIT(1 << 20), docs = BUF_INIT(1 << 20);
	struct view rest, line;
	struct vector v;
	size_t n = 0;

	(void)state;
	vector_init(&v);
	assert_int_equal(fs_read(VECTORS, &file), ERR_OK);
	assert_int_equal(fs_read(DOCS, &docs), ERR_OK);
	rest = buf_view(&file);
	while (text_line(&rest, &line)) {
		size_t space = view_chr(line, ' ');

		if (line.len > 0 && line.p[0] != '#') {
			vector_add(&v, view_slice(line, 0, space),
			    view_slice(line, space + 1, line.len));
		} else if (v.name.len > 0) {
			check_vector(&v, buf_view(&docs));
			vector_release(&v);
			n++;
		}
	}
	assert_true(n >= 6);
	vector_release(&v);
	buf_release(&docs);
	buf_release(&file);
}

#define FIRST "Hearsay-Article: 1"
#define FROM "From: Ana <ana." KEY16 "@hearsay.invalid>"
#define GROUPS "Newsgroups: misc.test"
#define SUBJECT "Subject: s"
#define DATE "Date: Mon, 01 Jun 2026 10:00:00 +0000"
#define AUTHOR "Hearsay-Author: " KEY52
#define N "\r\n"
#define WITH_FROM(from) FIRST N from N GROUPS N SUBJECT N DATE N AUTHOR N N
#define WITH_GROUPS(groups) FIRST N FROM N groups N SUBJECT N DATE N AUTHOR N N
#define WITH_SUBJECT(subject) FIRST N FROM N GROUPS N subject N DATE N AUTHOR N N
#define WITH_DATE(date) FIRST N FROM N GROUPS N SUBJECT N date N AUTHOR N N
#define WITH(more) FIRST N FROM N GROUPS N SUBJECT N DATE N more N AUTHOR N N
#define WITH_AUTHOR(author) FIRST N FROM N GROUPS N SUBJECT N DATE N author N N
#define DISPLAY(d) WITH_FROM("From: " d " <ana." KEY16 "@hearsay.invalid>")
#define NAME(n) WITH_FROM("From: Ana <" n "." KEY16 "@hearsay.invalid>")
#define V2 "Hearsay-Article: 2" N

static const struct {
	const char *in;
	enum fault want;
} cases[] = {
	{ WITH_FROM(FROM), FAULT_NONE },
	{ WITH_FROM("From: <ana." KEY16 "@hearsay.invalid>"), FAULT_NONE },
	{ DISPLAY("Ana M. O'Lima-X!"), FAULT_NONE },
	{ DISPLAY("\xd8\xb3\xe2\x80\x8c\xd8\xb3"), FAULT_NONE },
	{ DISPLAY("a.b.c.abcdefghijklmno"), FAULT_NONE },
	{ NAME("-0-9az"), FAULT_NONE },
	{ NAME("12345678901234567890123456789012"), FAULT_NONE },
	{ WITH_SUBJECT("Subject:"), FAULT_NONE },
	{ WITH_SUBJECT("Subject: a:b\t c"), FAULT_NONE },
	{ WITH("References: <a@b> <c@d>"), FAULT_NONE },
	{ WITH("Reply-To: someone@else.example"), FAULT_NONE },
	{ WITH("Reply-To: Ana <ana." KEY16 "@hearsay.invalid>"), FAULT_NONE },
	{ WITH("Reply-To: ana." KEY16 "@hearsay.invalid"), FAULT_NONE },
	{ WITH("Followup-To: poster"), FAULT_NONE },
	{ WITH("Followup-To: a.b,c.d"), FAULT_NONE },
	{ WITH("Supersedes: <a@b>"), FAULT_NONE },
	{ WITH("Control: cancel <a@b>"), FAULT_NONE },
	{ WITH("Control: newgroup misc.x"), FAULT_NONE },
	{ WITH("Distribution: world" N "Expires: Mon, 01 Jun 2026 10:00:00 +0000"),
	    FAULT_NONE },

	{ "Hearsay-Article:", FAULT_NO_BODY },
	{ "Hearsay-Article:" N N, FAULT_ORDER },
	{ "Hearsay-Article: " N N, FAULT_ORDER },
	{ "Hearsay-Article: 0" N N, FAULT_ORDER },
	{ "Hearsay-Article: 01" N N, FAULT_ORDER },
	{ "Hearsay-Article: +1" N N, FAULT_ORDER },
	{ "Hearsay-Article: 1 " N N, FAULT_ORDER },
	{ "Hearsay-Article:  1" N N, FAULT_ORDER },
	{ "Hearsay-Article: 1.0" N N, FAULT_ORDER },
	{ "Hearsay-Article: 9999999999" N N, FAULT_ORDER },
	{ "Hearsay-Article: 18446744073709551617" N N, FAULT_ORDER },
	{ FIRST N N, FAULT_MISSING },
	{ FIRST N FROM N GROUPS N SUBJECT N DATE N N, FAULT_AUTHOR },
	{ FIRST N FROM N GROUPS N SUBJECT N AUTHOR N N, FAULT_MISSING },
	{ FIRST N FROM N GROUPS N DATE N AUTHOR N N, FAULT_MISSING },
	{ FIRST N FROM N SUBJECT N DATE N AUTHOR N N, FAULT_MISSING },
	{ FIRST N GROUPS N SUBJECT N DATE N AUTHOR N N, FAULT_MISSING },
	{ FIRST N GROUPS N FROM N SUBJECT N DATE N AUTHOR N N, FAULT_ORDER },
	{ FIRST N FROM N FROM N GROUPS N SUBJECT N DATE N AUTHOR N N, FAULT_ORDER },
	{ WITH_AUTHOR(AUTHOR N "Keywords: k"), FAULT_ORDER },
	{ WITH("Organization: none"), FAULT_ORDER },
	{ WITH("Message-ID: <a@b>"), FAULT_ORDER },
	{ WITH("Path: a!b"), FAULT_ORDER },
	{ WITH("Approved: me"), FAULT_ORDER },
	{ WITH("Summary: s" N "Keywords: k"), FAULT_ORDER },
	{ WITH("Keywords:"), FAULT_ORDER },
	{ WITH("keywords: k"), FAULT_ORDER },
	{ WITH("Keywords:k"), FAULT_ORDER },
	{ WITH("Keywords: "), FAULT_ORDER },
	{ WITH("Keywords:  k"), FAULT_ORDER },
	{ WITH("Keywords: k "), FAULT_ORDER },
	{ WITH("Keywords: k\t"), FAULT_ORDER },
	{ WITH("Keywords : k"), FAULT_ORDER },
	{ WITH("Keywords: k" N " more"), FAULT_ORDER },
	{ WITH("Keywords"), FAULT_ORDER },
	{ WITH("Keywords: \x1b[1m"), FAULT_ORDER },
	{ WITH("Keywords: a\x7f"), FAULT_ORDER },
	{ WITH("Keywords: a\xc2\x9b"), FAULT_ORDER },
	{ WITH_SUBJECT("Subject: "), FAULT_ORDER },
	{ WITH_SUBJECT("Subject: Gr\xfc\xdf"), FAULT_UTF8 },
	{ WITH_SUBJECT("Subject: \xed\xa0\x80"), FAULT_UTF8 },
	{ WITH_SUBJECT("Subject: \xc0\x80"), FAULT_UTF8 },

	{ WITH_FROM("From: ana." KEY16 "@hearsay.invalid"), FAULT_FROM },
	{ WITH_FROM("From: ana@leaf.example"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana<ana." KEY16 "@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana  <ana." KEY16 "@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana\t<ana." KEY16 "@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana." KEY16 "@hearsay.invalid> x"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana." KEY16 "@HEARSAY.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana." KEY16 "a@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana.AOQQPP7TZYIL4HLQ@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana <ana.aoqqpp7tzyil4hl1@hearsay.invalid>"), FAULT_FROM },
	{ WITH_FROM("From: Ana <a.b." KEY16 "@hearsay.invalid>"), FAULT_FROM },
	{ NAME(""), FAULT_FROM },
	{ NAME("Ana"), FAULT_FROM },
	{ NAME("a_b"), FAULT_FROM },
	{ NAME("\xc3\xa1na"), FAULT_FROM },
	{ NAME("123456789012345678901234567890123"), FAULT_FROM },
	{ DISPLAY("\"Ana\""), FAULT_FROM },
	{ DISPLAY("Ana @home"), FAULT_FROM },
	{ DISPLAY("Ana <x>"), FAULT_FROM },
	{ DISPLAY("Ana > Bob"), FAULT_FROM },
	{ DISPLAY("Lima, Ana"), FAULT_FROM },
	{ DISPLAY("Ana (home"), FAULT_FROM },
	{ DISPLAY("group: Ana"), FAULT_FROM },
	{ DISPLAY("Ana;"), FAULT_FROM },
	{ DISPLAY("Ana\\"), FAULT_FROM },
	{ DISPLAY("A\tna"), FAULT_FROM },
	{ DISPLAY("Ana \xe2\x80\xae"
		  "boB"),
	    FAULT_FROM },
	{ DISPLAY("Ana\xe2\x80\x8b"), FAULT_FROM },
	{ DISPLAY("bob." OTHER16), FAULT_FROM },
	{ DISPLAY("x BOB.BOBQPP7TZYIL4HLQ y"), FAULT_FROM },
	{ DISPLAY("1234567890123456789012345678901234567890123456789012345678901234"),
	    FAULT_NONE },
	{ DISPLAY("12345678901234567890123456789012345678901234567890123456789012345"),
	    FAULT_FROM },
	{ WITH("Reply-To: bob." OTHER16 "@hearsay.invalid"), FAULT_FROM },
	{ WITH("Reply-To: x@y, ana." KEY16 "@hearsay.invalid"), FAULT_FROM },

	{ WITH_FROM("From: Ana <ana." OTHER16 "@hearsay.invalid>"), FAULT_AUTHOR },
	{ WITH_AUTHOR("Hearsay-Author: " KEY16), FAULT_AUTHOR },
	{ WITH_AUTHOR(
	      "Hearsay-Author: AOQQPP7TZYIL4HLQ3UMOOS6ATFT6JVRQTOSQ2XY53SDGIESVGG4A"),
	    FAULT_AUTHOR },
	{ WITH_AUTHOR(
	      "Hearsay-Author: aoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4b"),
	    FAULT_AUTHOR },

	{ WITH_GROUPS("Newsgroups:"), FAULT_ORDER },
	{ WITH_GROUPS("Newsgroups: a, b"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: a,b,"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: ,a"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: a,b,a"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: a b"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: poster"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: local.test"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: Local"), FAULT_GROUPS },
	{ WITH_GROUPS("Newsgroups: misc.test,LOCAL.test"), FAULT_LOCAL_MIX },
	{ WITH_GROUPS("Newsgroups: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"), FAULT_NONE },
	{ WITH_GROUPS("Newsgroups: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"), FAULT_CROSSPOST },
	{ WITH("Followup-To: local.test"), FAULT_LOCAL_MIX },
	{ WITH("Followup-To: misc.test,local.test"), FAULT_LOCAL_MIX },
	{ WITH("Followup-To: Poster"), FAULT_GROUPS },
	{ WITH("Followup-To: a, b"), FAULT_GROUPS },

	{ WITH_DATE("Date: 1 Jun 2026 10:00:00 +0000"), FAULT_DATE },
	{ WITH_DATE("Date: Mon, 1 Jun 2026 10:00:00 +0000"), FAULT_DATE },
	{ WITH_DATE("Date: Mon, 01 Jun 2026 10:00:00 GMT"), FAULT_DATE },
	{ WITH_DATE("Date: Mon, 01 Jun 2026 12:00:00 +0200"), FAULT_DATE },
	{ WITH_DATE("Date: Tue, 01 Jun 2026 10:00:00 +0000"), FAULT_DATE },
	{ WITH_DATE("Date: Mon, 01 Jun 2026 09:59:60 +0000"), FAULT_DATE },
	{ WITH_DATE("Date: mon, 01 Jun 2026 10:00:00 +0000"), FAULT_DATE },
	{ WITH_DATE("Date: Mon, 01 Jun 2026 10:00:00 +0000 (UTC)"), FAULT_DATE },
	{ WITH("Expires: soon"), FAULT_DATE },
	{ WITH("Expires: Mon, 01 Jun 2026 12:00:00 +0200"), FAULT_DATE },

	{ WITH("References: a@b"), FAULT_REFERENCES },
	{ WITH("References: <a@b>  <c@d>"), FAULT_REFERENCES },
	{ WITH("References: <a@b>\t<c@d>"), FAULT_REFERENCES },
	{ WITH("References: <a@b><c@d>"), FAULT_REFERENCES },
	{ WITH("References: <a@b> (x)"), FAULT_REFERENCES },
	{ WITH("Supersedes: a@b"), FAULT_CONTROL },
	{ WITH("Supersedes: <a@b> <c@d>"), FAULT_CONTROL },
	{ WITH("Supersedes: <a@b>" N "Control: cancel <a@b>"), FAULT_CONTROL },
	{ WITH("Control: cancel"), FAULT_CONTROL },
	{ WITH("Control: cancel a@b"), FAULT_CONTROL },
	{ WITH("Control: cancel  <a@b>"), FAULT_CONTROL },
	{ WITH("Control: cancel\t<a@b>"), FAULT_CONTROL },
	{ WITH("Control: cancel <a@b> <c@d>"), FAULT_CONTROL },
	{ WITH("Control: Cancel <a@b>"), FAULT_CONTROL },

	{ V2 GROUPS N AUTHOR N N, FAULT_NONE },
	{ V2 AUTHOR N "X" N " fold \xff" N GROUPS N "From: me" N N "b" N, FAULT_NONE },
	{ "Hearsay-Article: 999999999" N GROUPS N AUTHOR N N, FAULT_NONE },
	{ V2 AUTHOR N N, FAULT_MISSING },
	{ V2 GROUPS N N, FAULT_AUTHOR },
	{ V2 GROUPS N AUTHOR N AUTHOR N N, FAULT_DOUBLED },
	{ V2 GROUPS N GROUPS N AUTHOR N N, FAULT_DOUBLED },
	{ V2 "Newsgroups: local.x" N AUTHOR N N, FAULT_GROUPS },
	{ V2 "Newsgroups: local.x,a" N AUTHOR N N, FAULT_LOCAL_MIX },
	{ V2 "Newsgroups: a, b" N AUTHOR N N, FAULT_GROUPS },
	{ V2 GROUPS N AUTHOR "a" N N, FAULT_AUTHOR },
	{ V2 GROUPS N AUTHOR N N "b\rc" N, FAULT_BARE_CR },
	{ V2 GROUPS N AUTHOR N N "b", FAULT_UNENDED },
};

static void
refuses_what_is_not_exactly_the_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct article a;
		enum fault why = FAULT_COUNT;
		enum err e = article_parse(view_str(cases[i].in), &a, &why);

		if (why != cases[i].want || (e == ERR_OK) != (why == FAULT_NONE))
			fail_msg("%s instead of %s: %s", fault_name(why),
			    fault_name(cases[i].want), cases[i].in);
		assert_true(e != ERR_OK || a.native);
	}
}

static void
has_at_most_64_references_and_16_kib_a_line(void **state)
{
	struct buf b = BUF_INIT(100000);
	struct article a;
	enum fault why;

	(void)state;
	for (size_t n = REFERENCES_MAX; n <= REFERENCES_MAX + 1; n++) {
		buf_reset(&b);
		buf_adds(&b, FIRST N FROM N GROUPS N SUBJECT N DATE N "References:");
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, " <%zu@x>", i);
		buf_adds(&b, N AUTHOR N N);
		article_parse(buf_view(&b), &a, &why);
		assert_int_equal(
		    why, n == REFERENCES_MAX ? FAULT_NONE : FAULT_REFERENCES);
	}
	for (size_t over = 0; over < 2; over++) {
		buf_reset(&b);
		buf_adds(&b, FIRST N FROM N GROUPS N "Subject: ");
		for (size_t i = 9; i < LINE_MAX_ARTICLE + over; i++)
			buf_addc(&b, 's');
		buf_adds(&b, N DATE N AUTHOR N N);
		article_parse(buf_view(&b), &a, &why);
		assert_int_equal(why, over == 0 ? FAULT_NONE : FAULT_HEADERBIG);
	}
	buf_release(&b);
}

static struct native
sample(void)
{
	struct native n = { .display = VIEW_LIT("Ana Lima"),
		.name = VIEW_LIT("ana"),
		.date = 1780308000,
		.newsgroups = VIEW_LIT("misc.test"),
		.subject = VIEW_LIT("Hello"),
		.body = VIEW_LIT("Text.\r\n") };

	assert_int_equal(
	    b32_decode_id(VIEW_LIT(KEY52), n.author, sizeof n.author), ERR_OK);
	return n;
}

static void
is_composed_as_it_is_parsed(void **state)
{
	static const char want[] =
	    FIRST N "From: Ana Lima <ana." KEY16 "@hearsay.invalid>" N GROUPS N
		    "Subject: Hello" N DATE N
		    "Expires: Tue, 30 Jun 2026 22:00:00 +0000" N AUTHOR N N "Text." N;
	struct buf out = BUF_INIT(10000);
	struct native n = sample();
	struct view display, name, key;
	struct article a;
	enum fault why;

	(void)state;
	n.expires = (struct view)VIEW_LIT("1 Jul 2026 00:00 +0200");
	buf_adds(&out, "before");
	assert_int_equal(article_compose(&n, &out, &why), ERR_OK);
	assert_string_equal(buf_cstr(&out) + 6, want);
	assert_int_equal(article_parse(view_str(want), &a, &why), ERR_OK);
	assert_int_equal(a.date, n.date);
	assert_int_equal(a.lines, 1);
	assert_memory_equal(a.author, n.author, sizeof n.author);
	assert_true(article_from(a.from, &display, &name, &key));
	assert_true(view_eq(display, n.display) && view_eq(name, n.name));
	assert_true(view_eqs(key, KEY16));
	buf_reset(&out);
	article_address(&out, n.name, n.author);
	assert_string_equal(buf_cstr(&out), "ana." KEY16 "@hearsay.invalid");
	buf_release(&out);
}

/* The line end in a value must not become a field, whatever stands behind it. */
static void
is_not_composed_from_what_is_not_allowed(void **state)
{
	static const struct {
		size_t field;
		struct view value;
		enum fault want;
	} c[] = {
#define SET(f, v, w) { offsetof(struct native, f), VIEW_LIT(v), w }
		SET(keywords, "a\r\nSummary: b", FAULT_ORDER),
		SET(keywords, "a\nSummary: b", FAULT_ORDER),
		SET(cancel_key, "a\r\nHearsay-Author: " KEY52 "\r\n", FAULT_ORDER),
		SET(subject, "Hello\r\n\r\nbody", FAULT_ORDER),
		SET(newsgroups, "misc.test\r\nSubject: x", FAULT_ORDER),
		SET(display, "Ana\r\nX: y", FAULT_ORDER),
		SET(display, "A \"B\" C", FAULT_FROM),
		SET(display, " Ana", FAULT_ORDER),
		SET(name, "", FAULT_FROM),
		SET(name, "Ana", FAULT_FROM),
		SET(subject, " Hello", FAULT_ORDER),
		SET(subject, "H\xe9", FAULT_UTF8),
		SET(newsgroups, "", FAULT_MISSING),
		SET(newsgroups, "local.test", FAULT_GROUPS),
		SET(followup_to, "local.test", FAULT_LOCAL_MIX),
		SET(references, "<a b>", FAULT_REFERENCES),
		SET(expires, "never", FAULT_DATE),
		SET(control, "cancel", FAULT_CONTROL),
		SET(body, "no end", FAULT_UNENDED),
		SET(body, "a\nb\r\n", FAULT_BARE_LF),
		SET(body, "a\0b\r\n", FAULT_NUL),
	};
	struct buf out = BUF_INIT(10000);
	enum fault why;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct native n = sample();

		memcpy((unsigned char *)&n + c[i].field, &c[i].value, sizeof c[i].value);
		buf_reset(&out);
		buf_adds(&out, "before");
		assert_int_equal(article_compose(&n, &out, &why), ERR_SYNTAX);
		if (why != c[i].want)
			fail_msg("%zu: %s instead of %s", i, fault_name(why),
			    fault_name(c[i].want));
		assert_string_equal(buf_cstr(&out), "before");
	}
	buf_release(&out);
}

static void
is_not_composed_over_a_limit_or_a_cap(void **state)
{
	static unsigned char body[ARTICLE_MAX];
	struct buf out = BUF_INIT(2 * ARTICLE_MAX), small = BUF_INIT(100);
	struct native n = sample();
	enum fault why;

	(void)state;
	assert_int_equal(article_compose(&n, &small, &why), ERR_TOOBIG);
	assert_int_equal(why, FAULT_TOOBIG);
	memset(body, 'x', sizeof body);
	memcpy(body + sizeof body - 2, "\r\n", 2);
	n.body = (struct view){ body, sizeof body };
	assert_int_equal(article_compose(&n, &out, &why), ERR_TOOBIG);
	assert_int_equal(why, FAULT_TOOBIG);
	n.body = (struct view){ NULL, 0 };
	n.date = -1;
	assert_int_equal(article_compose(&n, &out, &why), ERR_SYNTAX);
	assert_int_equal(why, FAULT_DATE);
	assert_int_equal(out.len, 0);
	buf_release(&small);
	buf_release(&out);
}

/* A native article made of what the parser found in one. */
static struct native
again(const struct article *a)
{
	struct native n = { .date = a->date, .body = a->body };
	struct view key;

	memcpy(n.author, a->author, sizeof n.author);
	assert_true(article_from(a->from, &n.display, &n.name, &key));
	n.newsgroups = a->newsgroups;
	n.subject = a->subject;
	n.references = a->references;
	n.reply_to = article_field(a->head, "Reply-To");
	n.followup_to = a->followup_to;
	n.supersedes = a->supersedes;
	n.control = a->control;
	n.distribution = a->distribution;
	n.expires = a->expires;
	n.keywords = article_field(a->head, "Keywords");
	n.summary = article_field(a->head, "Summary");
	n.mime_version = article_field(a->head, "MIME-Version");
	n.content_type = article_field(a->head, "Content-Type");
	n.content_transfer_encoding = article_field(a->head, "Content-Transfer-Encoding");
	n.content_language = article_field(a->head, "Content-Language");
	n.content_disposition = article_field(a->head, "Content-Disposition");
	n.cancel_lock = a->cancel_lock;
	n.cancel_key = a->cancel_key;
	return n;
}

static void
parsed_composed_and_parsed_is_the_same_bytes(void **state)
{
	struct buf out = BUF_INIT(ARTICLE_MAX);
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct article a;
		struct native n;
		enum fault why;

		if (article_parse(view_str(cases[i].in), &a, &why) != ERR_OK ||
		    a.version > 1)
			continue;
		n = again(&a);
		buf_reset(&out);
		assert_int_equal(article_compose(&n, &out, &why), ERR_OK);
		assert_true(view_eqs(buf_view(&out), cases[i].in));
		done++;
	}
	assert_true(done > 15);
	buf_release(&out);
}

/* One flipped bit is another article or none; the same Message-ID would be a forgery. */
static void
with_any_bit_flipped_is_refused_or_has_another_id(void **state)
{
	char in[] =
	    WITH("References: <a@b>" N "Expires: Mon, 01 Jun 2026 10:00:00 +0000");
	size_t len = sizeof in - 1, refused = 0;
	struct article a, b;
	enum fault why;

	(void)state;
	assert_int_equal(article_parse(view_str(in), &a, &why), ERR_OK);
	for (size_t bit = 0; bit < len * 8; bit++) {
		in[bit / 8] = (char)(in[bit / 8] ^ 1 << bit % 8);
		if (article_parse((struct view){ (unsigned char *)in, len }, &b, &why) !=
		    ERR_OK)
			refused++;
		else
			assert_string_not_equal(a.msgid, b.msgid);
		in[bit / 8] = (char)(in[bit / 8] ^ 1 << bit % 8);
	}
	assert_true(refused > len * 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_every_vector_and_the_docs),
		cmocka_unit_test(refuses_what_is_not_exactly_the_form),
		cmocka_unit_test(has_at_most_64_references_and_16_kib_a_line),
		cmocka_unit_test(is_composed_as_it_is_parsed),
		cmocka_unit_test(is_not_composed_from_what_is_not_allowed),
		cmocka_unit_test(is_not_composed_over_a_limit_or_a_cap),
		cmocka_unit_test(parsed_composed_and_parsed_is_the_same_bytes),
		cmocka_unit_test(with_any_bit_flipped_is_refused_or_has_another_id),
	};

	return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
