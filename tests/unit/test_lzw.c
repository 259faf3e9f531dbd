/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reader/lzw.h"

#define TEXT_MAX (1u << 20)
#define TABLE (1u << 16)

/* compress(1) in its plainest form, to have something to unpack: a table of (prefix,
 * byte) -> code found by search from the prefix's newest child. */
struct encoder {
	uint32_t child[TABLE], sibling[TABLE];
	unsigned char byte[TABLE];
	uint32_t next;
	unsigned bits, bits_max;
	uint64_t acc;
	unsigned held;
	size_t in_group;
	struct buf *out;
};

static void
put_code(struct encoder *z, uint32_t code)
{
	z->acc |= (uint64_t)code << z->held;
	z->held += z->bits;
	for (; z->held >= 8; z->held -= 8, z->acc >>= 8)
		buf_addc(z->out, (int)(z->acc & 0xff));
	z->in_group = (z->in_group + 1) % 8;
}

/* The rest of a group of eight codes is filled up when the width changes. */
static void
end_group(struct encoder *z)
{
	while (z->in_group != 0)
		put_code(z, 0);
}

static void
reset_table(struct encoder *z)
{
	memset(z->child, 0, sizeof z->child);
	z->next = 257;
	z->bits = 9;
}

static uint32_t
find_child(const struct encoder *z, uint32_t code, unsigned char c)
{
	uint32_t k = z->child[code];

	while (k != 0 && z->byte[k] != c)
		k = z->sibling[k];
	return k;
}

static void
learn(struct encoder *z, uint32_t code, unsigned char c)
{
	/* the reader is one code behind: the width grows when it has learned this one */
	if (z->next > (1u << z->bits) - 1 + (z->bits == z->bits_max) * TABLE) {
		end_group(z);
		z->bits++;
	}
	if (z->next >= 1u << z->bits_max)
		return;
	z->byte[z->next] = c;
	z->sibling[z->next] = z->child[code];
	z->child[code] = z->next++;
}

/* clear_at: codes are forgotten when so many bytes were read; 0: never. */
static void
encode(struct view in, unsigned bits_max, size_t clear_at, struct buf *out)
{
	struct encoder *z = calloc(1, sizeof *z);
	uint32_t code, k;

	assert_non_null(z);
	z->out = out;
	z->bits_max = bits_max;
	reset_table(z);
	buf_addc(out, 0x1f);
	buf_addc(out, 0x9d);
	buf_addc(out, 0x80 | (int)bits_max);
	code = in.len > 0 ? in.p[0] : 0;
	for (size_t i = 1; i < in.len; i++) {
		if ((k = find_child(z, code, in.p[i])) != 0) {
			code = k;
			continue;
		}
		put_code(z, code);
		learn(z, code, in.p[i]);
		code = in.p[i];
		if (clear_at == 0 || i % clear_at != 0)
			continue;
		put_code(z, code);
		if (z->next >= 1u << z->bits && z->bits < bits_max) {
			end_group(z);
			z->bits++;
		}
		put_code(z, 256);
		end_group(z);
		reset_table(z);
		code = in.p[++i < in.len ? i : i - 1];
	}
	if (in.len > 0)
		put_code(z, code);
	if (z->held > 0)
		buf_addc(out, (int)(z->acc & 0xff));
	free(z);
}

static enum err
decode(struct view in, size_t step, size_t max, struct buf *out)
{
	struct lzw *z = lzw_new();
	struct view part = { in.p, 0 };
	size_t before;
	enum err e = ERR_OK;

	assert_non_null(z);
	do {
		if (part.len == 0)
			part.len = in.len - (size_t)(part.p - in.p) < step
			    ? in.len - (size_t)(part.p - in.p)
			    : step;
		before = out->len;
		e = lzw_unpack(z, &part, part.p + part.len == in.p + in.len, max, out);
		assert_true(out->len - before <= max);
	} while (e == ERR_OK && (part.p != in.p + in.len || out->len != before));
	lzw_free(z);
	return e;
}

/* Text of few letters, so that the table fills with long strings. */
static void
make_text(struct buf *b, size_t len, unsigned letters)
{
	uint32_t x = 1;

	buf_reset(b);
	while (b->len < len) {
		x = x * 1664525u + 1013904223u;
		buf_addc(b, (int)('a' + (x >> 24) % letters));
	}
}

static void
what_was_packed_comes_back(void **state)
{
	static const struct {
		size_t len, clear_at, step, max;
		unsigned letters, bits;
	} c[] = {
		{ 1, 0, 100, 100, 1, 16 },
		{ 5, 0, 1, 1, 1, 16 },
		{ 1000, 0, 1, 7, 2, 16 },
		{ 100000, 0, 4096, 4096, 1, 16 },
		{ 100000, 0, 13, 1000, 26, 12 },
		{ 1000000, 0, 65536, 65536, 26, 16 },
		{ 1000000, 0, 777, 65536, 4, 14 },
		{ 20000, 0, 777, 65536, 26, 10 },
		{ 300000, 50000, 4096, 4096, 26, 16 },
	};
	struct buf text = BUF_INIT(TEXT_MAX), packed = BUF_INIT(2 * TEXT_MAX),
		   out = BUF_INIT(2 * TEXT_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		make_text(&text, c[i].len, c[i].letters);
		buf_reset(&packed);
		buf_reset(&out);
		encode(buf_view(&text), c[i].bits, c[i].clear_at, &packed);
		assert_int_equal(
		    decode(buf_view(&packed), c[i].step, c[i].max, &out), ERR_OK);
		assert_int_equal(out.len, text.len);
		assert_memory_equal(out.p, text.p, text.len);
	}
	buf_release(&text);
	buf_release(&packed);
	buf_release(&out);
}

static void
a_known_file_unpacks(void **state)
{
	/* printf 'abababababab\n' | compress */
	static const unsigned char file[] = { 0x1f, 0x9d, 0x90, 0x61, 0xc4, 0x04, 0x1c,
		0x28, 0xb0, 0xa0, 0x02 };
	struct buf out = BUF_INIT(100);

	(void)state;
	assert_int_equal(decode((struct view){ file, sizeof file }, 3, 5, &out), ERR_OK);
	assert_string_equal(buf_cstr(&out), "abababababab\n");
	buf_release(&out);
}

static void
what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		enum err want;
	} c[] = {
		{ "\x1f\x9d", 2, ERR_MORE },
		{ "", 0, ERR_MORE },
		{ "\x1f\x8b\x90\x61", 4, ERR_SYNTAX },
		{ "\x1f\x9d\x88\x61", 4, ERR_SYNTAX },         /* 8 bits */
		{ "\x1f\x9d\x91\x61", 4, ERR_SYNTAX },         /* 17 bits */
		{ "\x1f\x9d\xb0\x61", 4, ERR_SYNTAX },         /* reserved bit */
		{ "\x1f\x9d\x90\x01\x01", 5, ERR_SYNTAX },     /* begins with code 257 */
		{ "\x1f\x9d\x90\x61\x06\x02", 6, ERR_SYNTAX }, /* 'a', then code 259 */
		{ "\x1f\x9d\x90", 3, ERR_OK },
	};
	struct buf out = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		assert_int_equal(
		    decode((struct view){ (const unsigned char *)c[i].in, c[i].len }, 100,
			100, &out),
		    c[i].want);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_back),
		cmocka_unit_test(a_known_file_unpacks),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("lzw", tests, NULL, NULL);
}
