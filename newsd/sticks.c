#include "newsd/sticks.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"

#define AGAIN_MS 1000 /* while another of the friend's folders has its turn */

struct stick {
	char friend[NAME_MAX_LEN + 1];
	char *path;
	int64_t last_ms; /* when the last one began; 0: never */
	bool due;
};

struct sticks {
	struct jobs *jobs;
	struct event *timer;
	struct stick *all;
	size_t n;
};

static struct stick *
find(struct sticks *s, const char *friend, const char *path)
{
	struct stick *more;
	char *copy;

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->all[i].friend, friend) == 0 &&
		    strcmp(s->all[i].path, path) == 0)
			return &s->all[i];
	if ((more = reallocarray(s->all, s->n + 1, sizeof *more)) == NULL)
		return NULL;
	s->all = more;
	if ((copy = strdup(path)) == NULL)
		return NULL;
	more += s->n++;
	*more = (struct stick){ .path = copy };
	memcpy(more->friend, friend, strlen(friend) + 1);
	return more;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sticks *s = arg;
	int64_t now = clock_ms(), wait, least = INT64_MAX;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < s->n; i++) {
		struct stick *one = &s->all[i];

		if (!one->due)
			continue;
		wait = one->last_ms == 0 ? 0 : one->last_ms + STICKS_GAP_MS - now;
		if (wait <= 0 && !jobs_running(s->jobs, JOB_STICK, one->friend)) {
			one->due = false;
			one->last_ms = now;
			jobs_stick(s->jobs, one->friend, one->path);
			continue;
		}
		wait = wait > AGAIN_MS ? wait : AGAIN_MS;
		least = wait < least ? wait : least;
	}
	if (least < INT64_MAX) {
		struct timeval tv = { least / 1000, (least % 1000) * 1000 };

		event_add(s->timer, &tv);
	}
}

void
sticks_due(struct sticks *s, const char *friend, const char *path)
{
	struct stick *one = find(s, friend, path);

	if (one != NULL) {
		one->due = true;
		on_timer(-1, 0, s);
	}
}

struct sticks *
sticks_new(struct event_base *base, struct jobs *jobs)
{
	struct sticks *s = calloc(1, sizeof *s);

	if (s == NULL || (s->timer = evtimer_new(base, on_timer, s)) == NULL) {
		free(s);
		return NULL;
	}
	s->jobs = jobs;
	return s;
}

void
sticks_free(struct sticks *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].path);
	free(s->all);
	event_free(s->timer);
	free(s);
}

bool
sticks_busy(const struct sticks *s, const char *friend)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].due && strcmp(s->all[i].friend, friend) == 0)
			return true;
	return jobs_running(s->jobs, JOB_STICK, friend);
}
