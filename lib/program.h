/* One of Hearsay's programs, and the arguments that another one runs it with: by fork and
 * execv, never through a shell. Arguments are copied; no secret belongs there, for every
 * user of the machine can read them. */
#ifndef LIB_PROGRAM_H
#define LIB_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/node.h"

struct program {
	char path[NODE_PATH_MAX - 64];
	char **argv; /* NULL-terminated */
	size_t argc, room;
	enum err e; /* sticks, as in a buf */
};

/* Finds it beside our own executable, else in $HEARSAY_LIBEXEC, else in
 * ../libexec/hearsay/ from there, else in PREFIX/libexec/
 * hearsay. ERR_NOTFOUND. Release in any case. */
enum err program_init(struct program *, const char *name);
void program_release(struct program *);
void program_arg(struct program *, const char *);

/* Becomes the program. Returns only when that failed; errno says why. */
enum err program_exec(struct program *);

struct program_start {
	int in, out; /* its stdin and stdout; -1: ours */
	bool tied;   /* gets SIGTERM when we end, however we end */
};
/* Starts it with default signal actions and an empty mask. */
enum err program_start(struct program *, const struct program_start *, pid_t *out);
/* Waits for the end: its exit code, or 128 and the signal. */
enum err program_wait(pid_t, int *code);

#endif
