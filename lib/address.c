#include "lib/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "lib/text.h"

#define LABEL_MAX 63

/* RFC 1123 2.1, and _ which real networks have. */
static bool
host_name(struct view v)
{
	size_t label = 0;

	if (v.len == 0 || v.p[0] == '-')
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
split(struct view v, struct view *host, struct view *port, bool *bracketed)
{
	size_t end = view_chr(v, ']'), colon;

	*bracketed = v.len > 0 && v.p[0] == '[';
	if (*bracketed) {
		if (end + 1 >= v.len || v.p[end + 1] != ':')
			return false;
		*host = view_slice(v, 1, end - 1);
		*port = view_slice(v, end + 2, v.len);
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
	unsigned char bits[16];
	struct view host, port;
	bool bracketed, dotted;
	uint64_t n;

	*why = "write it as HOST:PORT, an IPv6 address as [ADDR]:PORT";
	if (!split(v, &host, &port, &bracketed) || host.len == 0 || host.len > HOST_MAX ||
	    view_chr(host, '\0') < host.len)
		return ERR_SYNTAX;
	memcpy(a.host, host.p, host.len);
	dotted = !bracketed && numbers_and_dots(host);
	if (!bracketed && !dotted && !host_name(host))
		return ERR_SYNTAX;
	a.numeric = (bracketed || dotted) &&
	    inet_pton(bracketed ? AF_INET6 : AF_INET, a.host, bits) == 1;
	if ((bracketed || dotted) && !a.numeric) {
		*why = "there is no such address";
		return ERR_SYNTAX;
	}
	/* one spelling: what is written back is what was read */
	if (text_num(port, 0, UINT16_MAX, &n) != ERR_OK ||
	    (port.len > 1 && port.p[0] == '0')) {
		*why = "a port is a number from 0 to 65535";
		return ERR_SYNTAX;
	}
	a.port = (uint16_t)n;
	*out = a;
	return ERR_OK;
}

enum err
address_listen(struct view v, struct address *out, const char **why)
{
	struct address a;
	enum err e;

	if ((e = address_parse(v, &a, why)) != ERR_OK)
		return e;
	if (!a.numeric) {
		*why = "a numeric address is needed, no name";
		return ERR_SYNTAX;
	}
	*out = a;
	return ERR_OK;
}

void
address_write(const struct address *a, struct buf *out)
{
	bool v6 = a->numeric && strchr(a->host, ':') != NULL;

	buf_addf(out, v6 ? "[%s]:%u" : "%s:%u", a->host, (unsigned)a->port);
}

void
address_endpoint(const struct address *a, struct endpoint *out)
{
	struct endpoint e = { 0 };

	assert(a->numeric);
	if (strchr(a->host, ':') != NULL) {
		e.u.v6.sin6_family = AF_INET6;
		e.u.v6.sin6_port = htons(a->port);
		inet_pton(AF_INET6, a->host, &e.u.v6.sin6_addr);
		e.len = sizeof e.u.v6;
	} else {
		e.u.v4.sin_family = AF_INET;
		e.u.v4.sin_port = htons(a->port);
		inet_pton(AF_INET, a->host, &e.u.v4.sin_addr);
		e.len = sizeof e.u.v4;
	}
	*out = e;
}

bool
endpoint_from(const struct sockaddr *sa, uint16_t port, struct endpoint *out)
{
	struct endpoint e = { 0 };

	if (sa->sa_family == AF_INET) {
		e.len = sizeof e.u.v4;
		memcpy(&e.u.v4, sa, e.len);
		e.u.v4.sin_port = htons(port);
	} else if (sa->sa_family == AF_INET6) {
		e.len = sizeof e.u.v6;
		memcpy(&e.u.v6, sa, e.len);
		e.u.v6.sin6_port = htons(port);
	} else {
		return false;
	}
	*out = e;
	return true;
}

struct prefix {
	unsigned char bits[16];
	unsigned len;
	enum address_class is;
};

static const struct prefix v4[] = {
	{ { 0 }, 8, ADDRESS_NOWHERE },
	{ { 10 }, 8, ADDRESS_PRIVATE },
	{ { 100, 64 }, 10, ADDRESS_PRIVATE },
	{ { 127 }, 8, ADDRESS_LOOPBACK },
	{ { 169, 254 }, 16, ADDRESS_NEIGHBOUR },
	{ { 172, 16 }, 12, ADDRESS_PRIVATE },
	{ { 192, 168 }, 16, ADDRESS_PRIVATE },
	{ { 224 }, 4, ADDRESS_NOWHERE },
	{ { 240 }, 4, ADDRESS_NOWHERE },
};
static const struct prefix v6[] = {
	{ { [15] = 1 }, 128, ADDRESS_LOOPBACK },
	{ { 0 }, 96, ADDRESS_NOWHERE }, /* unspecified, IPv4-compatible */
	{ { 0xfc }, 7, ADDRESS_PRIVATE },
	{ { 0xfe, 0x80 }, 10, ADDRESS_NEIGHBOUR },
	{ { 0xfe, 0xc0 }, 10, ADDRESS_NOWHERE },
	{ { 0xff }, 8, ADDRESS_NOWHERE },
};

static bool
within(const unsigned char *a, const struct prefix *p)
{
	unsigned whole = p->len / 8, rest = p->len % 8;
	unsigned char mask = (unsigned char)(0xff00 >> rest);

	return memcmp(a, p->bits, whole) == 0 &&
	    (rest == 0 || (a[whole] & mask) == p->bits[whole]);
}

static enum address_class
class_of(const unsigned char *a, const struct prefix *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (within(a, &table[i]))
			return table[i].is;
	return ADDRESS_PUBLIC;
}

enum address_class
endpoint_class(const struct endpoint *e)
{
	/* IPv4 in IPv6: ::ffff/96, RFC 6052's well-known prefix, and 6to4 */
	static const struct {
		struct prefix p;
		unsigned at;
	} hidden[] = {
		{ { { [10] = 0xff, [11] = 0xff }, 96, ADDRESS_NOWHERE }, 12 },
		{ { { 0, 0x64, 0xff, 0x9b }, 96, ADDRESS_NOWHERE }, 12 },
		{ { { 0x20, 0x02 }, 16, ADDRESS_NOWHERE }, 2 },
	};
	const unsigned char *a = e->u.v6.sin6_addr.s6_addr;

	if (e->u.any.sa_family == AF_INET)
		return class_of((const unsigned char *)&e->u.v4.sin_addr, v4,
		    sizeof v4 / sizeof v4[0]);
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (within(a, &hidden[i].p))
			return class_of(a + hidden[i].at, v4, sizeof v4 / sizeof v4[0]);
	return class_of(a, v6, sizeof v6 / sizeof v6[0]);
}

enum address_class
address_class(const struct address *a)
{
	struct endpoint e;

	if (!a->numeric)
		return ADDRESS_PUBLIC;
	address_endpoint(a, &e);
	return endpoint_class(&e);
}

void
endpoint_write(const struct endpoint *e, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (e->u.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &e->u.v6.sin6_addr, text, sizeof text);
		buf_addf(out, "[%s]:%u", text, (unsigned)ntohs(e->u.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &e->u.v4.sin_addr, text, sizeof text);
		buf_addf(out, "%s:%u", text, (unsigned)ntohs(e->u.v4.sin_port));
	}
}
