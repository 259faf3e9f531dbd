#include "newsd/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

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

enum err
spawn_worker(const struct worker_start *how, pid_t *out)
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
