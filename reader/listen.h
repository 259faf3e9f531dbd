/* The addresses where newsreaders connect. */
#ifndef READER_LISTEN_H
#define READER_LISTEN_H

#include <stdbool.h>

#include "lib/buf.h"

#define LISTEN_DEFAULT "127.0.0.1:1119"
#define LISTEN_MAX 16 /* addresses */

struct listener {
	int fd;
	bool tls; /* from the first byte */
};

/* Binds "127.0.0.1:1119", "[::1]:0" or "localhost:1119" and listens, without blocking;
 * appends the address with the port that it got. ERR_SYNTAX: no such form. ERR_IO: errno
 * says why. *loopback: only this machine can connect. */
enum err listen_open(struct view address, int *fd, struct buf *got, bool *loopback);

#endif
