/* Reconciliation with a friend (docs/reconcile.md), the bodies of RECON records.
 *
 * Both ends make one with reconcile_new: who has a reason to, and who is sent a first
 * RECON. Whoever begins steps with an empty body; every body that comes in is a step; a
 * reply is sent when it is not empty, and while *more is set an empty body gives the next.
 * When reconcile_done, reconcile_apply puts what the friend lacks among what is to be
 * offered; what we lack it will offer by itself.
 *
 *     reconcile_new(b, f, &key, caller, &r);
 *     do reconcile_build(r, &more); while (more);       between other work
 *     reconcile_step(r, body, &reply, &more);           as often as it takes
 *     if (reconcile_done(r)) reconcile_apply(r); */
#ifndef BATCHER_RECONCILE_H
#define BATCHER_RECONCILE_H

#include "batcher/batcher.h"

#define RECONCILE_BODY_MAX (RECONCILE_FRAME + 32) /* kind, floor, count, message */

struct reconcile;

struct reconcile_counts {
	uint64_t compared;      /* articles here, above the floor */
	uint64_t lacks;         /* that the friend has not got */
	uint64_t needs;         /* that were asked of it */
	uint64_t bytes, rounds; /* in and out; messages that came in */
};

/* key: of the caller's current epoch. */
enum err reconcile_key(const struct key *chain, struct key *out);
/* caller: of the link; when both begin at once, its set-up stands. */
enum err reconcile_new(struct batcher *, struct friend *, const struct key *, bool caller,
    struct reconcile **out);
void reconcile_free(struct reconcile *);
/* At most 1,000 rows; *more: not ready yet. A step builds what is not built. */
enum err reconcile_build(struct reconcile *, bool *more);
/* Appends the reply. ERR_SYNTAX: not a body that may come now, which is a strike.
 * ERR_TOOBIG: RECONCILE_ROUNDS_MAX. After an error only reconcile_free. */
enum err reconcile_step(
    struct reconcile *, struct view body, struct buf *reply, bool *more);
bool reconcile_done(const struct reconcile *);
/* In a transaction of exchange.db. What was compared and is not lacking is released; all
 * that is here is looked at (feed.top). ERR_DENIED: not done. */
enum err reconcile_apply(struct reconcile *);
struct reconcile_counts reconcile_counts(const struct reconcile *);

#endif
