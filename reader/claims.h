/* Message-IDs that a feed was told to send, and is sending: another one that offers the
 * same is told to wait. All workers share the table, for it lies in memory that they get
 * from their parent. It advises: two that claim at the same moment may both be told to
 * send, and the writer takes the first. */
#ifndef READER_CLAIMS_H
#define READER_CLAIMS_H

#include "lib/buf.h"

#define CLAIM_SECONDS 30 /* for the article to come: then another may send it */

struct claims;

/* Before the fork. ERR_NOMEM. */
enum err claims_new(struct claims **out);
void claims_free(struct claims *);
/* For a session of that number (not 0). False: another one has it. NULL: always true. */
bool claims_take(struct claims *, struct view msgid, uint64_t session);
/* The article has come, or will not. */
void claims_drop(struct claims *, struct view msgid, uint64_t session);

#endif
