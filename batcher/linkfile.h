/* link/NAME: the keys that say who calls (docs/link.md), all that newsd may know of them. */
#ifndef BATCHER_LINKFILE_H
#define BATCHER_LINKFILE_H

#include "batcher/ring.h"

/* Writes it when it differs from what the ring's roots give. */
enum err linkfile_save(const struct node *, struct ring *);
enum err linkfile_erase(const struct node *, const char *name);

#endif
