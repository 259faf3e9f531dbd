/* Command line options as rows of a table; before and after other words, "--" ends them,
 * "-" is a word. */
#ifndef READER_IMPORT_OPTIONS_H
#define READER_IMPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_NUMBER, /* uint64_t */
};

struct option_row {
	const char *name; /* "--groups" */
	const char *arg;  /* "WILDMAT", or NULL for a flag */
	enum option_kind kind;
	size_t at; /* offsetof in the struct that is filled */
	const char *help;
};

/* Fills into from args; what is no option moves to the front of args, *words of them.
 * False: wrong usage, *what says how and *which word it is about. */
bool options_read(const struct option_row *, size_t rows, void *into, int argc,
    char **args, int *words, const char **what, const char **which);
/* Prints usage and the rows on stdout. */
void options_help(const char *usage, const struct option_row *, size_t rows);

#endif
