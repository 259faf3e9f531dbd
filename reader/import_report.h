/* What an import tells the person: progress, refusals, and the counts at the end. */
#ifndef READER_IMPORT_REPORT_H
#define READER_IMPORT_REPORT_H

#include "reader/import_items.h"
#include "reader/import_store.h"

#define REPORT_EXAMPLES 3 /* of one reason with -v */
#define REPORT_LINES 20   /* about batches and files without -v */

struct import_report {
	bool verbose;
	bool machine;          /* -m */
	bool progress;         /* lines on stderr */
	bool terminal;         /* stderr is one: progress stays on one line */
	bool shown;            /* a progress line stands there */
	bool unread;           /* something could not be read at all */
	int64_t started, last; /* clock_ms */
	uint64_t calls;
	unsigned lines;
	unsigned examples[REASON_COUNT_OF];
};

void import_report_init(struct import_report *);
/* Called after each article; says something at most twice a second, after 2 seconds. */
void import_report_progress(struct import_report *, const struct import_store *);
/* A refusal: always a line for what is no article's own fault, examples with -v. */
void import_report_refused(
    struct import_report *, unsigned reason, int errnum, const struct import_place *);
/* A path and what is wrong with it. */
void import_report_path(struct import_report *, const char *path, const char *why);
/* The counts on stdout. ERR_IO: stdout took them not. */
enum err import_report_end(struct import_report *, const struct import_counts *);

#endif
