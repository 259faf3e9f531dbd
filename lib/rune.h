/* Which code points may stand in names that people read and compare: group names and the
 * display name of a From. Part of the native form (docs/article.md), so never changed. */
#ifndef LIB_RUNE_H
#define LIB_RUNE_H

#include <stdbool.h>

#include "lib/buf.h"

/* True for valid UTF-8 without controls, direction marks, invisible separators, tags and
 * noncharacters. Joiners (U+200C, U+200D) are allowed: scripts need them. */
bool rune_plain(struct view);

#endif
