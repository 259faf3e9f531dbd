/* Dates of articles (RFC 5322 3.3 with its obsolete forms and what old Usenet wrote). */
#ifndef LIB_DATE_H
#define LIB_DATE_H

#include <stdint.h>

#include "lib/buf.h"

/* "Mon, 01 Jun 2026 12:00:00 +0200", "1 Jun 92 12:00 GMT" ... No zone, a military letter
 * and an unknown zone's name are UTC (RFC 5322 4.3); the day of the week is not checked.
 * ERR_SYNTAX: cannot be read, or not in the years 1970..9999. */
enum err date_parse(struct view, int64_t *out);
/* "Mon, 01 Jun 2026 10:00:00 +0000". Outside the years 1970..9999 the buf fails with
 * ERR_SYNTAX, here and in date_compact. */
void date_rfc5322(struct buf *, int64_t);
/* "20260601100000": DATE of RFC 3977 7.1 */
void date_compact(struct buf *, int64_t);
/* NEWNEWS and NEWGROUPS arguments: [yy]yymmdd hhmmss (RFC 3977 7.3.2: a year of two
 * digits is of this century up to the current year, of the one before above it). What
 * lies before 1970 is 0. */
enum err date_nntp(struct view day, struct view clock, int64_t now, int64_t *out);
/* Broken-down UTC without localtime(): any i64 in years 1970..9999, else ERR_SYNTAX. */
struct date_parts {
	int year, month, day, hour, minute, second,
	    weekday; /* month 1-12, weekday 0 = Sunday */
};
enum err date_split(int64_t, struct date_parts *out);

#endif
