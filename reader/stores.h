/* The databases that the gateway's processes open, looked at before the first one starts. */
#ifndef READER_STORES_H
#define READER_STORES_H

#include "lib/node.h"

/* Migrates an older spool.db and makes search.db where it is missing or no good. Dies without
 * a spool; without search.db all but searches is served. */
void stores_check(const struct node *);

#endif
