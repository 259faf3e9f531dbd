/* The articles in a file, whatever its form: rnews batch, mbox, one article, and each of
 * them packed by gzip or compress. Told apart by content. One article in a file may
 * also be in wire format, as INN's spool has it: it is taken out of that. */
#ifndef READER_IMPORT_ITEMS_H
#define READER_IMPORT_ITEMS_H

#include "reader/import_reason.h"
#include "reader/source.h"

/* Where something stands, for messages. */
struct import_place {
	const char *path;
	uint64_t at; /* byte in the file, or in what was unpacked from it */
	bool unpacked;
};

struct import_sink {
	void *arg;
	bool count; /* bodies are not looked at: only how many there are */
	/* One article as it stood in the file, with its line ends. False: enough. */
	bool (*article)(void *arg, struct view raw, const struct import_place *);
	/* Bytes that are no article; errnum for REASON_UNREADABLE. */
	void (*refused)(
	    void *arg, unsigned reason, int errnum, const struct import_place *);
};

/* Reads the source, which is called path, to its end; window is for the caller to keep
 * (a buf of any size, cap IMPORT_WINDOW). False: the sink said enough. */
bool import_items(
    struct source *, const char *path, struct buf *window, const struct import_sink *);

#define IMPORT_WINDOW (4u << 20)

#endif
