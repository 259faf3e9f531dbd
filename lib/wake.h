/* run/wake: a FIFO by which whoever put something into the spool tells newsd, which made it,
 * to look at once. Losing a byte costs newsd's next look, nothing else. */
#ifndef LIB_WAKE_H
#define LIB_WAKE_H

#include "lib/node.h"

/* Opens it to tell, now and later; -1 where there is none, which wake_tell takes. */
int wake_open(const struct node *);
/* One byte; never waits. */
void wake_tell(int fd);
/* Open, tell, close: nothing happens when newsd is not running. */
void wake_node(const struct node *);
/* A line of words for newsd instead of a byte, at most 512 bytes; false: nobody is there. */
bool wake_say(const struct node *, struct view line);

#endif
