/* The process of the gateway that fills search.db, behind the arrivals and at the lowest
 * priority: nobody waits for it. */
#ifndef READER_INDEXER_H
#define READER_INDEXER_H

#include "lib/node.h"

/* Runs until control ends, in a sandbox. Says one byte on it when it begins. Returns the
 * exit code. */
int indexer_run(const struct node *, int control);

#endif
