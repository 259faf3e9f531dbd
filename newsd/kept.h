/* What waits while one worker ends and the next is not there yet: links that stand, one a
 * friend, exchanges that ended, calls that are wanted, and who came in but is not known. */
#ifndef NEWSD_KEPT_H
#define NEWSD_KEPT_H

#include "lib/limits.h"
#include "newsd/control.h"
#include "newsd/friendlist.h"
#include "newsd/jobs.h"
#include "newsd/listen.h"
#include "newsd/spawn.h"

struct kept {
	char friend[NAME_MAX_LEN + 1];
	uint8_t role;
	uint32_t news; /* 1: there is something to say on it */
	int fd;        /* -1: only the end is kept */
	int code;      /* batcher's; -1: has not ended */
	bool call;     /* wanted, or was under way */
};

struct kept_list {
	struct kept *all;
	size_t n;
	int strangers[LISTEN_KEPT];
	size_t n_strangers;
	bool wake, call_all;
};

/* The friend's, added where there is none; NULL: no memory. */
struct kept *kept_find(struct kept_list *, const char *friend);
/* Takes the descriptor, or closes it where there is no room. */
void kept_stranger(struct kept_list *, int fd);
/* A call is wanted; of everybody where the name is empty. */
void kept_call(struct kept_list *, struct view friend);
/* A friend whose keys changed has something to say: an agreed root. */
void kept_compare(
    struct kept_list *, const struct friendlist *before, const struct friendlist *now);
/* Tells all of it to the worker that is about to start, and forgets it. */
void kept_give(
    struct kept_list *, const struct friendlist *, struct jobs *, struct spawned *);
/* Closes what is kept. */
void kept_release(struct kept_list *);

#endif
