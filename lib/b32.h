/* Base32, RFC 4648 section 6, without padding. Lower case in ids and addresses, upper in
 * tokens. n bytes give (8n+4)/5 characters; the bits that are left over are zero. */
#ifndef LIB_B32_H
#define LIB_B32_H

#include "lib/buf.h"

#define B32_LEN(bytes) (((bytes)*8 + 4) / 5)

void b32_lower(struct buf *, struct view);
void b32_upper(struct buf *, struct view);
/* Either case. ERR_SYNTAX: another character, an impossible length, or left-over bits set. */
enum err b32_decode(struct view, struct buf *out);
/* Lower case only and exactly len bytes: for ids, of which each has one spelling. */
enum err b32_decode_id(struct view, unsigned char *out, size_t len);

#endif
