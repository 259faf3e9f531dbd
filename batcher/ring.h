/* The keys of one friendship: keys/NAME.friend in memory (docs/pairing.md).
 *
 * A ring has up to ROOTS_MAX roots. Everything that ages does so by running time, which
 * ring_look counts. A ring that is dirty must be saved before anything made with it can
 * be seen by anybody. */
#ifndef BATCHER_RING_H
#define BATCHER_RING_H

#include "lib/keys.h"
#include "lib/limits.h"
#include "lib/node.h"
#include "lib/seal.h"

enum root_state {
	ROOT_INVITED, /* inviter: token given away, no JOIN yet */
	ROOT_CONFIRMED, /* inviter: spent; its CONFIRM is repeated while the new root is unheard */
	ROOT_REVOKED, /* inviter: kept only to recognize who comes too late */
	ROOT_JOINING, /* joiner: repeats JOIN */
	ROOT_JOINED,  /* joiner: CONFIRM opened; kept for a while */
	ROOT_AGREED,  /* what articles travel under */
	ROOT_STATES
};

struct chain {
	bool have;
	uint32_t epoch;
	struct key key;
};

struct prekey {
	uint32_t id;
	int64_t made; /* running time */
	int64_t
	    drop; /* running time at which it is erased; 0: a newer one was not used yet */
	struct key key;
};

struct root {
	enum root_state state;
	int side; /* 0 the inviter, 1 the joiner */
	uint32_t gen;
	unsigned char id[16];
	unsigned char transcript[32];
	unsigned char words[8];
	bool verified;
	struct key my_static, my_sign;
	unsigned char their_static[KEY_LEN], their_sign[KEY_LEN];
	struct chain send, recv, recv_old;
	int64_t send_since, recv_old_drop;
	bool send_acked; /* something of the current epoch was acknowledged */
	bool opened;     /* recv.epoch was really opened, not only expected */
	struct prekey prekeys[PREKEYS_MAX];
	unsigned prekey_count;
	int64_t prekey_made; /* of the newest, -1: none */
	uint32_t their_prekey_id;
	int64_t their_prekey_made;
	unsigned char their_prekey[KEY_LEN];
	bool heard;
	int64_t drop; /* running time at which the root is erased; 0: stays */

	/* of an invitation */
	struct key secret;
	struct buf token, join,
	    confirm; /* exact bytes, for the transcript and repetition */
	struct key next_static, next_sign;
	int64_t made, expires; /* wall time for people; running time */
	uint32_t strangers;    /* JOINs refused: another key, too late, revoked */
};

struct ring {
	char name[NAME_MAX_LEN + 1];
	int64_t looked, ran;
	uint32_t friend_gen; /* highest generation the friend said it holds */
	bool friend_gen_known;
	bool dirty;
	unsigned count;
	struct root *root[ROOTS_MAX];
};

/* The zero ring is empty. ERR_NOTFOUND: no key file. ERR_VERSION. ERR_CORRUPT. */
enum err ring_load(const struct node *, const char *name, struct ring *out);
enum err ring_save(const struct node *, struct ring *);
/* The file's bytes: what is read is exactly what is written. ring_parse keeps out->name, and
 * answers ERR_VERSION: written by a newer Hearsay; ERR_CORRUPT: anything else. */
enum err ring_parse(struct view file, struct ring *out);
enum err ring_write(const struct ring *, struct buf *out);
void ring_release(struct ring *); /* wipes */
/* Overwrites and removes the file. */
enum err ring_erase(const struct node *, const char *name);

/* Counts running time and does what it makes due: epochs step, old keys are erased. */
void ring_look(struct ring *, int64_t now);

/* Adds an empty root. NULL: ROOTS_MAX. */
struct root *ring_add(struct ring *);
void ring_drop(struct ring *, unsigned index); /* wipes */

/* Starts both chains of a root from its secret, and sets its id and words. */
enum err root_begin(struct ring *, struct root *, const struct key *secret);

/* The root that articles are sent under; NULL while there is none. */
struct root *ring_sending(struct ring *);
uint32_t ring_highest_gen(const struct ring *);

/* Chains that an envelope from the friend may be under: the epoch before, the current one
 * and EPOCHS_AHEAD more. Returns how many; wipe them with key_release. */
#define ROOT_TRIALS (EPOCHS_AHEAD + 2)
size_t root_trials(const struct root *, struct chain out[ROOT_TRIALS]);
/* An envelope of that epoch opened, sealed to prekey id (0: static): steps, marks heard. */
void root_opened(struct ring *, struct root *, const struct chain *, uint32_t prekey_id);
/* Control says which of our epochs the friend last opened: jumps when rolled back. */
void root_told_epoch(struct ring *, struct root *, uint32_t epoch);
/* Something of this epoch was acknowledged. */
void root_acked(struct ring *, struct root *, uint32_t epoch);

/* Private half that an envelope names; NULL: gone, or never ours. */
const struct key *root_private(const struct root *, uint32_t prekey_id);
/* Newest own prekey, a fresh one when the last is a day old. */
const struct prekey *root_prekey(struct ring *, struct root *);

const char *root_state_text(enum root_state);

#endif
