/* What this node knows of an author: the value of the Hearsay-Trust line that readers see.
 *
 *     self              one of the personas of this node
 *     a name            that its owner gave the author (`hearsay author name`)
 *     known N posts     so many native articles of it ever came here, more than one
 *     new               this is the first */
#ifndef READER_TRUST_H
#define READER_TRUST_H

#include "reader/persona.h"
#include "spool/spool.h"

/* Appends the value. personas may be NULL: then nobody is self. */
enum err trust_add(struct spool *, const struct personas *,
    const unsigned char key[ARTICLE_KEY_LEN], struct buf *out);

#endif
