#include "lib/hpke.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lib/kdf.h"
#include "lib/keys_evp.h"

#define MODE_AUTH_PSK 3
#define LABELED_MAX 4096 /* ikm or info of a labeled step: ours stay under 200 bytes */

/* suite_id of the KEM (RFC 9180 4.1) and of the whole (5.1) */
static const unsigned char kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const unsigned char hpke_suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01,
	0x00, 0x03 };

#define SUITE(s) ((struct view){ (s), sizeof(s) })

void
hpke_release(struct hpke *h)
{
	if (h != NULL)
		OPENSSL_cleanse(h, sizeof(*h));
}

/* RFC 9180 4: LabeledExtract */
static enum err
labeled_extract(struct view suite, struct view salt, const char *label, struct view ikm,
    struct key *out)
{
	struct buf b = BUF_INIT(LABELED_MAX);
	enum err e;

	buf_reserve(
	    &b, 32 + suite.len + ikm.len); /* no copy of a secret is left behind */
	buf_adds(&b, "HPKE-v1");
	buf_addv(&b, suite);
	buf_adds(&b, label);
	buf_addv(&b, ikm);
	if ((e = buf_err(&b)) == ERR_OK)
		e = kdf_extract(salt, buf_view(&b), out->b);
	buf_wipe(&b);
	return e;
}

/* RFC 9180 4: LabeledExpand */
static enum err
labeled_expand(const struct key *prk, struct view suite, const char *label,
    struct view info, unsigned char *out, size_t len)
{
	struct buf b = BUF_INIT(LABELED_MAX);
	enum err e;

	buf_addu16(&b, (uint16_t)len);
	buf_adds(&b, "HPKE-v1");
	buf_addv(&b, suite);
	buf_adds(&b, label);
	buf_addv(&b, info);
	if ((e = buf_err(&b)) == ERR_OK)
		e = kdf_expand(prk->b, buf_view(&b), out, len);
	buf_release(&b);
	return e;
}

enum err
hpke_shared(
    const struct key dh[2], const struct hpke_context *context, struct key *shared)
{
	unsigned char both[2 * KEY_LEN];
	struct key prk = { 0 };
	enum err e;

	memcpy(both, dh[0].b, KEY_LEN);
	memcpy(both + KEY_LEN, dh[1].b, KEY_LEN);
	if ((e = labeled_extract(SUITE(kem_suite), (struct view){ NULL, 0 }, "eae_prk",
		 (struct view){ both, sizeof(both) }, &prk)) == ERR_OK)
		e = labeled_expand(&prk, SUITE(kem_suite), "shared_secret",
		    (struct view){ (const unsigned char *)context, sizeof(*context) },
		    shared->b, KEY_LEN);
	OPENSSL_cleanse(both, sizeof(both));
	key_release(&prk);
	return e;
}

enum err
hpke_schedule(const struct key *shared, const struct hpke_terms *t, struct hpke *out)
{
	const struct view suite = SUITE(hpke_suite), none = { NULL, 0 };
	unsigned char context[1 + 2 * KDF_LEN] = { MODE_AUTH_PSK };
	struct view ctx = { context, sizeof(context) };
	struct key hash = { 0 }, secret = { 0 };
	struct hpke h = { 0 };
	enum err e;

	assert(t->psk.len >= 32 && t->psk_id.len > 0); /* RFC 9180 5.1.2, 9.5 */
	if ((e = labeled_extract(suite, none, "psk_id_hash", t->psk_id, &hash)) != ERR_OK)
		goto out;
	memcpy(context + 1, hash.b, KDF_LEN);
	if ((e = labeled_extract(suite, none, "info_hash", t->info, &hash)) != ERR_OK)
		goto out;
	memcpy(context + 1 + KDF_LEN, hash.b, KDF_LEN);
	if ((e = labeled_extract(suite, (struct view){ shared->b, KEY_LEN }, "secret",
		 t->psk, &secret)) != ERR_OK ||
	    (e = labeled_expand(&secret, suite, "key", ctx, h.key.b, KEY_LEN)) !=
		ERR_OK ||
	    (e = labeled_expand(&secret, suite, "base_nonce", ctx, h.base_nonce,
		 HPKE_NONCE_LEN)) != ERR_OK ||
	    (e = labeled_expand(&secret, suite, "exp", ctx, h.exporter.b, KEY_LEN)) !=
		ERR_OK)
		goto out;
	*out = h;
out:
	key_release(&secret);
	hpke_release(&h);
	return e;
}

enum err
hpke_send(const struct key *ephemeral, const struct key *my_static,
    const unsigned char their_key[KEY_LEN], const struct hpke_terms *t,
    unsigned char enc[KEY_LEN], struct hpke *out)
{
	struct hpke_context context;
	struct key dh[2] = { 0 }, shared = { 0 };
	enum err e;

	x25519_public(ephemeral, context.enc);
	memcpy(context.recipient, their_key, KEY_LEN);
	x25519_public(my_static, context.sender);
	if ((e = x25519(ephemeral, their_key, &dh[0])) != ERR_OK ||
	    (e = x25519(my_static, their_key, &dh[1])) != ERR_OK ||
	    (e = hpke_shared(dh, &context, &shared)) != ERR_OK ||
	    (e = hpke_schedule(&shared, t, out)) != ERR_OK)
		goto out;
	memcpy(enc, context.enc, KEY_LEN);
out:
	OPENSSL_cleanse(dh, sizeof(dh));
	key_release(&shared);
	return e;
}

enum err
hpke_receive(const struct key *my_key, const unsigned char their_static[KEY_LEN],
    const struct hpke_terms *t, const unsigned char enc[KEY_LEN], struct hpke *out)
{
	struct hpke_context context;
	struct key dh[2] = { 0 }, shared = { 0 };
	enum err e;

	memcpy(context.enc, enc, KEY_LEN);
	x25519_public(my_key, context.recipient);
	memcpy(context.sender, their_static, KEY_LEN);
	if ((e = x25519(my_key, enc, &dh[0])) != ERR_OK ||
	    (e = x25519(my_key, their_static, &dh[1])) != ERR_OK ||
	    (e = hpke_shared(dh, &context, &shared)) != ERR_OK)
		goto out;
	e = hpke_schedule(&shared, t, out);
out:
	OPENSSL_cleanse(dh, sizeof(dh));
	key_release(&shared);
	return e;
}

/* RFC 9180 5.2: the sequence number, big-endian, on the end of the base nonce */
static void
nonce_of(const struct hpke *h, uint64_t seq, unsigned char nonce[HPKE_NONCE_LEN])
{
	memcpy(nonce, h->base_nonce, HPKE_NONCE_LEN);
	for (size_t i = 0; i < 8; i++)
		nonce[HPKE_NONCE_LEN - 1 - i] ^= (unsigned char)(seq >> 8 * i);
}

/* A context with key, nonce and aad set; NULL when there is no memory. */
static EVP_CIPHER_CTX *
cipher(const struct hpke *h, int encrypt, uint64_t seq, struct view aad)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char nonce[HPKE_NONCE_LEN];
	int n;

	assert(aad.len <= INT_MAX);
	nonce_of(h, seq, nonce);
	if (ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, evp()->chacha, h->key.b, nonce, encrypt, NULL) == 1 &&
	    (aad.len == 0 || EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1))
		return ctx;
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

enum err
hpke_seal(const struct hpke *h, uint64_t seq, struct view aad, struct view plain,
    unsigned char *out)
{
	EVP_CIPHER_CTX *ctx;
	enum err e = ERR_NOMEM;
	int n = 0, rest;

	if (plain.len > INT_MAX - HPKE_TAG_LEN)
		return ERR_TOOBIG;
	if ((ctx = cipher(h, 1, seq, aad)) == NULL)
		return ERR_NOMEM;
	if ((plain.len == 0 ||
		EVP_CipherUpdate(ctx, out, &n, plain.p, (int)plain.len) == 1) &&
	    EVP_CipherFinal_ex(ctx, out + n, &rest) == 1 &&
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_LEN, out + plain.len) == 1)
		e = ERR_OK;
	else
		ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	return e;
}

enum err
hpke_open(const struct hpke *h, uint64_t seq, struct view aad, struct view sealed,
    unsigned char *out)
{
	unsigned char tag[HPKE_TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	size_t len;
	enum err e = ERR_CRYPTO;
	int n = 0, rest;

	if (sealed.len < HPKE_TAG_LEN || sealed.len > INT_MAX)
		return ERR_CRYPTO;
	len = sealed.len - HPKE_TAG_LEN;
	if ((ctx = cipher(h, 0, seq, aad)) == NULL)
		return ERR_NOMEM;
	memcpy(tag, sealed.p + len, sizeof(tag));
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	    (len == 0 || EVP_CipherUpdate(ctx, out, &n, sealed.p, (int)len) == 1) &&
	    EVP_CipherFinal_ex(ctx, out + n, &rest) == 1) {
		e = ERR_OK;
	} else {
		/* nobody may work on what did not verify */
		OPENSSL_cleanse(out, len);
		ERR_clear_error();
	}
	EVP_CIPHER_CTX_free(ctx);
	return e;
}
