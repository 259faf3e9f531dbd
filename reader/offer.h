/* An article from elsewhere, of an import or a feed: what is taken, and how. */
#ifndef READER_OFFER_H
#define READER_OFFER_H

#include "reader/import_reason.h"
#include "spool/spool.h"

struct offer {
	struct buf clean;       /* the stored form */
	struct article article; /* parsed from clean */
};

/* raw_max: the longest that will come. */
void offer_init(struct offer *, size_t raw_max);
void offer_release(struct offer *);
/* raw has CRLF lines. False: refused for *reason, a fault of lib/article.h. */
bool offer_read(struct offer *, struct view raw, unsigned *reason);
/* The same of what has the stored form already: stored lives as long as article is used. */
bool offer_look(struct offer *, struct view stored, unsigned *reason);

#define OFFER_OTHER_ID "the article has another Message-ID" /* than it was offered as */

/* What the writer says of an article that a feed brought: one of these bytes, then the
 * reason in words. */
#define OFFER_STORED 's'  /* and on the disk */
#define OFFER_REFUSED 'r' /* never come again with it */
#define OFFER_LATER 'l'   /* not now: nothing is stored */

#endif
