/* Calling a friend: when, by which carrier, and what if it fails. */
#ifndef NEWSD_CALL_H
#define NEWSD_CALL_H

#include <event2/event.h>

#include "newsd/control.h"
#include "lib/schedule.h"

struct peer;
struct dial;

struct call {
	bool active; /* from the first carrier tried to the end of the first exchange */
	bool streaming; /* the parent starts a command */
	bool reached;   /* a link came up, and something came over it */
	bool told;      /* what failed, of one of the carriers tried */
	size_t at;      /* the carrier that is tried */
	struct dial *dial;
	struct event *timer;
	struct schedule_past past;
	uint32_t chance; /* of this wait */
	uint8_t told_state;
	uint32_t told_next;
};

/* Local time, by the zone that was loaded before the sandbox. */
void call_local(int64_t t, struct tm *out);

void call_init(struct peer *);
/* Now, whatever the schedule says. */
void call_now(struct peer *);
/* Looks at clock, schedule and link again, and sets the timer. */
void call_plan(struct peer *);
/* The friend has something new: for dir carriers. */
void call_wake(struct peer *);
/* What the parent started; -1: it did not start. */
void call_stream(struct peer *, int fd);
/* What happened so far, for a later worker and for who starts batcher. */
void call_save(struct peer *);
/* The link was ended by window or budget: no failure. */
void call_stopped(struct peer *);
/* The link that came up did its first exchange; or did not: the next carrier's turn. */
void call_succeeded(struct peer *);
void call_next(struct peer *, enum trouble);
/* To the next worker: a call that is under way is begun anew. */
void call_keep(struct peer *);
/* Whether the carrier of this call is a command. */
bool call_by_command(const struct peer *);
bool call_by_line(const struct peer *);
/* The friend called: ours is not needed. */
void call_cancel(struct peer *);
/* A link that stood is gone. */
void call_lost(struct peer *, bool young);

#endif
