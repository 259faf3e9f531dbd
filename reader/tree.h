/* The files of a folder and of the folders in it, in a stable order: by name, names that
 * are numbers first and in number order. Names that begin with a dot are left out. Links
 * are followed, to each folder once, so a loop ends. */
#ifndef READER_TREE_H
#define READER_TREE_H

#include <stdbool.h>

#include "lib/err.h"

#define TREE_DEPTH 64          /* folders in folders */
#define TREE_NAMES (64u << 20) /* bytes of names of one folder */
#define TREE_PATH 4096         /* bytes of one path */
#define TREE_LINKS 10000       /* links to folders that are followed */

struct tree_visitor {
	void *arg;
	/* A file; number tells that its name is one. False ends the walk. */
	bool (*file)(void *arg, const char *path, bool number);
	/* Something that was left out, and why. */
	void (*trouble)(void *arg, const char *path, const char *why);
};

/* path is a folder, or a file, which is then visited alone. ERR_IO with errno: path
 * itself cannot be read; ERR_NOTFOUND: it does not exist. Trouble below it is told and
 * passed. */
enum err tree_walk(const char *path, const struct tree_visitor *);

#endif
