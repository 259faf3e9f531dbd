/* A call by hand, `newsd --call`: which of its results counts, and when all is done. */
#ifndef NEWSD_HAND_H
#define NEWSD_HAND_H

#include "newsd/jobs.h"
#include "newsd/spawn.h"
#include "newsd/sticks.h"

struct hand {
	const char *friend;
	struct jobs *jobs;
	struct sticks *sticks;
	struct spawned *worker;
	void (*done)(void *, int code);
	void *arg;
	int code; /* of what was done so far; -1: nothing yet */
	bool over,
	    ending; /* told; the exchange was good, and the worker's end is awaited */
	uint8_t trouble; /* of the carrier that failed last */
	struct buf said; /* of the command that ended last */
	bool lingering;  /* gave up, but the command has not ended yet */
	struct event *patience;
};

/* What is handed in stays the caller's, and must live longer. done is told once: 0 done,
 * 75 not reached, 1 reached and failed. NULL: no memory. */
struct hand *hand_new(struct event_base *, const char *friend, struct jobs *,
    struct sticks *, struct spawned *worker, void (*done)(void *, int code), void *);
void hand_free(struct hand *);

/* True: as it should. */
bool hand_worker_ended(struct hand *);
void hand_exchange_ended(struct hand *, int code);
void hand_stick_ended(struct hand *, int code, bool dialled);
/* A serial line's process has something to say about the call. */
void hand_line_said(struct hand *, struct view words);
void hand_command_ended(struct hand *, struct view words);
/* The worker has tried all carriers. */
void hand_gave_up(struct hand *);
/* Nothing more comes but what a folder still does. */
void hand_finish(struct hand *, int code);

#endif
