/* SHA-256 (FIPS 180-4), for every program; keys and seals are in lib/crypto.h. */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include "lib/buf.h"

#define DIGEST_LEN 32

void digest_sha256(struct view, unsigned char out[DIGEST_LEN]);
/* Of two views as if joined. */
void digest_sha256_2(struct view, struct view, unsigned char out[DIGEST_LEN]);

#endif
