/* `key value` lines: node.conf, friends/NAME, keys/NAME. # starts a comment line, blank
 * lines are skipped, a key may occur often; values are UTF-8 and trimmed. */
#ifndef LIB_CONF_H
#define LIB_CONF_H

#include <stdbool.h>

#include "lib/buf.h"

struct conf_line {
	struct view key;
	struct view value;
	unsigned number; /* counts from 1 */
};

/* Takes the next line that says something; false at the end. ERR_SYNTAX (through *e): a
 * line over CONF_LINE_MAX, a NUL, a CR before the line's end or invalid UTF-8;
 * line->number says which. */
bool conf_next(struct view *rest, unsigned *number, struct conf_line *line, enum err *e);

/* First value of a key, or fallback. */
struct view conf_get(struct view file, const char *key, struct view fallback);
bool conf_has(struct view file, const char *key);

/* Appends file to out with every line of key replaced by one `key value` (at the place of
 * the first, else at the end); comments and order stay. value.p == NULL: lines removed.
 * ERR_SYNTAX (in out): a value that would not be one line. */
void conf_set(struct view file, const char *key, struct view value, struct buf *out);

#endif
