/* Unpacks the .Z form of compress(1): LZW, codes of 9 to 16 bits, low bit first.
 *
 * A stream: bytes go in as they come and come out as they are known. The state is 260
 * KiB, whatever the input says. The format has no end mark and no checksum: it ends
 * with its input. */
#ifndef READER_LZW_H
#define READER_LZW_H

#include <stdbool.h>

#include "lib/buf.h"

struct lzw;

struct lzw *lzw_new(void);
void lzw_free(struct lzw *);

/* Consumes from *in and appends at most max bytes to out. end: *in is the last there is.
 * ERR_OK: *in is used up or max was reached. ERR_SYNTAX: not .Z, or a code that cannot
 * be; all that came before it is in out. ERR_MORE: ended within the three bytes of the
 * head. */
enum err lzw_unpack(struct lzw *, struct view *in, bool end, size_t max, struct buf *out);

#endif
