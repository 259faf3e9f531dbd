/* The foreign form: what article.c needs of it. Everybody else uses lib/article.h. */
#ifndef LIB_FOREIGN_H
#define LIB_FOREIGN_H

#include "lib/article.h"

/* Fills a, whose bytes, head, body and lines are set and hold only whole CRLF lines. The
 * hash is left to the caller. */
enum fault foreign_parse(struct article *a);

/* Appends the header without its trace fields. */
void foreign_clean(struct view head, struct buf *out);

#endif
