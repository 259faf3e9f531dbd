/* The verbs of hearsay: one row each, which feeds the code, the help and the man page's
 * check. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli/command.h"
#include "lib/node.h"

/* What every verb answers, and the program exits with. */
enum { DONE = 0, FAILED = 1, USAGE = 2, LATER = 75 };

/* What a verb works on: the node is located, and loaded where the verb needs one. */
struct call {
	const struct command *cmd;
	struct node node;
};

struct verb {
	const char *name;
	size_t min, max; /* arguments after the verb */
	uint64_t opts;   /* OPT_BITs that it takes beside -C and --help */
	bool node;       /* needs one that is set up */
	int (*run)(struct call *);
	const char *synopsis; /* arguments, as help shows them */
	const char *summary;  /* one line, below 60 characters */
	const char *help;     /* what it does and what to know, whole lines */
	const char *example;  /* whole lines */
};

#define ARGS_ANY ((size_t)-1)

size_t verb_count(void);
const struct verb *verb_row(size_t);
const struct verb *verb_find(const char *name); /* NULL: no such verb */
const char *verb_near(const char *name);        /* NULL: nothing like it */

#endif
