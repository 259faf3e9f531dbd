/* What the files of spool.db share: the open spool, the groups' marks, removal. */
#ifndef SPOOL_STORE_H
#define SPOOL_STORE_H

#include "lib/zip.h"
#include "spool/marks.h"
#include "spool/rules.h"
#include "spool/schema.h"
#include "spool/spool.h"

#define STORE_ID_LEN 16      /* of the SHA-256 of a Message-ID, and of a content */
#define STORE_WAITING_MAX 16 /* cancels that may wait for one id */

/* article.flags */
enum {
	FLAG_NATIVE = 1,
	FLAG_NOFEED = 2,
	FLAG_UNSIGNED = 4,
	FLAG_CONTROL = 8,
	FLAG_BANNED = 16,
	FLAG_PENDING = 32,
	FLAG_HIDDEN = FLAG_BANNED | FLAG_PENDING,
	FLAG_ALL = 63,
};

/* The one row of meta. */
struct totals {
	unsigned char id[SPOOL_ID_LEN];
	uint64_t arrival; /* the highest that was ever given */
	int64_t latest;   /* the latest time of arrival seen: finds NEWNEWS by halving */
	uint64_t groups, articles, bytes, history, differing;
};

struct spool {
	struct db db;
	struct zip *zip;
	struct marks marks;
	struct rules rules;
	struct totals totals;
	int64_t changed; /* db_changed when marks were read */
	struct {
		uint32_t id;
		int64_t articles, bytes;
	} ingress; /* not yet written */
	size_t txn_articles, txn_bytes;
	int64_t txn_start;
	struct buf frame, line, xref, text;
};

/* A stored article's row; expires is 0 when there is none. */
struct row {
	struct spool_meta meta;
	int64_t expires;
	unsigned flags;
};

void store_id(struct view msgid, unsigned char out[STORE_ID_LEN]);
/* From a row of an S_ARTICLE statement. ERR_CORRUPT. */
enum err store_row(sqlite3_stmt *, struct row *out);
enum err store_get(struct spool *, uint64_t arrival, struct row *out);
/* Writes marks and totals of the transaction, so that statements see them. */
enum err store_flush(struct spool *);
enum err store_totals(struct spool *, struct totals *out);
/* Adds to what came in over this ingress (and to the totals). */
enum err store_count(struct spool *, uint32_t ingress, int64_t articles, int64_t bytes);
/* Takes the article out; its history stays with the time, or goes when gone is 0. why: a
 * spool_gone; of a purge, STORE_PURGE and its row's number. */
#define STORE_PURGE 16
enum err store_remove(struct spool *, const struct row *, int64_t gone, int64_t why);
/* The history's row of an article that is here. */
enum err store_history(struct spool *, const unsigned char id[STORE_ID_LEN],
    uint64_t arrival, const struct article *);
/* Appends the text. ERR_CORRUPT: there is none, or it does not decode. */
enum err store_text(struct spool *, const struct row *, struct buf *out,
    unsigned char *signature, bool *has_signature);
/* Remembers that a copy with other content was refused. */
enum err store_differs(
    struct spool *, const unsigned char id[STORE_ID_LEN], uint32_t ingress, int64_t now);
/* FLAG_BANNED and FLAG_PENDING as the rules have it now, for an article in these groups. */
enum err store_judge(struct spool *, const struct judged *, unsigned *flags);
/* The rows of one number: S_NUMBER_PUT or S_HIDDEN_PUT; the overview line is sp->line. */
enum err store_number(struct spool *, enum spool_statement put, uint32_t group,
    uint64_t number, uint64_t arrival);
enum err store_overview(
    struct spool *, uint32_t group, uint64_t number, uint64_t arrival, bool crossposted);
/* Judges a stored article anew and moves its numbers where they belong; *changed tells. */
enum err store_rejudge(struct spool *, const struct row *, bool *changed);
/* What an accepted article does to others, and what waited for it. */
enum err store_act(struct spool *, const struct article *, uint64_t arrival, int64_t now);
enum err store_waited(struct spool *, const struct article *, bool *cancelled);
/* Counts a native article of its author. */
enum err store_author(struct spool *, const struct article *, int64_t now);

#endif
