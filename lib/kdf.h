/* The two halves of HKDF-SHA256 (RFC 5869), which HPKE uses apart; hkdf (lib/keys.h) is
 * both. ERR_CRYPTO: OpenSSL refused, as an info of over 1,024 bytes is. */
#ifndef LIB_KDF_H
#define LIB_KDF_H

#include "lib/buf.h"

#define KDF_LEN 32

enum err kdf_extract(struct view salt, struct view ikm, unsigned char prk[KDF_LEN]);
/* len is at most 255 * KDF_LEN. */
enum err kdf_expand(
    const unsigned char prk[KDF_LEN], struct view info, unsigned char *out, size_t len);

#endif
