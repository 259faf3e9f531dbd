#include "newsd/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"

#define PIECE 4096

enum phase {
	PHASE_RUNNING,
	PHASE_WAITING, /* dead, to be started again */
	PHASE_ENDING,  /* told to end */
	PHASE_GONE
};

struct supervise {
	struct event_base *base;
	const struct node *node;
	const char *name;
	supervise_done_fn *done;
	void *arg;
	enum phase phase;
	pid_t pid;
	bool spoke; /* said something since newsd began: it can serve */
	int64_t started;
	int backoff;
	int out;                    /* reading end of its stdout */
	struct event *said, *timer; /* its stdout; back-off, or patience at the end */
};

static void
set_phase(struct supervise *s, enum phase to)
{
	static const char *const names[] = { "running", "waiting", "ending", "gone" };

	log_at(LOG_DEBUG, "supervise program=%s %s -> %s", s->name, names[s->phase],
	    names[to]);
	s->phase = to;
}

static void
close_out(struct supervise *s)
{
	if (s->said != NULL)
		event_free(s->said);
	s->said = NULL;
	if (s->out >= 0)
		close(s->out);
	s->out = -1;
}

/* What it says is for whoever started us; nothing of it is looked at. */
static void
on_said(evutil_socket_t fd, short what, void *arg)
{
	struct supervise *s = arg;
	unsigned char piece[PIECE];
	ssize_t n = read((int)fd, piece, sizeof piece);

	(void)what;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close_out(s);
		return;
	}
	s->spoke = true;
	/* nobody has to listen: a closed stdout is no reason to stop serving */
	if (fs_write_all(STDOUT_FILENO, (struct view){ piece, (size_t)n }) != ERR_OK)
		log_at(LOG_DEBUG, "stdout is closed");
}

static void
arm(struct supervise *s, int ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	event_add(s->timer, &tv);
}

static enum err
start(struct supervise *s)
{
	struct program_start how = { -1, -1, true };
	struct program p;
	int fd[2] = { -1, -1 };
	enum err e;

	if ((e = program_init(&p, s->name)) != ERR_OK)
		goto out;
	program_arg(&p, "-C");
	program_arg(&p, s->node->dir);
	if (pipe2(fd, O_CLOEXEC) != 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK) != 0) {
		e = ERR_IO;
		goto out;
	}
	how.out = fd[1];
	if ((s->said = event_new(s->base, fd[0], EV_READ | EV_PERSIST, on_said, s)) ==
		NULL ||
	    event_add(s->said, NULL) != 0) {
		e = ERR_NOMEM;
		goto out;
	}
	s->out = fd[0];
	fd[0] = -1;
	if ((e = program_start(&p, &how, &s->pid)) != ERR_OK)
		goto out;
	s->started = clock_ms();
	set_phase(s, PHASE_RUNNING);
out:
	if (e != ERR_OK)
		close_out(s);
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	program_release(&p);
	return e;
}

static void
finish(struct supervise *s, int code)
{
	event_del(s->timer);
	if (s->out >= 0)
		on_said(s->out, EV_READ, s);
	close_out(s);
	set_phase(s, PHASE_GONE);
	s->done(s->arg, code);
}

/* The patience of the next start. */
static void
wait_and_start(struct supervise *s)
{
	if (clock_ms() - s->started >= BACKOFF_FORGET_MS)
		s->backoff = 0;
	s->backoff = s->backoff == 0 ? BACKOFF_FIRST_MS : 2 * s->backoff;
	if (s->backoff > BACKOFF_LAST_MS)
		s->backoff = BACKOFF_LAST_MS;
	set_phase(s, PHASE_WAITING);
	arm(s, s->backoff);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct supervise *s = arg;
	enum err e;

	(void)fd;
	(void)what;
	if (s->phase == PHASE_ENDING) {
		log_at(LOG_WARN, "program=%s does not end: killed", s->name);
		kill(s->pid, SIGKILL);
	} else if (s->phase == PHASE_WAITING && (e = start(s)) != ERR_OK) {
		log_at(LOG_ERROR, "program=%s cannot start: %s", s->name, err_text(e));
		wait_and_start(s);
	}
}

static void
died(struct supervise *s, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;

	if (s->out >= 0) /* its last words */
		on_said(s->out, EV_READ, s);
	if (s->phase == PHASE_ENDING) {
		finish(s, 0);
		return;
	}
	close_out(s);
	/* it said itself why it cannot serve; doing it again would say the same */
	if (!s->spoke && WIFEXITED(status)) {
		finish(s, code != 0 ? code : 1);
		return;
	}
	if (WIFSIGNALED(status))
		log_at(
		    LOG_ERROR, "program=%s died of signal %d", s->name, WTERMSIG(status));
	else
		log_at(LOG_ERROR, "program=%s ended with code %d", s->name, code);
	wait_and_start(s);
	log_at(LOG_INFO, "program=%s is started again in %d ms", s->name, s->backoff);
}

void
supervise_reap(struct supervise *s)
{
	int status;

	if ((s->phase == PHASE_RUNNING || s->phase == PHASE_ENDING) &&
	    waitpid(s->pid, &status, WNOHANG) == s->pid)
		died(s, status);
}

void
supervise_end(struct supervise *s)
{
	if (s->phase == PHASE_WAITING) {
		finish(s, 0);
	} else if (s->phase == PHASE_RUNNING) {
		set_phase(s, PHASE_ENDING);
		kill(s->pid, SIGTERM);
		arm(s, END_MS);
	}
}

enum err
supervise_new(struct event_base *base, const struct node *node, const char *name,
    supervise_done_fn *done, void *arg, struct supervise **out)
{
	struct supervise *s = calloc(1, sizeof *s);
	enum err e = ERR_NOMEM;

	if (s == NULL)
		return ERR_NOMEM;
	s->base = base;
	s->node = node;
	s->name = name;
	s->done = done;
	s->arg = arg;
	s->out = -1;
	if ((s->timer = evtimer_new(base, on_timer, s)) != NULL)
		e = start(s);
	if (e != ERR_OK)
		supervise_free(s);
	else
		*out = s;
	return e;
}

void
supervise_free(struct supervise *s)
{
	if (s == NULL)
		return;
	close_out(s);
	if (s->timer != NULL)
		event_free(s->timer);
	free(s);
}
