/* Newsgroup names (RFC 5536 3.1.4, UTF-8 allowed as RFC 3977 does): components of
 * letters, digits, + - _ and UTF-8, joined by dots; no upper case is demanded, no
 * wildmat characters, at most GROUP_MAX bytes. */
#ifndef LIB_GROUP_H
#define LIB_GROUP_H

#include <stdbool.h>

#include "lib/buf.h"

bool group_valid(struct view);
/* "local" or below "local.", in any letter case: never leaves the node. */
bool group_local(struct view);

#endif
