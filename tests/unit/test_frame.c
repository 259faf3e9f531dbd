/* links: newsd
 * Frames, greetings and parity against tests/vectors/frame.txt, and what they refuse. */
#include "newsd/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fs.h"
#include "newsd/greeting.h"
#include "newsd/repair.h"
#include "tests/unit/simline.h"

#define VECTORS "tests/vectors/frame.txt"
#define FIELDS 8

static unsigned
nibble(unsigned char c)
{
	assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static uint64_t
number(struct view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.len; i++)
		n = n << 4 | nibble(v.p[i]);
	return n;
}

static void
bytes(struct view v, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i + 1 < v.len; i += 2)
		buf_addc(out, (int)(nibble(v.p[i]) << 4 | nibble(v.p[i + 1])));
}

/* Calls run with the fields of each line of that kind; how many there were. */
static int
each(const char *kind, void (*run)(const struct view *))
{
	struct buf file = BUF_INIT(1u << 20);
	struct view left, line, f[FIELDS];
	int n = 0;

	assert_int_equal(fs_read(VECTORS, &file), ERR_OK);
	for (left = buf_view(&file); left.len > 0;) {
		size_t k = 0;

		line = view_slice(left, 0, view_chr(left, '\n'));
		left = view_slice(left, line.len + 1, left.len);
		if (!view_starts(line, kind))
			continue;
		while (line.len > 0 && k < FIELDS) {
			f[k] = view_slice(line, 0, view_chr(line, ' '));
			line = view_slice(line, f[k++].len + 1, line.len);
		}
		run(f);
		n++;
	}
	buf_release(&file);
	return n;
}

static void
check_frame(const struct view *f)
{
	struct buf plain = BUF_INIT(4096), line = BUF_INIT(4096), out = BUF_INIT(4096);
	uint32_t session = (uint32_t)number(f[1]);
	uint64_t offset = number(f[2]);
	unsigned char back[FRAME_PLAIN_MAX];
	struct view raw;
	size_t len;

	bytes(f[3], &plain);
	bytes(f[4], &line);
	frame_write(buf_view(&plain), session, offset, &out);
	assert_true(view_eq(buf_view(&out), buf_view(&line)));
	for (size_t i = 0; i + 1 < out.len; i++)
		assert_true(out.p[i] != 0x7e && out.p[i] != 0x11 && out.p[i] != 0x13);
	raw = view_slice(buf_view(&out), 0, out.len - 1);
	assert_int_equal(frame_read(raw, FRAME_FLOW, back, &len), ERR_OK);
	assert_int_equal(len, plain.len + FRAME_CRC);
	assert_memory_equal(back, plain.p, plain.len);
	assert_true(frame_verify((struct view){ back, len }, session, offset));
	/* of another call, and of elsewhere in the stream */
	assert_false(frame_verify((struct view){ back, len }, session ^ 1, offset));
	assert_false(frame_verify((struct view){ back, len }, session, offset + 65536));
	buf_release(&plain);
	buf_release(&line);
	buf_release(&out);
}

static void
frames_are_those_of_the_vectors(void **state)
{
	(void)state;
	assert_int_equal(each("frame ", check_frame), 7);
}

static void
check_greeting(const struct view *f)
{
	struct greeting g = { .answer = number(f[1]) != 0,
		.flags = (uint8_t)number(f[2]),
		.number = (uint8_t)number(f[3]),
		.heard = (uint8_t)number(f[4]),
		.session = (uint32_t)number(f[5]),
		.other = (uint32_t)number(f[6]) };
	struct buf line = BUF_INIT(4096), out = BUF_INIT(4096);
	struct greeting back;

	bytes(f[7], &line);
	greeting_write(&g, &out);
	assert_true(view_eq(buf_view(&out), buf_view(&line)));
	assert_int_equal(
	    greeting_read(view_slice(buf_view(&out), 0, out.len - 1), &back), ERR_OK);
	assert_true(back.answer == g.answer && back.flags == g.flags &&
	    back.number == g.number && back.heard == g.heard &&
	    back.session == g.session && back.other == g.other);
	assert_int_equal(back.path, GREETING_CLEAN);
	assert_int_equal(greeting_changed(back.tail), -1);
	buf_release(&line);
	buf_release(&out);
}

static void
greetings_are_those_of_the_vectors(void **state)
{
	(void)state;
	assert_int_equal(each("greeting ", check_greeting), 4);
}

static void
check_parity(const struct view *f)
{
	struct buf payload = BUF_INIT(4096), want = BUF_INIT(4096), out = BUF_INIT(4096);

	bytes(f[2], &payload);
	bytes(f[3], &want);
	repair_parity(buf_view(&payload), (unsigned)number(f[1]), &out);
	assert_true(view_eq(buf_view(&out), buf_view(&want)));
	buf_release(&payload);
	buf_release(&want);
	buf_release(&out);
}

static void
parity_is_that_of_the_vectors(void **state)
{
	(void)state;
	assert_int_equal(each("parity ", check_parity), 4);
}

static void
crc_is_castagnolis(void **state)
{
	(void)state;
	/* RFC 3720 B.4 */
	assert_int_equal(frame_crc32c(0, VIEW_LIT("123456789")), 0xe3069283);
}

static void
frames_of_every_length_come_back(void **state)
{
	unsigned char *p = sim_payload(FRAME_PLAIN_MAX, 4), back[FRAME_PLAIN_MAX];

	(void)state;
	for (size_t n = FRAME_HEAD; n <= FRAME_PLAIN_MAX - FRAME_CRC; n++)
		for (int kind = 0; kind < 3; kind++) {
			struct buf out = BUF_INIT(FRAME_RAW_MAX);
			size_t len;

			/* a block with a mask, blocks without, and both */
			for (size_t i = 0; i < n && kind > 0; i++)
				p[i] = (unsigned char)(kind == 1 ? i : i < 400 ? 0 : i);
			frame_write((struct view){ p, n }, 1, 2, &out);
			assert_int_equal(
			    frame_read(view_slice(buf_view(&out), 0, out.len - 1),
				FRAME_FLOW, back, &len),
			    ERR_OK);
			assert_int_equal(len, n + FRAME_CRC);
			assert_memory_equal(back, p, n);
			buf_release(&out);
		}
	free(p);
}

static void
no_changed_byte_passes(void **state)
{
	unsigned char *p = sim_payload(60, 3), back[FRAME_PLAIN_MAX];
	struct buf out = BUF_INIT(4096);
	size_t len;

	(void)state;
	frame_write((struct view){ p, 60 }, 77, 5, &out);
	for (size_t i = 0; i + 1 < out.len; i++)
		for (unsigned x = 1; x < 256; x++) {
			struct view raw = view_slice(buf_view(&out), 0, out.len - 1);

			out.p[i] ^= (unsigned char)x;
			for (int flow = FRAME_FLOW; flow <= FRAME_NOISE; flow++)
				if (frame_read(raw, (enum frame_flow)flow, back, &len) ==
				    ERR_OK)
					assert_false(frame_verify(
					    (struct view){ back, len }, 77, 5));
			out.p[i] ^= (unsigned char)x;
		}
	buf_release(&out);
	free(p);
}

static void
flow_control_between_the_bytes_is_passed_over(void **state)
{
	struct buf out = BUF_INIT(4096), with = BUF_INIT(4096);
	unsigned char back[FRAME_PLAIN_MAX];
	size_t len;

	(void)state;
	frame_write(VIEW_LIT("\0\0\0hello"), 1, 0, &out);
	for (size_t i = 0; i + 1 < out.len; i++) {
		buf_addc(&with, i % 2 == 0 ? 0x11 : 0x13);
		buf_addc(&with, out.p[i]);
	}
	assert_int_equal(frame_read(buf_view(&with), FRAME_FLOW, back, &len), ERR_OK);
	assert_true(frame_verify((struct view){ back, len }, 1, 0));
	buf_release(&out);
	buf_release(&with);
}

static void
garbage_is_skipped_up_to_the_next_flag(void **state)
{
	static struct deframer d;
	struct buf line = BUF_INIT(16384);
	unsigned char back[FRAME_PLAIN_MAX];
	struct view in, raw;
	int good = 0;
	size_t len;

	(void)state;
	buf_adds(&line, "\r\nlogin: ");
	buf_addc(&line, FRAME_FLAG);
	frame_write(VIEW_LIT("\0\0\0one"), 1, 0, &line);
	frame_write(VIEW_LIT("\0\0\0two"), 1, 0, &line);
	for (int i = 0; i < 5000; i++)
		buf_addc(&line, 'x'); /* longer than any frame */
	buf_addc(&line, FRAME_FLAG);
	frame_write(VIEW_LIT("\0\0\0three"), 1, 0, &line);
	/* however it is cut */
	for (size_t cut = 1; cut < 700; cut += 13) {
		good = 0;
		for (size_t at = 0; at < line.len; at += cut)
			for (in = view_slice(buf_view(&line), at, cut);
			     deframer_next(&d, &in, &raw);)
				good +=
				    frame_read(raw, FRAME_FLOW, back, &len) == ERR_OK &&
				    frame_verify((struct view){ back, len }, 1, 0);
		assert_int_equal(good, 3);
	}
	buf_release(&line);
}

static void
acknowledgements_come_back_as_they_went(void **state)
{
	struct range r[] = { { 65530, 65540 }, { 65541, 70000 }, { 90000, 90001 } };
	struct range back[FRAME_ACK_RANGES_MAX];
	struct buf b = BUF_INIT(256);
	uint64_t next;
	struct view v;
	size_t n;

	(void)state;
	frame_add_acks(&b, 65500, r, 3);
	v = buf_view(&b);
	assert_int_equal(frame_take_acks(&v, 70000, &next, back, &n), ERR_OK);
	assert_int_equal(v.len, 0);
	assert_int_equal(next, 65500);
	assert_int_equal(n, 3);
	assert_memory_equal(back, r, sizeof r);
	for (size_t cut = 0; cut < b.len; cut++) {
		v = view_slice(buf_view(&b), 0, cut);
		assert_int_not_equal(frame_take_acks(&v, 70000, &next, back, &n), ERR_OK);
	}
	buf_release(&b);
}

static void
what_a_path_does_to_bytes_shows_in_a_greeting(void **state)
{
	struct greeting g = { .session = 0x1234, .number = 1 }, back;
	struct buf out = BUF_INIT(256), came = BUF_INIT(256);

	(void)state;
	greeting_write(&g, &out);
	for (int kind = 0; kind < 5; kind++) {
		static const enum greeting_path want[] = { GREETING_SEVEN_BITS,
			GREETING_FLOW, GREETING_SEVEN_BITS, GREETING_CHANGED,
			GREETING_SEVEN_BITS };

		buf_reset(&came);
		for (size_t i = 0; i + 1 < out.len; i++) {
			unsigned c = out.p[i];

			if ((kind == 1 || kind == 2) && (c == 0x11 || c == 0x13))
				continue;
			if (kind == 0 || kind == 2)
				c &= 0x7f;
			if (kind == 3 && c == 0x0d)
				c = 0x0a;
			if (kind == 4) /* even parity */
				c = (c & 0x7f) | (__builtin_parity(c & 0x7f) ? 0x80u : 0);
			buf_addc(&came, (int)c);
		}
		assert_int_equal(greeting_read(buf_view(&came), &back), ERR_OK);
		assert_int_equal(back.path, want[kind]);
		assert_int_equal(back.session, 0x1234);
		if (kind == 3)
			assert_int_equal(greeting_changed(back.tail), 0x0d);
	}
	out.p[3] = '2';
	assert_int_equal(
	    greeting_read(view_slice(buf_view(&out), 0, out.len - 1), &back), ERR_SYNTAX);
	buf_release(&out);
	buf_release(&came);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_those_of_the_vectors),
		cmocka_unit_test(greetings_are_those_of_the_vectors),
		cmocka_unit_test(parity_is_that_of_the_vectors),
		cmocka_unit_test(crc_is_castagnolis),
		cmocka_unit_test(frames_of_every_length_come_back),
		cmocka_unit_test(no_changed_byte_passes),
		cmocka_unit_test(flow_control_between_the_bytes_is_passed_over),
		cmocka_unit_test(garbage_is_skipped_up_to_the_next_flag),
		cmocka_unit_test(acknowledgements_come_back_as_they_went),
		cmocka_unit_test(what_a_path_does_to_bytes_shows_in_a_greeting),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
