#include "lib/keys.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "lib/kdf.h"
#include "lib/keys_evp.h"
#include "lib/log.h"

static struct evp fetched; /* style: written by crypto_init alone, read-only after it */

const struct evp *
evp(void)
{
	assert(fetched.hkdf != NULL);
	return &fetched;
}

void
crypto_init(void)
{
	unsigned char seed[16];

	if (fetched.hkdf != NULL)
		return;
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		die("OpenSSL does not start");
	fetched.aes_ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	fetched.aes_siv = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
	fetched.chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	fetched.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (fetched.aes_ecb == NULL || fetched.aes_siv == NULL ||
	    fetched.chacha == NULL || fetched.hkdf == NULL)
		die("this OpenSSL lacks AES-SIV, ChaCha20-Poly1305 or HKDF");
	/* seeds the generator before a sandbox stands in its way */
	random_bytes(seed, sizeof(seed));
	OPENSSL_cleanse(seed, sizeof(seed));
}

void
key_random(struct key *k)
{
	random_bytes(k->b, sizeof(k->b));
}

void
key_from(struct key *k, const void *bytes)
{
	memcpy(k->b, bytes, sizeof(k->b));
}

void
key_release(struct key *k)
{
	if (k != NULL)
		OPENSSL_cleanse(k->b, sizeof(k->b));
}

bool
key_equal(const struct key *a, const struct key *b)
{
	return secret_equal(a->b, b->b, sizeof(a->b));
}

bool
key_zero(const struct key *k)
{
	static const struct key zero;

	return key_equal(k, &zero);
}

void
random_bytes(void *p, size_t n)
{
	if (n > INT_MAX || RAND_bytes(p, (int)n) != 1)
		die("the system gives no random bytes");
}

bool
secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

static EVP_PKEY *
private_key(int type, const struct key *k)
{
	EVP_PKEY *p = EVP_PKEY_new_raw_private_key(type, NULL, k->b, sizeof(k->b));

	if (p == NULL)
		die("no memory for a key");
	return p;
}

static void
public_of(int type, const struct key *k, unsigned char pub[KEY_LEN])
{
	EVP_PKEY *p = private_key(type, k);
	size_t len = KEY_LEN;

	if (EVP_PKEY_get_raw_public_key(p, pub, &len) != 1 || len != KEY_LEN)
		die("OpenSSL gives no public key");
	EVP_PKEY_free(p);
}

void
x25519_public(const struct key *k, unsigned char pub[KEY_LEN])
{
	public_of(EVP_PKEY_X25519, k, pub);
}

enum err
x25519(const struct key *k, const unsigned char pub[KEY_LEN], struct key *out)
{
	EVP_PKEY *mine = private_key(EVP_PKEY_X25519, k);
	EVP_PKEY *theirs =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, pub, KEY_LEN);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	struct key shared = { 0 };
	size_t len = KEY_LEN;
	enum err e = ERR_OK;

	if (theirs == NULL || ctx == NULL) {
		e = ERR_NOMEM;
		goto out;
	}
	/* RFC 7748 6.1: all zeros says that their key is of small order */
	if (EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, theirs) != 1 ||
	    EVP_PKEY_derive(ctx, shared.b, &len) != 1 || len != KEY_LEN ||
	    key_zero(&shared)) {
		e = ERR_CRYPTO;
		goto out;
	}
	*out = shared;
out:
	if (e != ERR_OK)
		ERR_clear_error();
	key_release(&shared);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(mine);
	return e;
}

void
ed25519_public(const struct key *k, unsigned char pub[KEY_LEN])
{
	public_of(EVP_PKEY_ED25519, k, pub);
}

enum err
ed25519_sign(const struct key *k, struct view msg, unsigned char sig[SIG_LEN])
{
	EVP_PKEY *mine = private_key(EVP_PKEY_ED25519, k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char made[SIG_LEN];
	size_t len = sizeof(made);
	enum err e = ERR_OK;

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, mine) != 1 ||
	    EVP_DigestSign(ctx, made, &len, msg.p, msg.len) != 1 || len != SIG_LEN) {
		ERR_clear_error();
		e = ERR_NOMEM;
	} else {
		memcpy(sig, made, sizeof(made));
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(mine);
	return e;
}

/* All encodings of the eight points of small order, sign bit off: y = 0, 1, -1, the two y
 * of order 8, and 0 and 1 written as p and p + 1. */
static bool
small_order(const unsigned char pub[KEY_LEN])
{
	static const unsigned char y[][KEY_LEN] = {
		{ 0 },
		{ 1 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89,
		    0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33,
		    0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76,
		    0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc,
		    0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	};
	unsigned char unsigned_pub[KEY_LEN];

	memcpy(unsigned_pub, pub, sizeof(unsigned_pub));
	unsigned_pub[KEY_LEN - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof(y) / sizeof(y[0]); i++)
		if (memcmp(unsigned_pub, y[i], KEY_LEN) == 0)
			return true;
	return false;
}

enum err
ed25519_verify(
    const unsigned char pub[KEY_LEN], struct view msg, const unsigned char sig[SIG_LEN])
{
	EVP_PKEY *theirs = NULL;
	EVP_MD_CTX *ctx = NULL;
	enum err e = ERR_CRYPTO;

	if (small_order(pub))
		return ERR_CRYPTO;
	theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, KEY_LEN);
	ctx = EVP_MD_CTX_new();
	if (theirs == NULL || ctx == NULL)
		e = ERR_NOMEM;
	else if (EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, theirs) == 1 &&
	    EVP_DigestVerify(ctx, sig, SIG_LEN, msg.p, msg.len) == 1)
		e = ERR_OK;
	if (e != ERR_OK)
		ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	return e;
}

enum err
hkdf(struct view salt, struct view ikm, struct view info, unsigned char *out, size_t len)
{
	unsigned char prk[KDF_LEN];
	enum err e;

	if ((e = kdf_extract(salt, ikm, prk)) == ERR_OK)
		e = kdf_expand(prk, info, out, len);
	OPENSSL_cleanse(prk, sizeof(prk));
	return e;
}

static void
aes256(const struct key *k, int encrypt, const unsigned char *in, unsigned char *out,
    size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert(len % 16 == 0 && len <= INT_MAX);
	if (ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, evp()->aes_ecb, k->b, NULL, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, in, (int)len) != 1 || (size_t)n != len)
		die("no memory for a cipher");
	EVP_CIPHER_CTX_free(ctx);
}

void
aes256_encrypt(
    const struct key *k, const unsigned char *in, unsigned char *out, size_t len)
{
	aes256(k, 1, in, out, len);
}

void
aes256_decrypt(
    const struct key *k, const unsigned char *in, unsigned char *out, size_t len)
{
	aes256(k, 0, in, out, len);
}

enum err
siv_seal(const unsigned char key[SIV_KEY_LEN], struct view ad, struct view plain,
    unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = NULL;
	enum err e = ERR_NOMEM;
	int n;

	/* OpenSSL 3.0 leaves what is empty out of the tag (CVE-2023-2975) */
	assert(ad.len > 0 && ad.len <= INT_MAX && plain.len > 0 && plain.len <= INT_MAX);
	if ((ctx = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_EncryptInit_ex2(ctx, evp()->aes_siv, key, NULL, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, ad.p, (int)ad.len) == 1 &&
	    EVP_EncryptUpdate(ctx, out + SIV_TAG_LEN, &n, plain.p, (int)plain.len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_LEN, out) == 1)
		e = ERR_OK;
	else
		ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	return e;
}

enum err
siv_open(const unsigned char key[SIV_KEY_LEN], struct view ad, struct view sealed,
    unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = NULL;
	unsigned char tag[SIV_TAG_LEN], *plain = NULL;
	enum err e = ERR_CRYPTO;
	size_t len;
	int n;

	assert(ad.len > 0 && ad.len <= INT_MAX);
	if (sealed.len <= SIV_TAG_LEN || sealed.len > INT_MAX)
		return ERR_CRYPTO;
	len = sealed.len - SIV_TAG_LEN;
	memcpy(tag, sealed.p, sizeof(tag));
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    (plain = OPENSSL_malloc(len)) == NULL) {
		e = ERR_NOMEM;
	} else if (EVP_DecryptInit_ex2(ctx, evp()->aes_siv, key, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, ad.p, (int)ad.len) == 1 &&
	    EVP_DecryptUpdate(ctx, plain, &n, sealed.p + SIV_TAG_LEN, (int)len) == 1) {
		memcpy(out, plain, len);
		e = ERR_OK;
	}
	if (e != ERR_OK)
		ERR_clear_error();
	OPENSSL_clear_free(plain, len);
	EVP_CIPHER_CTX_free(ctx);
	return e;
}
