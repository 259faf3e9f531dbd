#include "lib/clock.h"

#include <stdlib.h>
#include <time.h>

#include "lib/text.h"

/* $HEARSAY_CLOCK in seconds; 0 when absent or malformed. */
static int64_t
offset(void)
{
	const char *text = getenv("HEARSAY_CLOCK");
	struct view v;
	uint64_t n;

	if (text == NULL || (text[0] != '+' && text[0] != '-'))
		return 0;
	v = view_str(text + 1);
	if (text_num(v, 0, 1ull << 40, &n) != ERR_OK)
		return 0;
	return text[0] == '-' ? -(int64_t)n : (int64_t)n;
}

int64_t
clock_now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec + offset();
}

int64_t
clock_ms(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
