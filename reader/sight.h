/* What of the spool exists for a session: groups outside its user's `read` do not, and
 * neither does an article that is in no other. */
#ifndef READER_SIGHT_H
#define READER_SIGHT_H

#include "reader/session.h"

/* Does the group exist for it? */
bool sight_group(const struct session *, struct view group);
/* The first of an article's places that it sees: index into m->in. ERR_NOTFOUND: none. */
enum err sight_place(const struct session *, const struct spool_meta *m, unsigned *place);
/* render_load with an Xref of what it sees, and Hearsay-Trust as its user has it. */
enum err sight_load(struct session *, uint64_t arrival);

#endif
