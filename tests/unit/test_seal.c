/* The sealed envelope against tests/vectors/seal.txt, and against every kind of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/seal.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define VECTORS "tests/vectors/seal.txt"
#define VECTORS_MAX (64u << 10)
#define OUT_MAX (2u << 20)

/* Turns one bit over. */
static void
flip(unsigned char *p, size_t bit)
{
	p[bit / 8] = (unsigned char)(p[bit / 8] ^ 1u << bit % 8);
}

/* One envelope of the vectors: a paragraph of the file. */
struct vector {
	char text[8192];
	unsigned char bytes[4096]; /* of the value asked for last */
};

static void
read_vectors(struct vector v[2])
{
	char *all = calloc(1, VECTORS_MAX), *p, *end;
	FILE *f = fopen(VECTORS, "rb");

	assert_non_null(f);
	assert_true(fread(all, 1, VECTORS_MAX - 1, f) > 0);
	fclose(f);
	p = strstr(all, "\n\n");
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(p);
		p += 2;
		end = strstr(p, "\n\n");
		assert_non_null(end);
		assert_true((size_t)(end - p) < sizeof(v[i].text));
		memset(&v[i], 0, sizeof(v[i]));
		memcpy(v[i].text, p, (size_t)(end - p));
		p = end;
	}
	free(all);
}

/* The nth value of that key; len 0 when there is none. Lives until the next call. */
static struct view
get(struct vector *v, const char *key, size_t nth)
{
	struct view rest = view_str(v->text), line, word;

	while (text_line(&rest, &line)) {
		if (!text_word(&line, &word) || !view_eqs(word, key) || nth-- > 0)
			continue;
		assert_true(text_word(&line, &word));
		assert_true(word.len / 2 <= sizeof(v->bytes));
		assert_int_equal(text_unhex(word, v->bytes, word.len / 2), ERR_OK);
		return (struct view){ v->bytes, word.len / 2 };
	}
	return (struct view){ NULL, 0 };
}

static void
get_into(struct vector *v, const char *key, void *out, size_t len)
{
	struct view w = get(v, key, 0);

	assert_int_equal(w.len, len);
	memcpy(out, w.p, len);
}

static void
assert_value(struct vector *v, const char *key, size_t nth, struct view got)
{
	struct view want = get(v, key, nth);

	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
}

/* Both ends of one envelope. */
struct pair {
	struct key chain, my_static, my_sign, their_key;
	struct seal_keys keys;
	struct seal_to to;
	struct seal_from from;
	struct key ephemeral;
	uint64_t stream;
	size_t n;
	struct view chunks[ENVELOPE_CHUNKS];
	unsigned char content[ENVELOPE_CHUNKS][64];
	struct buf out; /* the sealed envelope */
};

static void
pair_join(struct pair *p)
{
	assert_int_equal(epoch_keys(&p->chain, &p->keys), ERR_OK);
	p->to.keys = p->from.keys = &p->keys;
	p->to.my_static = &p->my_static;
	p->to.my_sign = &p->my_sign;
	p->from.my_key = &p->their_key;
	x25519_public(&p->their_key, p->to.their_key);
	x25519_public(&p->my_static, p->from.their_static);
	ed25519_public(&p->my_sign, p->from.their_sign);
	memcpy(p->from.root_id, p->to.root_id, sizeof(p->from.root_id));
	buf_init(&p->out, OUT_MAX);
}

static void
pair_of(struct vector *v, struct pair *p)
{
	unsigned char small[8];
	struct key root;
	struct view c;

	memset(p, 0, sizeof(*p));
	get_into(v, "root", root.b, KEY_LEN);
	assert_int_equal(epoch_first(&root, get(v, "side", 0).p[0], &p->chain), ERR_OK);
	for (size_t i = get(v, "epoch", 0).p[0]; i > 0; i--)
		assert_int_equal(epoch_next(&p->chain, &p->chain), ERR_OK);
	get_into(v, "sender-static", p->my_static.b, KEY_LEN);
	get_into(v, "sender-sign", p->my_sign.b, KEY_LEN);
	get_into(v, "recipient-key", p->their_key.b, KEY_LEN);
	get_into(v, "ephemeral", p->ephemeral.b, KEY_LEN);
	get_into(v, "root-id", p->to.root_id, sizeof(p->to.root_id));
	get_into(v, "prekey-id", small, 4);
	c = (struct view){ small, 4 };
	assert_int_equal(view_u32(&c, &p->to.prekey_id), ERR_OK);
	get_into(v, "stream", small, 8);
	c = (struct view){ small, 8 };
	assert_int_equal(view_u64(&c, &p->stream), ERR_OK);
	while ((c = get(v, "content", p->n)).p != NULL) {
		assert_true(p->n < ENVELOPE_CHUNKS && c.len <= sizeof(p->content[0]));
		memcpy(p->content[p->n], c.p, c.len);
		p->chunks[p->n] = (struct view){ p->content[p->n], c.len };
		p->n++;
	}
	pair_join(p);
	assert_int_equal(
	    seal_write_with(&p->to, &p->ephemeral, p->stream, p->chunks, p->n, &p->out),
	    ERR_OK);
}

/* The envelope "three" of the vectors, sealed. */
static void
three(struct pair *p)
{
	struct vector v[2];

	read_vectors(v);
	pair_of(&v[1], p);
	assert_int_equal(p->n, 3);
}

static void
pair_release(struct pair *p)
{
	buf_release(&p->out);
	seal_keys_release(&p->keys);
}

static struct view
head_of(const struct pair *p)
{
	return view_slice(buf_view(&p->out), 0, SEAL_HEAD_LEN);
}

static struct view
chunk_of(const struct pair *p, const struct seal_envelope *e, size_t i)
{
	return view_slice(buf_view(&p->out), e->offset[i], e->len[i]);
}

static void
begin(const struct pair *p, struct seal_envelope *e, struct seal_opening **o)
{
	assert_int_equal(
	    seal_open_header(p->from.keys, p->stream, head_of(p), e), ERR_OK);
	assert_int_equal(seal_opening_new(&p->from, e, o), ERR_OK);
}

/* Opens the chunk; what it gave must be what was sealed, and nothing when it fails. */
static enum err
open_one(const struct pair *p, struct seal_opening *o, unsigned i, struct view sealed)
{
	struct buf plain = BUF_INIT(OUT_MAX);
	enum err e;

	buf_adds(&plain, "before");
	if ((e = seal_open_chunk(o, i, sealed, &plain)) == ERR_OK) {
		assert_int_equal(plain.len, 6 + p->chunks[i].len);
		assert_memory_equal(plain.p + 6, p->chunks[i].p, p->chunks[i].len);
	} else {
		assert_int_equal(plain.len, 6);
		assert_int_equal(buf_err(&plain), ERR_OK);
	}
	buf_release(&plain);
	return e;
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
		cmocka_unit_test(epochs_differ_by_side_and_lead_forward),
		cmocka_unit_test(envelopes_are_those_of_the_vectors),
		cmocka_unit_test(an_envelope_opens_in_any_order_after_its_first_chunk),
		cmocka_unit_test(any_flipped_bit_keeps_the_header_shut),
		cmocka_unit_test(a_flipped_bit_in_a_chunk_costs_that_chunk_alone),
		cmocka_unit_test(a_truncated_envelope_gives_its_whole_chunks),
		cmocka_unit_test(swapped_and_foreign_chunks_are_refused),
		cmocka_unit_test(nobody_else_opens_an_envelope),
		cmocka_unit_test(a_replaced_signature_is_refused),
		cmocka_unit_test(malformed_headers_are_told_from_damaged_ones),
		cmocka_unit_test(keys_of_small_order_seal_and_open_nothing),
		cmocka_unit_test(sixteen_chunks_of_the_largest_size_are_the_limit),
		cmocka_unit_test(nothing_repeats_when_the_same_is_sealed_again),
		cmocka_unit_test(envelopes_are_found_at_every_step_of_random_fill),
	};

	crypto_init();
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
