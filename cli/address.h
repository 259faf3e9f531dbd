/* HOST:PORT as people write it: a name, an IPv4 address, or an IPv6 one in brackets. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

struct address {
	struct view host; /* without brackets */
	uint16_t port;
	bool numeric; /* an IPv4 or IPv6 address, no name */
	bool loopback;
};

/* Who can reach a numeric address; a name is REACH_WORLD. */
enum reach {
	REACH_WORLD,
	REACH_NEAR,   /* private ranges: RFC 1918, RFC 4193, 100.64/10 */
	REACH_HERE,   /* loopback and link-local */
	REACH_NOWHERE /* unspecified and multicast */
};
enum reach address_reach(const struct address *);

/* ERR_SYNTAX with *why, a phrase, when it is not one. */
enum err address_parse(struct view, struct address *out, const char **why);

/* A carrier that may stand in a token: tcp:HOST:PORT with a port above 0, at most
 * HINT_MAX bytes. */
enum err address_carrier(struct view, const char **why);

#endif
