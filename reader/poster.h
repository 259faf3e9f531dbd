/* Takes posts, and what feeds bring, into the spool: injects or reads, stores, commits,
 * answers. Used by the writer, by --stdio and by --post. */
#ifndef READER_POSTER_H
#define READER_POSTER_H

#include "reader/grant.h"
#include "reader/inject.h"
#include "reader/offer.h"
#include "reader/users.h"

#define POSTER_ANSWER_MAX 512 /* an NNTP line */

struct poster {
	struct spool *spool;
	const struct personas *personas;
	int wake; /* wake_open's: told after each commit that something arrived */
	struct view
	    feed_groups; /* wildmat of groups that a feed may bring; p NULL: none */
	/* NULL: nobody logs in here, and a posting's who is empty */
	const struct users *users;
	const struct grant_key *key;
	bool login_always;  /* posts of nobody are refused */
	bool feeds;         /* some address may feed; else only users may */
	struct offer offer; /* work space */
};

/* Before the sandbox. The spool is the caller's to open and close. */
void poster_init(struct poster *, const struct node *, const struct personas *);
void poster_release(struct poster *);

/* One post of several that are committed together. */
struct posting {
	struct view raw;
	struct view who;     /* of a post: reader/grant.h; empty: nobody has logged in */
	struct view offered; /* Message-ID under which a feed brought it; empty: a post */
	struct view packed;  /* of what a feed brought, as spool_put has it; or empty */
	/* "240 Article received <id>" or "441 reason", without CRLF; of what a feed
	 * brought OFFER_... and the reason */
	struct buf answer;
	bool stored;
};

void posting_init(struct posting *, struct view raw);
void posting_release(struct posting *);

/* Stores the first of them in one transaction, as many as its limits allow: how many. They
 * have their answer afterwards, and what was stored is on the disk. */
size_t poster_take(struct poster *, struct posting *list, size_t n);

#endif
