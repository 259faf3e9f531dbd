/* Invitation, JOIN and CONFIRM (docs/pairing.md), on a ring and without any I/O. */
#ifndef BATCHER_PAIRING_H
#define BATCHER_PAIRING_H

#include "batcher/ring.h"
#include "lib/token.h"

/* Adds an invitation to the ring and fills the token: t->hints are the caller's. The
 * ring must be saved before the token is shown. ERR_FULL: too many roots. */
enum err pairing_invite(struct ring *, struct token *t, int64_t lifetime, int64_t now);

/* Answers a token: adds a root that repeats JOIN. ERR_FULL: too many roots. */
enum err pairing_join(struct ring *, const struct token *, int64_t now);

/* What became of a pairing item. */
enum pairing_event {
	PAIRING_NOTHING,  /* a repetition */
	PAIRING_PAIRED,   /* a new agreed root: look at the file again */
	PAIRING_STRANGER, /* another key on a spent token */
	PAIRING_LATE,     /* expired */
	PAIRING_REVOKED,
};

/* The friend's addresses are appended to hints, one a line. ERR_SYNTAX: not such an item,
 * or not for a root in this state. */
enum err pairing_got_join(struct ring *, struct root *, struct view item, int64_t now,
    struct buf *hints, enum pairing_event *out);
enum err pairing_got_confirm(struct ring *, struct root *, struct view item,
    struct buf *hints, enum pairing_event *out);

/* The friend acknowledged the CONFIRM of this invitation: it holds the new root, even if it
 * never sends under it (of crossing invitations one root loses). */
void pairing_confirmed(struct ring *, const struct root *);

/* The same with given keys: for test vectors only. t->secret is set. */
struct pairing_keys {
	struct key one_time;   /* the joiner's eb, the inviter's ea2 */
	struct key pair, sign; /* X25519, Ed25519 */
};
enum err pairing_invite_with(
    struct ring *, struct token *t, const struct key *ea, int64_t lifetime, int64_t now);
enum err pairing_join_with(
    struct ring *, const struct token *, const struct pairing_keys *, int64_t now);
enum err pairing_got_join_with(struct ring *, struct root *, struct view item,
    const struct pairing_keys *, struct buf *hints, enum pairing_event *out);

/* Generation of the root that a stored CONFIRM makes. */
enum err pairing_gen(const struct root *, uint32_t *out);

/* Name of an invitation in `hearsay invites`: 8 characters. */
void pairing_id(const struct root *, struct buf *out);
/* Was this token made by, or already answered with, this ring? */
bool pairing_knows(const struct ring *, const struct token *, bool *ours);

#endif
