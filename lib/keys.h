/* Secrets, and the primitives on them; every step is OpenSSL's. batcher only (and newsd
 * for the keys that say who calls).
 *
 * struct key holds 32 secret bytes: an X25519 or Ed25519 private key, a root, a chain
 * key. It is wiped by key_release, never printed, and compared in constant time. */
#ifndef LIB_KEYS_H
#define LIB_KEYS_H

#include <stdbool.h>

#include "lib/buf.h"

#define KEY_LEN 32
#define SIG_LEN 64

struct key {
	unsigned char b[KEY_LEN];
};

/* Must be called first in a program that uses this header, before its sandbox: no
 * configuration file is read. A second call does nothing. Dies when OpenSSL fails. */
void crypto_init(void);

void key_random(struct key *);
void key_from(struct key *, const void *bytes); /* copies KEY_LEN bytes */
void key_release(struct key *);                 /* wipes */
bool key_equal(const struct key *, const struct key *);
bool key_zero(const struct key *);
void random_bytes(void *, size_t);                     /* dies when the system has none */
bool secret_equal(const void *, const void *, size_t); /* constant time */

/* X25519 (RFC 7748). ERR_CRYPTO: the result is all zeros. */
void x25519_public(const struct key *, unsigned char pub[KEY_LEN]);
enum err x25519(const struct key *, const unsigned char pub[KEY_LEN], struct key *out);

/* Ed25519 (RFC 8032, pure). ed25519_verify: ERR_CRYPTO when it does not, also for keys of
 * small order (they verify any message). */
void ed25519_public(const struct key *, unsigned char pub[KEY_LEN]);
enum err ed25519_sign(const struct key *, struct view msg, unsigned char sig[SIG_LEN]);
enum err ed25519_verify(
    const unsigned char pub[KEY_LEN], struct view msg, const unsigned char sig[SIG_LEN]);

/* HKDF-SHA256 (RFC 5869), extract and expand. Our labels are "hearsay NAME 1" with the
 * NUL: pass VIEW_LABEL("hearsay NAME 1"). */
#define VIEW_LABEL(s) ((struct view){ (const unsigned char *)(s), sizeof(s) })
enum err hkdf(
    struct view salt, struct view ikm, struct view info, unsigned char *out, size_t len);

/* AES-256 of whole blocks, no chaining (tags): in and out may be the same. */
void aes256_encrypt(
    const struct key *, const unsigned char *in, unsigned char *out, size_t len);
void aes256_decrypt(
    const struct key *, const unsigned char *in, unsigned char *out, size_t len);

/* AES-256-SIV (RFC 5297), key of 64 bytes; ad and plain are never empty. Sealed is
 * SIV_TAG_LEN + plain. ERR_CRYPTO: does not open; out untouched. */
#define SIV_KEY_LEN 64
#define SIV_TAG_LEN 16
enum err siv_seal(const unsigned char key[SIV_KEY_LEN], struct view ad, struct view plain,
    unsigned char *out);
enum err siv_open(const unsigned char key[SIV_KEY_LEN], struct view ad,
    struct view sealed, unsigned char *out);

#endif
