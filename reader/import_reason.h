/* Why something was not imported: the faults of articles, and those of what they came in.
 * Counted, and shown by name and text. */
#ifndef READER_IMPORT_REASON_H
#define READER_IMPORT_REASON_H

#include "lib/article.h"
#include "reader/rnews.h"

/* Values below FAULT_COUNT are enum fault. */
enum import_reason {
	REASON_EMPTY = FAULT_COUNT, /* an empty file */
	REASON_UNKNOWN,             /* a file of another kind */
	REASON_COUNT,               /* an rnews SIZE that is wrong */
	REASON_JUNK,                /* bytes where a `#! ` line should be */
	REASON_LINE,                /* an unknown `#! ` line */
	REASON_BZIP2,
	REASON_DAMAGED, /* packed bytes that do not unpack */
	REASON_BOMB,    /* unpacks to more than SOURCE_UNPACKED */
	REASON_NESTED,  /* packed in packed in packed ... */
	REASON_NOGROUP, /* a new group over the limit of groups */
	REASON_UNREADABLE,
	REASON_COUNT_OF
};

const char *reason_name(unsigned reason);
const char *reason_text(unsigned reason);
unsigned reason_of_batch(enum rnews_bad);

#endif
