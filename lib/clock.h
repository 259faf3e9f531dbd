/* The wall clock in seconds since 1970 UTC, which may be wrong, jump or run backwards:
 * nothing but display, Date and expiry may depend on it. $HEARSAY_CLOCK ("+31536000",
 * "-86400") is added, for tests. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);
int64_t clock_ms(void); /* monotonic milliseconds, for progress and transaction lengths */

#endif
