/* The paths of an import: files, folders, "-" for standard input. They are read once to
 * store, and may be read once before that to count. */
#ifndef READER_IMPORT_INPUTS_H
#define READER_IMPORT_INPUTS_H

#include "reader/import_items.h"
#include "reader/tree.h"

struct import_inputs {
	char **paths;
	int count;
	const struct import_sink *sink;
	void *arg;
	/* Is this file left out? number: its name is one. May be NULL. */
	bool (*skip)(void *arg, const char *path, bool number);
	/* A path, and why it cannot be read; may be NULL. */
	void (*trouble)(void *arg, const char *path, const char *why);
	struct source source;
	struct buf window;
	bool stop;
};

void import_inputs_init(struct import_inputs *, char **paths, int count);
void import_inputs_release(struct import_inputs *);
/* True when every path can be read twice; pipes and terminals cannot. */
bool import_inputs_seekable(const struct import_inputs *);
/* Reads all that can be read twice, and leaves it as it was. */
void import_inputs_count(struct import_inputs *);
/* Reads all. False: the sink said enough. */
bool import_inputs_read(struct import_inputs *);

#endif
