#include "lib/schedule.h"

#include "lib/text.h"

#define DAY_MINUTES 1440

static enum err
parse_call(struct schedule *s, struct view v, const char **why)
{
	struct view word = { 0 };
	int64_t seconds;
	enum err e;

	*why = "write on-arrival, every DURATION, or cron and five fields";
	if (!text_word(&v, &word))
		return ERR_SYNTAX;
	v = text_trim(v);
	if (view_eqs(word, "on-arrival")) {
		*why = "nothing follows on-arrival";
		if (v.len > 0)
			return ERR_SYNTAX;
		s->on_arrival = true;
		return ERR_OK;
	}
	if (view_eqs(word, "every")) {
		*why = "write it as every 15m; at least 10s";
		if (text_duration(v, &seconds) != ERR_OK || seconds < EVERY_MIN)
			return ERR_SYNTAX;
		if (s->every == 0 || seconds < s->every)
			s->every = seconds;
		return ERR_OK;
	}
	if (!view_eqs(word, "cron"))
		return ERR_SYNTAX;
	if (s->n_crons == SCHEDULE_CRONS) {
		*why = "there are too many of them";
		return ERR_TOOBIG;
	}
	if ((e = cron_parse(v, &s->crons[s->n_crons], why)) == ERR_OK)
		s->n_crons++;
	return e;
}

/* HH:MM */
static bool
parse_minute(struct view v, uint16_t *out)
{
	uint64_t h, m;

	if (v.len != 5 || v.p[2] != ':' ||
	    text_num(view_slice(v, 0, 2), 0, 24, &h) != ERR_OK ||
	    text_num(view_slice(v, 3, 2), 0, 59, &m) != ERR_OK ||
	    h * 60 + m > DAY_MINUTES)
		return false;
	*out = (uint16_t)(h * 60 + m);
	return true;
}

static enum err
parse_window(struct schedule *s, struct view v, const char **why)
{
	struct window w;

	*why = "write it as window 01:00-05:30";
	if (v.len != 11 || v.p[5] != '-' || !parse_minute(view_slice(v, 0, 5), &w.from) ||
	    !parse_minute(view_slice(v, 6, 5), &w.to) || w.from == w.to ||
	    w.from == DAY_MINUTES)
		return ERR_SYNTAX;
	if (s->n_windows == SCHEDULE_WINDOWS) {
		*why = "there are too many of them";
		return ERR_TOOBIG;
	}
	s->windows[s->n_windows++] = w;
	return ERR_OK;
}

/* A small letter at the end is a unit of time, all else a size. */
static enum err
parse_budget(struct schedule *s, struct view v, const char **why)
{
	uint64_t bytes;
	int64_t seconds;
	int last = v.len > 0 ? v.p[v.len - 1] : 0;

	*why = "write a size a day, such as budget 20M, or a time, such as budget 10m";
	if (last >= 'a' && last <= 'z') {
		if (text_duration(v, &seconds) != ERR_OK || seconds == 0)
			return ERR_SYNTAX;
		s->budget_seconds = seconds;
		return ERR_OK;
	}
	if (text_size(v, &bytes) != ERR_OK || bytes == 0)
		return ERR_SYNTAX;
	s->budget_bytes = bytes;
	return ERR_OK;
}

enum err
schedule_line(struct schedule *s, struct view key, struct view value, const char **why)
{
	static const struct {
		const char *key;
		enum err (*parse)(struct schedule *, struct view, const char **);
	} lines[] = {
		{ "call", parse_call },
		{ "window", parse_window },
		{ "budget", parse_budget },
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (view_eqs(key, lines[i].key))
			return lines[i].parse(s, value, why);
	return ERR_NOTFOUND;
}

static bool
in_window(const struct window *w, unsigned minute)
{
	if (w->from < w->to)
		return minute >= w->from && minute < w->to;
	return minute >= w->from || minute < w->to;
}

static bool
open_at(const struct schedule *s, unsigned minute)
{
	for (unsigned i = 0; i < s->n_windows; i++)
		if (in_window(&s->windows[i], minute))
			return true;
	return s->n_windows == 0;
}

/* The first moment from t on when the windows are open (or shut), by minutes, for two
 * days: a clock change can leave a window out once. */
static int64_t
until_open(const struct schedule *s, cron_local_fn *local, int64_t t, bool open)
{
	struct tm tm;

	for (unsigned i = 0; i <= 2 * DAY_MINUTES; i++) {
		local(t, &tm);
		if (open_at(s, (unsigned)(tm.tm_hour * 60 + tm.tm_min)) == open)
			return t;
		t += 60 - tm.tm_sec % 60;
	}
	return SCHEDULE_NEVER;
}

bool
schedule_open(const struct schedule *s, cron_local_fn *local, int64_t now, int64_t *until)
{
	*until = SCHEDULE_NEVER;
	if (s->n_windows == 0)
		return true;
	if (until_open(s, local, now, true) != now)
		return false;
	*until = until_open(s, local, now, false);
	return true;
}

int64_t
schedule_day(cron_local_fn *local, int64_t now)
{
	struct tm tm;

	local(now, &tm);
	return tm.tm_year * 366ll + tm.tm_yday;
}

bool
schedule_spent(const struct schedule *s, const struct schedule_past *p, int64_t day)
{
	if (p->day != day)
		return false;
	return (s->budget_bytes > 0 && p->bytes >= s->budget_bytes) ||
	    (s->budget_seconds > 0 && p->seconds >= s->budget_seconds);
}

int64_t
schedule_retry(int64_t first, unsigned failures, uint32_t random)
{
	int64_t wait = first;

	if (failures == 0)
		return 0;
	while (--failures > 0 && wait < RETRY_LAST)
		wait *= 2;
	if (wait > RETRY_LAST)
		wait = RETRY_LAST;
	return wait / 2 + (int64_t)((uint64_t)random * (uint64_t)(wait - wait / 2) >> 32);
}

/* By the lines alone, as if every call succeeded. */
static int64_t
by_lines(const struct schedule *s, const struct schedule_past *p, cron_local_fn *local,
    int64_t now, bool dialled)
{
	int64_t next = SCHEDULE_NEVER, last, t;

	if (s->on_arrival && dialled)
		return now;
	if (s->every > 0) {
		last = p->begun > p->heard ? p->begun : p->heard;
		/* a clock that was set back must not silence us for years */
		next = last > now ? now + s->every : last + s->every;
	}
	for (unsigned i = 0; i < s->n_crons; i++) {
		t = cron_next(&s->crons[i], local, p->begun > now ? now : p->begun);
		/* what was missed while nothing ran is not caught up */
		if (p->begun == 0 || t < now - 60)
			t = cron_next(&s->crons[i], local, now - 60);
		next = t < next ? t : next;
	}
	return next;
}

static int64_t
next_day(cron_local_fn *local, int64_t now)
{
	int64_t t = now, day = schedule_day(local, now);

	while (schedule_day(local, t) == day)
		t += 900 - t % 900; /* zones differ by quarters of an hour */
	return t;
}

int64_t
schedule_next(const struct schedule *s, const struct schedule_past *p,
    cron_local_fn *local, int64_t now, uint32_t random, bool dialled)
{
	int64_t t = by_lines(s, p, local, now, dialled);

	if (t == SCHEDULE_NEVER)
		return t;
	if (p->failures > 0) {
		/* the call that failed is still owed */
		t = p->failed +
		    schedule_retry(
			p->broken ? RETRY_BROKEN : RETRY_FIRST, p->failures, random);
		if (t > now + RETRY_LAST)
			t = now + RETRY_LAST;
	}
	if (t < now)
		t = now;
	if (schedule_spent(s, p, schedule_day(local, now)) && t < next_day(local, now))
		t = next_day(local, now);
	return until_open(s, local, t, true);
}
