/* The invitation token (docs/pairing.md):
 *
 *     version u8 | expires u32, hours since 1970 | inviter's one-time X25519 key, 32
 *     secret 32 | hints: count u8, then length u8 and text each | first 4 bytes of SHA-256
 *
 * in base32, upper case, printed as one line. Read in either case; blanks, dashes and
 * line ends are ignored. */
#ifndef LIB_TOKEN_H
#define LIB_TOKEN_H

#include "lib/keys.h"
#include "lib/limits.h"

struct token {
	int64_t expires; /* seconds since 1970, whole hours; the inviter alone judges it */
	unsigned char key[KEY_LEN];
	struct key secret;
	unsigned hints;
	char hint[HINTS_MAX][HINT_MAX + 1];
};

void token_release(struct token *);
enum err token_write(const struct token *, struct buf *out);
/* ERR_SYNTAX: a character that no token has, or too short (*at: which one, from 1).
 * ERR_CRYPTO: the checksum differs: mistyped. ERR_VERSION: of another version. */
enum err token_parse(struct view text, struct token *out, size_t *at);

#endif
