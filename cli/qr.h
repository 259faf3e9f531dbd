/* A token drawn in the terminal for a camera. */
#ifndef CLI_QR_H
#define CLI_QR_H

#include "lib/buf.h"

/* Appends the picture of text (capitals and digits) in UTF-8 half blocks; with colours
 * that stay the same on a light and on a dark terminal when colour is set. */
enum err qr_draw(const char *text, bool colour, struct buf *out);

#endif
