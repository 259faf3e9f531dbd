/* One log line, one event: `what key=value key="foreign value"` on stderr, one write.
 *
 * The level is set once, in main. Foreign bytes go through text_quote first (log_event
 * does it for LOG_V). No article text, key or password at any level. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/buf.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(const char *program, enum log_level);
/* The format writes our own words and numbers; quote what is foreign. */
void log_at(enum log_level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints "program: message" and exits 1: for start-up only, before the loop. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Exits with status 2 after printing the message and "try --help". */
_Noreturn void die_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Foreign bytes quoted for a log line or a message: at most 200 of them, valid until the
 * eighth next call (a small ring in log.c, the one place that may have one). */
const char *quoted(struct view);

#endif
