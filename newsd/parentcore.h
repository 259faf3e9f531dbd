/* The parent's state, for the files that are its parts (newsd/parent.h). */
#ifndef NEWSD_PARENTCORE_H
#define NEWSD_PARENTCORE_H

#include "newsd/hand.h"
#include "newsd/jobs.h"
#include "newsd/kept.h"
#include "newsd/lines.h"
#include "newsd/listeners.h"
#include "newsd/parent.h"
#include "newsd/spawn.h"
#include "newsd/status.h"
#include "newsd/sticks.h"
#include "newsd/wakes.h"
#include "newsd/watch.h"

enum phase {
	PHASE_IDLE,    /* no worker is needed */
	PHASE_RUNNING, /* one runs */
	PHASE_ENDING,  /* told to end; the next list waits */
	PHASE_WAITING  /* died, to be started again */
};

struct parent {
	struct event_base *base;
	const struct node *node;
	struct friendlist list, next; /* next: valid while ENDING */
	struct listeners listeners;
	struct jobs *jobs;
	struct sticks *sticks;
	struct lines *lines;
	struct watch *watch;
	struct wakes *wakes;
	struct status *status;
	enum phase phase;
	struct spawned worker;
	struct event *timer; /* to start it again */
	struct kept_list kept;
	struct hand *hand; /* a call by hand; else NULL */
};

/* Another worker comes in a moment: what it is to hear waits until then. */
bool parentcore_awaited(const struct parent *);

/* parentline.c: serial lines, calls and answers. The descriptor of a call that stands goes to
 * the worker. */
enum err parentline_new(struct parent *);
/* Calls by a carrier of this friend that is one. */
void parentline_call(struct parent *, uint32_t friend, const char *spec);

#endif
