/* links: batcher */
/* What is packed must still be what was stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "batcher/due.h"
#include "lib/article.h"
#include "lib/digest.h"
#include "lib/keys.h"

#define FOREIGN                                                                          \
	"From: x@example.net\r\nNewsgroups: misc.test\r\nSubject: s\r\n"                 \
	"Date: Tue, 03 Mar 2026 10:00:00 +0000\r\nMessage-ID: <n@example.net>\r\n"       \
	"\r\nHello.\r\n"

static void
candidate_of(struct view article, struct candidate *c)
{
	unsigned char id[DIGEST_LEN];
	struct article a;
	enum fault why;

	*c = (struct candidate){ .arrival = 1, .size = (uint32_t)article.len };
	assert_int_equal(article_parse(article, &a, &why), ERR_OK);
	digest_sha256(view_str(a.msgid), id);
	memcpy(c->id, id, sizeof c->id);
}

static void
native(struct buf *out)
{
	struct native n = { .display = VIEW_LIT("Ana"),
		.name = VIEW_LIT("ana"),
		.date = 1700000000,
		.newsgroups = VIEW_LIT("misc.test"),
		.subject = VIEW_LIT("words"),
		.body = VIEW_LIT("Hello.\r\n") };
	struct key author;
	enum fault why;

	key_random(&author);
	ed25519_public(&author, n.author);
	assert_int_equal(article_compose(&n, out, &why), ERR_OK);
}

static void
test_an_article_that_lay_untouched_is_sound(void **state)
{
	struct buf b = BUF_INIT(ARTICLE_MAX);
	struct candidate c;

	(void)state;
	native(&b);
	candidate_of(buf_view(&b), &c);
	assert_true(due_sound(&c, buf_view(&b), true));
	candidate_of(view_str(FOREIGN), &c);
	assert_true(due_sound(&c, view_str(FOREIGN), false));
	buf_release(&b);
}

static void
test_any_changed_byte_of_a_native_article_is_found(void **state)
{
	struct buf b = BUF_INIT(ARTICLE_MAX);
	struct candidate c;

	(void)state;
	native(&b);
	candidate_of(buf_view(&b), &c);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		if (due_sound(&c, buf_view(&b), true))
			fail_msg("byte %zu changed, and nobody saw it", i);
		b.p[i] ^= 1;
	}
	assert_true(due_sound(&c, buf_view(&b), true));
	buf_release(&b);
}

static void
test_an_article_in_anothers_place_is_found(void **state)
{
	struct buf a = BUF_INIT(ARTICLE_MAX), b = BUF_INIT(ARTICLE_MAX);
	struct candidate c;

	(void)state;
	native(&a);
	native(&b);
	candidate_of(buf_view(&a), &c);
	assert_false(due_sound(&c, buf_view(&b), true));
	assert_false(due_sound(&c, view_str(FOREIGN), false));
	assert_false(due_sound(&c, (struct view){ 0 }, true));
	buf_release(&a);
	buf_release(&b);
}

static void
test_a_signature_goes_with_native_articles_and_no_others(void **state)
{
	struct buf b = BUF_INIT(ARTICLE_MAX);
	struct candidate c;

	(void)state;
	native(&b);
	candidate_of(buf_view(&b), &c);
	assert_false(due_sound(&c, buf_view(&b), false));
	candidate_of(view_str(FOREIGN), &c);
	assert_false(due_sound(&c, view_str(FOREIGN), true));
	buf_release(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_article_that_lay_untouched_is_sound),
		cmocka_unit_test(test_any_changed_byte_of_a_native_article_is_found),
		cmocka_unit_test(test_an_article_in_anothers_place_is_found),
		cmocka_unit_test(
		    test_a_signature_goes_with_native_articles_and_no_others),
	};

	crypto_init();
	return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}
