/* `link` lines of node.conf: where this node can be called. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/verb.h"

/* Whether every --link can stand in node.conf; else it is said, and the code answered.
 * "none" stands for no line at all. */
int link_check(const struct command *);
/* Makes node.conf's lines those of --link, if it is given; changed tells if they are
 * others now. */
int link_change(struct call *, bool *changed);
/* Tells where friends can call, when there is a line. */
void link_tell(const struct node *);

/* Calls fn with "tcp:ADDR:PORT" for every line that a friend elsewhere could call, says
 * of the others why they do not do, and answers how many lines there were. */
typedef void link_fn(void *, const char *carrier);
size_t link_offer(const struct node *, link_fn *, void *);

#endif
