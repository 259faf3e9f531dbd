/* Puts raw articles into the spool, in transactions, and counts what became of them. What
 * is counted as stored is on the disk. */
#ifndef READER_IMPORT_STORE_H
#define READER_IMPORT_STORE_H

#include "reader/offer.h"

struct import_counts {
	uint64_t stored;
	uint64_t duplicates; /* those that differ are among them */
	uint64_t differing;
	uint64_t passed; /* in no group that was asked for */
	uint64_t refused;
	uint64_t reasons[REASON_COUNT_OF];
};

struct import_store {
	struct spool *spool;
	struct view groups;  /* wildmat of the groups asked for; p NULL: all */
	unsigned flags;      /* PUT_NOFEED */
	unsigned new_groups; /* how many more may be created */
	bool open;           /* in a transaction */
	enum err broken;     /* what a commit answered that failed: nothing more is put */
	int64_t now, began;  /* of the transaction: wall clock, clock_ms */
	struct import_counts done;    /* on the disk */
	struct import_counts pending; /* in the open transaction */
	struct buf raw;               /* with CRLF */
	struct offer offer;           /* the article at hand */
};

enum import_fate {
	FATE_STORED,
	FATE_DUPLICATE,
	FATE_PASSED,
	FATE_REFUSED,
};

/* The caller opens and closes the spool, and releases. */
enum err import_store_init(struct import_store *, struct spool *);
void import_store_release(struct import_store *);

/* raw: LF or CRLF lines, the last perhaps without an end. *reason is set with
 * FATE_REFUSED; s->offer.article is what was parsed unless it was refused. An error is the
 * spool's: what was pending is lost, and nothing more can be put. */
enum err import_store_put(
    struct import_store *, struct view raw, enum import_fate *fate, unsigned *reason);
/* Counts what never became an article. */
void import_store_refuse(struct import_store *, unsigned reason);
/* Ends the transaction: pending becomes done. */
enum err import_store_commit(struct import_store *);
/* The same when others have waited long enough: between puts that take their time. */
enum err import_store_breathe(struct import_store *);
/* Done and pending together. */
struct import_counts import_store_counts(const struct import_store *);

/* Appends raw with CRLF line ends: what has CRLF in its first line stays as it is, else
 * each LF becomes CRLF; a last line without an end gets one. Mixtures stay for the
 * parser to refuse. */
void import_crlf(struct view raw, struct buf *out);

#endif
