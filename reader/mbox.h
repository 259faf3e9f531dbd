/* mbox files: messages behind `From ` lines, mboxrd quoting (`>From `, `>>From ` ...).
 *
 * A `From ` line parts two messages when a header field follows it, and an empty line is
 * before it or it ends in a time and a year, as mail programs write it. The empty line
 * that writers put behind a message is not part of it. LF and CRLF files alike. */
#ifndef READER_MBOX_H
#define READER_MBOX_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/limits.h"

#define MBOX_MAX (ARTICLE_MAX + 2 * HEADER_MAX) /* an article, trace headers, quoting */

enum mbox_kind {
	MBOX_MESSAGE,
	MBOX_BIG,  /* over MBOX_MAX: it is left out */
	MBOX_SKIP, /* nothing: call again */
};

struct mbox {      /* zeroed to start */
	bool lost; /* looking for the next message */
};

struct mbox_item {
	enum mbox_kind kind;
	struct view message; /* still quoted */
};

/* True when an mbox begins here; 1,000 bytes are enough to tell. */
bool mbox_begins(struct view, bool end);

/* Takes the next message. end: in holds all that is left. ERR_NOTFOUND: no more.
 * ERR_MORE: not with end, nor when in holds MBOX_MAX bytes. ERR_SYNTAX: in does not begin
 * with a `From ` line. */
enum err mbox_next(struct mbox *, struct view *in, bool end, struct mbox_item *out);

/* Appends the message with one level of quoting taken off. */
void mbox_unquote(struct view message, struct buf *out);
/* Appends text (LF lines) with one level of quoting put on. */
void mbox_quote(struct view text, struct buf *out);

#endif
