/* links: batcher */
/* Records of the exchange: whole ones are taken, parts are waited for, giants refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "batcher/record.h"
#include "batcher/wanted.h"

static void
test_a_record_is_read_as_it_was_written(void **state)
{
	static const size_t lengths[] = { 0, 1, 255, 256, 65536, RECORD_MAX };
	struct buf b = BUF_INIT(4u << 20), body = BUF_INIT(RECORD_MAX);
	struct view rest;
	struct record r;

	(void)state;
	memset(buf_grow(&body, RECORD_MAX), 'x', RECORD_MAX);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		record_add(&b, (uint8_t)(i + 1), (struct view){ body.p, lengths[i] });
	assert_int_equal(buf_err(&b), ERR_OK);
	rest = buf_view(&b);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		assert_int_equal(record_next(&rest, &r), ERR_OK);
		assert_int_equal(r.type, i + 1);
		assert_int_equal(r.body.len, lengths[i]);
		assert_memory_equal(r.body.p, body.p, lengths[i]);
	}
	assert_int_equal(rest.len, 0);
	buf_release(&b);
	buf_release(&body);
}

static void
test_a_part_of_a_record_stays_where_it_is(void **state)
{
	struct buf b = BUF_INIT(64);
	struct record r;

	(void)state;
	record_add(&b, RECORD_WANT, VIEW_LIT("twelve bytes"));
	for (size_t n = 0; n < b.len; n++) {
		struct view part = { b.p, n };

		assert_int_equal(record_next(&part, &r), ERR_MORE);
		assert_int_equal(part.len, n);
		assert_ptr_equal(part.p, b.p);
	}
	buf_release(&b);
}

static void
test_a_record_over_the_limit_is_refused_by_its_head(void **state)
{
	struct buf b = BUF_INIT(16);
	struct view rest;
	struct record r;

	(void)state;
	buf_addc(&b, RECORD_CHUNK);
	buf_addu24(&b, RECORD_MAX + 1);
	rest = buf_view(&b);
	assert_int_equal(record_next(&rest, &r), ERR_TOOBIG);
	assert_int_equal(rest.len, 4);
	buf_release(&b);
}

static void
test_what_is_wanted_is_taken_in_order_without_what_is_gone(void **state)
{
	struct wanted w = { 0 };
	struct wanted_item it = { 0 }, out;

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		for (it.offer = 0; it.offer < 3000; it.offer++)
			assert_int_equal(wanted_add(&w, &it), ERR_OK);
		assert_int_equal(w.count, 3000);
		for (uint32_t i = 0; i < 3000; i += 3)
			assert_int_equal(wanted_gone(&w, i, 0), ERR_OK);
		assert_int_equal(wanted_gone(&w, 3, 0), ERR_NOTFOUND);
		assert_int_equal(wanted_gone(&w, 1, 1), ERR_NOTFOUND);
		assert_int_equal(w.count, 2000);
		for (uint32_t i = 0; i < 3000; i++) {
			if (i % 3 == 0)
				continue;
			assert_int_equal(wanted_take(&w, &out), ERR_OK);
			assert_int_equal(out.offer, i);
		}
		assert_int_equal(wanted_take(&w, &out), ERR_NOTFOUND);
		assert_int_equal(w.count, 0);
	}
	assert_in_range(w.room, 1, 8192);
	wanted_release(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_is_read_as_it_was_written),
		cmocka_unit_test(test_a_part_of_a_record_stays_where_it_is),
		cmocka_unit_test(test_a_record_over_the_limit_is_refused_by_its_head),
		cmocka_unit_test(
		    test_what_is_wanted_is_taken_in_order_without_what_is_gone),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
