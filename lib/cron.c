#include "lib/cron.h"

#include "lib/text.h"

#define HORIZON                                                                          \
	(9ll * 366 * 86400) /* from one 29 February to the next at worst: 8 years */

static const struct field {
	const char *why;
	unsigned min, max;
} fields[] = {
	{ "a minute is 0 to 59", 0, 59 },
	{ "an hour is 0 to 23", 0, 23 },
	{ "a day is 1 to 31", 1, 31 },
	{ "a month is 1 to 12", 1, 12 },
	{ "a weekday is 0 to 7", 0, 7 },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* N, N-M, *, and /STEP behind the last two. */
static enum err
parse_part(struct view v, const struct field *f, uint64_t *bits)
{
	size_t slash = view_chr(v, '/'), dash;
	struct view range = view_slice(v, 0, slash);
	uint64_t from = f->min, to = f->max, step = 1;

	if (slash < v.len &&
	    text_num(view_slice(v, slash + 1, v.len), 1, f->max, &step) != ERR_OK)
		return ERR_SYNTAX;
	dash = view_chr(range, '-');
	if (!view_eqs(range, "*")) {
		if (text_num(view_slice(range, 0, dash), f->min, f->max, &from) != ERR_OK)
			return ERR_SYNTAX;
		to = from;
		if (dash < range.len &&
		    text_num(view_slice(range, dash + 1, range.len), from, f->max, &to) !=
			ERR_OK)
			return ERR_SYNTAX;
		if (dash == range.len && slash < v.len)
			return ERR_SYNTAX;
	}
	for (uint64_t i = from; i <= to; i += step)
		*bits |= 1ull << i;
	return ERR_OK;
}

static enum err
parse_field(struct view v, const struct field *f, uint64_t *out)
{
	uint64_t bits = 0;
	size_t comma;

	do {
		comma = view_chr(v, ',');
		if (parse_part(view_slice(v, 0, comma), f, &bits) != ERR_OK)
			return ERR_SYNTAX;
		if (comma + 1 == v.len)
			return ERR_SYNTAX;
		v = view_slice(v, comma + 1, v.len);
	} while (v.len > 0);
	*out = bits;
	return ERR_OK;
}

enum err
cron_parse(struct view v, struct cron *out, const char **why)
{
	static const unsigned longest[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	uint64_t bits[FIELDS];
	bool star[FIELDS], possible = false;
	struct view word;
	struct cron c;

	for (unsigned i = 0; i < FIELDS; i++) {
		*why = "five fields are needed: minute hour day month weekday";
		if (!text_word(&v, &word))
			return ERR_SYNTAX;
		*why = fields[i].why;
		star[i] = word.p[0] == '*';
		if (parse_field(word, &fields[i], &bits[i]) != ERR_OK)
			return ERR_SYNTAX;
	}
	*why = "five fields are needed: minute hour day month weekday";
	if (text_trim(v).len > 0)
		return ERR_SYNTAX;
	c = (struct cron){ bits[0], (uint32_t)bits[1], (uint32_t)bits[2],
		(uint32_t)bits[3], (uint32_t)(bits[4] | bits[4] >> 7) & 0x7f, star[2],
		star[4] };
	for (unsigned m = 1; m <= 12; m++)
		if (c.months >> m & 1 && c.days & ((2ull << longest[m - 1]) - 2))
			possible = true;
	if (!possible && (c.any_weekday || c.any_day)) {
		*why = "that day never comes";
		return ERR_SYNTAX;
	}
	*out = c;
	return ERR_OK;
}

static bool
day_fits(const struct cron *c, const struct tm *t)
{
	bool day = c->days >> t->tm_mday & 1, weekday = c->weekdays >> t->tm_wday & 1;

	if ((c->months >> (t->tm_mon + 1) & 1) == 0)
		return false;
	/* crontab(5): of two that say something, either is enough */
	return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

int64_t
cron_next(const struct cron *c, cron_local_fn *local, int64_t after)
{
	int64_t t = after - after % 60 + 60, end = after + HORIZON;
	struct tm tm;

	while (t < end) {
		int64_t hour;

		local(t, &tm);
		hour = 3600 - (tm.tm_min * 60 + tm.tm_sec);
		if (!day_fits(c, &tm)) {
			/* clocks change by an hour or two, in the night: no jump over it */
			t += hour + (tm.tm_hour < 20 ? 3600 * (20 - tm.tm_hour) : 0);
		} else if ((c->hours >> tm.tm_hour & 1) == 0) {
			t += hour;
		} else if ((c->minutes >> tm.tm_min & 1) == 0) {
			t += 60 - tm.tm_sec;
		} else {
			return t - tm.tm_sec > after ? t - tm.tm_sec : t;
		}
	}
	return CRON_NEVER;
}
