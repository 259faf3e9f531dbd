/* Which articles a friend is due: groups it wants and may have, not what it sent us. */
#ifndef BATCHER_SELECT_H
#define BATCHER_SELECT_H

#include "batcher/batcher.h"

struct select {
	struct batcher *b;
	struct view wants, policy; /* wildmats; an empty one matches nothing */
	uint32_t friend;
	uint64_t back;
	unsigned char *known; /* by group id: 0 unknown, 1 due, 2 not */
	size_t known_len;
	struct buf text;
};

enum select_verdict {
	SELECT_NO,   /* never: released */
	SELECT_WAIT, /* a local post that is not signed yet */
	SELECT_YES,
};

void select_init(struct select *, struct batcher *, const struct friend *,
    struct view wants, struct view policy);
void select_release(struct select *);
enum err select_judge(
    struct select *, const struct spool_meta *, enum select_verdict *out);
bool select_group(struct select *, struct view name);

/* Calls fn for each arrival that exists within lo..hi, in order, however many. */
enum err select_each(
    struct batcher *, uint64_t lo, uint64_t hi, spool_meta_fn *fn, void *ctx);

#endif
