/* What newsd knows of the friends: from node.conf, friends/NAME and link/NAME. */
#ifndef NEWSD_FRIENDLIST_H
#define NEWSD_FRIENDLIST_H

#include "lib/keys.h"
#include "lib/limits.h"
#include "lib/node.h"
#include "lib/carrier.h"
#include "lib/schedule.h"
#include "newsd/seen.h"

#define LISTENERS_MAX 16

/* A line of link/NAME. */
struct link_root {
	unsigned char id[ROOT_ID_LEN];
	struct key out, in; /* of our calls, of theirs */
	uint32_t record;    /* in link/roots.seen */
};

struct friend
{
	char name[NAME_MAX_LEN + 1];
	struct carrier *carriers; /* in the order in which they are tried */
	size_t n_carriers;
	struct schedule schedule;
	bool private_allowed;
	struct link_root *roots; /* the one to call with first */
	size_t n_roots;
	int count; /* link/NAME.count; -1: not open */
	/* what all this was read from: equal bytes, equal friend */
	struct buf lines, keys;
};

struct friendlist {
	struct friend *friends; /* by name */
	size_t n;
	struct address listeners[LISTENERS_MAX];
	size_t n_listeners;
	char *lines[LISTENERS_MAX]; /* lib/serial.h: where we answer */
	size_t n_lines;
	struct buf chat; /* what node.conf says about answering there */
	int seen;        /* link/roots.seen; -1: not open */
};

/* Reads all of it; a line that is wrong is logged and left out. `only`, where not NULL, is
 * the one friend to read. */
enum err friendlist_load(const struct node *, const char *only, struct friendlist *out);
/* Opens link/roots.seen and the counters; with `forget` those of roots and friends that
 * are gone are removed, which is for the newsd of `hearsay up` alone. */
enum err friendlist_prepare(const struct node *, struct friendlist *, bool forget);
void friendlist_release(struct friendlist *);
/* Index by name; n where there is none. */
size_t friendlist_find(const struct friendlist *, struct view name);
bool friendlist_equal(const struct friendlist *, const struct friendlist *);
/* Whether there is anything to dial or to start for this friend. */
bool friend_dialled(const struct friend *);
bool friendlist_has_carriers(const struct friendlist *);
/* Whether any friend is dialled by a name that a name server must be asked for. */
bool friendlist_has_names(const struct friendlist *);

/* The lines of friends/NAME and of link/NAME; the friend is the zero one with a name. A
 * wrong line of the first is told through `say` (may be NULL) and left out. */
typedef void friend_say_fn(const char *name, unsigned line, const char *why);
void friend_read(struct friend *, struct view file, friend_say_fn *say);
/* ERR_SYNTAX: not what batcher writes; no key is taken then. */
enum err friend_read_keys(struct friend *, struct view file);

#endif
