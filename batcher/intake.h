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

/* item: the bytes of an ITEM_ARTICLE. Inside batcher_begin .. batcher_commit. */
enum err intake_article(struct batcher *, struct friend *, struct view item,
    enum intake *out, enum fault *why, uint32_t *retry);

#endif
