/* Syntax of the header fields of a post (RFC 5536 3, RFC 5322 3.4): an injecting agent refuses
 * what is wrong (RFC 5537 3.5). */
#ifndef READER_SYNTAX_H
#define READER_SYNTAX_H

#include "reader/draft.h"

/* Why a value, unfolded and trimmed, is not right for its field; NULL when it is, or when
 * the field is plain text. A phrase that stands behind "Field: ". Display names are not
 * looked at. */
const char *syntax_fault(enum field, struct view value);

#endif
