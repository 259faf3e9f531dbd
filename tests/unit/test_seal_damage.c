/* What damage costs, and who does not open an envelope. */
#include "tests/unit/seal_pair.h"

/* Turns one bit over. */
static void
flip(unsigned char *p, size_t bit)
{
	p[bit / 8] = (unsigned char)(p[bit / 8] ^ 1u << bit % 8);
}

static void
any_flipped_bit_keeps_the_header_shut(void **state)
{
	struct seal_envelope e, before;
	struct pair p;

	(void)state;
	three(&p);
	memset(&e, 0x5a, sizeof(e));
	before = e;
	for (size_t bit = 0; bit < (size_t)8 * SEAL_HEAD_LEN; bit++) {
		size_t at;
		uint64_t stream;

		flip(p.out.p, bit);
		assert_int_equal(
		    seal_open_header(&p.keys, p.stream, head_of(&p), &e), ERR_CRYPTO);
		assert_int_equal(
		    seal_find(&p.keys.tag, buf_view(&p.out), OUT_MAX, &at, &stream, 1),
		    bit < (size_t)8 * SEAL_TAG_LEN ? 0 : 1);
		flip(p.out.p, bit);
	}
	for (size_t len = 0; len < SEAL_HEAD_LEN; len++)
		assert_int_equal(seal_open_header(&p.keys, p.stream,
				     view_slice(head_of(&p), 0, len), &e),
		    ERR_CRYPTO);
	assert_int_equal(
	    seal_open_header(&p.keys, p.stream + 1, head_of(&p), &e), ERR_CRYPTO);
	assert_memory_equal(&e, &before, sizeof(e));
	assert_int_equal(seal_open_header(&p.keys, p.stream, head_of(&p), &e), ERR_OK);
	pair_release(&p);
}

static void
a_flipped_bit_in_a_chunk_costs_that_chunk_alone(void **state)
{
	struct pair p;

	(void)state;
	three(&p);
	for (size_t at = SEAL_HEAD_LEN; at < p.out.len; at++) {
		struct seal_opening *o;
		struct seal_envelope e;
		bool first;

		flip(p.out.p, 8 * at + at % 8);
		begin(&p, &e, &o);
		first = at < e.offset[1];
		for (unsigned i = 0; i < 3; i++) {
			bool hit = at >= e.offset[i] && at < e.offset[i] + e.len[i];

			assert_int_equal(open_one(&p, o, i, chunk_of(&p, &e, i)),
			    hit || first ? ERR_CRYPTO : ERR_OK);
		}
		seal_opening_free(o);
		flip(p.out.p, 8 * at + at % 8);
	}
	pair_release(&p);
}

static void
a_truncated_envelope_gives_its_whole_chunks(void **state)
{
	struct pair p;

	(void)state;
	three(&p);
	for (size_t len = SEAL_HEAD_LEN; len <= p.out.len; len++) {
		struct view cut = view_slice(buf_view(&p.out), 0, len);
		struct seal_opening *o;
		struct seal_envelope e;
		bool first;

		begin(&p, &e, &o);
		first = len >= e.offset[1];
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(
			    open_one(&p, o, i, view_slice(cut, e.offset[i], e.len[i])),
			    first && len >= e.offset[i] + e.len[i] ? ERR_OK : ERR_CRYPTO);
		seal_opening_free(o);
	}
	pair_release(&p);
}

static void
swapped_and_foreign_chunks_are_refused(void **state)
{
	struct pair p, q;
	struct seal_opening *o;
	struct seal_envelope e, f;

	(void)state;
	three(&p);
	three(&q);
	/* the same texts to the same friend in another envelope */
	buf_reset(&q.out);
	assert_int_equal(seal_write(&q.to, q.stream + 1, q.chunks, q.n, &q.out), ERR_OK);
	assert_int_equal(
	    seal_open_header(&q.keys, q.stream + 1, head_of(&q), &f), ERR_OK);
	begin(&p, &e, &o);
	assert_int_equal(open_one(&p, o, 0, chunk_of(&q, &f, 0)), ERR_CRYPTO);
	assert_int_equal(open_one(&p, o, 0, chunk_of(&p, &e, 0)), ERR_OK);
	assert_int_equal(open_one(&p, o, 1, chunk_of(&p, &e, 2)), ERR_CRYPTO);
	assert_int_equal(open_one(&p, o, 2, chunk_of(&p, &e, 1)), ERR_CRYPTO);
	assert_int_equal(open_one(&p, o, 1, chunk_of(&q, &f, 1)), ERR_CRYPTO);
	assert_int_equal(open_one(&p, o, 1, chunk_of(&p, &e, 1)), ERR_OK);
	seal_opening_free(o);
	pair_release(&p);
	pair_release(&q);
}

/* What differs between the friend that an envelope is for and somebody else. */
enum other {
	OTHER_EPOCH,
	OTHER_PSK,
	OTHER_ROOT,
	OTHER_PREKEY,
	OTHER_STATIC,
	OTHER_SIGN,
	OTHERS
};

static void
nobody_else_opens_an_envelope(void **state)
{
	(void)state;
	for (int what = 0; what < OTHERS; what++) {
		struct seal_keys keys;
		struct seal_opening *o;
		struct seal_envelope e;
		struct key k, next;
		struct pair p;

		three(&p);
		key_random(&k);
		keys = p.keys;
		assert_int_equal(
		    seal_open_header(&p.keys, p.stream, head_of(&p), &e), ERR_OK);
		if (what == OTHER_EPOCH) {
			assert_int_equal(epoch_next(&p.chain, &next), ERR_OK);
			assert_int_equal(epoch_keys(&next, &keys), ERR_OK);
			assert_int_equal(
			    seal_open_header(&keys, p.stream, head_of(&p), &e),
			    ERR_CRYPTO);
		}
		if (what == OTHER_PSK)
			keys.psk.b[0] ^= 1;
		if (what == OTHER_ROOT)
			p.from.root_id[15] ^= 1;
		if (what == OTHER_PREKEY)
			p.from.my_key = &k;
		if (what == OTHER_STATIC)
			x25519_public(&k, p.from.their_static);
		if (what == OTHER_SIGN)
			ed25519_public(&k, p.from.their_sign);
		p.from.keys = &keys;
		assert_int_equal(seal_opening_new(&p.from, &e, &o), ERR_OK);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(
			    open_one(&p, o, i, chunk_of(&p, &e, i)), ERR_CRYPTO);
		seal_opening_free(o);
		pair_release(&p);
	}
}

/* Who stole all the recipient's keys, and knows the sender's X25519 key, still needs the
 * sender's signature. */
static void
a_replaced_signature_is_refused(void **state)
{
	struct seal_opening *o;
	struct seal_envelope e;
	struct key thief;
	struct pair p;

	(void)state;
	three(&p);
	key_random(&thief);
	p.to.my_sign = &thief;
	buf_reset(&p.out);
	assert_int_equal(seal_write(&p.to, p.stream, p.chunks, p.n, &p.out), ERR_OK);
	begin(&p, &e, &o);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(open_one(&p, o, i, chunk_of(&p, &e, i)), ERR_CRYPTO);
	seal_opening_free(o);
	ed25519_public(&thief, p.from.their_sign);
	begin(&p, &e, &o);
	assert_int_equal(open_one(&p, o, 0, chunk_of(&p, &e, 0)), ERR_OK);
	seal_opening_free(o);
	pair_release(&p);
}

/* Who knows all keys but the signer's makes a chunk that opens, yet is not on the list. */
static void
a_chunk_that_was_not_signed_for_is_refused(void **state)
{
	struct seal_opening *o;
	struct seal_envelope e;
	struct pair p, q;

	(void)state;
	three(&p);
	three(&q);
	q.content[1][0] ^= 1;
	buf_reset(&q.out);
	assert_int_equal(
	    seal_write_with(&q.to, &q.ephemeral, q.stream, q.chunks, q.n, &q.out),
	    ERR_OK);
	begin(&p, &e, &o);
	assert_int_equal(open_one(&p, o, 0, chunk_of(&p, &e, 0)), ERR_OK);
	assert_int_equal(open_one(&p, o, 1, chunk_of(&q, &e, 1)), ERR_CRYPTO);
	assert_int_equal(open_one(&p, o, 2, chunk_of(&q, &e, 2)), ERR_OK);
	seal_opening_free(o);
	begin(&q, &e, &o);
	assert_int_equal(open_one(&q, o, 0, chunk_of(&q, &e, 0)), ERR_OK);
	assert_int_equal(open_one(&q, o, 1, chunk_of(&q, &e, 1)), ERR_OK);
	seal_opening_free(o);
	pair_release(&p);
	pair_release(&q);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_flipped_bit_keeps_the_header_shut),
		cmocka_unit_test(a_flipped_bit_in_a_chunk_costs_that_chunk_alone),
		cmocka_unit_test(a_truncated_envelope_gives_its_whole_chunks),
		cmocka_unit_test(swapped_and_foreign_chunks_are_refused),
		cmocka_unit_test(nobody_else_opens_an_envelope),
		cmocka_unit_test(a_replaced_signature_is_refused),
		cmocka_unit_test(a_chunk_that_was_not_signed_for_is_refused),
	};

	crypto_init();
	return cmocka_run_group_tests_name("seal damage", tests, NULL, NULL);
}
