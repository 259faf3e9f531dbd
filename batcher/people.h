/* Shared by the verbs about friends. */
#ifndef BATCHER_PEOPLE_H
#define BATCHER_PEOPLE_H

#include "batcher/batcher.h"

/* Dies with usage when it is no friend's name. */
const char *people_name(const char *name);
/* First root in that state; NULL. */
struct root *people_root(const struct friend *, enum root_state);
void people_date(int64_t when); /* prints it */

#endif
