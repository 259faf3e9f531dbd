/* The one process of the gateway that writes into the spool: takes posts from the
 * workers, whatever waits, commits once and answers all. */
#ifndef READER_WRITER_H
#define READER_WRITER_H

#include "lib/node.h"
#include "reader/persona.h"

#define WRITER_LINKS_MAX 64

/* Runs until the control socket, from which the links to the workers come, ends. Says one
 * byte on it when it is ready. Returns the exit code. */
int writer_run(const struct node *, struct personas *, int control);

#endif
