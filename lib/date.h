/* Dates of articles (RFC 5322 3.3 with its obsolete forms and what old Usenet wrote). */
#ifndef LIB_DATE_H
#define LIB_DATE_H

#include <stdint.h>

#include "lib/buf.h"

/* "Mon, 01 Jun 2026 12:00:00 +0200", "1 Jun 92 12:00 GMT" ... ERR_SYNTAX: cannot be read. */
enum err date_parse(struct view, int64_t *out);
/* "Mon, 01 Jun 2026 10:00:00 +0000" */
void date_rfc5322(struct buf *, int64_t);
/* "20260601100000": DATE of RFC 3977 7.1 */
void date_compact(struct buf *, int64_t);
/* NEWNEWS and NEWGROUPS arguments: [yy]yymmdd hhmmss (RFC 3977 7.3.1; years of two digits
 * are the closest to now). */
enum err date_nntp(struct view day, struct view clock, int64_t now, int64_t *out);
/* Broken-down UTC without localtime(): any i64 in years 1970..9999, else ERR_SYNTAX. */
struct date_parts {
	int year, month, day, hour, minute, second, weekday; /* month 1-12, weekday 0 = Sunday */
};
enum err date_split(int64_t, struct date_parts *out);

#endif
