#include "cli/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/text.h"

#define HOST_NAME_MAX_LEN 253 /* RFC 1035 2.3.4, without the final dot */
#define LABEL_MAX 63

/* RFC 1123 2.1, and _ which real networks have. */
static bool
host_name(struct view v)
{
	size_t label = 0;

	if (v.len == 0 || v.len > HOST_NAME_MAX_LEN || v.p[0] == '-')
		return false;
	for (size_t i = 0; i < v.len; i++) {
		bool dot = v.p[i] == '.';

		if (!dot && !text_isalnum(v.p[i]) && v.p[i] != '-' && v.p[i] != '_')
			return false;
		if (dot && label == 0)
			return false;
		label = dot ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0;
}

static bool
numbers_and_dots(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!text_isdigit(v.p[i]) && v.p[i] != '.')
			return false;
	return v.len > 0;
}

static bool
ipv4(struct view host, bool *loopback)
{
	struct buf s = BUF_INIT(INET_ADDRSTRLEN);
	struct in_addr a;
	bool ok;

	buf_addv(&s, host);
	ok = buf_cstr(&s) != NULL && inet_pton(AF_INET, (const char *)s.p, &a) == 1;
	*loopback = ok && (ntohl(a.s_addr) >> 24) == 127;
	buf_release(&s);
	return ok;
}

static bool
ipv6(struct view host, bool *loopback)
{
	struct buf s = BUF_INIT(INET6_ADDRSTRLEN);
	struct in6_addr a;
	bool ok;

	buf_addv(&s, host);
	ok = buf_cstr(&s) != NULL && inet_pton(AF_INET6, (const char *)s.p, &a) == 1;
	*loopback = ok && memcmp(&a, &in6addr_loopback, sizeof a) == 0;
	buf_release(&s);
	return ok;
}

static bool
split(struct view v, struct view *host, struct view *port, bool *bracketed)
{
	size_t close = view_chr(v, ']'), colon;

	*bracketed = v.len > 0 && v.p[0] == '[';
	if (*bracketed) {
		if (close + 1 >= v.len || v.p[close + 1] != ':')
			return false;
		*host = view_slice(v, 1, close - 1);
		*port = view_slice(v, close + 2, v.len);
		return true;
	}
	if ((colon = view_chr(v, ':')) == v.len)
		return false;
	*host = view_slice(v, 0, colon);
	*port = view_slice(v, colon + 1, v.len);
	return true;
}

enum err
address_parse(struct view v, struct address *out, const char **why)
{
	struct address a = { 0 };
	struct view port;
	bool bracketed;
	uint64_t n;

	*why = "write it as ADDR:PORT, an IPv6 address as [ADDR]:PORT";
	if (!split(v, &a.host, &port, &bracketed))
		return ERR_SYNTAX;
	if (bracketed)
		a.numeric = ipv6(a.host, &a.loopback);
	else if (numbers_and_dots(a.host))
		a.numeric = ipv4(a.host, &a.loopback);
	else if (!host_name(a.host))
		return ERR_SYNTAX;
	if (!a.numeric && (bracketed || numbers_and_dots(a.host))) {
		*why = "there is no such address";
		return ERR_SYNTAX;
	}
	if (text_num(port, 0, 65535, &n) != ERR_OK) {
		*why = "a port is a number from 0 to 65535";
		return ERR_SYNTAX;
	}
	a.port = (uint16_t)n;
	*out = a;
	return ERR_OK;
}

enum err
address_carrier(struct view v, const char **why)
{
	struct address a;

	if (!view_starts(v, "tcp:")) {
		*why = "only tcp:HOST:PORT can stand in a token";
		return ERR_SYNTAX;
	}
	if (v.len > HINT_MAX) {
		*why = "it is longer than 128 bytes";
		return ERR_SYNTAX;
	}
	if (address_parse(view_slice(v, 4, v.len), &a, why) != ERR_OK)
		return ERR_SYNTAX;
	if (a.port == 0) {
		*why = "port 0 is nowhere";
		return ERR_SYNTAX;
	}
	return ERR_OK;
}
