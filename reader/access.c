#include "reader/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/text.h"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static enum err
add(struct access_rules *r, struct view v)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (view_eqs(v, "loopback")) {
		r->loopback = true;
		return ERR_OK;
	}
	if (v.len >= sizeof text)
		return ERR_SYNTAX;
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	if (inet_pton(AF_INET, text, address.s6_addr + sizeof mapped) == 1)
		memcpy(address.s6_addr, mapped, sizeof mapped);
	else if (inet_pton(AF_INET6, text, &address) != 1)
		return ERR_SYNTAX;
	if (r->count == ACCESS_FEEDS_MAX)
		return ERR_TOOBIG;
	memcpy(r->feeds[r->count++].address, &address, sizeof address);
	return ERR_OK;
}

enum err
access_load(const struct node *node, struct access_rules *out, struct view *bad)
{
	struct access_rules r = { 0 };
	struct view rest = buf_view(&node->conf), word;
	struct conf_line line;
	unsigned number = 0;
	enum err e = ERR_OK;

	while (conf_next(&rest, &number, &line, &e)) {
		if (!view_eqs(line.key, "feed"))
			continue;
		while (line.value.len > 0) {
			size_t comma = view_chr(line.value, ',');

			word = text_trim(view_slice(line.value, 0, comma));
			line.value = view_slice(line.value, comma + 1, line.value.len);
			if ((e = add(&r, word)) != ERR_OK) {
				*bad = word;
				return e;
			}
		}
	}
	if (e == ERR_OK)
		*out = r;
	return e;
}

/* The address as IPv6. */
static bool
address_of(const struct sockaddr *sa, unsigned char out[16])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		memcpy(out, mapped, sizeof mapped);
		memcpy(out + sizeof mapped, &in.sin_addr, sizeof in.sin_addr);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof in6);
	memcpy(out, &in6.sin6_addr, 16);
	return true;
}

static bool
is_loopback(const unsigned char a[16])
{
	static const unsigned char one[16] = { [15] = 1 };

	return memcmp(a, one, sizeof one) == 0 ||
	    (memcmp(a, mapped, sizeof mapped) == 0 && a[sizeof mapped] == 127);
}

struct access
access_of(const struct access_rules *r, const struct sockaddr *sa)
{
	struct access a = { .post = true };
	unsigned char address[16];

	if (sa == NULL || !address_of(sa, address))
		return a;
	a.feed = r->loopback && is_loopback(address);
	for (size_t i = 0; i < r->count && !a.feed; i++)
		a.feed = memcmp(r->feeds[i].address, address, sizeof address) == 0;
	return a;
}
