/* Under which Message-ID an article may be named where others read it. A host's name in
 * somebody's own id, and what stands in local.*, must not leave the node. */
#ifndef READER_REFS_H
#define READER_REFS_H

#include "spool/spool.h"

/* Looks as a native article's id does, in any letter case: no newsreader may make one. Other
 * ids at hearsay.invalid are own ids, for newsreaders make them of the host in From. */
bool refs_reserved(struct view msgid);
/* Appends the public id: a native id itself, an own id translated, a foreign id when its
 * article is here and not in local.*. ERR_NOTFOUND: it has none. */
enum err refs_public(struct spool *, struct view msgid, struct buf *out);
/* Appends a References value of public ids, those without one left out; of more than
 * REFERENCES_MAX the first and the last stay. */
enum err refs_translate(struct spool *, struct view references, struct buf *out);

#endif
