/* Calling a friend: newsd does it, this tells what became of it. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "cli/verb.h"

/* Does a link stand? newsd then looks at once what is due on it. */
bool reach_standing(const struct call *, const char *name);
/* One call: DONE, LATER (could not be reached) or FAILED; then why, a phrase, is
 * appended to. */
int reach(const struct call *, const char *name, struct buf *why);
/* Whether the friend's file has an address at all, also one that is not called unasked. */
bool reach_possible(const struct call *, const char *name);
/* After `hearsay join`: calls, up to twice, and tells in one line how it stands. */
int reach_joined(const struct call *, const char *name);

#endif
