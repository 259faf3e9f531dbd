/* The invitation token (docs/pairing.md):
 *
 *     version u8 | expires u32, hours since 1970 | inviter's one-time X25519 key, 32
 *     secret 32 | hints: count u8, then length u8 and text each
 *     first 4 bytes of the SHA-256 of all that
 *
 * in base32, upper case, printed as one line. Read in either case; blanks, tabs, dashes
 * and line ends are ignored. A hint is printable ASCII without blanks, 1 to HINT_MAX. */
#ifndef LIB_TOKEN_H
#define LIB_TOKEN_H

#include "lib/keys.h"
#include "lib/limits.h"

#define TOKEN_VERSION 1
#define TOKEN_TEXT_MAX 4096 /* base32 characters; a full version 1 token has 1,770 */

struct token {
	int64_t
	    expires; /* seconds since 1970, whole hours; judged by the inviter alone */
	unsigned char key[KEY_LEN];
	struct key secret;
	unsigned hints;
	char hint[HINTS_MAX][HINT_MAX + 1];
};

void token_release(struct token *); /* wipes */
/* Appends one line without its end. ERR_SYNTAX: a hint that is none, too many of them, or
 * an expiry that is no whole hour of the years 1970 to 491,936. */
enum err token_write(const struct token *, struct buf *out);
/* ERR_CRYPTO: the checksum differs: mistyped. ERR_VERSION: of another version, and well
 * typed. ERR_TOOBIG: over TOKEN_TEXT_MAX. ERR_SYNTAX: a character that no token has, or
 * of the wrong length. *at: which character of text is wrong, counted from 1, or 0 when
 * it is not one alone. */
enum err token_parse(struct view text, struct token *out, size_t *at);

#endif
