/* The gateway's parent process: listens, starts the writer and the workers, starts again
 * what ended, and ends all. It reads no foreign byte. */
#ifndef READER_SERVER_H
#define READER_SERVER_H

#include "lib/node.h"

/* Serves until SIGTERM or SIGINT. Writes run/nntp.addr and prints "ready nntp=ADDR:PORT"
 * when a worker and the writer are ready. Returns the exit code. */
int server_run(const struct node *);

#endif
