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

/* First bits of an address, and who reaches what begins with them. */
struct range {
	unsigned char first[4];
	unsigned bits;
	enum reach reach;
};

static bool
within(const unsigned char *a, const struct range *r)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	return memcmp(a, r->first, whole) == 0 &&
	    (rest == 0 || (a[whole] ^ r->first[whole]) >> (8 - rest) == 0);
}

static enum reach
reach_in(const unsigned char *a, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (within(a, &ranges[i]))
			return ranges[i].reach;
	return REACH_WORLD;
}

static enum reach
reach4(const unsigned char a[4])
{
	static const struct range ranges[] = {
		{ { 0 }, 8, REACH_NOWHERE },
		{ { 127 }, 8, REACH_HERE },
		{ { 169, 254 }, 16, REACH_HERE },
		{ { 10 }, 8, REACH_NEAR },
		{ { 172, 16 }, 12, REACH_NEAR },
		{ { 192, 168 }, 16, REACH_NEAR },
		{ { 100, 64 }, 10, REACH_NEAR },
		{ { 224 }, 3, REACH_NOWHERE },
	};

	return reach_in(a, ranges, sizeof ranges / sizeof ranges[0]);
}

static enum reach
reach6(const struct in6_addr *a)
{
	static const struct range ranges[] = {
		{ { 0xfe, 0x80 }, 10, REACH_HERE },
		{ { 0xfc }, 7, REACH_NEAR },
		{ { 0xff }, 8, REACH_NOWHERE },
	};

	if (memcmp(a, &in6addr_any, sizeof *a) == 0)
		return REACH_NOWHERE;
	if (memcmp(a, &in6addr_loopback, sizeof *a) == 0)
		return REACH_HERE;
	/* ::ffff:0:0/96 is IPv4 */
	if (IN6_IS_ADDR_V4MAPPED(a))
		return reach4(a->s6_addr + 12);
	return reach_in(a->s6_addr, ranges, sizeof ranges / sizeof ranges[0]);
}

enum reach
address_reach(const struct address *a)
{
	struct buf s = BUF_INIT(INET6_ADDRSTRLEN);
	enum reach r = REACH_WORLD;
	struct in6_addr six;
	struct in_addr four;

	buf_addv(&s, a->host);
	if (!a->numeric || buf_cstr(&s) == NULL)
		r = REACH_WORLD;
	else if (inet_pton(AF_INET, (const char *)s.p, &four) == 1)
		r = reach4((const unsigned char *)&four);
	else if (inet_pton(AF_INET6, (const char *)s.p, &six) == 1)
		r = reach6(&six);
	buf_release(&s);
	return r;
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
