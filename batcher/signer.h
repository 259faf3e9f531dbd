/* Signing local posts, before anything leaves: with the key of the persona they name. */
#ifndef BATCHER_SIGNER_H
#define BATCHER_SIGNER_H

#include "lib/node.h"
#include "spool/spool.h"

struct signer_result {
	uint64_t signed_posts;
	uint64_t
	    stuck; /* no key, or not what the persona may sign: they stand in status */
};

/* Its own transactions; safe to repeat. */
enum err signer_run(const struct node *, struct spool *, struct signer_result *out);

/* The same within a transaction of the caller's. */
enum err signer_within(const struct node *, struct spool *, struct signer_result *out);

#endif
