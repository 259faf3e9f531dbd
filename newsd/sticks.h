/* When `batcher stick` runs on the folders of dir: carriers: at once, but on each at most
 * every ten seconds. */
#ifndef NEWSD_STICKS_H
#define NEWSD_STICKS_H

#include "newsd/jobs.h"

#define STICKS_GAP_MS 10000

struct sticks;

struct sticks *sticks_new(struct event_base *, struct jobs *);
void sticks_free(struct sticks *);
/* Something changed there, or for the friend. */
void sticks_due(struct sticks *, const char *friend, const char *path);
/* Whether one waits or runs for this friend. */
bool sticks_busy(const struct sticks *, const char *friend);

#endif
