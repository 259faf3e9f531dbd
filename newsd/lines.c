#include "newsd/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/program.h"
#include "lib/text.h"
#include "newsd/control.h"
#include "newsd/supervise.h"

#define SAID_MAX 512
#define EXEC_FAILED 127

struct job {
	TAILQ_ENTRY(job) all;
	struct lines *ls;
	char friend[NAME_MAX_LEN + 1]; /* "": it answers */
	char *spec;
	pid_t pid; /* 0: not running */
	int control, said;
	struct event *heard, *words;
	struct event *again; /* answering: to start it after it died */
	int64_t started;
	int backoff;
	bool up;  /* of ours: the call stood */
	bool old; /* nobody is to hear of it */
	ino_t stream;
	uint32_t speed;
};

TAILQ_HEAD(job_list, job);

struct lines {
	struct event_base *base;
	const struct node *node;
	struct lines_calls calls;
	struct job_list list;
	struct buf chat; /* of node.conf, for those that answer */
};

static void start_again(struct job *);

/* ---- one process ---------------------------------------------------------------------- */

static void
close_ends(struct job *j)
{
	if (j->heard != NULL)
		event_free(j->heard);
	if (j->words != NULL)
		event_free(j->words);
	if (j->control >= 0)
		close(j->control);
	if (j->said >= 0)
		close(j->said);
	j->heard = j->words = NULL;
	j->control = j->said = -1;
}

static void
forget(struct job *j)
{
	close_ends(j);
	if (j->again != NULL)
		event_free(j->again);
	TAILQ_REMOVE(&j->ls->list, j, all);
	free(j->spec);
	free(j);
}

static void
on_words(evutil_socket_t fd, short what, void *arg)
{
	struct job *j = arg;
	unsigned char piece[SAID_MAX];
	struct view rest, line;
	ssize_t n = read((int)fd, piece, sizeof piece);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		event_del(j->words);
		return;
	}
	rest = (struct view){ piece, (size_t)n };
	while (text_line(&rest, &line)) {
		if (text_trim(line).len == 0)
			continue;
		log_at(LOG_INFO, "line %s%s said=%s",
		    j->friend[0] != '\0' ? "friend=" : "answering", j->friend,
		    quoted(line));
		if (!j->old)
			j->ls->calls.said(j->ls->calls.arg, j->friend, line);
	}
}

static void
on_control(evutil_socket_t sock, short what, void *arg)
{
	struct job *j = arg;
	struct control c;
	struct stat st;
	int fd = -1;
	enum err e;

	(void)what;
	if ((e = control_receive((int)sock, &c, &fd)) == ERR_MORE)
		return;
	if (e != ERR_OK || c.kind != CONTROL_LINE_UP || fd < 0 || fstat(fd, &st) != 0 ||
	    j->old || (j->friend[0] != '\0' && j->up)) {
		if (fd >= 0)
			close(fd);
		if (e != ERR_OK)
			event_del(j->heard);
		return;
	}
	j->up = true;
	j->stream = st.st_ino;
	j->speed = c.value;
	j->ls->calls.up(j->ls->calls.arg, j->friend, fd);
}

/* In the child. */
static _Noreturn void
become(struct program *p, int control, int words)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &normal, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(control, STDIN_FILENO) < 0 || dup2(words, STDOUT_FILENO) < 0 ||
	    dup2(words, STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	program_exec(p);
	_exit(EXEC_FAILED);
}

static enum err
listen_to(struct job *j, int control, int words)
{
	struct event_base *base = j->ls->base;

	j->control = control;
	j->said = words;
	j->heard = event_new(base, control, EV_READ | EV_PERSIST, on_control, j);
	j->words = event_new(base, words, EV_READ | EV_PERSIST, on_words, j);
	if (j->heard == NULL || j->words == NULL || event_add(j->heard, NULL) != 0 ||
	    event_add(j->words, NULL) != 0 || fcntl(words, F_SETFL, O_NONBLOCK) != 0)
		return ERR_NOMEM;
	return ERR_OK;
}

static enum err
start(struct job *j)
{
	int control[2] = { -1, -1 }, words[2] = { -1, -1 };
	struct program p;
	enum err e;

	j->started = clock_ms();
	j->up = false;
	if ((e = program_init(&p, "newsd")) != ERR_OK)
		goto out;
	program_arg(&p, "-C");
	program_arg(&p, j->ls->node->dir);
	program_arg(&p, "--line");
	program_arg(&p, j->spec);
	program_arg(&p, j->friend[0] != '\0' ? "--friend" : "--answer");
	if (j->friend[0] != '\0')
		program_arg(&p, j->friend);
	e = ERR_IO;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 ||
	    pipe2(words, O_CLOEXEC) != 0)
		goto out;
	if ((e = listen_to(j, control[0], words[0])) != ERR_OK)
		goto out;
	if ((j->pid = fork()) == 0)
		become(&p, control[1], words[1]);
	e = j->pid > 0 ? ERR_OK : ERR_IO;
out:
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "line %s cannot start: %s", j->spec, err_text(e));
		j->pid = 0;
		close_ends(j);
	}
	if (control[1] >= 0)
		close(control[1]);
	if (words[1] >= 0)
		close(words[1]);
	program_release(&p);
	return e;
}

static struct job *
add(struct lines *ls, const char *friend, const char *spec)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL)
		return NULL;
	if ((j->spec = strdup(spec)) == NULL) {
		free(j);
		return NULL;
	}
	j->ls = ls;
	j->control = j->said = -1;
	memcpy(j->friend, friend, strlen(friend) + 1);
	TAILQ_INSERT_TAIL(&ls->list, j, all);
	return j;
}

/* ---- answering ------------------------------------------------------------------------ */

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	start_again(arg);
}

static void
arm_again(struct job *j)
{
	struct timeval tv;

	if (clock_ms() - j->started >= BACKOFF_FORGET_MS)
		j->backoff = 0;
	j->backoff = j->backoff == 0 ? 10 * BACKOFF_FIRST_MS : 2 * j->backoff;
	if (j->backoff > BACKOFF_LAST_MS)
		j->backoff = BACKOFF_LAST_MS;
	tv = (struct timeval){ j->backoff / 1000, j->backoff % 1000 * 1000 };
	if (j->again == NULL)
		j->again = evtimer_new(j->ls->base, on_again, j);
	if (j->again != NULL)
		event_add(j->again, &tv);
}

static void
start_again(struct job *j)
{
	if (start(j) != ERR_OK)
		arm_again(j);
}

static bool
named(const struct job *j, char *const *specs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(j->spec, specs[i]) == 0)
			return true;
	return false;
}

static void
end(struct job *j)
{
	j->old = true;
	if (j->pid > 0)
		kill(j->pid, SIGTERM);
	else
		forget(j);
}

void
lines_listen(struct lines *ls, char *const *specs, size_t n, struct view chat)
{
	bool other = !view_eq(chat, buf_view(&ls->chat));
	struct job *j, *next;

	buf_reset(&ls->chat);
	buf_addv(&ls->chat, chat);

	for (j = TAILQ_FIRST(&ls->list); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		if (j->friend[0] == '\0' && !j->old && (other || !named(j, specs, n)))
			end(j);
	}
	for (size_t i = 0; i < n; i++) {
		bool there = false;

		TAILQ_FOREACH(j, &ls->list, all)
		there = there ||
		    (j->friend[0] == '\0' && !j->old && strcmp(j->spec, specs[i]) == 0);
		if (!there && (j = add(ls, "", specs[i])) != NULL)
			start_again(j);
	}
}

/* ---- calling -------------------------------------------------------------------------- */

enum err
lines_call(struct lines *ls, const char *friend, const char *spec)
{
	struct job *j;
	enum err e;

	TAILQ_FOREACH(j, &ls->list, all)
	if (strcmp(j->friend, friend) == 0 && !j->old) {
		/* one that stands ends by itself, and hangs up as it should */
		j->old = true;
		if (!j->up && j->pid > 0)
			kill(j->pid, SIGTERM);
	}
	if ((j = add(ls, friend, spec)) == NULL)
		return ERR_NOMEM;
	if ((e = start(j)) != ERR_OK)
		forget(j);
	return e;
}

bool
lines_calling(const struct lines *ls, const char *friend)
{
	const struct job *j;

	TAILQ_FOREACH(j, &ls->list, all)
	if (!j->old && strcmp(j->friend, friend) == 0)
		return true;
	return false;
}

uint32_t
lines_speed(const struct lines *ls, int stream)
{
	const struct job *j;
	struct stat st;

	if (fstat(stream, &st) != 0 || !S_ISSOCK(st.st_mode))
		return 0;
	TAILQ_FOREACH(j, &ls->list, all)
	if (j->up && j->stream == st.st_ino)
		return j->speed != 0 ? j->speed : SPEED_UNKNOWN;
	return 0;
}

/* ---- ends ----------------------------------------------------------------------------- */

/* It ended, and its last words were read. */
static void
ended(struct job *j, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	struct lines *ls = j->ls;
	char friend[NAME_MAX_LEN + 1];
	bool up = j->up, old = j->old;

	memcpy(friend, j->friend, sizeof friend);
	close_ends(j);
	j->pid = 0;
	if (friend[0] == '\0' && !old) {
		arm_again(j);
		return;
	}
	forget(j);
	if (!old)
		ls->calls.ended(ls->calls.arg, friend, up, code);
}

static bool
reap_one(struct lines *ls)
{
	struct job *j;
	int status;

	TAILQ_FOREACH(j, &ls->list, all)
	{
		/* cppcheck-suppress uninitvar; every job on the list has them */
		if (j->pid <= 0 || /* NOLINT: nothing on the list is freed */
		    waitpid(j->pid, &status, WNOHANG) != j->pid)
			continue;
		on_words(j->said, EV_READ, j);
		on_control(j->control, EV_READ, j);
		ended(j, status);
		return true;
	}
	return false;
}

void
lines_reap(struct lines *ls)
{
	while (reap_one(ls))
		;
}

struct lines *
lines_new(
    struct event_base *base, const struct node *node, const struct lines_calls *calls)
{
	struct lines *ls = calloc(1, sizeof *ls);

	if (ls == NULL)
		return NULL;
	ls->base = base;
	ls->node = node;
	ls->calls = *calls;
	TAILQ_INIT(&ls->list);
	buf_init(&ls->chat, CONF_MAX);
	return ls;
}

void
lines_free(struct lines *ls)
{
	struct job *j;

	if (ls == NULL)
		return;
	while ((j = TAILQ_FIRST(&ls->list)) != NULL) {
		/* a call that stands ends with its stream, and hangs up */
		/* NOLINTNEXTLINE: what is on the list is not freed */
		if (j->pid > 0 && (j->friend[0] == '\0' || !j->up))
			kill(j->pid, SIGTERM); /* NOLINT */
		forget(j);
	}
	buf_wipe(&ls->chat);
	free(ls);
}
