#include "reader/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/address.h"

static enum err
add(struct access_rules *r, struct view v)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char address[ADDRESS_LEN];

	if (view_eqs(v, "loopback")) {
		r->loopback = true;
		return ERR_OK;
	}
	if (v.len >= sizeof text)
		return ERR_SYNTAX;
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	if (!address_parse(text, address))
		return ERR_SYNTAX;
	if (r->count == ACCESS_FEEDS_MAX)
		return ERR_TOOBIG;
	memcpy(r->feeds[r->count++].address, address, sizeof address);
	return ERR_OK;
}

enum err
access_load(const struct node *node, struct access_rules *out, struct view *bad)
{
	static const char *const logins[] = { "lan", "always", "never" };
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
	for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++)
		if (view_eqs(node_get(node, "login", "lan"), logins[i]))
			r.login = (unsigned)i;
	if (e == ERR_OK)
		*out = r;
	return e;
}

struct access
access_of(const struct access_rules *r, const struct sockaddr *sa)
{
	struct access a = { .post = true };

	if (sa == NULL || !address_of(sa, a.address)) {
		a.login = r->login != LOGIN_NEVER;
		return a;
	}
	a.clear = address_loopback(a.address);
	a.login = r->login == LOGIN_ALWAYS || (r->login == LOGIN_LAN && !a.clear);
	a.feed = r->loopback && a.clear;
	for (size_t i = 0; i < r->count && !a.feed; i++)
		a.feed = memcmp(r->feeds[i].address, a.address, ADDRESS_LEN) == 0;
	return a;
}

void
access_release(struct access *a)
{
	buf_release(&a->read);
	buf_release(&a->post_groups);
}

bool
access_reads(const struct access *a, struct view group)
{
	return a->read.len == 0 || wildmat_match(buf_view(&a->read), group);
}

bool
access_posts(const struct access *a, struct view group)
{
	return a->post_groups.len == 0 || wildmat_match(buf_view(&a->post_groups), group);
}
