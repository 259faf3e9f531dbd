/* exchange.db: what was sent to whom, what was taken, what is owed. batcher and hearsay
 * only; the reader never opens it. docs/spool.md has the schema.
 *
 * For each friend: `top`, the highest arrival ever considered, and exceptions at or below
 * it, as ranges: pending (to be sent), in flight (in an envelope that is not acknowledged)
 * and deferred (the friend said when to try again). All others up to top are released.
 * Losing this file costs repetition, never an article. */
#ifndef SPOOL_FEED_H
#define SPOOL_FEED_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/limits.h"
#include "spool/ranges.h"
#include "spool/spool.h"

#define FEED_VERSION 2

struct feed;

enum err feed_create(const char *path); /* setup only; ERR_EXISTS */
/* ERR_NOTFOUND, ERR_VERSION, ERR_CORRUPT, ERR_BUSY: another batcher has it. */
enum err feed_open(const char *path, bool write, struct feed **out);
void feed_close(struct feed *);
enum err feed_begin(struct feed *);
enum err feed_commit(struct feed *);
void feed_rollback(struct feed *);

struct feed_friend {
	uint32_t id; /* the ingress number in spool.db; never used again after a cut */
	char name[NAME_MAX_LEN + 1];
	unsigned char my_spool[SPOOL_ID_LEN], their_spool[SPOOL_ID_LEN];
	bool their_spool_known;
	uint64_t top;
	uint64_t back; /* arrivals up to here go back even to who sent them (rollback) */
	int64_t heard; /* wall time, 0: never */
	int64_t sent;  /* wall time of the last envelope made, 0: never */
	int64_t day;   /* of running time, that the counters below are of */
	uint64_t day_articles, day_bytes, day_authors, day_groups, day_control;
	uint64_t strikes, refused, taken, unwanted;
	unsigned char told[16]; /* hash of the control state last acknowledged */
};

/* ERR_NOTFOUND. */
enum err feed_friend(struct feed *, const char *name, struct feed_friend *out);
enum err feed_friend_add(struct feed *, const char *name, uint32_t *id);
/* Next friend with an id above `after`; ERR_NOTFOUND at the end. */
enum err feed_friend_next(struct feed *, uint32_t after, struct feed_friend *out);
enum err feed_friend_save(struct feed *, const struct feed_friend *);
/* Everything about a friend goes; its number is not given to another. */
enum err feed_friend_cut(struct feed *, uint32_t id);

/* The friend's wants and the policy (wildmat) that the ranges were last computed with. */
enum err feed_wants(struct feed *, uint32_t id, struct buf *wants, struct buf *policy);
enum err feed_set_wants(struct feed *, uint32_t id, struct view wants);
enum err feed_set_policy(struct feed *, uint32_t id, struct view policy);

/* The exceptions of a friend. Deferred ones carry the running time of the next attempt. */
struct feed_state {
	struct ranges pending, flight, deferred;
	int64_t retry; /* earliest of the deferred, running time */
};
enum err feed_state_load(struct feed *, uint32_t id, struct feed_state *out);
enum err feed_state_save(struct feed *, uint32_t id, const struct feed_state *);
void feed_state_release(struct feed_state *);

/* ---- envelopes sent -------------------------------------------------------------- */

struct feed_stream {
	uint32_t friend;
	uint64_t stream;
	uint64_t file; /* 0: not in a file */
	unsigned char root[16];
	uint32_t epoch;
	unsigned char told[16];    /* hash of the control state it carries */
	unsigned char pairing[16]; /* hash of a JOIN or CONFIRM in it, else zero */
	uint64_t articles;
	bool acked;
};
enum err feed_stream_add(struct feed *, const struct feed_stream *);
/* Articles of a chunk, in item order: call in that order. */
enum err feed_stream_range(struct feed *, uint32_t friend, uint64_t stream,
    unsigned chunk, uint64_t lo, uint64_t hi);
enum err feed_stream(
    struct feed *, uint32_t friend, uint64_t stream, struct feed_stream *out);
enum err feed_stream_acked(struct feed *, uint32_t friend, uint64_t stream);
/* Forgets a stream that can never be acknowledged (its file never became visible). */
enum err feed_stream_drop(struct feed *, uint32_t friend, uint64_t stream);
/* Adds the arrivals of one chunk (or of all: chunk < 0) to out. */
enum err feed_stream_arrivals(
    struct feed *, uint32_t friend, uint64_t stream, int chunk, struct ranges *out);
/* The index-th article of a chunk. ERR_NOTFOUND. */
enum err feed_stream_nth(struct feed *, uint32_t friend, uint64_t stream, unsigned chunk,
    unsigned index, uint64_t *arrival);
/* Acknowledged streams of this epoch and later ones, and the lowest arrival among them. */
enum err feed_acked_streams(struct feed *, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint64_t *count, uint64_t *lowest);
/* Forgets acknowledged streams of epochs below. */
enum err feed_streams_forget(
    struct feed *, uint32_t friend, const unsigned char root[16], uint32_t below);
/* Of the acknowledged streams of this epoch and later ones only `keep` stay, those with the
 * lowest arrivals: the friend has forgotten the others. */
enum err feed_streams_trim(struct feed *, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint32_t keep);
/* Streams of a file: fn is called for each. */
typedef enum err feed_stream_fn(void *, const struct feed_stream *);
enum err feed_file_streams(struct feed *, uint64_t file, feed_stream_fn *, void *);

/* ---- envelopes received ---------------------------------------------------------- */

enum { OWED_NOTHING, OWED_QUIET, OWED_LOUD }; /* loud ones are worth an envelope */

struct feed_in {
	uint32_t friend;
	uint64_t stream;
	unsigned char root[16];
	uint32_t epoch;
	uint16_t chunks; /* bitmap of all there are */
	uint16_t taken;  /* bitmap */
	uint8_t status;  /* as in ACK */
	uint8_t owed;
};
enum err feed_in(struct feed *, uint32_t friend, uint64_t stream, struct feed_in *out);
/* details: the ACK item's exceptions, exactly. */
enum err feed_in_save(struct feed *, const struct feed_in *, struct view details);
/* Those of the epoch that were decoded. */
enum err feed_in_count(struct feed *, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint64_t *count);
enum err feed_in_forget(
    struct feed *, uint32_t friend, const unsigned char root[16], uint32_t below);
/* Acknowledgements owed, loud ones first, at most max. */
typedef enum err feed_in_fn(void *, const struct feed_in *, struct view details);
enum err feed_owed(struct feed *, uint32_t friend, unsigned max, feed_in_fn *, void *);
/* `out` carries the acknowledgement of `in`; when out is acknowledged, in owes no more. */
enum err feed_carried(struct feed *, uint32_t friend, uint64_t out, uint64_t in);
bool feed_carries(struct feed *, uint32_t friend, uint64_t out, uint64_t in);
/* Does it carry one that is still owed loudly? */
bool feed_carries_loud(struct feed *, uint32_t friend, uint64_t out);

/* ---- files of ours on sticks ----------------------------------------------------- */

struct feed_file {
	uint64_t id;
	char name[NAME_MAX_LEN + 1];
	char temporary[NAME_MAX_LEN + 1];
	uint64_t size;
	unsigned char hash[DIGEST_LEN];
	bool whole;
};
enum err feed_file_add(struct feed *, struct feed_file *io); /* sets id */
enum err feed_file_whole(struct feed *, const struct feed_file *);
/* By visible or temporary name. ERR_NOTFOUND. */
enum err feed_file(struct feed *, const char *name, struct feed_file *out);
enum err feed_file_by_id(struct feed *, uint64_t id, struct feed_file *out);
enum err feed_file_drop(struct feed *, uint64_t id); /* its unacknowledged streams stay */

/* ---- authors --------------------------------------------------------------------- */

/* Seen before, and pinned? */
enum err feed_author_known(
    struct feed *, const unsigned char key[ARTICLE_KEY_LEN], bool *known);
/* Pins the first full key seen for its first 10 bytes. ERR_EXISTS: another key is pinned. */
enum err feed_author(
    struct feed *, const unsigned char key[ARTICLE_KEY_LEN], bool *is_new);

/* ---- leases of a running exchange (docs/exchange.md) ----------------------------- */

#define FEED_LEASE_ID 12

/* Whom it is asked for now: this friend, when no lease of another one is alive. */
enum err feed_lease(
    struct feed *, const unsigned char id[FEED_LEASE_ID], uint32_t friend, bool *ours);
/* Keeps all leases on what this friend was asked for alive for 20 s more. */
enum err feed_lease_hold(struct feed *, uint32_t friend);
/* Its exchange begins, ends, or died. */
enum err feed_lease_drop(struct feed *, uint32_t friend);
/* The next friend above `after` who holds leases, alive or not. ERR_NOTFOUND. */
enum err feed_lease_holder(struct feed *, uint32_t after, uint32_t *friend);

/* When, in running time, this friend was last reconciled with, for both spools as they are;
 * ERR_NOTFOUND: never, or one of them is another now. */
enum err feed_reconciled(struct feed *, const struct feed_friend *, int64_t *ran);
enum err feed_set_reconciled(struct feed *, const struct feed_friend *, int64_t ran);

/* Verifies what can be; fn is told each trouble. */
enum err feed_check(struct feed *, spool_trouble_fn *, void *, uint64_t *troubles);

#endif
