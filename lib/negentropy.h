/* Range-based set reconciliation: the negentropy protocol, version 1 (docs/reconcile.md
 * says where it is published and what we chose where it leaves a choice).
 *
 * Two ends hold sets of (time, id). The client begins, each end answers the other's
 * message, and the client learns which ids only it has, and which only the other has; the
 * server learns nothing. Nothing is kept between two messages but the set itself, and
 * what may still be spent on finding differences without asking. */
#ifndef LIB_NEGENTROPY_H
#define LIB_NEGENTROPY_H

#include "lib/buf.h"

#define NEGENTROPY_ID_LEN 32
#define NEGENTROPY_FRAME_MIN 4096 /* smallest limit that always makes progress */
/* measured: docs/reconcile.md */
#define NEGENTROPY_LEAF 6
#define NEGENTROPY_PARTS 32
#define NEGENTROPY_TRIALS_RANGE 4096 /* a few ms */
#define NEGENTROPY_TRIALS                                                                \
	(1u << 20) /* a session: 0.2 s of hashing for a hostile friend */

struct negentropy_item {
	uint64_t time; /* below UINT64_MAX */
	uint64_t ref;  /* the caller's; never sent */
	unsigned char id[NEGENTROPY_ID_LEN];
};

/* Borrows the items. Both ends may choose differently. The published behaviour, without
 * trials: buckets 16, leaf 32, trials 0. */
struct negentropy {
	const struct negentropy_item *items;
	size_t count;
	size_t frame;     /* a message is at most this long; 0: no limit */
	unsigned buckets; /* a range that differs is cut into so many, 2 or more; 0: into
			   * what the last message suggests */
	unsigned leaf;    /* one of fewer items than this is listed */
	uint64_t trials;  /* hashes that may still be spent on solving */
};

/* What the client finds; an error ends the reconciliation with it. With a frame limit the
 * same may be told twice: a server without room sends a fingerprint of all that is left,
 * what was settled in it included. */
struct negentropy_found {
	enum err (*have)(void *, const struct negentropy_item *); /* only here */
	enum err (*need)(void *, const unsigned char id[NEGENTROPY_ID_LEN]); /* there */
	void *ctx;
};

/* By time, then id: the order that the others need. */
void negentropy_sort(struct negentropy_item *, size_t count);
/* With the usual choices. ERR_SYNTAX: not sorted, an item twice, a time of UINT64_MAX, or
 * a limit under NEGENTROPY_FRAME_MIN. */
enum err negentropy_init(
    struct negentropy *, const struct negentropy_item *, size_t count, size_t frame);
/* The index of the first item at or after this time. */
size_t negentropy_from(const struct negentropy_item *, size_t count, uint64_t time);
/* First 16 bytes of SHA-256 over the ids' sum and their number: items lo up to hi. */
void negentropy_fingerprint(
    const struct negentropy *, size_t lo, size_t hi, unsigned char out[16]);

/* The client's first message, appended. */
enum err negentropy_initiate(struct negentropy *, struct buf *out);
/* Answers a message: appends the next one. The client (found is not NULL) appends nothing
 * when all is known. A server that is addressed in another version answers with its own
 * version alone. ERR_SYNTAX: not a message. ERR_VERSION: the server does not speak
 * version 1. ERR_TOOBIG: over out's cap. Work is in proportion to the set and the
 * message; what is allocated, to the message. */
enum err negentropy_reconcile(struct negentropy *, struct view message,
    const struct negentropy_found *found, struct buf *out);

#endif
