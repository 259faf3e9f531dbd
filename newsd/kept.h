/* Links that stand while one worker ends and the next is not there yet, and exchanges that
 * ended meanwhile: one a friend. */
#ifndef NEWSD_KEPT_H
#define NEWSD_KEPT_H

#include "lib/limits.h"
#include "newsd/control.h"

struct kept {
	char friend[NAME_MAX_LEN + 1];
	uint8_t role;
	uint32_t news; /* 1: there is something to say on it */
	int fd;        /* -1: only the end is kept */
	int code;      /* batcher's; -1: has not ended */
};

struct kept_list {
	struct kept *all;
	size_t n;
};

/* The friend's, added where there is none; NULL: no memory. */
struct kept *kept_find(struct kept_list *, const char *friend);
/* Closes what is kept. */
void kept_release(struct kept_list *);

#endif
