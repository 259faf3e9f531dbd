/* Epochs (docs/seal.md): a chain key for each direction of a root, stepped by HKDF, and
 * the keys that each chain key gives. A chain key leads forward only. */
#ifndef LIB_EPOCH_H
#define LIB_EPOCH_H

#include "lib/keys.h"

/* Keys of one epoch, derived from its chain key. */
struct seal_keys {
	struct key tag;                    /* AES-256 of stream number | zero */
	unsigned char header[SIV_KEY_LEN]; /* AES-256-SIV */
	struct key psk;                    /* HPKE */
	struct key session;                /* TLS, later */
};

/* Chain key of epoch 0 of what `side` sends: 0 the inviter, 1 the joiner. */
enum err epoch_first(const struct key *root, int side, struct key *chain);
/* next may be chain itself, which is then overwritten. */
enum err epoch_next(const struct key *chain, struct key *next);
enum err epoch_keys(const struct key *chain, struct seal_keys *out);
void seal_keys_release(struct seal_keys *); /* wipes */

#endif
