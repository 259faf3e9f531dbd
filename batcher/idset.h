/* What one reconciliation compares (docs/reconcile.md): the articles here that a friend
 * and we both take, by date and keyed id. */
#ifndef BATCHER_IDSET_H
#define BATCHER_IDSET_H

#include "batcher/select.h"
#include "lib/hmac.h"
#include "lib/negentropy.h"

struct idset {
	struct batcher *b;
	enum { IDSET_GROUPS, IDSET_ARTICLES, IDSET_IDS, IDSET_READY } at;
	struct select theirs, mine;
	struct buf wants, policy, own; /* copies: a session may change its own */
	struct hmac *hmac;
	struct ranges both;            /* arrivals of articles that both take */
	uint64_t last;                 /* arrival: what came later is not compared */
	struct negentropy_item *items; /* ref: the arrival */
	size_t count, room;
	uint64_t floor; /* a date: what is older may have expired here */
	int64_t age;    /* shortest in a group that both take; 0: kept for ever */
	/* where the next step goes on */
	struct buf place; /* group */
	uint64_t arrival;
	unsigned char id[SPOOL_ID_LEN];
	bool begun;
	unsigned seen; /* rows of this step */
	enum err e;    /* of its callback */
};

/* The wildmats are read now, of f's file, control and node.conf. */
enum err idset_init(
    struct idset *, struct batcher *, const struct friend *, const struct key *);
void idset_release(struct idset *);
/* 1,000 rows; *more: call again. At the end the items are sorted. */
enum err idset_step(struct idset *, bool *more);

#endif
