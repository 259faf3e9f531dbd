/* Taking one article from a friend: limits, signature, wants, the spool. */
#ifndef BATCHER_INTAKE_H
#define BATCHER_INTAKE_H

#include "batcher/batcher.h"
#include "lib/article.h"

enum intake {
	INTAKE_STORED,
	INTAKE_DUPLICATE,
	INTAKE_DIFFERS,
	INTAKE_UNWANTED, /* no group of it is wanted here: for good */
	INTAKE_REFUSED,  /* for good, *why or a reason of ours */
	INTAKE_DEFERRED, /* over a quota: after *retry seconds */
};

/* What is known of an article before its turn comes. */
struct ahead {
	uint64_t ticket;      /* for b->verifier, 0: its signature was not asked about */
	bool readable;        /* its form is right: id is that of its Message-ID */
	unsigned char id[12]; /* SHA-256, first bytes */
};

/* Looks at an item's bytes, and has the verifier begin on its signature. The sooner before
 * intake_article, in the same order, the less that one waits. */
void intake_ahead(struct batcher *, struct view item, struct ahead *out);

/* item: the bytes of an ITEM_ARTICLE; ticket: of their struct ahead, or 0. Inside
 * batcher_begin .. batcher_commit. */
enum err intake_article(struct batcher *, struct friend *, struct view item,
    uint64_t ticket, enum intake *out, enum fault *why, uint32_t *retry);

#endif
