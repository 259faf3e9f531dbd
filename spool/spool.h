/* spool.db: the articles (docs/spool.md has the schema and its version).
 *
 * One transaction stores article, numbers, overview, history and arrival number.
 * After spool_commit returns ERR_OK they are on the disk. A spool belongs to one
 * process; several processes may have the same file open, writers wait for each
 * other on a lock. The database is treated as hostile input: sizes are checked,
 * ERR_CORRUPT answered. */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include "lib/article.h"

#define SPOOL_VERSION 4
#define SPOOL_ID_LEN 16
#define SPOOL_PACK_LEVEL 3 /* zstd: docs/spool.md has the figures */

struct spool;

enum spool_mode { SPOOL_READ, SPOOL_WRITE };

/* Setup only. ERR_EXISTS. */
enum err spool_create(const char *path);
/* Opens, migrates an older version (SPOOL_WRITE only), and runs one SELECT so that
 * no file is opened later. Not across fork. ERR_NOTFOUND. ERR_VERSION: written by a
 * newer Hearsay, or by an older one and not opened to write. ERR_CORRUPT: no spool, or
 * its schema is not exactly ours. */
enum err spool_open(const char *path, enum spool_mode, struct spool **out);
void spool_close(struct spool *);
/* For one who reads much and does not write: from now on what is read is of one moment,
 * that of the first read, until spool_view_end; between turns nothing may be held, or the
 * writer's WAL grows. */
enum err spool_views(struct spool *);
void spool_view_end(struct spool *);
/* For one who has nothing to do for a while: its cache goes. */
void spool_rest(struct spool *);
/* Random, new at creation, restore and rebuild: arrival numbers mean something only
 * with it. */
enum err spool_id(struct spool *, unsigned char id[SPOOL_ID_LEN]);

/* ---- writing: begin, put..., commit ---------------------------------------------- */

enum err spool_begin(struct spool *);
enum err spool_commit(struct spool *);
void spool_rollback(struct spool *); /* harmless without begin */
/* True when the transaction has reached TXN_ARTICLES, TXN_BYTES or TXN_MS: commit
 * soon. */
bool spool_full(const struct spool *);

enum {
	PUT_NOFEED = 1,     /* import --local: no friend gets it */
	PUT_UNSIGNED = 2,   /* a local post: batcher signs it before it leaves */
	PUT_NONEWGROUP = 4, /* numbers only in groups that exist */
};

struct spool_put {
	const struct article *article; /* parsed and valid */
	struct view
	    packed; /* zip_pack's frame of it, where somebody else had the time for it;
			     * is looked at, and made anew when it is another's. Or empty */
	struct view signature; /* native: 64 bytes, or empty with PUT_UNSIGNED */
	struct view alias;     /* the newsreader's own Message-ID, or empty */
	uint32_t ingress;      /* 0: this node; else the friend's number (exchange.db) */
	int64_t now;
	unsigned flags;
	unsigned new_groups_max; /* groups this put may create, */
	struct view new_groups;  /* of this wildmat alone; p NULL: any */
};

enum spool_result {
	PUT_STORED,    /* or stored and at once cancelled by what waited for it */
	PUT_DUPLICATE, /* the same id with the same content is or was here */
	PUT_DIFFERS, /* the same id with other content: the first stays, it is counted */
	PUT_NOGROUP, /* no group of it exists or may be created: nothing stored */
};

struct spool_stored {
	enum spool_result result;
	uint64_t arrival; /* PUT_DUPLICATE: of the first, 0 if it is gone */
	unsigned created; /* groups created */
};

/* In a transaction. Cancel and Supersedes of native articles act here when the author
 * keys agree, or a Cancel-Key (RFC 8315) opens the lock; one that comes first waits.
 * Articles with Control are numbered in the group "control.cancel" or "control" instead
 * of their Newsgroups; what is posted to local.* is never fed. The article's signature
 * is the caller's to verify. ERR_DENIED: no transaction. ERR_SYNTAX: a signature where
 * none belongs, or none. After any error the transaction must be rolled back. */
enum err spool_put(struct spool *, const struct spool_put *, struct spool_stored *out);

/* Signs a local post (batcher), in a transaction or one of its own. ERR_NOTFOUND.
 * ERR_DENIED: a foreign article. */
enum err spool_set_signature(
    struct spool *, uint64_t arrival, const unsigned char sig[ARTICLE_SIG_LEN]);

/* ---- groups ------------------------------------------------------------------------ */

struct spool_group {
	uint32_t id;
	char name[GROUP_MAX + 1];
	uint64_t low, high, count; /* empty: low = high + 1 (RFC 3977 6.1.1.2) */
	char status;               /* y n m */
	int64_t created;
	char description[256]; /* UTF-8, one line */
};

enum err spool_group(struct spool *, struct view name, struct spool_group *out);
enum err spool_group_by_id(struct spool *, uint32_t id, struct spool_group *out);
/* Next group after `after` ("" to start) by name, bytewise; ERR_NOTFOUND at the end. */
enum err spool_group_next(struct spool *, struct view after, struct spool_group *out);
/* In a transaction. ERR_EXISTS (nothing changed), ERR_SYNTAX: not a name. ERR_FULL:
 * GROUPS_MAX. */
enum err spool_group_new(struct spool *, struct view name, int64_t now);
/* In a transaction: status, description (p NULL: unchanged) and a mark that numbers must
 * stay above. ERR_NOTFOUND. ERR_SYNTAX: another status, a description that is no line. */
enum err spool_group_set(struct spool *, struct view name, char status,
    struct view description, uint64_t high);

/* ---- reading ----------------------------------------------------------------------- */

/* What is known of a stored article without its text. */
struct spool_meta {
	uint64_t arrival;
	int64_t received;
	uint32_t size; /* stored bytes */
	uint32_t ingress;
	bool native, nofeed, unsigned_post, control;
	bool banned, pending; /* hidden from readers: spool/moderate.h */
	unsigned groups;      /* how many numbers it has */
	struct {
		uint32_t group;
		uint64_t number;
	} in[GROUPS_FOREIGN_MAX];
	unsigned char
	    idhash[DIGEST_LEN]; /* SHA-256 of the Message-ID; first 16 bytes are kept */
};

/* Also finds the newsreader's own id of a local post, and native ids of any spelling that
 * was stored. ERR_NOTFOUND. */
enum err spool_find(struct spool *, struct view msgid, uint64_t *arrival);
enum err spool_find_number(
    struct spool *, uint32_t group, uint64_t number, uint64_t *arrival);
/* Is the id in the history, article still here or not? */
enum err spool_known(struct spool *, struct view msgid, bool *known);
/* The same for the first len (1 to 16) bytes of SHA-256 of a Message-ID. */
enum err spool_known_prefix(
    struct spool *, const unsigned char *prefix, size_t len, bool *known);
enum err spool_meta(struct spool *, uint64_t arrival, struct spool_meta *out);

/* Why an article is not here any more. */
enum spool_gone {
	GONE_UNKNOWN, /* it went before version 3, or was found missing by a check */
	GONE_EXPIRED, /* its time was over */
	GONE_SIZE,    /* the spool was over its size */
	GONE_CANCELLED,
	GONE_PURGED
};

/* All that is known of an id (also of the newsreader's own one of a local post). */
struct spool_trace {
	bool known;                 /* it is in the history */
	uint64_t arrival;           /* 0: not here, or not any more */
	int64_t date;               /* the article's own */
	int64_t gone;               /* when it went, */
	enum spool_gone why;        /* and why; */
	uint32_t purge_ingress;     /* of what came from whom, */
	int64_t purge_since;        /* and since when, if it was purged */
	uint64_t differing;         /* copies with other content that were refused, */
	int64_t differed;           /* when the last one was, */
	uint32_t differing_ingress; /* and who brought it */
	uint64_t waiting;           /* cancels that came before it */
};
enum err spool_trace(struct spool *, struct view msgid, struct spool_trace *out);
/* spool_meta and spool_article at once. */
enum err spool_load(struct spool *, uint64_t arrival, struct spool_meta *,
    struct buf *out, bool *has_signature);
/* Appends the stored bytes. signature (64 bytes) may be NULL; *has_signature tells. */
enum err spool_article(struct spool *, uint64_t arrival, struct buf *out,
    unsigned char *signature, bool *has_signature);

/* Up to max overview rows of a group with from <= number <= to; each is given to fn
 * as number, arrival and line (article_overview's, without number; the Xref is the
 * caller's, by spool_meta; crossposted tells whether it is in more than one group).
 * *next is where to go on, 0 at the end. fn returns false to stop. */
typedef bool spool_over_fn(
    void *, uint64_t number, uint64_t arrival, bool crossposted, struct view line);
enum err spool_over(struct spool *, uint32_t group, uint64_t from, uint64_t to,
    unsigned max, spool_over_fn *, void *, uint64_t *next);
/* Numbers alone; the nearest existing number at or after (dir > 0) or at or before. */
typedef bool spool_number_fn(void *, uint64_t number, uint64_t arrival);
enum err spool_numbers(struct spool *, uint32_t group, uint64_t from, uint64_t to,
    unsigned max, spool_number_fn *, void *, uint64_t *next);
enum err spool_nearest(
    struct spool *, uint32_t group, uint64_t number, int dir, uint64_t *out);

/* Up to max arrivals > after in order. ERR_OK also when there are none. */
typedef bool spool_meta_fn(void *, const struct spool_meta *);
enum err spool_arrivals(
    struct spool *, uint64_t after, unsigned max, spool_meta_fn *, void *);
enum err spool_last_arrival(struct spool *, uint64_t *out);
/* First arrival received at or after that time (NEWNEWS), or one shortly before it; the
 * clock may have run backwards, so look at `received` too. ERR_NOTFOUND: none. */
enum err spool_arrival_since(struct spool *, int64_t when, uint64_t *out);
/* Local posts without signature, in order. */
enum err spool_unsigned(
    struct spool *, uint64_t after, unsigned max, spool_meta_fn *, void *);

/* An id that is or was here. */
struct spool_known_id {
	unsigned char
	    id[SPOOL_ID_LEN]; /* SHA-256 of the Message-ID, its first 16 bytes */
	uint64_t arrival;     /* 0: the article is gone */
	uint32_t date;        /* of the article: the first that was accepted */
};
/* Up to max ids above `after` (empty to start) in order; fn returns false to stop. The
 * last one seen is where to go on; fewer than max: that was all. */
typedef bool spool_ids_fn(void *, const struct spool_known_id *);
enum err spool_ids(
    struct spool *, struct view after, unsigned max, spool_ids_fn *, void *);

/* ---- care ----------------------------------------------------------------------- */

struct spool_counts {
	uint64_t articles, groups, history, bytes; /* bytes: of the file */
	uint64_t unsigned_posts, differing;
};
enum err spool_counts(struct spool *, struct spool_counts *out);

/* One step (bounded as a transaction is, and one of its own) of expiry; *more tells to
 * call again. The last rule whose wildmat matches a group decides, 0 or no rule keeps for
 * ever; an article goes when it is due in every group it is in. Expires may shorten what
 * is not kept for ever. Over the cap, who sent most loses the oldest first; posts without
 * signature stay. */
struct spool_rule {
	struct view wildmat;
	int64_t age;
};
struct spool_expiry {
	const struct spool_rule *rules;
	size_t count;
	uint64_t cap;    /* bytes of articles, uncompressed; 0: none */
	int64_t history; /* seconds an id outlives its article */
	int64_t now;
};
struct spool_expired {
	uint64_t articles, history;
	uint64_t at; /* where the next step begins */
};
enum err spool_expire(
    struct spool *, const struct spool_expiry *, struct spool_expired *io, bool *more);

/* One step, bounded as one of expiry, of removing what came from one friend since a time;
 * the history of it stays as after expiry, so it does not come back. io is zero at first;
 * *more tells to call again. look: nothing is removed, only counted. ERR_DENIED: ingress 0,
 * for what was written here has no other copy. */
struct spool_purge {
	uint32_t ingress;
	int64_t since; /* of arrival here */
	int64_t now;
	bool look;
};
enum err spool_purge(
    struct spool *, const struct spool_purge *, struct spool_expired *io, bool *more);

/* Verifies everything: pages, texts, ids, hashes, numbers, overview lines, counts and
 * marks. fn is told each trouble. With repair (and SPOOL_WRITE) what follows from the
 * articles is rebuilt, and an article that does not decode is removed with its id, so
 * that it may come again; marks do not fall. ERR_CORRUPT: pages too damaged to read. */
typedef void spool_trouble_fn(void *, const char *what);
enum err spool_check(
    struct spool *, bool repair, spool_trouble_fn *, void *, uint64_t *troubles);

#endif
