/* links: newsd */
#include <assert.h>
#include <stddef.h>

#include "lib/text.h"
#include "lib/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
local(int64_t t, struct tm *out)
{
	time_t clock = (time_t)t;

	gmtime_r(&clock, out);
}

/* Lines of a schedule: the next call is never in the past, and within the windows. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size }, line, key;
	struct schedule s = { 0 };
	struct schedule_past past = { .begun = 1795300000,
		.failures = (unsigned)(size % 5),
		.failed = 1795300010 };
	int64_t now = 1795305600, next, until;
	struct cron c;
	const char *why;

	if (cron_parse(v, &c, &why) == ERR_OK) {
		next = cron_next(&c, local, now);
		assert(next > now && next % 60 == 0);
	}
	while (text_line(&v, &line))
		if (text_word(&line, &key))
			(void)schedule_line(&s, key, text_trim(line), &why);
	next = schedule_next(&s, &past, local, now, 1u << 31, true);
	assert(next >= now);
	assert(next == SCHEDULE_NEVER || schedule_open(&s, local, next, &until));
	return 0;
}
