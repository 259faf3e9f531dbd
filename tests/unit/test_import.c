/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "reader/import_items.h"
#include "reader/import_options.h"
#include "reader/import_store.h"

static void
line_ends_become_crlf_unless_they_are(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "", "" },
		{ "a\n", "a\r\n" },
		{ "a\nb\n\nc\n", "a\r\nb\r\n\r\nc\r\n" },
		{ "a\r\nb\r\n", "a\r\nb\r\n" },
		{ "\n", "\r\n" },
		{ "\r\n", "\r\n" },
		/* a last line without an end gets one */
		{ "a", "a\r\n" },
		{ "a\nb", "a\r\nb\r\n" },
		{ "a\r\nb", "a\r\nb\r\n" },
		/* mixtures are not made good: the parser refuses them */
		{ "a\r\nb\nc\r\n", "a\r\nb\nc\r\n" },
		{ "a\nb\r\n", "a\r\nb\r\r\n" },
		{ "a\rb\n", "a\rb\r\n" },
	};
	struct buf out = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&out);
		import_crlf(view_str(c[i].in), &out);
		assert_string_equal(buf_cstr(&out), c[i].want);
	}
	buf_release(&out);
}

/* Each article in brackets, each refusal by its name and place. */
static bool
article(void *arg, struct view raw, const struct import_place *at)
{
	struct buf *out = arg;

	(void)at;
	buf_addc(out, '[');
	buf_addv(out, raw);
	buf_addc(out, ']');
	return true;
}

static void
refused(void *arg, unsigned reason, int errnum, const struct import_place *at)
{
	(void)errnum;
	buf_addf(arg, "(%s %" PRIu64 "%s)", reason_name(reason), at->at,
	    at->unpacked ? " unpacked" : "");
}

static void
read_items(struct view file, struct buf *out)
{
	const struct import_sink sink = {
		.arg = out, .article = article, .refused = refused
	};
	struct buf window = BUF_INIT(IMPORT_WINDOW);
	struct source s = { .fd = -1 };
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(file.p, 1, file.len, f), file.len);
	assert_int_equal(fflush(f), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	assert_int_equal(source_attach(&s, fileno(f)), ERR_OK);
	assert_true(import_items(&s, "file", &window, &sink));
	source_release(&s);
	fclose(f);
	buf_release(&window);
}

static void
gzip(struct view in, struct buf *out)
{
	z_stream z = { 0 };
	unsigned char *p;
	uLong bound;

	assert_int_equal(
	    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	bound = deflateBound(&z, in.len);
	p = buf_grow(out, bound);
	assert_non_null(p);
	z.next_in = (z_const Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.len;
	z.next_out = p;
	z.avail_out = (uInt)bound;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_truncate(out, out->len - z.avail_out);
	deflateEnd(&z);
}

static void
files_are_told_apart_by_content(void **state)
{
	static const struct {
		const char *file, *want;
	} c[] = {
		{ "", "(empty 0)" },
		{ "A: 1\n\nx\n", "[A: 1\n\nx\n]" },
		{ "From a\nA: 1\n\nx\n", "[A: 1\n\nx\n]" },
		{ "#! rnews 8\nA: 1\n\nx\n", "[A: 1\n\nx\n]" },
		{ "#! rnews 9\nA: 1\n\nx\n#! rnews 2\nB\n", "(batch-count 0)[B\n]" },
		{ "#! rnews 2\nA\n#! rnews 1\nB\n#! rnews 2\nC\n",
		    "[A\n](batch-count 13)[C\n]" },
		{ "#! rnews 2\nA\n#! bunbatch\nBZh", "[A\n](bzip2 13)" },
		{ "#! gunbatch\nnot packed\n#! rnews 2\nA\n", "(damaged 12)[A\n]" },
		{ "plain text\n", "(unknown 0)" },
		{ "BZh91AY&SY", "(bzip2 0)" },
		{ ": no name\n\n", "(unknown 0)" },
		{ "\x1f\x8b garbage", "(damaged 0 unpacked)" },
		/* wire format: taken off only where it is sure */
		{ "A: 1\r\n\r\n..x\r\n.\r\n", "[A: 1\r\n\r\n.x\r\n]" },
		{ "A: 1\r\n\r\n...\r\n..\r\n.\r\n", "[A: 1\r\n\r\n..\r\n.\r\n]" },
		{ "A: 1\r\n\r\n.x\r\n.\r\n", "[A: 1\r\n\r\n.x\r\n.\r\n]" },
		{ "A: 1\r\n\r\n..x\r\n", "[A: 1\r\n\r\n..x\r\n]" },
		{ "A: 1\n\n..x\n.\n", "[A: 1\n\n..x\n.\n]" },
	};
	struct buf out = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&out);
		read_items(view_str(c[i].file), &out);
		assert_string_equal(buf_cstr(&out), c[i].want);
	}
	buf_release(&out);
}

static void
packed_batches_go_on_behind_their_end(void **state)
{
	struct buf file = BUF_INIT(8192), inner = BUF_INIT(4096), out = BUF_INIT(4096);

	(void)state;
	buf_adds(&inner, "#! rnews 2\nA\n#! gunbatch\n");
	gzip(VIEW_LIT("#! rnews 2\nB\n#! rnews 9\nX\n"), &inner);
	buf_adds(&file, "#! rnews 2\n1\n#! zunbatch\n");
	gzip(buf_view(&inner), &file);
	buf_adds(&file, "#! rnews 2\n2\n");
	read_items(buf_view(&file), &out);
	assert_string_equal(
	    buf_cstr(&out), "[1\n][A\n][B\n](batch-count 13 unpacked)[2\n]");

	/* behind a packed file there is nothing of ours */
	buf_reset(&file);
	buf_reset(&out);
	gzip(VIEW_LIT("A: 1\n\nx\n"), &file);
	buf_adds(&file, "more");
	read_items(buf_view(&file), &out);
	assert_true(view_starts(buf_view(&out), "[A: 1\n\nx\n](batch-junk "));
	buf_release(&file);
	buf_release(&inner);
	buf_release(&out);
}

static void
an_article_may_be_as_large_as_a_batch_says(void **state)
{
	struct buf file = BUF_INIT(4u << 20), out = BUF_INIT(4u << 20);
	unsigned char *p;

	(void)state;
	buf_adds(&file, "A: 1\n\n");
	p = buf_grow(&file, RNEWS_MAX - file.len);
	assert_non_null(p);
	memset(p, 'x', RNEWS_MAX - 6);
	read_items(buf_view(&file), &out);
	assert_int_equal(out.len, RNEWS_MAX + 2);
	buf_addc(&file, 'x');
	buf_reset(&out);
	read_items(buf_view(&file), &out);
	assert_string_equal(buf_cstr(&out), "(too-big 0)");
	buf_release(&file);
	buf_release(&out);
}

struct values {
	bool flag;
	const char *text;
	uint64_t number;
};

static void
options_stand_before_and_after_words(void **state)
{
	static const struct option_row rows[] = {
		{ "--flag", NULL, OPTION_FLAG, offsetof(struct values, flag), "" },
		{ "-t", "TEXT", OPTION_TEXT, offsetof(struct values, text), "" },
		{ "-n", "N", OPTION_NUMBER, offsetof(struct values, number), "" },
	};
	static const struct {
		const char *args[6];
		bool want;
		int words;
	} c[] = {
		{ { "a", "--flag", "-t", "x", "-n", "7" }, true, 1 },
		{ { "--flag", "-t", "x", "-n", "7", "-" }, true, 1 },
		{ { "-n", "7", "-t", "x", "--flag", "--" }, true, 0 },
		{ { "a", "b", "--", "--flag", "-t", "c" }, true, 5 },
		{ { "a", "b", "c", "d", "e", "-t" }, false, 0 },
		{ { "-n", "x", "a", "b", "c", "d" }, false, 0 },
		{ { "-n", "-1", "a", "b", "c", "d" }, false, 0 },
		{ { "--flagg", "a", "b", "c", "d", "e" }, false, 0 },
	};
	const char *what, *which;
	struct values v;
	char *args[6];
	int words;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		v = (struct values){ 0 };
		memcpy(args, c[i].args, sizeof args);
		assert_int_equal(
		    options_read(rows, 3, &v, 6, args, &words, &what, &which), c[i].want);
		if (!c[i].want) {
			assert_non_null(what);
			continue;
		}
		assert_int_equal(words, c[i].words);
		if (words > 1)
			continue;
		assert_true(v.flag);
		assert_string_equal(v.text, "x");
		assert_int_equal(v.number, 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_become_crlf_unless_they_are),
		cmocka_unit_test(files_are_told_apart_by_content),
		cmocka_unit_test(packed_batches_go_on_behind_their_end),
		cmocka_unit_test(an_article_may_be_as_large_as_a_batch_says),
		cmocka_unit_test(options_stand_before_and_after_words),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
