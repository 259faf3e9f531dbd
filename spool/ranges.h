/* Sets of arrival numbers as sorted, disjoint, not touching ranges. */
#ifndef SPOOL_RANGES_H
#define SPOOL_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct range {
	uint64_t lo, hi; /* both included */
};

struct ranges {
	struct range *r;
	size_t n, room;
};

void ranges_release(struct ranges *);
enum err ranges_add(struct ranges *, uint64_t lo, uint64_t hi);
enum err ranges_remove(struct ranges *, uint64_t lo, uint64_t hi);
enum err ranges_add_all(struct ranges *, const struct ranges *);
enum err ranges_remove_all(struct ranges *, const struct ranges *);
/* Adds what is in both a and b to out. */
enum err ranges_common(
    const struct ranges *a, const struct ranges *b, struct ranges *out);
bool ranges_has(const struct ranges *, uint64_t);
uint64_t ranges_count(const struct ranges *);

#endif
