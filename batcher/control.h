/* Control, chunk 0 of every envelope (docs/pairing.md): what it says, and what follows
 * from what a friend says. */
#ifndef BATCHER_CONTROL_H
#define BATCHER_CONTROL_H

#include "batcher/batch.h"
#include "batcher/batcher.h"

#define ACK_EXCEPTIONS_MAX 4096

/* Hash of what a friend must be told: wanted groups, spool id, generation. */
void control_told(const struct batcher *, const struct friend *, unsigned char out[16]);

enum control_size {
	CONTROL_WHOLE,
	CONTROL_SHORT, /* the prekey only when it is new: the friend has it, or an older one */
};

/* Appends the items of an envelope under root: capabilities, wants, the acknowledgements
 * owed, which are noted as carried by stream, prekey and state. */
enum err control_write(struct batcher *, struct friend *, struct root *, uint64_t stream,
    enum control_size, struct buf *out);

/* What came of an item. */
struct control_event {
	bool paired; /* a new root: look at the file again */
	bool loud;   /* worth an acknowledgement of its own */
	bool fresh;  /* it acknowledged what nothing had acknowledged before */
	unsigned strangers, late, revoked;
};

/* Acts on one control item of a fresh envelope that opened under root. Unknown even types do
 * nothing, nor does anything but JOIN and CONFIRM under a root that is not agreed.
 * ERR_VERSION: an unknown odd type. ERR_SYNTAX: malformed. */
enum err control_got(struct batcher *, struct friend *, struct root *,
    const struct item *, struct control_event *);

/* Everything that a friend is sent was computed for other wants or another policy: finds
 * what is due now and was not before. */
enum err control_rewant(struct batcher *, struct friend *, struct view old_wants,
    struct view old_policy, struct view wants, struct view policy);

#endif
