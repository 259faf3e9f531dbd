/* What a friend is due, in the order in which it is sent: own posts, small articles, large
 * ones; each by arrival. */
#ifndef BATCHER_DUE_H
#define BATCHER_DUE_H

#include "batcher/select.h"

/* small before large, own posts before others' */
enum weight { WEIGHT_OWN, WEIGHT_SMALL, WEIGHT_LARGE, WEIGHTS };

struct candidate {
	uint64_t arrival;
	uint32_t size;
	uint32_t weight;
	unsigned char id[12]; /* first bytes of SHA-256 of the Message-ID */
};

struct due {
	struct select select;
	const struct ranges *here; /* arrivals that lie there already, or NULL */
	struct candidate *c;
	size_t n, room, max;
	size_t large; /* bytes of an article, above which it waits for the smaller ones */
	struct ranges waiting; /* local posts without signature */
	struct ranges again;   /* due, and there already */
	uint64_t last; /* highest arrival looked at: the friend's top when all is sent */
	bool full;     /* max reached: gather again when these are done */
	enum err e;
};

/* What the ranges mean follows the friend's wants, what we let it have and our own spool:
 * brings them up to date with all three. policy: what it may have, a wildmat. */
enum err due_follow(struct batcher *, struct friend *, struct view *policy);

/* Reads the friend's state, changes nothing but its deferred ranges that are due again. max:
 * candidates at a time. Sorted. */
enum err due_gather(struct batcher *, struct friend *, struct view wants,
    struct view policy, const struct ranges *here, size_t max, struct due *out);
void due_release(struct due *);

/* Is what the spool gave for c still it? The id of a native article is the hash of its bytes,
 * so damage shows. The signature is not verified again: that costs fifty times as much, it was
 * verified or made before it was stored, and whoever receives it verifies it. */
bool due_sound(const struct candidate *, struct view article, bool has_signature);

#endif
