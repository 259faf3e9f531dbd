/* The client's half of a SOCKS5 handshake (RFC 1928, no authentication), without a socket.
 * No more is read than belongs to the handshake: what follows is the link's. */
#ifndef NEWSD_SOCKS_H
#define NEWSD_SOCKS_H

#include "lib/address.h"

enum socks_state {
	SOCKS_METHOD,  /* greeting sent, its answer awaited */
	SOCKS_REPLY,   /* request sent, the fixed part of the reply awaited */
	SOCKS_ADDRESS, /* the bound address in the reply, of no use to us */
	SOCKS_READY,
	SOCKS_FAILED
};

struct socks {
	enum socks_state state;
	struct address to;
	size_t rest;         /* of the bound address */
	unsigned char reply; /* RFC 1928 section 6, when the proxy refused */
};

/* Appends the greeting. */
void socks_begin(struct socks *, const struct address *to, struct buf *out);
/* How many bytes to read next, at most 22. */
size_t socks_wants(const struct socks *);
/* Takes what is wanted and appends what to send. ERR_OK: the tunnel stands. ERR_MORE: go
 * on. ERR_DENIED: the proxy refused, see reply (0xff: it wants a password). ERR_SYNTAX:
 * no SOCKS5 proxy. */
enum err socks_input(struct socks *, struct view *in, struct buf *out);

#endif
