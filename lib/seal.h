/* The sealed envelope: tag, header, chunks (docs/seal.md). It knows keys, not friends:
 * who may send what to whom is batcher's.
 *
 * One struct seal_keys is one epoch of one direction of one root. */
#ifndef LIB_SEAL_H
#define LIB_SEAL_H

#include "lib/epoch.h"
#include "lib/limits.h"

#define SEAL_TAG_LEN 16
#define SEAL_HEADER_LEN 112
#define SEAL_HEAD_LEN (SEAL_TAG_LEN + SEAL_HEADER_LEN)
#define SEAL_HASH_LEN 16 /* of a chunk, in the signature's list */
#define SEAL_AEAD_LEN 16
/* longest content of a chunk in an envelope of n; the first also holds the signature */
#define SEAL_CONTENT_MAX(n)                                                              \
	(CHUNK_MAX - SEAL_AEAD_LEN - SIG_LEN - SEAL_HASH_LEN * ((n)-1))

/* Who seals to whom. Static keys are the pair's X25519 and Ed25519 keys. */
struct seal_to {
	const struct seal_keys *keys;
	unsigned char root_id[16];   /* public name of the root, bound by the signature */
	const struct key *my_static; /* X25519 */
	const struct key *my_sign;   /* Ed25519 */
	unsigned char their_key[KEY_LEN]; /* newest prekey, or their static key */
	uint32_t prekey_id;               /* 0: their static key */
};

/* A chunk's plain content is built by lib/batch.h. chunks[0] is control.
 * Appends tag, header and sealed chunks to out; stream is the envelope's random number.
 * n is 1 to ENVELOPE_CHUNKS; no chunk but the first may be empty. Nothing is appended
 * unless all is. ERR_TOOBIG: a chunk over SEAL_CONTENT_MAX(n), or out's cap.
 * ERR_CRYPTO: their key is of small order. */
enum err seal_write(const struct seal_to *, uint64_t stream, const struct view *chunks,
    size_t n, struct buf *out);
/* The same with a given ephemeral key: for test vectors only. Used twice, a key and a
 * stream number seal two texts under one nonce. */
enum err seal_write_with(const struct seal_to *, const struct key *ephemeral,
    uint64_t stream, const struct view *chunks, size_t n, struct buf *out);
/* Bytes that seal_write will append for chunks of these lengths. */
size_t seal_size(const struct view *chunks, size_t n);

/* Looks for envelopes: decrypts every tag at `step` distance in data under the tag key;
 * writes the positions (as multiples of step) where the low half is zero, in order, at
 * most max of them, and the stream numbers. Returns how many there are. */
size_t seal_find(const struct key *tag, struct view data, size_t step, size_t *positions,
    uint64_t *streams, size_t max);
/* The same of n tags that lie one after another (16 bytes each): positions are tags. */
size_t seal_find_tags(const struct key *tag, const unsigned char *tags, size_t n,
    size_t *positions, uint64_t *streams, size_t max);
/* Appends the tags at `step` distance in data: for several keys gather once, then
 * seal_find_tags with each. Touching a page a tag costs more than decrypting it. */
void seal_gather(struct view data, size_t step, struct buf *tags);

/* An envelope whose header was opened. */
struct seal_envelope {
	uint64_t stream;
	uint32_t prekey_id;
	unsigned char enc[KEY_LEN];
	unsigned n;                     /* chunks */
	size_t offset[ENVELOPE_CHUNKS]; /* from the start of the envelope */
	size_t len[ENVELOPE_CHUNKS];    /* sealed */
	size_t total;                   /* bytes of the whole envelope */
};

/* head is the envelope's first SEAL_HEAD_LEN bytes. ERR_CRYPTO: damaged or not ours.
 * ERR_SYNTAX: it opens, but no correct friend writes such a header. */
enum err seal_open_header(const struct seal_keys *, uint64_t stream, struct view head,
    struct seal_envelope *out);

/* Who opens from whom. */
struct seal_from {
	const struct seal_keys *keys;
	unsigned char root_id[16];
	const struct key *my_key; /* the prekey that the header names, or my static */
	unsigned char their_static[KEY_LEN]; /* X25519 */
	unsigned char their_sign[KEY_LEN];   /* Ed25519 */
};

/* An opening: made once an envelope (one KEM), then chunks in any order, each alone, but
 * chunk 0 first: it holds the signature over the hashes of all. */
struct seal_opening;
/* Keeps nothing of what it is given. ERR_CRYPTO: a key of small order. */
enum err seal_opening_new(
    const struct seal_from *, const struct seal_envelope *, struct seal_opening **out);
void seal_opening_free(struct seal_opening *);
/* Appends the plain content of chunk i (i < n) to out; nothing unless it verified.
 * ERR_CRYPTO: damaged or not what was signed; for i > 0 also when chunk 0 was not opened.
 * Any other error is not the chunk's fault: try again. */
enum err seal_open_chunk(
    struct seal_opening *, unsigned i, struct view sealed, struct buf *out);

#endif
