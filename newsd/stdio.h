/* `newsd --stdio`: answers one link on stdin and stdout, for inetd and for ssh's forced
 * commands. */
#ifndef NEWSD_STDIO_H
#define NEWSD_STDIO_H

#include "lib/node.h"

/* Exit code: 0 when the link ended in peace, 1 when nobody we know called or an exchange
 * failed. */
int stdio_run(const struct node *);

#endif
