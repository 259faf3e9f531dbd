/* rnews batches: `#! rnews SIZE`, then SIZE bytes of article, again and again; or
 * `#! gunbatch` (zunbatch, cunbatch), then a packed batch.
 *
 * A SIZE is right when a `#! ` line or the end of the batch follows its bytes. With a
 * wrong one that article is lost, and reading goes on at the next `#! ` line after its
 * head. */
#ifndef READER_RNEWS_H
#define READER_RNEWS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/limits.h"

#define RNEWS_MAX (ARTICLE_MAX + HEADER_MAX) /* SIZE: an article and its trace headers */
#define RNEWS_LINE 64                        /* a `#! ` line */

enum rnews_kind {
	RNEWS_ARTICLE,
	RNEWS_PACKED, /* what follows is a packed batch */
	RNEWS_SKIP,   /* nothing: call again */
	RNEWS_BAD,
};

enum rnews_bad {
	RNEWS_COUNT,   /* SIZE is no number */
	RNEWS_LONG,    /* the batch ends before SIZE bytes */
	RNEWS_WRONG,   /* SIZE bytes do not end at a `#! ` line */
	RNEWS_BIG,     /* SIZE is over RNEWS_MAX */
	RNEWS_JUNK,    /* not a `#! ` line */
	RNEWS_BZIP2,   /* bunbatch: not supported */
	RNEWS_UNKNOWN, /* a `#! ` line of another kind */
};

struct rnews {     /* zeroed to start */
	bool lost; /* looking for the next `#! ` line */
};

struct rnews_item {
	enum rnews_kind kind;
	enum rnews_bad bad;
	struct view article;
	size_t need; /* ERR_MORE: call again with so many bytes */
};

/* True when a batch begins here (RNEWS_LINE bytes are enough to tell). */
bool rnews_begins(struct view);

/* Takes the next item. end: in holds all that is left. ERR_NOTFOUND: the batch has ended.
 * ERR_MORE: not with end, and out->need is at most RNEWS_MAX + 2 * RNEWS_LINE. */
enum err rnews_next(struct rnews *, struct view *in, bool end, struct rnews_item *out);

#endif
