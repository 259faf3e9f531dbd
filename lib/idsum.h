/* Sums of ids, as the negentropy protocol fingerprints them, and the trial: a fingerprint
 * of the other end's range that is not ours may still be that of our range less a few of
 * our own, and then it is known what the other end lacks without asking. */
#ifndef LIB_IDSUM_H
#define LIB_IDSUM_H

#include "lib/negentropy.h"

#define IDSUM_PRINT_LEN 16
#define IDSUM_RUNS 2

struct idsum {
	uint64_t limb[4]; /* little endian, mod 2^256 */
	uint64_t count;
};

/* Items lo up to hi that are too many. */
struct idsum_surplus {
	struct {
		size_t lo, hi;
	} run[IDSUM_RUNS]; /* rising */
	unsigned runs;
};

struct idsum_trial;

void idsum_add(struct idsum *, const unsigned char id[NEGENTROPY_ID_LEN]);
void idsum_sub(struct idsum *, const unsigned char id[NEGENTROPY_ID_LEN]);
/* First 16 bytes of SHA-256 over the sum and the number, written by base 128. */
void idsum_print(const struct idsum *, unsigned char out[IDSUM_PRINT_LEN]);
/* Base 128, most significant digit first, as few as possible; the number of bytes. */
unsigned idsum_varint(uint64_t, unsigned char out[10]);

/* Hashes for many trials; NULL: no memory. */
struct idsum_trial *idsum_trial_new(void);
void idsum_trial_free(struct idsum_trial *);
/* Looks in lo up to hi for one item, the first or the last ones, or two items, without
 * which the print would be this one. *left: hashes that may still be made, counted down;
 * NEGENTROPY_TRIALS_RANGE at most for each of the three. */
bool idsum_solve(struct idsum_trial *, const struct negentropy_item *, size_t lo,
    size_t hi, const unsigned char print[IDSUM_PRINT_LEN], uint64_t *left,
    struct idsum_surplus *out);

#endif
