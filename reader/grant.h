/* What a worker shows the writer with the posts of a user: that reader-auth has let the user
 * in. Workers read foreign bytes and have not the key: none can post as somebody who never
 * logged in through it. */
#ifndef READER_GRANT_H
#define READER_GRANT_H

#include "lib/digest.h"
#include "lib/limits.h"

#define GRANT_LEN DIGEST_LEN
#define GRANT_WHO_MAX (GRANT_LEN + NAME_MAX_LEN)

/* Of the parent, the writer and reader-auth. */
struct grant_key {
	unsigned char bytes[32];
};

/* ERR_IO: the system has no random bytes. */
enum err grant_key_make(struct grant_key *);
void grant_make(const struct grant_key *, struct view user, unsigned char out[GRANT_LEN]);
/* Takes who, a grant and the user's name behind it, apart. ERR_DENIED: no grant for that
 * name. */
enum err grant_check(const struct grant_key *, struct view who, struct view *user);

#endif
