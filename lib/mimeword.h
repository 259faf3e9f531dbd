/* Header text for newsreaders, which take letters outside ASCII for sure only as encoded words
 * (RFC 2047): raw UTF-8 is shown wrongly by some, and dropped by others. */
#ifndef LIB_MIMEWORD_H
#define LIB_MIMEWORD_H

#include <stdbool.h>

#include "lib/buf.h"

/* Appends valid UTF-8. Of what is not ASCII the words from the first to the last are encoded,
 * in pieces of 75 letters at most with gap between them (" ", or "\r\n " to fold). */
void mimeword_text(struct buf *out, struct view text, const char *gap);
/* The same for "display <address>". */
void mimeword_from(struct buf *out, struct view from, const char *gap);
/* Appends the lines of a native header, those that a person wrote for people encoded. */
void mimeword_head(struct buf *out, struct view head);

#endif
