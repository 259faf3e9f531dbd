/* What a batcher works on: the node, both databases, and its friends with their keys.
 *
 * One process at a time holds it (keys/lock). Changes become visible in this order, so
 * that a crash at any point costs repetition and never an article: articles (spool.db),
 * keys, exchange.db. */
#ifndef BATCHER_BATCHER_H
#define BATCHER_BATCHER_H

#include "batcher/ring.h"
#include "lib/node.h"
#include "lib/zip.h"
#include "spool/feed.h"
#include "spool/spool.h"

struct friend
{
	struct ring ring;
	struct feed_friend feed;
	struct feed_state state;
	struct buf conf;  /* friends/NAME */
	struct buf wants; /* wildmat of the friend's, "" while unknown */
	bool changed;     /* feed or state differ from exchange.db */
};

struct batcher {
	struct node *node;
	struct spool *spool;
	struct feed *feed;
	struct zip *zip;
	struct verifier *verifier; /* or NULL; its maker's */
	unsigned char spool_id[SPOOL_ID_LEN];
	int64_t now;
	size_t count;
	struct friend *friends[FRIENDS_MAX];
	uint32_t speed; /* of the serial line behind the link, bits a second; 0: none */
	int lock;
	bool damaged; /* a friend's key file could not be read: said, and left out */
	bool running; /* a transaction of exchange.db is open */
	bool storing; /* one of spool.db too */
	bool arrived; /* it holds a friend's article: newsd is told after COMMIT */
};

/* Opens everything and loads every friend. Troubles are logged with what to do next. */
enum err batcher_open(struct node *, struct batcher *out);
void batcher_close(struct batcher *);

/* Opens the databases for one friend and holds no lock between batcher_enter and
 * batcher_leave: for a long exchange beside others. ERR_NOTFOUND: no such friend. */
enum err batcher_open_for(struct node *, const char *name, struct batcher *out);
/* Waits for its turn, reads the friend anew, and begins. */
enum err batcher_enter(struct batcher *);
/* Commits when so_far is ERR_OK, else rolls back; answers what went wrong first. */
enum err batcher_leave(struct batcher *, enum err so_far);

struct friend *batcher_friend(struct batcher *, const char *name); /* NULL: none */
/* A new friend: exchange.db row, friends/NAME and an empty ring. */
enum err batcher_befriend(struct batcher *, const char *name, struct friend **out);

/* Transactions over both databases. */
enum err batcher_begin(struct batcher *);
/* The same, spool.db for reading only: nobody who posts waits for a slow stick. */
enum err batcher_begin_reading(struct batcher *);
enum err batcher_commit(
    struct batcher *); /* articles, keys, exchange state, in this order */
void batcher_rollback(struct batcher *);

/* First value of key in friends/NAME. */
struct view friend_get(const struct friend *, const char *key, const char *fallback);
/* The node's wanted groups, a wildmat. */
struct view batcher_wants(const struct batcher *);

#endif
