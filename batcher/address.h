/* Our own addresses in control, and a friend's, which become `learned` lines of its file
 * (docs/link.md). They are data: newsd decides what may be dialled. */
#ifndef BATCHER_ADDRESS_H
#define BATCHER_ADDRESS_H

#include "batcher/batcher.h"

/* Appends the `address HOST:PORT` lines of node.conf, one a line. */
void address_ours(const struct batcher *, struct buf *out);
/* Replaces the learned lines of friends/NAME when they are others. ERR_SYNTAX: not a list
 * of at most HINTS_MAX host:port. */
enum err address_learn(struct batcher *, struct friend *, struct view list);

#endif
