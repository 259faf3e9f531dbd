/* Unpacking: finds the envelopes for this node in a file, and takes what is in them. */
#ifndef BATCHER_UNPACK_H
#define BATCHER_UNPACK_H

#include "batcher/batcher.h"

struct unpack {
	unsigned envelopes;   /* for us, new */
	unsigned known;       /* imported before */
	unsigned damaged;     /* chunks and envelopes that do not verify */
	unsigned undecodable; /* sealed to keys that are gone */
	uint64_t articles, duplicates, differing, refused, unwanted, deferred;
	unsigned paired, strangers, late, revoked;
	unsigned beaten; /* the inviter answers somebody else who used our token */
};

/* One friend's part of it, for the report. */
struct unpack_from {
	struct friend *f;
	struct unpack sum;
};

/* fd is a regular file, read from its start; friends' counters and rings change. Adds to
 * out[i] for b->friends[i]. Commits as it goes. ERR_MORE: the file cannot be read, nothing
 * else is wrong. After any other error this batcher must be closed. */
enum err unpack_fd(struct batcher *, int fd, struct unpack_from *out);

#endif
