/* What a person can do about a spool that does not open. */
#ifndef READER_ADVICE_H
#define READER_ADVICE_H

#include "lib/err.h"

/* Stands behind the error's text; "" when there is nothing to say. */
const char *advice_spool(enum err);

#endif
