/* What the gateway shows to the outside: its addresses, certificate and limits, as node.conf
 * and gateway/ say. For the parent, which opens files; workers inherit it. */
#ifndef READER_FRONT_H
#define READER_FRONT_H

#include "lib/node.h"
#include "reader/conn.h"
#include "reader/listen.h"
#include "reader/transport.h"

#define FRONT_CONNECTIONS 1000 /* a worker */
#define FRONT_ADDRESS 64       /* connections of one address, not of loopback */
#define FRONT_ADDRESS_RATE 300 /* new ones a minute */
#define FRONT_PATIENCE 120     /* seconds */
#define FRONT_PEM_MAX (256u << 10)

struct front {
	struct listener list[LISTEN_MAX];
	size_t count;
	struct buf nntp, nntps; /* first address of each kind; empty: none */
	struct transport_env transport;
	struct conn_limits limits;
};

/* Dies with a message where something is wrong. */
void front_open(const struct node *, struct front *);
/* Reads the certificate and its key: pem is both. ERR_NOTFOUND: there is none. Else why
 * says what is wrong with it, for a person. */
enum err front_pem(const struct node *, struct buf *pem, struct buf *why);
/* Takes what front_pem has read; front_fault says why not, for a person. */
enum err front_certificate(struct transport_env *, struct view pem);
const char *front_fault(enum err);
void front_close(struct front *); /* the addresses */
void front_release(struct front *);

#endif
