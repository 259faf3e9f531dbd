/* Forks the link worker: with the descriptors that it is to have, and no other. */
#ifndef NEWSD_SPAWN_H
#define NEWSD_SPAWN_H

#include <sys/types.h>

#include "newsd/worker.h"

struct spawned {
	pid_t pid;   /* 0: not born yet */
	int control; /* our end */
	int theirs;
	struct event *heard;
	int64_t started;
	int backoff;
};

/* Makes the pair of sockets; what is told from here on is heard by the worker first. */
enum err spawned_open(
    struct spawned *, struct event_base *, event_callback_fn heard, void *);
/* The child; how->control is filled in. ERR_IO: errno says why. */
enum err spawned_start(struct spawned *, struct worker_start *how);
/* Without waiting: a worker that does not listen any more is killed. */
void spawned_tell(struct spawned *, uint8_t kind, uint8_t code, uint32_t friend,
    uint32_t value, int fd);
/* Whether it may have said something that was not looked at. */
bool spawned_heard(const struct spawned *);
/* The worker ends when it sees that. */
void spawned_close(struct spawned *);
/* How long to wait before the next one, in ms: as for reader. */
int spawned_backoff(struct spawned *);

/* Closes every descriptor above 2 but these, of which -1 is none. Sorts them. */
void spawn_close_others(int *keep, size_t n);

#endif
