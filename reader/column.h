/* Columns of an overview line, as article_overview writes them. */
#ifndef READER_COLUMN_H
#define READER_COLUMN_H

#include "spool/spool.h"

enum column {
	COLUMN_SUBJECT,
	COLUMN_FROM,
	COLUMN_DATE,
	COLUMN_MSGID,
	COLUMN_REFERENCES,
	COLUMN_BYTES,
	COLUMN_LINES,
	COLUMN_XREF,   /* not in the line: made by the reader */
	COLUMN_HEADER, /* any other header: from the article */
};

/* That column of a line; empty when the line is short. */
struct view column_of(struct view line, int column);
/* Message-ID of an article by its place, from its overview line. ERR_NOTFOUND. */
enum err column_msgid(
    struct spool *, uint32_t group, uint64_t number, char out[MSGID_MAX + 1]);

#endif
