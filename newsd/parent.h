/* newsd's side of links that may open files and start programs: keeps the link worker
 * alive, gives it what it asks for, and takes from it ten bytes and a descriptor at a
 * time, nothing else. It reads no byte that came from outside. */
#ifndef NEWSD_PARENT_H
#define NEWSD_PARENT_H

#include <event2/event.h>

#include "lib/node.h"

struct parent;

/* A call by hand is over: the exit code. */
typedef void parent_done_fn(void *, int code);

/* Begins to listen and to call. The node is loaded. ERR_IO: errno says why, and a line was
 * logged. */
enum err parent_new(struct event_base *, const struct node *, struct parent **out);
/* One call to this friend, without listening; `done` is told how it went.
 * ERR_NOTFOUND: no such friend. */
enum err parent_call(struct event_base *, const struct node *, const char *friend,
    parent_done_fn *, void *, struct parent **out);
/* Ends worker and programs. */
void parent_free(struct parent *);
/* Looks which of its processes ended: after SIGCHLD. */
void parent_reap(struct parent *);

#endif
