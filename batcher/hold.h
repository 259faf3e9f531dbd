/* Chunks that came on a link and wait to be stored, the oldest first. */
#ifndef BATCHER_HOLD_H
#define BATCHER_HOLD_H

#include "batcher/intake.h"

#define HOLD_MAX 32           /* all that a sender has in flight */
#define HOLD_BYTES (2u << 20) /* or so many bytes, plain */
#define HOLD_AHEAD 512 /* items of a chunk looked at when it comes: more are tiny */

struct held {
	uint32_t seq;
	struct buf items;
	struct ahead ahead[HOLD_AHEAD]; /* of its articles among the first items */
	bool bad;                       /* its content did not open: items is nothing */
};

struct hold {
	struct held ring[HOLD_MAX];
	unsigned oldest, count;
	size_t bytes;
};

void hold_init(struct hold *);
void hold_release(struct hold *);
bool hold_full(const struct hold *); /* no further chunk is taken */
/* Opens a chunk's content and looks at its articles, so that the verifier begins. */
enum err hold_add(struct hold *, struct batcher *, uint32_t seq, struct view content);
/* The i-th oldest. */
struct held *hold_at(struct hold *, unsigned i);
/* The n oldest are done with. */
void hold_forget(struct hold *, unsigned n);

#endif
