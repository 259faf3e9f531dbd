#include "reader/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"

#define BACKLOG 1024 /* a burst waits rather than trying again a second later */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
length(const union address *a)
{
	return a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
}

/* Splits at the last colon; an IPv6 address stands in brackets. */
static enum err
parse(struct view v, union address *out)
{
	char host[INET6_ADDRSTRLEN] = { 0 };
	union address a = { 0 };
	size_t colon = v.len;
	struct view h;
	uint64_t port;
	bool six;

	while (colon > 0 && v.p[colon - 1] != ':')
		colon--;
	if (colon == 0 ||
	    text_num(view_slice(v, colon, v.len), 0, 65535, &port) != ERR_OK)
		return ERR_SYNTAX;
	h = view_slice(v, 0, colon - 1);
	if (view_caseeqs(h, "localhost"))
		h = VIEW_LIT("127.0.0.1");
	six = h.len > 2 && h.p[0] == '[' && h.p[h.len - 1] == ']';
	if (six)
		h = view_slice(h, 1, h.len - 2);
	if (h.len == 0 || h.len >= sizeof host)
		return ERR_SYNTAX;
	memcpy(host, h.p, h.len);
	a.any.sa_family = six ? AF_INET6 : AF_INET;
	if (six)
		a.v6.sin6_port = htons((uint16_t)port);
	else
		a.v4.sin_port = htons((uint16_t)port);
	if (inet_pton(a.any.sa_family, host,
		six ? (void *)&a.v6.sin6_addr : (void *)&a.v4.sin_addr) != 1)
		return ERR_SYNTAX;
	*out = a;
	return ERR_OK;
}

static enum err
show(const union address *a, struct buf *out)
{
	char host[INET6_ADDRSTRLEN];
	bool six = a->any.sa_family == AF_INET6;

	if (inet_ntop(a->any.sa_family,
		six ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr,
		host, sizeof host) == NULL)
		return ERR_IO;
	buf_addf(out, six ? "[%s]:%u" : "%s:%u", host,
	    ntohs(six ? a->v6.sin6_port : a->v4.sin_port));
	return buf_err(out);
}

static bool
is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
	return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

enum err
listen_open(struct view address, int *fd, struct buf *got, bool *loopback)
{
	union address a;
	socklen_t len = sizeof a;
	int s, one = 1, saved;
	enum err e;

	if ((e = parse(address, &a)) != ERR_OK)
		return e;
	s = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return ERR_IO;
	e = ERR_IO;
	/* an answer is one write: without TCP_NODELAY, which connections inherit, it waits
	 * for the client's late ACK */
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
	    bind(s, &a.any, length(&a)) != 0 || listen(s, BACKLOG) != 0 ||
	    getsockname(s, &a.any, &len) != 0 || (e = show(&a, got)) != ERR_OK) {
		saved = errno;
		close(s);
		errno = saved;
		return e;
	}
	*loopback = is_loopback(&a);
	*fd = s;
	return ERR_OK;
}
