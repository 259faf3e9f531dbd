#include "lib/seal.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/digest.h"
#include "lib/hpke.h"
#include "lib/keys_evp.h"
#include "lib/log.h"

#define HEADER_PLAIN (SEAL_HEADER_LEN - SIV_TAG_LEN)
#define INFO_LEN (sizeof("hearsay seal 1") + 16 + 8)
#define AAD_LEN (SEAL_TAG_LEN + 2)
#define SIGNED_MAX 512 /* what a signature is over: 306 bytes with 16 chunks */
#define FIND_TAGS 256  /* tags decrypted at a time: 4 KiB of stack */

/* What stands before content 0 inside chunk 0. */
static size_t
preface_len(size_t n)
{
	return SIG_LEN + SEAL_HASH_LEN * (n - 1);
}

static size_t
sealed_len(const struct view *chunks, size_t n, size_t i)
{
	return (i == 0 ? preface_len(n) : 0) + chunks[i].len + SEAL_AEAD_LEN;
}

size_t
seal_size(const struct view *chunks, size_t n)
{
	size_t total = SEAL_HEAD_LEN;

	for (size_t i = 0; i < n; i++)
		total += sealed_len(chunks, n, i);
	return total;
}

static void
hash16(struct view v, unsigned char out[SEAL_HASH_LEN])
{
	unsigned char full[DIGEST_LEN];

	digest_sha256(v, full);
	memcpy(out, full, SEAL_HASH_LEN);
}

static void
tag_of(const struct key *tag, uint64_t stream, unsigned char out[SEAL_TAG_LEN])
{
	unsigned char plain[SEAL_TAG_LEN] = { 0 };

	for (size_t i = 0; i < 8; i++)
		plain[i] = (unsigned char)(stream >> (56 - 8 * i));
	aes256_encrypt(tag, plain, out, SEAL_TAG_LEN);
}

static uint64_t
stream_of(const unsigned char plain[8])
{
	uint64_t stream = 0;

	for (size_t i = 0; i < 8; i++)
		stream = stream << 8 | plain[i];
	return stream;
}

/* HPKE's info: which version, which root, which envelope. */
static void
info_of(const unsigned char root_id[16], uint64_t stream, struct buf *b)
{
	buf_addv(b, VIEW_LABEL("hearsay seal 1"));
	buf_add(b, root_id, 16);
	buf_addu64(b, stream);
}

/* A chunk's associated data: which of how many of which envelope. */
static void
aad_of(
    const unsigned char tag[SEAL_TAG_LEN], size_t i, size_t n, unsigned char out[AAD_LEN])
{
	memcpy(out, tag, SEAL_TAG_LEN);
	out[SEAL_TAG_LEN] = (unsigned char)i;
	out[SEAL_TAG_LEN + 1] = (unsigned char)n;
}

/* What the pair's key signs; hashes are those of the sealed chunks 1 to n - 1. */
static void
signed_text(const unsigned char root_id[16], uint64_t stream, size_t n,
    struct view content, const unsigned char *hashes, struct buf *b)
{
	unsigned char first[SEAL_HASH_LEN];

	hash16(content, first);
	buf_addv(b, VIEW_LABEL("hearsay batch 1"));
	buf_add(b, root_id, 16);
	buf_addu64(b, stream);
	buf_addc(b, (int)n);
	buf_add(b, first, sizeof(first));
	buf_add(b, hashes, SEAL_HASH_LEN * (n - 1));
}

static enum err
seal_header(const struct seal_to *to, const unsigned char *head, const unsigned char *enc,
    const struct view *chunks, size_t n, unsigned char out[SEAL_HEADER_LEN])
{
	unsigned char plain[HEADER_PLAIN] = { 0 };
	struct buf b = BUF_INIT(HEADER_PLAIN);
	enum err e;

	buf_add(&b, enc, KEY_LEN);
	buf_addu32(&b, to->prekey_id);
	buf_addc(&b, (int)n);
	for (size_t i = 0; i < n; i++)
		buf_addu24(&b, (uint32_t)sealed_len(chunks, n, i));
	if ((e = buf_err(&b)) == ERR_OK) {
		memcpy(plain, b.p, b.len);
		e = siv_seal(to->keys->header, (struct view){ head, SEAL_TAG_LEN },
		    (struct view){ plain, sizeof(plain) }, out);
	}
	buf_release(&b);
	return e;
}

/* Signature, hashes and content of chunk 0; the hashes are there already. */
static enum err
seal_first(const struct seal_to *to, const struct hpke *h, uint64_t stream, size_t n,
    struct view content, const unsigned char *hashes, struct view aad, unsigned char *out)
{
	struct buf text = BUF_INIT(SIGNED_MAX), plain = BUF_INIT(CHUNK_MAX);
	unsigned char sig[SIG_LEN];
	enum err e;

	signed_text(to->root_id, stream, n, content, hashes, &text);
	if ((e = buf_err(&text)) != ERR_OK ||
	    (e = ed25519_sign(to->my_sign, buf_view(&text), sig)) != ERR_OK)
		goto out;
	buf_add(&plain, sig, sizeof(sig));
	buf_add(&plain, hashes, SEAL_HASH_LEN * (n - 1));
	buf_addv(&plain, content);
	if ((e = buf_err(&plain)) == ERR_OK)
		e = hpke_seal(h, 0, aad, buf_view(&plain), out);
out:
	buf_wipe(&plain);
	buf_release(&text);
	return e;
}

/* p has room for seal_size() bytes. */
static enum err
seal_all(const struct seal_to *to, const struct key *ephemeral, uint64_t stream,
    const struct view *chunks, size_t n, unsigned char *p)
{
	unsigned char enc[KEY_LEN], aad[AAD_LEN], hashes[SEAL_HASH_LEN * ENVELOPE_CHUNKS];
	struct buf info = BUF_INIT(INFO_LEN);
	struct hpke_terms terms = { .psk = { to->keys->psk.b, KEY_LEN },
		.psk_id = VIEW_LABEL("hearsay psk id 1") };
	struct hpke h = { 0 };
	size_t at = SEAL_HEAD_LEN + sealed_len(chunks, n, 0);
	enum err e;

	tag_of(&to->keys->tag, stream, p);
	info_of(to->root_id, stream, &info);
	terms.info = buf_view(&info);
	if ((e = buf_err(&info)) != ERR_OK ||
	    (e = hpke_send(ephemeral, to->my_static, to->their_key, &terms, enc, &h)) !=
		ERR_OK)
		goto out;
	for (size_t i = 1; i < n; i++) {
		size_t len = sealed_len(chunks, n, i);

		aad_of(p, i, n, aad);
		if ((e = hpke_seal(&h, i, (struct view){ aad, AAD_LEN }, chunks[i],
			 p + at)) != ERR_OK)
			goto out;
		hash16((struct view){ p + at, len }, hashes + SEAL_HASH_LEN * (i - 1));
		at += len;
	}
	aad_of(p, 0, n, aad);
	if ((e = seal_first(to, &h, stream, n, chunks[0], hashes,
		 (struct view){ aad, AAD_LEN }, p + SEAL_HEAD_LEN)) == ERR_OK)
		e = seal_header(to, p, enc, chunks, n, p + SEAL_TAG_LEN);
out:
	buf_release(&info);
	hpke_release(&h);
	return e;
}

enum err
seal_write_with(const struct seal_to *to, const struct key *ephemeral, uint64_t stream,
    const struct view *chunks, size_t n, struct buf *out)
{
	size_t start = out->len;
	unsigned char *p;
	enum err e;

	assert(n >= 1 && n <= ENVELOPE_CHUNKS);
	for (size_t i = 0; i < n; i++) {
		assert(i == 0 || chunks[i].len > 0);
		if (chunks[i].len > SEAL_CONTENT_MAX(n))
			return ERR_TOOBIG;
	}
	if ((p = buf_grow(out, seal_size(chunks, n))) == NULL)
		return buf_err(out);
	if ((e = seal_all(to, ephemeral, stream, chunks, n, p)) != ERR_OK)
		buf_truncate(out, start);
	return e;
}

enum err
seal_write(const struct seal_to *to, uint64_t stream, const struct view *chunks, size_t n,
    struct buf *out)
{
	struct key ephemeral;
	enum err e;

	key_random(&ephemeral);
	e = seal_write_with(to, &ephemeral, stream, chunks, n, out);
	key_release(&ephemeral);
	return e;
}

static size_t
tags_in(struct view data, size_t step)
{
	assert(step >= SEAL_TAG_LEN);
	return data.len < SEAL_TAG_LEN ? 0 : (data.len - SEAL_TAG_LEN) / step + 1;
}

void
seal_gather(struct view data, size_t step, struct buf *tags)
{
	size_t n = tags_in(data, step);
	unsigned char *p = buf_grow(tags, n * SEAL_TAG_LEN);

	for (size_t i = 0; p != NULL && i < n; i++)
		memcpy(p + i * SEAL_TAG_LEN, data.p + i * step, SEAL_TAG_LEN);
}

size_t
seal_find(const struct key *tag, struct view data, size_t step, size_t *positions,
    uint64_t *streams, size_t max)
{
	unsigned char some[FIND_TAGS * SEAL_TAG_LEN];
	size_t n = tags_in(data, step), found = 0;

	for (size_t i = 0, k; i < n && found < max; i += k) {
		size_t first = found;

		k = n - i < FIND_TAGS ? n - i : FIND_TAGS;
		for (size_t j = 0; j < k; j++)
			memcpy(some + j * SEAL_TAG_LEN, data.p + (i + j) * step,
			    SEAL_TAG_LEN);
		found += seal_find_tags(
		    tag, some, k, positions + found, streams + found, max - found);
		while (first < found)
			positions[first++] += i;
	}
	return found;
}

size_t
seal_find_tags(const struct key *tag, const unsigned char *tags, size_t n,
    size_t *positions, uint64_t *streams, size_t max)
{
	unsigned char plain[FIND_TAGS * SEAL_TAG_LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t found = 0;
	int got;

	if (ctx == NULL ||
	    EVP_DecryptInit_ex2(ctx, evp()->aes_ecb, tag->b, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		die("no memory for a cipher");
	for (size_t i = 0, k; i < n && found < max; i += k) {
		k = n - i < FIND_TAGS ? n - i : FIND_TAGS;
		if (EVP_DecryptUpdate(ctx, plain, &got, tags + i * SEAL_TAG_LEN,
			(int)(k * SEAL_TAG_LEN)) != 1)
			die("no memory for a cipher");
		for (size_t j = 0; j < k && found < max; j++) {
			uint64_t low;

			memcpy(&low, plain + j * SEAL_TAG_LEN + 8, sizeof(low));
			if (low != 0)
				continue;
			positions[found] = i + j;
			streams[found++] = stream_of(plain + j * SEAL_TAG_LEN);
		}
	}
	EVP_CIPHER_CTX_free(ctx);
	return found;
}

static enum err
header_parse(struct view v, struct seal_envelope *out)
{
	struct seal_envelope s = { 0 };
	struct view enc;
	uint8_t count;
	uint32_t len;

	if (view_take(&v, KEY_LEN, &enc) != ERR_OK ||
	    view_u32(&v, &s.prekey_id) != ERR_OK || view_u8(&v, &count) != ERR_OK ||
	    count < 1 || count > ENVELOPE_CHUNKS)
		return ERR_SYNTAX;
	memcpy(s.enc, enc.p, KEY_LEN);
	s.n = count;
	s.total = SEAL_HEAD_LEN;
	for (size_t i = 0; i < count; i++) {
		size_t least = SEAL_AEAD_LEN + (i == 0 ? preface_len(count) : 1);

		if (view_u24(&v, &len) != ERR_OK || len < least || len > CHUNK_MAX)
			return ERR_SYNTAX;
		s.offset[i] = s.total;
		s.len[i] = len;
		s.total += len;
	}
	/* lengths of the chunks that are not there, and the fill */
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] != 0)
			return ERR_SYNTAX;
	*out = s;
	return ERR_OK;
}

enum err
seal_open_header(const struct seal_keys *k, uint64_t stream, struct view head,
    struct seal_envelope *out)
{
	unsigned char tag[SEAL_TAG_LEN], plain[HEADER_PLAIN];
	enum err e;

	if (head.len != SEAL_HEAD_LEN)
		return ERR_CRYPTO;
	tag_of(&k->tag, stream, tag);
	if (!secret_equal(tag, head.p, SEAL_TAG_LEN))
		return ERR_CRYPTO;
	if ((e = siv_open(k->header, view_slice(head, 0, SEAL_TAG_LEN),
		 view_slice(head, SEAL_TAG_LEN, SEAL_HEADER_LEN), plain)) != ERR_OK)
		return e;
	if ((e = header_parse((struct view){ plain, sizeof(plain) }, out)) == ERR_OK)
		out->stream = stream;
	return e;
}

struct seal_opening {
	struct hpke hpke;
	struct seal_envelope envelope;
	unsigned char tag[SEAL_TAG_LEN];
	unsigned char root_id[16];
	unsigned char their_sign[KEY_LEN];
	bool listed; /* hashes are there and the signature over them verified */
	unsigned char hashes[SEAL_HASH_LEN * (ENVELOPE_CHUNKS - 1)];
};

enum err
seal_opening_new(const struct seal_from *from, const struct seal_envelope *envelope,
    struct seal_opening **out)
{
	struct buf info = BUF_INIT(INFO_LEN);
	struct hpke_terms terms = { .psk = { from->keys->psk.b, KEY_LEN },
		.psk_id = VIEW_LABEL("hearsay psk id 1") };
	struct seal_opening *o = OPENSSL_zalloc(sizeof(*o));
	enum err e;

	if (o == NULL)
		return ERR_NOMEM;
	o->envelope = *envelope;
	memcpy(o->root_id, from->root_id, sizeof(o->root_id));
	memcpy(o->their_sign, from->their_sign, sizeof(o->their_sign));
	tag_of(&from->keys->tag, envelope->stream, o->tag);
	info_of(from->root_id, envelope->stream, &info);
	terms.info = buf_view(&info);
	if ((e = buf_err(&info)) == ERR_OK &&
	    (e = hpke_receive(from->my_key, from->their_static, &terms, envelope->enc,
		 &o->hpke)) == ERR_OK) {
		*out = o;
		o = NULL;
	}
	seal_opening_free(o);
	buf_release(&info);
	return e;
}

void
seal_opening_free(struct seal_opening *o)
{
	OPENSSL_clear_free(o, sizeof(*o));
}

/* Checks chunk 0's signature and keeps its list; content is what it holds after them. */
static enum err
take_list(struct seal_opening *o, struct view plain, struct view *content)
{
	size_t n = o->envelope.n, listed = SEAL_HASH_LEN * (n - 1);
	struct view sig = view_slice(plain, 0, SIG_LEN);
	struct view hashes = view_slice(plain, SIG_LEN, listed);
	struct view rest = view_slice(plain, SIG_LEN + listed, plain.len);
	struct buf text = BUF_INIT(SIGNED_MAX);
	enum err e;

	if (hashes.len != listed)
		return ERR_CRYPTO;
	signed_text(o->root_id, o->envelope.stream, n, rest, hashes.p, &text);
	if ((e = buf_err(&text)) == ERR_OK &&
	    (e = ed25519_verify(o->their_sign, buf_view(&text), sig.p)) == ERR_OK) {
		memcpy(o->hashes, hashes.p, listed);
		o->listed = true;
		*content = rest;
	}
	buf_release(&text);
	return e;
}

/* Whether chunk 0 lists these bytes as chunk i. */
static bool
on_list(const struct seal_opening *o, size_t i, struct view sealed)
{
	unsigned char hash[SEAL_HASH_LEN];

	hash16(sealed, hash);
	return o->listed &&
	    secret_equal(hash, o->hashes + SEAL_HASH_LEN * (i - 1), SEAL_HASH_LEN);
}

enum err
seal_open_chunk(struct seal_opening *o, unsigned i, struct view sealed, struct buf *out)
{
	unsigned char aad[AAD_LEN], *p;
	struct buf plain = BUF_INIT(CHUNK_MAX);
	struct view content;
	enum err e;

	assert(i < o->envelope.n);
	if (sealed.len != o->envelope.len[i] || (i > 0 && !on_list(o, i, sealed)))
		return ERR_CRYPTO;
	if ((p = buf_grow(&plain, sealed.len - SEAL_AEAD_LEN)) == NULL) {
		e = buf_err(&plain);
		goto out;
	}
	aad_of(o->tag, i, o->envelope.n, aad);
	if ((e = hpke_open(&o->hpke, i, (struct view){ aad, AAD_LEN }, sealed, p)) !=
	    ERR_OK)
		goto out;
	content = buf_view(&plain);
	if (i == 0 && (e = take_list(o, content, &content)) != ERR_OK)
		goto out;
	buf_addv(out, content);
	e = buf_err(out);
out:
	buf_wipe(&plain);
	return e;
}
