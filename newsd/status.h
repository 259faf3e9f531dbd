/* run/links: how it stands with each friend, for `hearsay status`; one line a friend,
 * times in seconds since 1970, - where there is none:
 *
 *     friend NAME state up|down|dialling|calling since T heard T next-call T carrier "..."
 *         last-error "..."                                              (all one line) */
#ifndef NEWSD_STATUS_H
#define NEWSD_STATUS_H

#include <event2/event.h>

#include "newsd/control.h"
#include "newsd/friendlist.h"

struct status;

enum err status_new(struct event_base *, const struct node *, struct status **out);
/* Removes the file. */
void status_free(struct status *);

/* A new list: friends of the same name keep what is known. Prepared (count files). */
void status_list(struct status *, const struct friendlist *);
/* STATE, CARRIER and GAVE_UP, which name a friend of the list. */
void status_take(struct status *, const struct control *);
/* What the friend's command said, for when it gave no answer. */
void status_said(struct status *, uint32_t friend, struct view);
void status_heard(struct status *, uint32_t friend);

#endif
