/* Lines of node.conf and friends/NAME that may stand often, in an order that means
 * something: shown, and replaced together. Comments and all other lines stay. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>

#include "lib/buf.h"

/* keys: NULL-terminated. */
bool lines_key(const char *const *keys, struct view key);
/* Appends file to out without the lines of these keys; text, whole lines, stands where the
 * first of them was, else at the end. ERR_SYNTAX (in out): not a conf file any more. */
void lines_replace(
    struct view file, const char *const *keys, struct view text, struct buf *out);
/* The same, to a file, which may be missing. */
enum err lines_write(const char *path, const char *const *keys, struct view text);

#endif
