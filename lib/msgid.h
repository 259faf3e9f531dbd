/* Message-IDs (RFC 3977 3.6, RFC 5536 3.1.3): < printable ASCII without > >, 3 to
 * MSGID_MAX bytes with the angle brackets. */
#ifndef LIB_MSGID_H
#define LIB_MSGID_H

#include <stdbool.h>

#include "lib/buf.h"

bool msgid_valid(struct view);
/* True for <...@hearsay.invalid>, in any letter case. */
bool msgid_native(struct view);

#endif
