/* Cancel-Lock and Cancel-Key (RFC 8315): who knows the key may cancel the article. */
#ifndef SPOOL_CANCELLOCK_H
#define SPOOL_CANCELLOCK_H

#include "lib/buf.h"

#define CANCELLOCK_KEY_MAX 256 /* one element; real ones have 51 */

/* Takes the next "scheme:string" of a Cancel-Lock or Cancel-Key value, folds between
 * them; what is longer than CANCELLOCK_KEY_MAX or has no colon is skipped. False at
 * the end. */
bool cancellock_next(struct view *rest, struct view *element);
/* Does this one Cancel-Key element open any element of the Cancel-Lock? Schemes
 * sha256 and sha1 (RFC 8315 3.1, 3.4); others open nothing. */
bool cancellock_opens(struct view lock, struct view key);

#endif
