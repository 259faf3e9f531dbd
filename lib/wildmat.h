/* wildmat (RFC 3977 4): patterns joined by commas, ! negates, * and ?, the last pattern
 * that matches decides; UTF-8, ? is one code point. */
#ifndef LIB_WILDMAT_H
#define LIB_WILDMAT_H

#include <stdbool.h>

#include "lib/buf.h"

/* At most WILDMATS_MAX patterns and WILDMAT_MAX bytes; none empty, none with [ ] \, a
 * blank, a control, or a ! that is not first. */
bool wildmat_valid(struct view wildmat);
bool wildmat_match(struct view wildmat, struct view text);

#endif
