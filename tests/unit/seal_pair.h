/* Envelopes of tests/vectors/seal.txt, sealed: what the tests of seal share. */
#ifndef TESTS_UNIT_SEAL_PAIR_H
#define TESTS_UNIT_SEAL_PAIR_H

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

#endif
