/* How many connections an address has, and how fast it makes them. An IPv6 peer is its /64,
 * for it can take any address in there. Fixed memory: when all places for an address are
 * taken by others that are connected, it is refused. */
#ifndef READER_PEERS_H
#define READER_PEERS_H

#include <sys/socket.h>

#include "lib/buf.h"

#define PEERS_SETS 1024
#define PEERS_WAYS 4
#define PEERS_NONE (-1)

struct peer {
	unsigned char address[16];
	uint32_t connections;
	uint32_t credit; /* connections it may still make, in 1/60 */
	int64_t seen;    /* seconds; 0: free */
};

struct peers {
	struct peer *list;       /* made at the first use */
	uint64_t salt;           /* which places an address gets is nobody's to foresee */
	uint32_t most, a_minute; /* 0: any */
};

void peers_init(struct peers *, uint32_t most, uint32_t a_minute);
void peers_release(struct peers *);
/* Another connection from there. *place goes to peers_leave; PEERS_NONE for this machine,
 * which is not limited. ERR_TOOBIG: too many connections. ERR_BUSY: too fast. */
enum err peers_enter(struct peers *, const struct sockaddr *, int64_t now, int *place);
void peers_leave(struct peers *, int place);

#endif
