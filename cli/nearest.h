/* What a mistyped word was meant to be. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

/* The one of n names that few mistakes (a letter wrong, missing, added, or two swapped)
 * make word of, or that begins with word; NULL when none is near. */
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
