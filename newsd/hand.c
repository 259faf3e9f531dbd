#include "newsd/hand.h"

#include <stdlib.h>

#include "lib/log.h"

#define EXIT_RETRY 75

void
hand_finish(struct hand *h, int code)
{
	if (h->over)
		return;
	h->code = code;
	if (sticks_busy(h->sticks, h->friend))
		return; /* the folder's result is waited for, too */
	h->over = true;
	h->done(h->arg, code);
}

void
hand_exchange_ended(struct hand *h, int code)
{
	/* else another carrier may do better */
	h->ending = code == 0 || code == EXIT_SPENT;
	h->code = h->ending ? 0 : code;
	spawned_tell(h->worker, CONTROL_ENDED, (uint8_t)code, 0, 0, -1);
	/* it writes down what was used of a budget first */
	if (h->ending)
		spawned_tell(h->worker, CONTROL_END, 0, CONTROL_ALL, 0, -1);
}

bool
hand_worker_ended(struct hand *h)
{
	hand_finish(h, h->ending ? 0 : 1);
	return h->ending;
}

void
hand_stick_ended(struct hand *h, int code, bool dialled)
{
	if (h->code >= 0 || !dialled)
		hand_finish(h, h->code >= 0 ? h->code : code);
}

static void
gave_up(struct hand *h)
{
	bool failed = h->code > 0 && h->code != EXIT_RETRY && h->code != EXIT_SILENT;

	/* who waits for us reads the last line */
	if (trouble_told(h->trouble) && h->said.len > 0)
		log_at(LOG_INFO, "call failed friend=%s error=\"%s: %.*s\"", h->friend,
		    trouble_text(h->trouble), (int)h->said.len, (const char *)h->said.p);
	/* reached and failed, or not reached at all */
	hand_finish(h, failed ? 1 : EXIT_RETRY);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	gave_up(arg);
}

void
hand_line_said(struct hand *h, struct view words)
{
	buf_reset(&h->said);
	buf_addv(&h->said, words);
}

void
hand_command_ended(struct hand *h, struct view words)
{
	buf_reset(&h->said);
	buf_addv(&h->said, words);
	if (h->lingering)
		gave_up(h);
}

void
hand_gave_up(struct hand *h)
{
	static const struct timeval patience = { 1, 0 };

	if (h->trouble != TROUBLE_MUTE ||
	    !jobs_running(h->jobs, JOB_COMMAND, h->friend)) {
		gave_up(h);
		return;
	}
	/* its end says why, if it ends */
	h->lingering = true;
	jobs_end(h->jobs, JOB_COMMAND, h->friend);
	event_add(h->patience, &patience);
}

struct hand *
hand_new(struct event_base *base, const char *friend, struct jobs *jobs,
    struct sticks *sticks, struct spawned *worker, void (*done)(void *, int code),
    void *arg)
{
	struct hand *h = calloc(1, sizeof *h);

	if (h == NULL || (h->patience = evtimer_new(base, on_patience, h)) == NULL) {
		free(h);
		return NULL;
	}
	h->friend = friend;
	h->jobs = jobs;
	h->sticks = sticks;
	h->worker = worker;
	h->done = done;
	h->arg = arg;
	h->code = -1;
	buf_init(&h->said, JOBS_WORDS_MAX);
	return h;
}

void
hand_free(struct hand *h)
{
	if (h == NULL)
		return;
	event_free(h->patience);
	buf_release(&h->said);
	free(h);
}
