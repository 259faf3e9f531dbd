/* search.db: which words stand in which article (SQLite's FTS5), beside spool.db.
 *
 * It follows the arrivals in steps, made by a process of its own, so nobody who stores waits
 * for it; what it has is told by a mark. Everything in it follows from the articles: when
 * it is lost, damaged, or another spool's, it is made anew. It holds words and no text, and
 * knows nothing of what went or was hidden since: what is found is looked up in the spool,
 * and only what stands there and may be seen is given out. When a third of it is of no
 * use any more it is filled again beside itself. docs/search.md */
#ifndef SPOOL_SEARCH_H
#define SPOOL_SEARCH_H

#include "spool/query.h"
#include "spool/spool.h"

#define SEARCH_VERSION 1
#define SEARCH_STEP 1000 /* articles of one step at most, */
#define SEARCH_MS 200    /* and how long it takes, about: one transaction */

struct search;

/* The words of an article: UTF-8. They live until the next call. */
struct search_text {
	struct view subject, author, groups, body;
};
/* Makes them from stored bytes; whatever those are, it makes something. */
typedef void search_text_fn(void *, struct view article, struct search_text *out);

/* The spool lives longer. To write, it is created where it is missing, or no good.
 * ERR_NOTFOUND, ERR_CORRUPT, ERR_VERSION: to read only, it is not there, or no good. Opens
 * nothing later. */
enum err search_open(
    const char *path, struct spool *, enum spool_mode, struct search **out);
void search_close(struct search *);
/* For one who has nothing to do for a while: its cache goes. */
void search_rest(struct search *);
/* Empties it in place, however damaged; others who have it open see that. */
enum err search_reset(struct search *);

struct search_progress {
	uint64_t mark, last; /* all arrivals up to mark are in it; the spool's last one */
	bool more;           /* something is left to do */
};
/* One step. ERR_CORRUPT: reset it. */
enum err search_step(
    struct search *, search_text_fn *, void *, struct search_progress *out);
/* The same without doing anything. */
enum err search_progress(struct search *, struct search_progress *out);

/* Who asks: read is a wildmat of the groups, of which an article must be in one; empty: all. */
typedef bool search_fn(void *, const struct spool_meta *);
/* What matches below that arrival, the newest first; max rows are examined, and those that
 * are here and may be seen given to fn, until it says false. *next is where to go on, 0 at
 * the end. ERR_BUSY: it has not been filled yet. */
enum err search_find(struct search *, const struct query *, struct view read,
    uint64_t below, unsigned max, search_fn *, void *, uint64_t *next);
/* Is this arrival here to be seen, and in groups that the query and read allow? ERR_NOTFOUND.
 * query may be NULL. */
enum err search_visible(struct spool *, const struct query *, struct view read,
    uint64_t arrival, struct spool_meta *out);

#endif
