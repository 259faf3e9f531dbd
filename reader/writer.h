/* The one process of the gateway that writes into the spool: takes posts from the
 * workers, whatever waits, commits once and answers all. */
#ifndef READER_WRITER_H
#define READER_WRITER_H

#include "lib/node.h"
#include "reader/grant.h"
#include "reader/persona.h"
#include "reader/users.h"

#define WRITER_LINKS_MAX 64

struct writer_start {
	const struct node *node;
	struct personas *personas; /* and users: taken over, new ones come by control */
	struct users *users;
	const struct grant_key *key;
	bool login_always, feeds; /* as poster.h has them */
	int control;              /* links to the workers come in */
};

/* Runs until control ends. Says one byte on it when it is ready. Returns the exit code. */
int writer_run(const struct writer_start *);

#endif
