/* Notices when files of the node's folder change that the gateway has read: nobody needs to
 * start it again for a new certificate, persona or user. */
#ifndef READER_WATCH_H
#define READER_WATCH_H

#include "lib/node.h"

#define WATCH_SETTLE                                                                     \
	300 /* ms of quiet before what changed is read: two files are a pair */

enum watch_bit {
	WATCH_CERTIFICATE = 1, /* gateway/cert.pem, key.pem */
	WATCH_USERS = 2,       /* gateway/users/ */
	WATCH_PERSONAS = 4,    /* personas/ */
	WATCH_BULLETINS = 8,   /* gateway/motd and its like */
};

struct watch {
	int fd; /* -1: not to be had; polled for reading */
	int gateway, users, personas;
	unsigned changed; /* since watch_due */
	int64_t since;    /* of the last change, ms */
};

void watch_open(struct watch *, const struct node *);
void watch_close(struct watch *);
void watch_read(struct watch *, const struct node *);
/* What changed and has settled, each once; 0: nothing. *wait, when it is to be asked again
 * in so many ms, else -1. */
unsigned watch_due(struct watch *, int *wait);

#endif
