/* Addresses in node.conf that setup writes: `link` and `address`, where this node listens
 * for friends and what they are told; `listen` and `listen-tls`, where it listens for
 * newsreaders. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/verb.h"

/* Whether every address that setup was given can stand in node.conf; else it is said, and
 * the code answered. "none" stands for no line at all (`listen none`: not even the usual). */
int link_check(const struct command *);
/* Makes node.conf's lines those that are given, of each option that is; linked and moved
 * tell if those for friends and those for newsreaders are others now. */
int link_change(struct call *, bool *linked, bool *moved);
/* Tells where friends can call, when there is a line. */
void link_tell(const struct node *);

/* Calls fn with "tcp:HOST:PORT" for every `address`; without one, for every `link` that a
 * friend elsewhere could call, and says of the others why they do not do. */
typedef void link_fn(void *, const char *carrier);
void link_offer(const struct node *, link_fn *, void *);

#endif
