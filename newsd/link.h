/* A standing link with a friend: whose turn it is, batcher's or the worker's (docs/link.md,
 * After the opening). */
#ifndef NEWSD_LINK_H
#define NEWSD_LINK_H

#include <event2/event.h>

#include "newsd/control.h"

struct peer;

struct link {
	int fd; /* -1: none */
	enum link_role role;
	bool busy;   /* batcher has it */
	bool proved; /* an exchange on it ended well */
	bool woken;  /* there is something to say since batcher began */
	bool cut;    /* shut down; batcher's end is awaited */
	int next;    /* the friend called anew while batcher has the old one; -1: none */
	int64_t since_ms;
	int64_t woken_ms;
	uint64_t counted; /* bytes of it that are in the budget */
	int64_t counted_ms;
	unsigned pokes;
	struct event *readable, *poke;
};

void link_init(struct peer *);
/* A link that just opened. It is the peer's from here on, kept or closed. */
void link_up(struct peer *, int fd, enum link_role);
/* From an earlier worker. */
void link_take(struct peer *, int fd, enum link_role, uint32_t flags);
/* To the next worker: KEEP. False: nothing stands. */
bool link_keep(struct peer *);
/* batcher ended. */
void link_ended(struct peer *, unsigned code);
/* There is something to say. */
void link_wake(struct peer *);
/* Ends it, batcher or not. */
void link_cut(struct peer *);
/* Adds what the link used since the last time to the day's budget. */
void link_account(struct peer *);

#endif
