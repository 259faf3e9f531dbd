/* Stored articles as newsreaders see them: RFC 5536, with Path, Xref, and for native ones
 * Message-ID, Hearsay-Signature and Hearsay-Trust, made up here. */
#ifndef READER_RENDER_H
#define READER_RENDER_H

#include "reader/persona.h"
#include "spool/spool.h"

/* In Path and Xref: a name of this machine alone, never of the node or a friend. */
#define RENDER_HOST "localhost"

struct rendered {
	const struct personas *personas; /* this node's own */
	struct view shown;               /* wildmat of groups in Xref; empty: all */
	struct view
	    self;       /* who reads: a persona's file; p NULL: this node, all of them */
	uint32_t group; /* whose name is known: where the reader is; 0: none */
	const char *group_name;
	struct buf stored; /* as it lies in the spool */
	struct buf
	    head; /* header as served, with its last CRLF, without the empty line */
	struct view body; /* in stored */
	char msgid[MSGID_MAX + 1];
	bool native;
};

/* personas (may be NULL) live as long. */
void render_init(struct rendered *, const struct personas *);
void render_release(struct rendered *);
/* Reads and renders an article; what was rendered before is forgotten. ERR_NOTFOUND. */
enum err render_load(struct spool *, uint64_t arrival, struct rendered *);
/* Appends "localhost GROUP:NUMBER ...", of the groups that the wildmat shows; empty: all. */
enum err render_xref(
    struct spool *, uint64_t arrival, struct view shown, struct buf *out);
/* Appends lines that end in CRLF with their leading dots doubled (RFC 3977 3.1.1). */
void render_lines(struct buf *out, struct view lines);
/* Appends a header value on one line: unfolded, TAB made a space (RFC 3977 8.5.2). */
void render_value(struct buf *out, struct view value);

#endif
