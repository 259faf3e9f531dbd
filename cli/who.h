/* Authors as people name them. */
#ifndef CLI_WHO_H
#define CLI_WHO_H

#include "cli/verb.h"
#include "lib/article.h"
#include "spool/moderate.h"

/* Which author key is meant: 52 characters of base32; the 16 of a From address, alone or in
 * the address; a name given by `hearsay author name`; the Message-ID of an article of it.
 * ERR_NOTFOUND: nobody. ERR_EXISTS: more than one bears that name. */
enum err who_key(struct spool *, struct view text, unsigned char key[ARTICLE_KEY_LEN]);
/* The same for a verb: appends the key in base32; trouble is said. Answers the exit code. */
int who_of(struct call *, const char *verb, const char *text, struct buf *out);
/* Appends the key in base32. */
void who_write(const unsigned char key[ARTICLE_KEY_LEN], struct buf *out);

#endif
