/* What a session may do: set from the peer's address when it connects, and anew when a
 * user logs in. The commands ask it, the writer asks again where something is stored. */
#ifndef READER_ACCESS_H
#define READER_ACCESS_H

#include <sys/socket.h>

#include "lib/limits.h"
#include "lib/node.h"
#include "reader/grant.h"

#define ACCESS_FEEDS_MAX 64 /* addresses in node.conf that may feed */

struct access {
	bool post;  /* POST */
	bool feed;  /* IHAVE, CHECK and TAKETHIS */
	bool login; /* nothing is shown before a user has logged in */
	bool clear; /* it is this machine: a password may come without TLS */
	unsigned char address[16]; /* zero: not known */
	/* of the user who has logged in; empty: nobody has */
	char user[NAME_MAX_LEN + 1];
	char persona[NAME_MAX_LEN + 1]; /* empty: the standard one */
	struct buf read, post_groups;   /* wildmats; empty: every group */
	unsigned char grant[GRANT_LEN]; /* for the writer */
};

void access_release(struct access *);
/* Does the group exist for it, and may it post there? */
bool access_reads(const struct access *, struct view group);
bool access_posts(const struct access *, struct view group);

/* From node.conf: `feed ADDR[,ADDR...]` or `feed loopback`, as often as wanted. */
struct access_rules {
	struct {
		unsigned char address[16]; /* IPv6; of IPv4 the mapped one */
	} feeds[ACCESS_FEEDS_MAX];
	size_t count;
	bool loopback;                                       /* may feed */
	enum { LOGIN_LAN, LOGIN_ALWAYS, LOGIN_NEVER } login; /* `login` */
};

/* ERR_SYNTAX: bad is what is no address; it lies in the node. ERR_TOOBIG: too many. */
enum err access_load(const struct node *, struct access_rules *out, struct view *bad);
/* Who connects from there, before logging in. Without an address (stdin): nothing but
 * posting. */
struct access access_of(const struct access_rules *, const struct sockaddr *);

#endif
