/* Questions to the person at the terminal. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

#include "lib/buf.h"

/* Somebody is there to answer: stdin and stderr are a terminal. */
bool ask_possible(void);
/* Asks on stderr and appends the answer, trimmed; the fallback when it is empty.
 * ERR_MORE: the input ended. ERR_TOOBIG: over out's cap. */
enum err ask_line(const char *question, const char *fallback, struct buf *out);
/* The same without echo where stdin is a terminal, and without fallback. */
enum err ask_secret(const char *question, struct buf *out);
/* True for y or yes. */
bool ask_yes(const char *question);

#endif
