/* The sealed envelope against tests/vectors/seal.txt, and its limits. */
#include "tests/unit/seal_pair.h"

static void
assert_value(struct vector *v, const char *key, size_t nth, struct view got)
{
	struct view want = get(v, key, nth);

	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
}

static void
epochs_give_the_keys_of_the_vectors(void **state)
{
	struct vector v[2];

	(void)state;
	read_vectors(v);
	for (size_t i = 0; i < COUNT(v); i++) {
		struct pair p;

		pair_of(&v[i], &p);
		assert_value(&v[i], "chain", 0, (struct view){ p.chain.b, KEY_LEN });
		assert_value(&v[i], "tag-key", 0, (struct view){ p.keys.tag.b, KEY_LEN });
		assert_value(
		    &v[i], "header-key", 0, (struct view){ p.keys.header, SIV_KEY_LEN });
		assert_value(&v[i], "psk", 0, (struct view){ p.keys.psk.b, KEY_LEN });
		assert_value(
		    &v[i], "session", 0, (struct view){ p.keys.session.b, KEY_LEN });
		assert_value(&v[i], "sender-static-public", 0,
		    (struct view){ p.from.their_static, KEY_LEN });
		assert_value(&v[i], "sender-sign-public", 0,
		    (struct view){ p.from.their_sign, KEY_LEN });
		pair_release(&p);
	}
}

static void
envelopes_are_those_of_the_vectors(void **state)
{
	struct vector v[2];

	(void)state;
	read_vectors(v);
	for (size_t i = 0; i < COUNT(v); i++) {
		struct seal_envelope e;
		struct pair p;

		pair_of(&v[i], &p);
		assert_int_equal(p.out.len, seal_size(p.chunks, p.n));
		assert_value(
		    &v[i], "tag", 0, view_slice(buf_view(&p.out), 0, SEAL_TAG_LEN));
		assert_value(&v[i], "header", 0,
		    view_slice(buf_view(&p.out), SEAL_TAG_LEN, SEAL_HEADER_LEN));
		assert_int_equal(
		    seal_open_header(&p.keys, p.stream, head_of(&p), &e), ERR_OK);
		assert_int_equal(e.n, p.n);
		for (size_t k = 0; k < p.n; k++)
			assert_value(&v[i], "chunk", k, chunk_of(&p, &e, k));
		assert_int_equal(get(&v[i], "chunk", p.n).len, 0);
		assert_int_equal(e.total, p.out.len);
		pair_release(&p);
	}
}

static void
an_envelope_opens_in_any_order_after_its_first_chunk(void **state)
{
	static const unsigned order[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 0, 2, 2 } };
	struct pair p;

	(void)state;
	three(&p);
	for (size_t i = 0; i < COUNT(order); i++) {
		struct seal_opening *o;
		struct seal_envelope e;

		begin(&p, &e, &o);
		assert_int_equal(e.stream, p.stream);
		assert_int_equal(e.prekey_id, 0x01020304);
		assert_int_equal(open_one(&p, o, 1, chunk_of(&p, &e, 1)), ERR_CRYPTO);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(
			    open_one(&p, o, order[i][k], chunk_of(&p, &e, order[i][k])),
			    ERR_OK);
		seal_opening_free(o);
	}
	pair_release(&p);
}

/* Headers that open, as the friend's key made them, but that no correct friend writes. */
static void
malformed_headers_are_told_from_damaged_ones(void **state)
{
	static const struct {
		size_t at;
		unsigned char bytes[3];
		size_t len;
		enum err want;
	} c[] = {
		{ 0, { 1 }, 1, ERR_OK },              /* any enc */
		{ 36, { 0 }, 1, ERR_SYNTAX },         /* no chunk */
		{ 36, { 17 }, 1, ERR_SYNTAX },        /* too many */
		{ 36, { 2 }, 1, ERR_SYNTAX },         /* a length that is not used */
		{ 36, { 4 }, 1, ERR_SYNTAX },         /* one that is missing */
		{ 37, { 0, 0, 111 }, 3, ERR_SYNTAX }, /* no room for the signature */
		{ 37, { 0, 0, 112 }, 3, ERR_OK },
		{ 40, { 0, 0, 16 }, 3, ERR_SYNTAX }, /* a chunk of nothing */
		{ 40, { 0, 0, 17 }, 3, ERR_OK },
		{ 40, { CHUNK_MAX >> 16, CHUNK_MAX >> 8 & 255, CHUNK_MAX & 255 }, 3,
		    ERR_OK },
		{ 40, { CHUNK_MAX >> 16, CHUNK_MAX >> 8 & 255, (CHUNK_MAX & 255) + 1 }, 3,
		    ERR_SYNTAX },
		{ 82, { 0, 0, 17 }, 3, ERR_SYNTAX }, /* the length of the sixteenth */
		{ 85, { 1 }, 1, ERR_SYNTAX },        /* fill */
		{ 95, { 1 }, 1, ERR_SYNTAX },
	};
	struct pair p;

	(void)state;
	three(&p);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct view tag = view_slice(head_of(&p), 0, SEAL_TAG_LEN);
		unsigned char plain[96], head[SEAL_HEAD_LEN];
		struct seal_envelope e;

		memcpy(head, head_of(&p).p, sizeof(head));
		assert_int_equal(
		    siv_open(p.keys.header, tag,
			view_slice(head_of(&p), SEAL_TAG_LEN, SEAL_HEADER_LEN), plain),
		    ERR_OK);
		memcpy(plain + c[i].at, c[i].bytes, c[i].len);
		assert_int_equal(
		    siv_seal(p.keys.header, tag, (struct view){ plain, sizeof(plain) },
			head + SEAL_TAG_LEN),
		    ERR_OK);
		assert_int_equal(seal_open_header(&p.keys, p.stream,
				     (struct view){ head, sizeof(head) }, &e),
		    c[i].want);
	}
	pair_release(&p);
}

static void
keys_of_small_order_seal_and_open_nothing(void **state)
{
	struct seal_opening *o = NULL;
	struct seal_envelope e;
	struct pair p;
	size_t len;

	(void)state;
	three(&p);
	len = p.out.len;
	memset(p.to.their_key, 0, KEY_LEN);
	assert_int_equal(seal_write(&p.to, 1, p.chunks, p.n, &p.out), ERR_CRYPTO);
	assert_int_equal(p.out.len, len);
	assert_int_equal(seal_open_header(&p.keys, p.stream, head_of(&p), &e), ERR_OK);
	memset(e.enc, 0, KEY_LEN);
	assert_int_equal(seal_opening_new(&p.from, &e, &o), ERR_CRYPTO);
	assert_null(o);
	pair_release(&p);
}

static void
sixteen_chunks_of_the_largest_size_are_the_limit(void **state)
{
	size_t max = SEAL_CONTENT_MAX(ENVELOPE_CHUNKS);
	unsigned char *big = calloc(1, max + 1);
	struct view chunks[ENVELOPE_CHUNKS];
	struct buf out = BUF_INIT(ENVELOPE_CHUNKS * CHUNK_MAX + SEAL_HEAD_LEN);
	struct buf plain = BUF_INIT(CHUNK_MAX), tight = BUF_INIT(max);
	struct seal_opening *o;
	struct seal_envelope e;
	struct pair p;

	(void)state;
	three(&p);
	for (size_t i = 0; i < ENVELOPE_CHUNKS; i++)
		chunks[i] = (struct view){ big, i < 2 ? max : i };
	assert_int_equal(
	    seal_write(&p.to, p.stream, chunks, ENVELOPE_CHUNKS, &out), ERR_OK);
	assert_int_equal(out.len, seal_size(chunks, ENVELOPE_CHUNKS));
	assert_int_equal(seal_open_header(&p.keys, p.stream,
			     view_slice(buf_view(&out), 0, SEAL_HEAD_LEN), &e),
	    ERR_OK);
	assert_int_equal(e.total, out.len);
	assert_int_equal(e.len[0], CHUNK_MAX);
	assert_int_equal(seal_opening_new(&p.from, &e, &o), ERR_OK);
	for (unsigned i = 0; i < ENVELOPE_CHUNKS; i++) {
		buf_reset(&plain);
		assert_int_equal(
		    seal_open_chunk(
			o, i, view_slice(buf_view(&out), e.offset[i], e.len[i]), &plain),
		    ERR_OK);
		assert_int_equal(plain.len, chunks[i].len);
	}
	seal_opening_free(o);
	chunks[1].len = max + 1;
	buf_reset(&out);
	assert_int_equal(
	    seal_write(&p.to, p.stream, chunks, ENVELOPE_CHUNKS, &out), ERR_TOOBIG);
	assert_int_equal(out.len, 0);
	chunks[1].len = max;
	assert_int_equal(
	    seal_write(&p.to, p.stream, chunks, ENVELOPE_CHUNKS, &tight), ERR_TOOBIG);
	assert_int_equal(tight.len, 0);
	buf_release(&plain);
	buf_release(&out);
	buf_release(&tight);
	free(big);
	pair_release(&p);
}

static void
nothing_repeats_when_the_same_is_sealed_again(void **state)
{
	struct buf again = BUF_INIT(OUT_MAX);
	struct seal_envelope e;
	size_t same = 0;
	struct pair p;

	(void)state;
	three(&p);
	/* a node rolled back to yesterday: even the stream number is the same */
	assert_int_equal(seal_write(&p.to, p.stream, p.chunks, p.n, &again), ERR_OK);
	assert_int_equal(again.len, p.out.len);
	for (size_t i = SEAL_TAG_LEN; i < again.len; i++)
		same += again.p[i] == p.out.p[i];
	assert_true(same < again.len / 16);
	assert_int_equal(seal_open_header(&p.keys, p.stream,
			     view_slice(buf_view(&again), 0, SEAL_HEAD_LEN), &e),
	    ERR_OK);
	buf_release(&again);
	pair_release(&p);
}

static void
epochs_differ_by_side_and_lead_forward(void **state)
{
	struct key root = { { 1 } }, chain[4];
	struct seal_keys k = { 0 };

	(void)state;
	assert_int_equal(epoch_first(&root, 0, &chain[0]), ERR_OK);
	assert_int_equal(epoch_first(&root, 1, &chain[1]), ERR_OK);
	assert_int_equal(epoch_next(&chain[0], &chain[2]), ERR_OK);
	assert_int_equal(epoch_next(&chain[1], &chain[3]), ERR_OK);
	for (size_t i = 0; i < COUNT(chain); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(key_equal(&chain[i], &chain[j]));
	assert_int_equal(epoch_keys(&chain[0], &k), ERR_OK);
	assert_false(key_equal(&k.tag, &k.psk));
	assert_false(key_equal(&k.psk, &k.session));
	assert_false(key_zero(&k.session));
	seal_keys_release(&k);
	assert_true(key_zero(&k.tag));
	assert_true(key_zero(&k.session));
}

static void
envelopes_are_found_at_every_step_of_random_fill(void **state)
{
	static const size_t at[] = { 0, 1, 255, 256, 257, 511, 599 };
	const size_t step = 64, steps = 600, len = steps * step - (step - SEAL_TAG_LEN);
	unsigned char *data = malloc(len);
	struct view all = { data, len };
	struct buf tags = BUF_INIT(steps * SEAL_TAG_LEN);
	size_t where[COUNT(at) + 1];
	uint64_t streams[COUNT(at) + 1];
	struct key tag;

	(void)state;
	key_random(&tag);
	random_bytes(data, len);
	for (size_t i = 0; i < COUNT(at); i++) {
		unsigned char plain[SEAL_TAG_LEN] = { 0xf0, [7] = (unsigned char)i };

		aes256_encrypt(&tag, plain, data + at[i] * step, SEAL_TAG_LEN);
	}
	seal_gather(all, step, &tags);
	assert_int_equal(tags.len, steps * SEAL_TAG_LEN);
	for (size_t max = 0; max <= COUNT(where); max++) {
		size_t want = max < COUNT(at) ? max : COUNT(at);

		for (int gathered = 0; gathered < 2; gathered++) {
			memset(where, 0, sizeof(where));
			assert_int_equal(gathered
				? seal_find_tags(&tag, tags.p, steps, where, streams, max)
				: seal_find(&tag, all, step, where, streams, max),
			    want);
			for (size_t i = 0; i < want; i++) {
				assert_int_equal(where[i], at[i]);
				assert_int_equal(streams[i], 0xf000000000000000 + i);
			}
		}
	}
	/* the last tag is cut: not there */
	assert_int_equal(seal_find(&tag, view_slice(all, 0, len - 1), step, where,
			     streams, COUNT(where)),
	    COUNT(at) - 1);
	assert_int_equal(seal_find(&tag, view_slice(all, 0, SEAL_TAG_LEN - 1), step,
			     where, streams, 1),
	    0);
	tag.b[0] ^= 1;
	assert_int_equal(seal_find(&tag, all, step, where, streams, COUNT(where)), 0);
	buf_release(&tags);
	free(data);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_give_the_keys_of_the_vectors),
		cmocka_unit_test(envelopes_are_those_of_the_vectors),
		cmocka_unit_test(an_envelope_opens_in_any_order_after_its_first_chunk),
		cmocka_unit_test(malformed_headers_are_told_from_damaged_ones),
		cmocka_unit_test(keys_of_small_order_seal_and_open_nothing),
		cmocka_unit_test(sixteen_chunks_of_the_largest_size_are_the_limit),
		cmocka_unit_test(nothing_repeats_when_the_same_is_sealed_again),
		cmocka_unit_test(epochs_differ_by_side_and_lead_forward),
		cmocka_unit_test(envelopes_are_found_at_every_step_of_random_fill),
	};

	crypto_init();
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
