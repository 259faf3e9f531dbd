/* OpenSSL's algorithms, fetched once by crypto_init: a fetch at each use costs more than
 * the use. For lib/'s cryptographic files only. */
#ifndef LIB_KEYS_EVP_H
#define LIB_KEYS_EVP_H

#include <openssl/evp.h>

struct evp {
	EVP_CIPHER *aes_ecb; /* AES-256 */
	EVP_CIPHER *aes_siv; /* AES-256, key of 64 bytes */
	EVP_CIPHER *chacha;  /* ChaCha20-Poly1305 */
	EVP_KDF *hkdf;
};

/* Asserts that crypto_init was called. */
const struct evp *evp(void);

#endif
