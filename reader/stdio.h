/* One session on stdin and stdout, with its own writer: for inetd, ssh and tests. */
#ifndef READER_STDIO_H
#define READER_STDIO_H

#include "lib/node.h"

/* Returns the exit code. */
int stdio_run(const struct node *);

#endif
