/* Calling a friend: newsd does it, this tells what became of it. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "cli/verb.h"

/* Whether others do it already. */
enum standing {
	STANDING_NONE, /* nobody */
	STANDING_LINK, /* a link stands: newsd looks at once what is due on it */
	STANDING_DONE, /* an exchange was under way; its end was awaited, and was good */
	STANDING_AWAY /* newsd was calling, and did not reach the friend: why says more */
};
struct reached {
	struct buf why; /* a phrase, when it did not do */
	bool paired;    /* the two became friends in it, and that was told */
};

/* One call: DONE, LATER (could not be reached) or FAILED. out is initialized, and
 * released with reached_release. */
int reach(const struct call *, const char *name, struct reached *out);
void reached_init(struct reached *);
/* `waits` is called once before it waits. */
enum standing reach_standing(const struct call *, const char *name,
    void (*waits)(const char *name), struct reached *);
void reached_release(struct reached *);
/* Whether the friend's file has an address at all, also one that is not called unasked. */
bool reach_possible(const struct call *, const char *name);
/* After `hearsay join`: calls, up to twice, and tells in one line how it stands. */
int reach_joined(const struct call *, const char *name);

#endif
