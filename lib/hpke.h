/* HPKE (RFC 9180) as Hearsay uses it: mode AuthPSK, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, ChaCha20-Poly1305. Sequence numbers are given, not counted: chunks are
 * opened in any order, and a lost one keeps none of the others shut. */
#ifndef LIB_HPKE_H
#define LIB_HPKE_H

#include "lib/keys.h"

#define HPKE_TAG_LEN 16
#define HPKE_NONCE_LEN 12

/* Both sides hold the same. A sequence number must never seal two texts. */
struct hpke {
	struct key key;
	unsigned char base_nonce[HPKE_NONCE_LEN];
	struct key exporter;
};

void hpke_release(struct hpke *); /* wipes */

/* What both sides agreed on before. psk and psk_id are never empty. */
struct hpke_terms {
	struct view info, psk, psk_id;
};

/* Sender. The ephemeral key is random and used once; test vectors alone know theirs.
 * Writes its public half to enc. ERR_CRYPTO: their key is of small order. */
enum err hpke_send(const struct key *ephemeral, const struct key *my_static,
    const unsigned char their_key[KEY_LEN], const struct hpke_terms *,
    unsigned char enc[KEY_LEN], struct hpke *out);
/* Receiver. ERR_CRYPTO: enc or their key is of small order. A wrong key or term is not
 * noticed here: then no text opens. */
enum err hpke_receive(const struct key *my_key, const unsigned char their_static[KEY_LEN],
    const struct hpke_terms *, const unsigned char enc[KEY_LEN], struct hpke *out);

/* Writes plain.len + HPKE_TAG_LEN bytes; out may not overlap plain. */
enum err hpke_seal(const struct hpke *, uint64_t seq, struct view aad, struct view plain,
    unsigned char *out);
/* Writes sealed.len - HPKE_TAG_LEN bytes. ERR_CRYPTO: does not open; out is all zeros. */
enum err hpke_open(const struct hpke *, uint64_t seq, struct view aad, struct view sealed,
    unsigned char *out);

/* The public keys that an encapsulation is bound to, in RFC 9180's order. */
struct hpke_context {
	unsigned char enc[KEY_LEN];
	unsigned char recipient[KEY_LEN];
	unsigned char sender[KEY_LEN];
};

/* The two steps of send and receive, for the RFC's vectors: the KEM's shared secret of
 * the two Diffie-Hellman results (recipient with ephemeral, recipient with sender), and
 * the key schedule. */
enum err hpke_shared(
    const struct key dh[2], const struct hpke_context *, struct key *shared);
enum err hpke_schedule(
    const struct key *shared, const struct hpke_terms *, struct hpke *out);

#endif
