/* HMAC-SHA256 (RFC 2104) under one key, of many short messages. batcher only. */
#ifndef LIB_HMAC_H
#define LIB_HMAC_H

#include "lib/keys.h"

#define HMAC_LEN 32

struct hmac;

/* crypto_init first. ERR_CRYPTO: OpenSSL refused. */
enum err hmac_new(const struct key *, struct hmac **out);
void hmac_free(struct hmac *); /* wipes; harmless with NULL */
enum err hmac_of(struct hmac *, struct view, unsigned char out[HMAC_LEN]);

#endif
