/* What a session may do: set from the peer's address when it connects, and anew when a
 * user logs in. The commands ask it, the writer asks again where something is stored. */
#ifndef READER_ACCESS_H
#define READER_ACCESS_H

#include <sys/socket.h>

#include "lib/limits.h"
#include "lib/node.h"

#define ACCESS_FEEDS_MAX 64 /* addresses in node.conf that may feed */

struct access {
	bool post; /* POST */
	bool feed; /* IHAVE, CHECK and TAKETHIS */
	char persona[NAME_MAX_LEN +
	    1]; /* its posts are by this one alone; empty: by the one
					 * whose address From holds, else the standard one */
};

/* From node.conf: `feed ADDR[,ADDR...]` or `feed loopback`, as often as wanted. */
struct access_rules {
	struct {
		unsigned char address[16]; /* IPv6; of IPv4 the mapped one */
	} feeds[ACCESS_FEEDS_MAX];
	size_t count;
	bool loopback; /* may feed */
};

/* ERR_SYNTAX: bad is what is no address; it lies in the node. ERR_TOOBIG: too many. */
enum err access_load(const struct node *, struct access_rules *out, struct view *bad);
/* Who connects from there. Without an address (stdin): nothing but posting. */
struct access access_of(const struct access_rules *, const struct sockaddr *);

#endif
