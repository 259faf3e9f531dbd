/* The native form: what article.c needs of it. Everybody else uses lib/article.h. */
#ifndef LIB_NATIVE_H
#define LIB_NATIVE_H

#include "lib/article.h"

/* True when the bytes claim to be native: then they are, or are refused. */
bool native_claimed(struct view bytes);

/* Fills a, whose bytes, head, body and lines are set and hold only whole CRLF lines;
 * the hash and Message-ID too. */
enum fault native_parse(struct article *a);

#endif
