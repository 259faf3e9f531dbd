/* What a message of the negentropy protocol is made of: spans, each of them an upper bound
 * and what is said of all that lies below it and above the one before. */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include "lib/negentropy.h"

#define SPAN_FOREVER UINT64_MAX

enum span_mode { SKIP, PRINT, LIST };

struct bound {
	uint64_t time;
	unsigned len;
	unsigned char id[NEGENTROPY_ID_LEN]; /* zero behind len */
};

struct span {
	struct bound upper;
	enum span_mode mode;
	struct view payload; /* the fingerprint, or the ids */
};

/* *time is that of the bound before, 0 at first; SPAN_FOREVER when nothing may follow.
 * ERR_SYNTAX: not a span. */
enum err span_take(struct view *, uint64_t *time, struct span *out);
void span_add_bound(struct buf *, uint64_t *time, const struct bound *);
/* Base 128, most significant digit first, as few as possible. */
void span_add_number(struct buf *, uint64_t);

#endif
