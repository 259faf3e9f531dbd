/* What a search found, as a group: the article's number is its arrival number, so that it
 * never changes and new hits have higher ones. It is taken once, in steps, and stays as it
 * was until it is taken again; what goes or is hidden meanwhile is left out when looked at. */
#ifndef READER_FOUND_H
#define READER_FOUND_H

#include "lib/limits.h"
#include "spool/search.h"

struct found {
	struct query query;
	char name[GROUP_MAX + 1]; /* of the group */
	uint64_t *hits;           /* rising, once whole */
	size_t count;
	uint64_t below; /* where to look on, 0: it is whole */
	uint64_t mark;  /* what was known to the index when it began */
};

/* Nothing is looked for yet. ERR_NOTFOUND: no name of a search. ERR_SYNTAX: *why tells. */
enum err found_new(struct view name, struct found **out, const char **why);
void found_free(struct found *);
/* Examines up to STEP_ROWS; read: wildmat of the groups that may be read, empty: all. */
enum err found_step(struct found *, struct search *, struct view read, bool *done);

uint64_t found_low(const struct found *); /* empty: high + 1 */
uint64_t found_high(const struct found *);

/* As those of spool/spool.h, over what was found. */
enum err found_number(struct found *, struct spool *, struct view read, uint64_t number,
    struct spool_meta *out);
enum err found_nearest(struct found *, struct spool *, struct view read, uint64_t number,
    int dir, uint64_t *out);
enum err found_numbers(struct found *, struct spool *, struct view read, uint64_t from,
    uint64_t to, unsigned max, spool_number_fn *, void *, uint64_t *next);
enum err found_over(struct found *, struct spool *, struct view read, uint64_t from,
    uint64_t to, unsigned max, spool_over_fn *, void *, uint64_t *next);

#endif
