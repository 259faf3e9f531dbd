/* The first 16 bytes of every link: who calls, and that it is no replay (docs/link.md). */
#ifndef NEWSD_OPENING_H
#define NEWSD_OPENING_H

#include <stdbool.h>

#include "lib/keys.h"

#define OPENING_LEN 16
#define OPENING_LOWER 64 /* so many below the highest are accepted, once each */

/* Which counters of one caller's key were seen. Zero: none. */
struct opening_seen {
	uint64_t highest;
	uint64_t lower; /* bit i: highest - 1 - i */
};

void opening_make(const struct key *, uint64_t counter, unsigned char out[OPENING_LEN]);
/* Whether it was made with this key; *counter only then. */
bool opening_try(
    const struct key *, const unsigned char in[OPENING_LEN], uint64_t *counter);
/* Marks the counter; false when it was seen or is too low to know. 0 is never good. */
bool opening_burn(struct opening_seen *, uint64_t counter);
/* The counter of the next call. */
uint64_t opening_counter(uint64_t last, uint64_t wall_ms);

#endif
