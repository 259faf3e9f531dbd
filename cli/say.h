/* Trouble, on stderr, in one line that names the thing and the next step. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "lib/buf.h"

/* "hearsay: ..."; answers FAILED, so that a verb can return it. */
int say_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, and where the help is; answers USAGE. verb may be NULL. */
int say_usage(const char *verb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A phrase for an error: errno's where the system refused. */
const char *say_why(enum err);

/* The spool of a node that cannot be opened or read, and what helps; answers FAILED. */
int say_spool(const char *verb, const char *dir, enum err);

/* Appends a word as a shell takes it: quoted where that is needed, for lines to be copied. */
void say_word(struct buf *, const char *word);

#endif
