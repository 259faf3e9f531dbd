/* What reader-auth answers a worker about a login. */
#ifndef READER_VERDICT_H
#define READER_VERDICT_H

#include "reader/access.h"
#include "reader/users.h"

enum verdict {
	VERDICT_IN,    /* with what the user may do */
	VERDICT_WRONG, /* no such user, or another password: which, is nobody's business */
	VERDICT_BUSY,  /* too many wait */
	VERDICTS
};

#define VERDICT_MAX (2 * USER_WILDMAT_MAX + 128)

void verdict_add(struct buf *, enum verdict);
/* VERDICT_IN. */
void verdict_add_in(
    struct buf *, const struct user *, const unsigned char grant[GRANT_LEN]);
/* A VERDICT_IN sets what access says of a user; the rest of access stays. ERR_SYNTAX. */
enum err verdict_read(struct view, enum verdict *, struct access *);

#endif
