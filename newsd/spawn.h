/* Forks the link worker: with the descriptors that it is to have, and no other. */
#ifndef NEWSD_SPAWN_H
#define NEWSD_SPAWN_H

#include <sys/types.h>

#include "newsd/worker.h"

enum err spawn_worker(const struct worker_start *, pid_t *out);
/* Closes every descriptor above 2 but these, of which -1 is none. Sorts them. */
void spawn_close_others(int *keep, size_t n);

#endif
