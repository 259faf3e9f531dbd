/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "reader/source.h"

/* A descriptor that holds these bytes. */
static int
file_of(struct view v)
{
	FILE *f = tmpfile();
	int fd;

	assert_non_null(f);
	assert_int_equal(fwrite(v.p, 1, v.len, f), v.len);
	assert_int_equal(fflush(f), 0);
	fd = dup(fileno(f));
	fclose(f);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
gzip(struct view in, struct buf *out)
{
	z_stream z = { 0 };
	uLong bound;
	unsigned char *p;

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
make_text(struct buf *b, size_t len)
{
	for (unsigned i = 0; b->len < len; i++)
		buf_addf(b, "line %u of the text\n", i * 7919 % 10007);
	buf_truncate(b, len);
}

/* Reads to the end in bites and compares. */
static void
reads_as(struct source *s, struct view want, size_t bite)
{
	struct view v;
	bool end = false;
	size_t at = 0, n;

	for (;;) {
		assert_int_equal(source_offset(s), at);
		assert_int_equal(source_peek(s, bite, &v, &end), ERR_OK);
		assert_true(v.len >= bite || end);
		if (v.len == 0)
			break;
		n = v.len < bite ? v.len : bite;
		assert_true(n <= want.len - at);
		assert_memory_equal(v.p, want.p + at, n);
		source_take(s, n);
		at += n;
	}
	assert_int_equal(at, want.len);
}

static void
a_file_is_read_through_the_window(void **state)
{
	static const size_t bites[] = { 1000, 65537, SOURCE_WINDOW };
	struct buf text = BUF_INIT(8u << 20);
	struct source s = { .fd = -1 };
	int fd;

	(void)state;
	make_text(&text, 5u << 20);
	for (size_t i = 0; i < sizeof bites / sizeof bites[0]; i++) {
		fd = file_of(buf_view(&text));
		assert_int_equal(source_attach(&s, fd), ERR_OK);
		reads_as(&s, buf_view(&text), bites[i]);
		source_close(&s);
		close(fd);
	}
	source_release(&s);
	buf_release(&text);
}

static void
packed_bytes_are_unpacked_and_what_follows_stays(void **state)
{
	struct buf text = BUF_INIT(8u << 20), file = BUF_INIT(8u << 20),
		   twice = BUF_INIT(8u << 20);
	struct source s = { .fd = -1 };
	struct view v;
	bool end;
	int fd;

	(void)state;
	make_text(&text, 3u << 20);
	gzip(buf_view(&text), &file);
	gzip(VIEW_LIT("and a second member\n"), &file);
	buf_adds(&file, "behind");
	buf_adds(&text, "and a second member\n");
	gzip(buf_view(&file), &twice);
	fd = file_of(buf_view(&twice));
	assert_int_equal(source_attach(&s, fd), ERR_OK);
	assert_int_equal(source_push(&s), ERR_OK);
	assert_int_equal(source_push(&s), ERR_OK);
	reads_as(&s, buf_view(&text), 5000);
	source_pop(&s);
	assert_int_equal(source_peek(&s, 100, &v, &end), ERR_OK);
	assert_true(end && view_eqs(v, "behind"));
	assert_int_equal(source_push(&s), ERR_SYNTAX);
	source_pop(&s);
	assert_int_equal(source_peek(&s, 1, &v, &end), ERR_OK);
	assert_true(end && v.len == 0);
	close(fd);
	source_release(&s);
	buf_release(&text);
	buf_release(&file);
	buf_release(&twice);
}

static void
damage_is_told_after_what_was_whole(void **state)
{
	static const struct {
		size_t cut;  /* bytes from the end that are gone */
		size_t flip; /* bytes from the end where one is changed; 0: none */
	} c[] = { { 0, 1 }, { 0, 6 }, { 1, 0 }, { 9, 0 }, { 2000, 0 } };
	struct buf text = BUF_INIT(1u << 20), file = BUF_INIT(1u << 20);
	struct source s = { .fd = -1 };
	struct view v, in;
	bool end;
	int fd;

	(void)state;
	make_text(&text, 200000);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		buf_reset(&file);
		gzip(buf_view(&text), &file);
		in = view_slice(buf_view(&file), 0, file.len - c[i].cut);
		if (c[i].flip > 0)
			file.p[file.len - c[i].flip] ^= 0x10;
		fd = file_of(in);
		assert_int_equal(source_attach(&s, fd), ERR_OK);
		assert_int_equal(source_push(&s), ERR_OK);
		assert_int_equal(source_peek(&s, 1000, &v, &end), ERR_OK);
		assert_memory_equal(v.p, text.p, 1000);
		assert_int_equal(source_peek(&s, 300000, &v, &end), ERR_SYNTAX);
		assert_false(end);
		close(fd);
	}
	source_release(&s);
	buf_release(&text);
	buf_release(&file);
}

static void
packing_in_packing_has_an_end(void **state)
{
	struct buf a = BUF_INIT(4096), b = BUF_INIT(4096), t;
	struct source s = { .fd = -1 };
	unsigned depth = 0;
	int fd;

	(void)state;
	buf_adds(&a, "x");
	for (unsigned i = 0; i < SOURCE_DEPTH + 1; i++) {
		buf_reset(&b);
		gzip(buf_view(&a), &b);
		t = a;
		a = b;
		b = t;
	}
	fd = file_of(buf_view(&a));
	assert_int_equal(source_attach(&s, fd), ERR_OK);
	while (source_push(&s) == ERR_OK)
		depth++;
	assert_int_equal(depth, SOURCE_DEPTH - 1);
	assert_int_equal(source_push(&s), ERR_TOOBIG);
	close(fd);
	source_release(&s);
	buf_release(&a);
	buf_release(&b);
}

static void
what_cannot_be_opened_is_told_apart(void **state)
{
	struct source s = { .fd = -1 };
	struct view v;
	bool end;

	(void)state;
	assert_int_equal(source_open(&s, "tests/no/such/file"), ERR_NOTFOUND);
	assert_int_equal(source_open(&s, "tests"), ERR_OK);
	assert_int_equal(source_peek(&s, 1, &v, &end), ERR_IO);
	source_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_through_the_window),
		cmocka_unit_test(packed_bytes_are_unpacked_and_what_follows_stays),
		cmocka_unit_test(damage_is_told_after_what_was_whole),
		cmocka_unit_test(packing_in_packing_has_an_end),
		cmocka_unit_test(what_cannot_be_opened_is_told_apart),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
