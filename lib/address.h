/* HOST:PORT as people write it, and which of the addresses behind it may be dialled. */
#ifndef LIB_ADDRESS_H
#define LIB_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/buf.h"

#define HOST_MAX 253 /* RFC 1035 2.3.4, without the final dot */

struct address {
	char host[HOST_MAX + 1]; /* without brackets */
	uint16_t port;
	bool numeric; /* IPv4 or IPv6, no name to resolve */
};

/* An address that a socket takes. */
struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	socklen_t len;
};

/* What was learned from a token or a friend is dialled by these classes. */
enum address_class {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* RFC 1918, RFC 4193, 100.64/10 */
	/* never: */
	ADDRESS_NEIGHBOUR, /* link-local */
	ADDRESS_LOOPBACK,
	ADDRESS_NOWHERE, /* multicast, unspecified, reserved */
};

/* ERR_SYNTAX with *why, a phrase. */
enum err address_parse(struct view, struct address *out, const char **why);
/* One to listen at: numeric. */
enum err address_listen(struct view, struct address *out, const char **why);
void address_write(const struct address *, struct buf *);
/* Of a numeric one. */
void address_endpoint(const struct address *, struct endpoint *out);
/* A name is ADDRESS_PUBLIC: what stands behind it is judged when it is known. */
enum address_class address_class(const struct address *);

/* False for families other than IPv4 and IPv6. */
bool endpoint_from(const struct sockaddr *, uint16_t port, struct endpoint *out);
enum address_class endpoint_class(const struct endpoint *);
void endpoint_write(const struct endpoint *, struct buf *);

#endif
