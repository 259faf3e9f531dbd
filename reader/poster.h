/* Takes posts into the spool: injects, stores, commits, answers. Used by the writer, by
 * --stdio and by --post. */
#ifndef READER_POSTER_H
#define READER_POSTER_H

#include "reader/inject.h"

#define POSTER_ANSWER_MAX 512 /* an NNTP line */

struct poster {
	struct spool *spool;
	const struct personas *personas;
	int wake; /* wake_open's: told after each commit that something arrived */
};

/* One post of several that are committed together. */
struct posting {
	struct view raw;
	struct view persona; /* by whom it is to be; empty: as From says */
	struct buf answer; /* "240 Article received <id>" or "441 reason", without CRLF */
	bool stored;
};

void posting_init(struct posting *, struct view raw);
void posting_release(struct posting *);

/* Stores the posts in as few transactions as the limits allow; every one has an answer
 * afterwards, and those that say 240 are on the disk. */
void poster_take(struct poster *, struct posting *list, size_t n);

#endif
