#include "newsd/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "newsd/supervise.h"

#define KEEP_MAX (FRIENDS_MAX + LISTENERS_MAX + 2)

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
spawn_close_others(int *keep, size_t n)
{
	int from = STDERR_FILENO + 1;

	qsort(keep, n, sizeof *keep, by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < from)
			continue;
		if (keep[i] > from)
			close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		from = keep[i] + 1;
	}
	close_range((unsigned)from, ~0u, 0);
}

/* In the child. The parent's event loop is left alone: it shares its descriptors. */
static _Noreturn void
become(const struct worker_start *how)
{
	int *keep = calloc(KEEP_MAX, sizeof *keep);
	size_t n = 0;

	if (keep == NULL)
		_exit(1);
	keep[n++] = how->control;
	keep[n++] = how->list->seen;
	for (size_t i = 0; i < how->n_listeners; i++)
		keep[n++] = how->listeners[i];
	for (size_t i = 0; i < how->list->n; i++)
		keep[n++] = how->list->friends[i].count;
	spawn_close_others(keep, n);
	free(keep);
	worker_run(how);
}

static enum err
fork_worker(const struct worker_start *how, pid_t *out)
{
	sigset_t all, before;
	pid_t pid;

	/* a signal that reached the child now would be told to the parent's loop */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	if ((pid = fork()) == 0)
		become(how);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return ERR_IO;
	*out = pid;
	return ERR_OK;
}

enum err
spawned_open(
    struct spawned *s, struct event_base *base, event_callback_fn heard, void *arg)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	s->pid = 0;
	s->control = pair[0];
	s->theirs = pair[1];
	s->started = clock_ms();
	s->heard = event_new(base, s->control, EV_READ | EV_PERSIST, heard, arg);
	if (s->heard != NULL && event_add(s->heard, NULL) == 0)
		return ERR_OK;
	close(s->theirs);
	spawned_close(s);
	return ERR_NOMEM;
}

enum err
spawned_start(struct spawned *s, struct worker_start *how)
{
	enum err e;

	how->control = s->theirs;
	e = fork_worker(how, &s->pid);
	close(s->theirs);
	return e;
}

void
spawned_tell(struct spawned *s, uint8_t kind, uint8_t code, uint32_t friend,
    uint32_t value, int fd)
{
	struct control c = { kind, code, friend, value };

	if (s->heard == NULL || control_send(s->control, &c, fd, false) != ERR_BUSY)
		return;
	log_at(LOG_ERROR, "the link worker does not listen: killed");
	if (s->pid > 0)
		kill(s->pid, SIGKILL);
}

bool
spawned_heard(const struct spawned *s)
{
	return event_pending(s->heard, EV_READ, NULL) != 0;
}

void
spawned_close(struct spawned *s)
{
	if (s->heard != NULL)
		event_free(s->heard);
	s->heard = NULL;
	close(s->control);
}

int
spawned_backoff(struct spawned *s)
{
	if (clock_ms() - s->started >= BACKOFF_FORGET_MS)
		s->backoff = 0;
	s->backoff = s->backoff == 0 ? BACKOFF_FIRST_MS : 2 * s->backoff;
	if (s->backoff > BACKOFF_LAST_MS)
		s->backoff = BACKOFF_LAST_MS;
	return s->backoff;
}
