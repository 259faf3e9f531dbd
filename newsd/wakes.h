/* run/wake, the FIFO by which others tell newsd what happened: a line `call NAME` or
 * `call` (everybody) is somebody's wish, any other byte says that an article arrived. A
 * writer may die before its byte, so the spool's file is looked at, too. */
#ifndef NEWSD_WAKES_H
#define NEWSD_WAKES_H

#include <event2/event.h>

#include "lib/node.h"

struct wakes;

typedef void wakes_fn(void *);
typedef void wakes_call_fn(void *, struct view friend); /* empty: everybody */

/* Makes the FIFO, 0600, where there is none. */
enum err wakes_new(struct event_base *, const struct node *, wakes_fn *wake,
    wakes_call_fn *call, void *, struct wakes **out);
/* Wakes when the spool was written to since the last time. */
void wakes_look(struct wakes *);
/* What is there now is known: we wrote it, or who did has said so. */
void wakes_known(struct wakes *);
void wakes_free(struct wakes *);

/* Splits what stood in the FIFO: true when an article arrived. */
bool wakes_parse(struct view, wakes_call_fn *call, void *);

/* When the spool changed last, in nanoseconds; 0 when there is none. */
int64_t wakes_spool_time(const struct node *);

#endif
