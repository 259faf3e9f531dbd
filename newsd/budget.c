#include "newsd/budget.h"

#include "lib/clock.h"
#include "newsd/call.h"
#include "newsd/count.h"

void
budget_left(const struct friend *f, struct budget *out)
{
	const struct schedule *s = &f->schedule;
	struct schedule_past past = { 0 };

	*out = (struct budget){ s->budget_bytes, s->budget_seconds };
	if (f->count < 0 || count_load(f->count, &past) != ERR_OK ||
	    past.day != schedule_day(call_local, clock_now()))
		return;
	if (out->bytes > 0)
		out->bytes = past.bytes < out->bytes ? out->bytes - past.bytes : 1;
	if (out->seconds > 0)
		out->seconds =
		    past.seconds < out->seconds ? out->seconds - past.seconds : 1;
}
