/* Running the other programs of Hearsay on a node: `PROGRAM VERB -C DIR ...`. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include "cli/verb.h"
#include "lib/program.h"

/* Prepares `name -C DIR`, or `name verb -C DIR`. Trouble is said; false then. */
bool child_init(
    struct program *, const char *name, const char *verb, const struct call *);
/* Passes on the options of the set that the command line gave, and the arguments. */
void child_options(struct program *, const struct command *, uint64_t set);
void child_args(struct program *, const struct command *, size_t first);

/* Becomes the program; comes back, with the exit code, only when that failed. */
int child_exec(struct program *);
/* Runs it to its end and answers its exit code. input, when not NULL, is all that it
 * gets on stdin; what it prints is appended to output, when not NULL, instead of being
 * printed. */
int child_run(struct program *, const struct view *input, struct buf *output);
/* The same without input; what it says on stderr is appended to trouble instead, and given
 * to fn line by line as it comes. */
typedef void child_line_fn(void *, struct view line);
int child_trouble(struct program *, struct buf *trouble, child_line_fn *, void *);

#endif
