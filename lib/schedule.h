/* When to call a friend: pure arithmetic over the lines of the friend's file, what
 * happened so far, and a clock and a random number that are handed in. */
#ifndef LIB_SCHEDULE_H
#define LIB_SCHEDULE_H

#include "lib/cron.h"

#define SCHEDULE_CRONS 8
#define SCHEDULE_WINDOWS 16
#define SCHEDULE_NEVER CRON_NEVER

#define EVERY_MIN 10   /* seconds: below, a standing link is cheaper */
#define RETRY_FIRST 10 /* nobody was reached */
#define RETRY_BROKEN 2 /* a link came up, and broke: who is there is back at once */
#define RETRY_LAST 3600

struct window {
	uint16_t from, to; /* minutes of the local day; to < from: over midnight */
};

struct schedule {
	bool on_arrival;
	int64_t every; /* 0: none */
	struct cron crons[SCHEDULE_CRONS];
	struct window windows[SCHEDULE_WINDOWS];
	unsigned n_crons, n_windows;
	uint64_t budget_bytes;  /* a day; 0: none */
	int64_t budget_seconds; /* a day; 0: none */
};

struct schedule_past {
	int64_t begun;     /* our last call; 0: never */
	int64_t heard;     /* the last exchange that ended well; 0: never */
	int64_t failed;    /* the last failure that no success followed; 0: none */
	unsigned failures; /* in a row */
	bool broken;       /* the last of them: a link came up, and broke */
	int64_t day;       /* what was used belongs to this day (schedule_day) */
	uint64_t bytes;
	int64_t seconds;
};

/* Takes a `call`, `window` or `budget` line. ERR_NOTFOUND: another key. ERR_SYNTAX with
 * *why. ERR_TOOBIG: more of them than there is room for. */
enum err schedule_line(
    struct schedule *, struct view key, struct view value, const char **why);

/* When the next call is due, `now` or earlier: at once. There is no link now; a standing
 * one counts only where something can be dialled. */
int64_t schedule_next(const struct schedule *, const struct schedule_past *,
    cron_local_fn *, int64_t now, uint32_t random, bool dialled);
/* The wait after so many failures in a row: doubling from `first` to an hour, half of it
 * random. */
int64_t schedule_retry(int64_t first, unsigned failures, uint32_t random);
/* Whether calls by schedule are allowed now, and until when (SCHEDULE_NEVER: for good). */
bool schedule_open(const struct schedule *, cron_local_fn *, int64_t now, int64_t *until);
/* Number of the local day. */
int64_t schedule_day(cron_local_fn *, int64_t now);
bool schedule_spent(const struct schedule *, const struct schedule_past *, int64_t day);

#endif
