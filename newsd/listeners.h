/* The sockets that newsd listens on: made before the worker is, kept while their line
 * stands in node.conf. */
#ifndef NEWSD_LISTENERS_H
#define NEWSD_LISTENERS_H

#include "lib/node.h"
#include "newsd/friendlist.h"

struct listeners {
	struct address at[LISTENERS_MAX];
	int fd[LISTENERS_MAX];
	size_t n;
};

/* Opens what is new, closes what is gone, and writes run/link.addr: ADDR:PORT, one a line
 * (removed where there is none). ERR_IO: some could not be opened, each was logged. */
enum err listeners_set(
    struct listeners *, const struct node *, const struct friendlist *);
/* Closes all and removes run/link.addr. */
void listeners_release(struct listeners *, const struct node *);

#endif
