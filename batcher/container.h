/* A stick file: one run of random-looking bytes of a bucketed size, with envelopes at
 * ENVELOPE_STEPs and random fill between and behind (docs/seal.md). */
#ifndef BATCHER_CONTAINER_H
#define BATCHER_CONTAINER_H

#include <openssl/evp.h>

#include "lib/digest.h"
#include "spool/feed.h"

#define CONTAINER_NAME_LEN 16 /* of [a-z2-7]: says nothing */

struct container {
	int dir, fd;
	struct feed_file file; /* names, size, hash */
	uint64_t at;
	EVP_MD_CTX *hash;
	enum err e;
};

/* Smallest bucket that holds `used`; largest one within room (0: not even the smallest). */
uint64_t container_bucket(uint64_t used);
uint64_t container_room(uint64_t room);
/* A name that a stick file of anybody may have. */
bool container_named(const char *name);

/* Chooses the names only; nothing is written before the first envelope. */
void container_init(struct container *, int dir);
/* ERR_FULL: no space. ERR_IO: errno. */
enum err container_add(struct container *, struct view envelope);
/* Fills up to the bucket, syncs the file: it is whole, under its temporary name. */
enum err container_finish(struct container *);
/* Makes it visible and syncs the folder. */
enum err container_publish(struct container *);
/* The same under a name of the caller's; a file of that name is replaced. */
enum err container_publish_as(struct container *, const char *name);
/* Closes, and removes what was not published. */
void container_release(struct container *);

/* Is the file of this name in dir the one we wrote? Reads it. */
bool container_intact(int dir, const struct feed_file *);

#endif
