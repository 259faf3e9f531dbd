/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "reader/rnews.h"

/* What a batch gives, written as text: a7 an article of 7 bytes, p packed, count, long
 * ... */
static const char *const words[] = { "count", "long", "wrong", "big", "junk", "bzip2",
	"unknown" };

static void
show(const struct rnews_item *item, struct buf *out)
{
	if (item->kind == RNEWS_ARTICLE)
		buf_addf(out, "a%zu ", item->article.len);
	else if (item->kind == RNEWS_PACKED)
		buf_adds(out, "p ");
	else if (item->kind == RNEWS_BAD)
		buf_addf(out, "%s ", words[item->bad]);
}

/* Feeds the batch with at most `step` bytes more than asked for; all at once when 0. */
static void
read_all(struct view batch, size_t step, struct buf *out)
{
	struct rnews r = { 0 };
	struct rnews_item item;
	struct view in;
	size_t at = 0, shown = step == 0 ? batch.len : 0;
	enum err e;

	for (;;) {
		in = view_slice(batch, at, shown - at);
		e = rnews_next(&r, &in, shown == batch.len, &item);
		if (e == ERR_NOTFOUND)
			return;
		if (e == ERR_MORE) {
			assert_true(shown < batch.len);
			assert_true(item.need > shown - at);
			assert_true(item.need <= RNEWS_MAX + 2 * RNEWS_LINE);
			shown = batch.len - shown > step ? shown + step : batch.len;
			continue;
		}
		assert_int_equal(e, ERR_OK);
		at = shown - in.len;
		show(&item, out);
		assert_int_equal(buf_err(out), ERR_OK);
	}
}

static const struct {
	const char *batch, *want;
} cases[] = {
	{ "", "" },
	{ "#! rnews 4\nabc\n", "a4 " },
	{ "#! rnews 4\nabc\n#! rnews 3\nde\n", "a4 a3 " },
	{ "#! rnews 0\n#! rnews 3\nde\n", "a0 a3 " },
	{ "#! rnews 04\nabc\n", "a4 " },
	/* a body may hold such a line when the count is right */
	{ "#! rnews 15\n#! rnews 4\nabc\n#! rnews 2\nx\n", "a15 a2 " },
	/* too short, too long, in the middle and at the end: only that article is lost */
	{ "#! rnews 3\nabc\n#! rnews 3\nde\n", "wrong a3 " },
	{ "#! rnews 6\nabc\n#! rnews 3\nde\n", "wrong a3 " },
	{ "#! rnews 3\nde\n#! rnews 5\nabc\n", "a3 long " },
	{ "#! rnews 40\nabc\n#! rnews 3\nde\n", "long a3 " },
	{ "#! rnews 3\nde\n#! rnews 3\nabc\n", "a3 wrong " },
	{ "#! rnews -4\nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews \nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews\nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews +4\nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews 4 \nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews 4\r\nabc\n#! rnews 3\nde\n", "count a3 " },
	{ "#! rnews 99999999999999999999999999\nabc\n#! rnews 3\nde\n", "big a3 " },
	{ "#! rnews 1114113\nabc\n#! rnews 3\nde\n", "big a3 " },
	{ "#! rnews 18446744073709551615\nabc\n#! rnews 3\nde\n", "big a3 " },
	/* bytes that belong to nothing */
	{ "abc\n#! rnews 3\nde\n", "junk a3 " },
	{ "#! rnews 3\nde\n#! rnews x\n\n\n#! \n#! rnew\n#! rnews 2\nf\n",
	    "a3 count a2 " },
	{ "#! rnews 3\nde\n#!", "wrong " },
	{ "#! rnews 3\nde\n#! ", "a3 unknown " },
	{ "#! frob\nabc\n#! rnews 3\nde\n", "unknown a3 " },
	{ "#! 00000000000000000000000000000000000000000000000000000000000000000\n#! "
	  "rnews 2\nx\n",
	    "junk a2 " },
	/* wrappers */
	{ "#! gunbatch\n", "p " },
	{ "#! zunbatch\n#! cunbatch\n", "p p " },
	{ "#! gunbatch -9\n#! rnews 2\nx\n", "unknown a2 " },
	{ "#! bunbatch\nBZh9\n#! rnews 2\nx\n", "bzip2 a2 " },
};

static void
a_batch_gives_its_articles_and_loses_only_what_is_wrong(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 7, 64, 1000 };
	struct buf out = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
			buf_reset(&out);
			read_all(view_str(cases[i].batch), steps[k], &out);
			assert_string_equal(buf_cstr(&out), cases[i].want);
		}
	buf_release(&out);
}

static void
a_batch_is_known_by_its_first_line(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} c[] = {
		{ "#! rnews 4\nabc\n", true },
		{ "#! rnews x\n", true },
		{ "#! gunbatch\n\x1f\x8b", true },
		{ "#! bunbatch\n", true },
		{ "#! /bin/sh\n", false },
		{ "#!rnews 4\n", false },
		{ "# rnews 4\n", false },
		{ "Path: a!b\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(rnews_begins(view_str(c[i].in)), c[i].want);
}

static void
the_largest_article_is_taken(void **state)
{
	struct buf batch = BUF_INIT(RNEWS_MAX + 100), out = BUF_INIT(100);
	unsigned char *p;

	(void)state;
	buf_addf(&batch, "#! rnews %u\n", RNEWS_MAX);
	p = buf_grow(&batch, RNEWS_MAX);
	assert_non_null(p);
	memset(p, 'x', RNEWS_MAX);
	buf_adds(&batch, "#! rnews 2\ny\n");
	read_all(buf_view(&batch), 0, &out);
	assert_string_equal(buf_cstr(&out), "a1114112 a2 ");
	buf_release(&batch);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_gives_its_articles_and_loses_only_what_is_wrong),
		cmocka_unit_test(a_batch_is_known_by_its_first_line),
		cmocka_unit_test(the_largest_article_is_taken),
	};

	return cmocka_run_group_tests_name("rnews", tests, NULL, NULL);
}
