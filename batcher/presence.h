/* Which friends an exchange runs with now: who runs one holds a lock on the friend's byte of
 * run/exchanges, and it dies with its process. */
#ifndef BATCHER_PRESENCE_H
#define BATCHER_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/node.h"

/* Present until *fd is closed. ERR_BUSY: somebody else is, with this friend. */
enum err presence_enter(struct node *, uint32_t friend, int *fd);
bool presence_of(int fd, uint32_t friend); /* is somebody else? */
bool presence_others(int fd);              /* with any friend */

#endif
