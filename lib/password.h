/* Passwords of the gateway's users, kept as what scrypt (RFC 7914) makes of them:
 * `scrypt:N:r:p:SALT:HASH`, salt and hash in hexadecimal. One hash takes about a tenth of a
 * second and 32 MiB; that is what makes guessing slow. */
#ifndef LIB_PASSWORD_H
#define LIB_PASSWORD_H

#include <stdbool.h>

#include "lib/buf.h"

#define PASSWORD_MIN 8        /* bytes; fewer are guessed in spite of scrypt */
#define PASSWORD_MAX 128      /* AUTHINFO PASS must fit a line of 512 */
#define PASSWORD_TEXT_MAX 128 /* of the form above */

/* Appends the form, with fresh salt. ERR_IO: no random bytes. ERR_NOMEM. */
enum err password_hash(struct view password, struct buf *out);
/* ERR_DENIED: another password. ERR_SYNTAX: text is no such form, or would cost far more
 * than password_hash's. The time taken does not tell how much of it was right. */
enum err password_check(struct view text, struct view password);
bool password_valid(struct view text);

#endif
