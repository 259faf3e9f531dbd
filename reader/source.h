/* Bytes to import: a file or a descriptor, read through a window, and what is packed in
 * it (gzip, compress), unpacked as it is asked for. Memory is the window's, whatever the
 * size of the file. Uses read(2) alone and opens nothing but the path. */
#ifndef READER_SOURCE_H
#define READER_SOURCE_H

#include <stdbool.h>

#include "lib/buf.h"

#define SOURCE_WINDOW (1536u << 10) /* most bytes of one layer held at a time */
#define SOURCE_DEPTH 4 /* a gzip file with a gunbatch inside has three layers */
#define SOURCE_UNPACKED (4ull << 30) /* what one packed batch may become */

struct source_layer;

struct source {
	int fd;
	bool own;     /* close fd */
	unsigned top; /* layer that is read: 0 is the file */
	struct source_layer *layers[SOURCE_DEPTH];
	void (*idle)(void *arg); /* called before a read that would wait; may be NULL */
	void *idle_arg;
};

/* A zeroed source is ready; its memory serves one file after another. */
void source_release(struct source *);

/* ERR_IO with errno; ERR_NOTFOUND. Never waits on a FIFO that has no writer. */
enum err source_open(struct source *, const char *path);
/* Reads fd from where it stands; the caller closes it. ERR_NOMEM. */
enum err source_attach(struct source *, int fd);
void source_close(struct source *);

/* Makes at least want bytes visible at *out, fewer only at the end of the layer, which is
 * then told by *end; want is at most SOURCE_WINDOW. The view is good until the next call.
 * ERR_IO with errno. ERR_SYNTAX: damaged packing. ERR_TOOBIG: over SOURCE_UNPACKED.
 * On these, what came before the damage stays visible. */
enum err source_peek(struct source *, size_t want, struct view *out, bool *end);
/* Steps over the first n visible bytes. */
void source_take(struct source *, size_t n);

/* From here on the bytes are packed: what follows is unpacked until its end, where
 * source_peek says *end; then source_pop goes back to what comes behind it.
 * ERR_SYNTAX: neither gzip nor compress. ERR_TOOBIG: SOURCE_DEPTH reached. */
enum err source_push(struct source *);
void source_pop(struct source *);
/* Do the bytes at the front look packed as source_push wants them? */
bool source_packed(struct view);

/* Position in the layer that is read, and of the outermost one in the file. */
uint64_t source_offset(const struct source *);
uint64_t source_file_offset(const struct source *);

#endif
