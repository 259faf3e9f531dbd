/* Five fields of crontab(5): minute, hour, day of the month, month, day of the week. */
#ifndef LIB_CRON_H
#define LIB_CRON_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/buf.h"

struct cron {
	uint64_t minutes; /* bit n: minute n; the others alike */
	uint32_t hours, days, months, weekdays;
	bool any_day, any_weekday; /* the field begins with *: then both must fit */
};

/* Local time of a moment: localtime_r, or a test's. */
typedef void cron_local_fn(int64_t t, struct tm *out);

#define CRON_NEVER INT64_MAX

/* ERR_SYNTAX with *why. Numbers, lists, ranges, steps and * only; 0 and 7 are Sunday. */
enum err cron_parse(struct view, struct cron *out, const char **why);
/* The first matching minute after `after`; CRON_NEVER when none comes in nine years. A
 * local time that a clock change leaves out is left out here, one that comes twice comes
 * twice. */
int64_t cron_next(const struct cron *, cron_local_fn *, int64_t after);

#endif
