#include "newsd/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/limits.h"
#include "lib/log.h"
#include "lib/program.h"
#include "lib/text.h"

#define WORDS_MAX 256
#define SAID_MAX 512
#define NUMBER_MAX 24
#define LAST_MAX 120
#define EXEC_FAILED 127

struct job {
	TAILQ_ENTRY(job) all;
	enum job_kind kind;
	char friend[NAME_MAX_LEN + 1];
	pid_t pid;
	int said;            /* a command's stderr; -1: none */
	char last[LAST_MAX]; /* the last line of it */
	size_t last_len;
	unsigned char part[SAID_MAX]; /* a line that has not ended yet */
	size_t part_len;
	struct event *ev;
	bool old; /* another took its place */
};

TAILQ_HEAD(job_list, job);

struct jobs {
	struct event_base *base;
	const struct node *node;
	job_done_fn *done;
	void *arg;
	struct job_list list;
};

static void
forget(struct job *j)
{
	if (j->ev != NULL)
		event_free(j->ev);
	if (j->said >= 0)
		close(j->said);
	free(j);
}

static struct job *
add(struct jobs *js, enum job_kind kind, const char *friend)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL)
		return NULL;
	j->kind = kind;
	j->pid = -1;
	j->said = -1;
	memcpy(j->friend, friend, strlen(friend) + 1);
	TAILQ_INSERT_TAIL(&js->list, j, all);
	return j;
}

static struct job *
find(const struct jobs *js, enum job_kind kind, const char *friend)
{
	struct job *j;

	TAILQ_FOREACH(j, &js->list, all)
	if (j->kind == kind && !j->old && strcmp(j->friend, friend) == 0)
		return j;
	return NULL;
}

bool
jobs_running(const struct jobs *js, enum job_kind kind, const char *friend)
{
	return find(js, kind, friend) != NULL;
}

void
jobs_end(struct jobs *js, enum job_kind kind, const char *friend)
{
	struct job *j;

	TAILQ_FOREACH(j, &js->list, all)
	if (j->kind == kind && (friend == NULL || strcmp(j->friend, friend) == 0))
		kill(j->pid, SIGTERM);
}

static enum err
run_batcher(struct jobs *js, enum job_kind kind, const char *friend,
    const char *const *args, int fd)
{
	struct program_start how = { fd, fd, true };
	struct program p;
	struct job *j;
	enum err e;

	if (find(js, kind, friend) != NULL)
		return ERR_BUSY;
	if ((j = add(js, kind, friend)) == NULL)
		return ERR_NOMEM;
	if ((e = program_init(&p, "batcher")) != ERR_OK)
		goto out;
	for (size_t i = 0; args[i] != NULL; i++)
		program_arg(&p, args[i]);
	e = program_start(&p, &how, &j->pid);
out:
	program_release(&p);
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "program=batcher cannot start: %s", err_text(e));
		TAILQ_REMOVE(&js->list, j, all);
		forget(j);
	}
	return e;
}

enum err
jobs_exchange(struct jobs *js, const char *friend, enum link_role role,
    const struct budget *left, uint32_t speed, int fd)
{
	struct buf bytes = BUF_INIT(NUMBER_MAX), seconds = BUF_INIT(NUMBER_MAX),
		   bps = BUF_INIT(NUMBER_MAX);
	const char *args[12] = { "exchange", "-C", js->node->dir, friend,
		role == ROLE_CALLER ? "--caller" : "--answerer" };
	size_t n = 5;
	enum err e;

	if (left->bytes > 0) {
		buf_addnum(&bytes, left->bytes);
		args[n++] = "--bytes";
		args[n++] = buf_cstr(&bytes);
	}
	if (left->seconds > 0) {
		buf_addnum(&seconds, (uint64_t)left->seconds);
		args[n++] = "--seconds";
		args[n++] = buf_cstr(&seconds);
	}
	if (speed > 0) {
		buf_addnum(&bps, speed);
		args[n++] = "--speed";
		args[n++] = buf_cstr(&bps);
	}
	e = run_batcher(js, JOB_EXCHANGE, friend, args, fd);
	buf_release(&bytes);
	buf_release(&seconds);
	buf_release(&bps);
	return e;
}

enum err
jobs_stick(struct jobs *js, const char *friend, const char *path)
{
	const char *const args[] = { "stick", "-C", js->node->dir, "-m", path, NULL };
	int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
	enum err e;

	if (quiet < 0)
		return ERR_IO;
	e = run_batcher(js, JOB_STICK, friend, args, quiet);
	close(quiet);
	return e;
}

static void
say(struct job *j, struct view line)
{
	if (text_trim(line).len == 0)
		return;
	log_at(LOG_INFO, "exec friend=%s said=%s", j->friend, quoted(line));
	j->last_len = line.len < sizeof j->last ? line.len : sizeof j->last;
	memcpy(j->last, line.p, j->last_len);
}

/* What ssh and its like complain about: some of it may come from the other end. A line comes
 * in as many pieces as its writer likes. */
static void
on_said(evutil_socket_t fd, short what, void *arg)
{
	struct job *j = arg;
	struct view rest, line;
	/* cppcheck-suppress uninitvar; every job on the list has it */
	ssize_t n = read((int)fd, j->part + j->part_len, sizeof j->part - j->part_len);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		event_del(j->ev);
		return;
	}
	rest = (struct view){ j->part, j->part_len + (size_t)n };
	while (view_chr(rest, '\n') < rest.len && text_line(&rest, &line))
		say(j, line);
	if (rest.len == sizeof j->part) {
		say(j, rest);
		rest.len = 0;
	}
	memmove(j->part, rest.p, rest.len);
	j->part_len = rest.len;
}

void
jobs_words(int code, struct view said, struct buf *out)
{
	if (code > 128)
		buf_addf(out, "it died of signal %d", code - 128);
	else
		buf_addf(out, "it ended with code %d", code);
	if (said.len > 0)
		buf_adds(out, ", its last words ");
	text_show(out, said, LAST_MAX);
	for (size_t i = 0; i < out->len; i++)
		if (out->p[i] == '"')
			out->p[i] = '\'';
}

/* In the child. */
static _Noreturn void
become(char *command, int io, int err, pid_t parent)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	char *argv[WORDS_MAX + 1];
	size_t n = 0;
	sigset_t none;

	for (char *p = command; *p != '\0' && n < WORDS_MAX;) {
		while (*p == ' ' || *p == '\t')
			*p++ = '\0';
		if (*p != '\0')
			argv[n++] = p;
		while (*p != '\0' && *p != ' ' && *p != '\t')
			p++;
	}
	argv[n] = NULL;
	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &normal, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (n == 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent ||
	    dup2(io, STDIN_FILENO) < 0 || dup2(io, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(EXEC_FAILED);
}

static enum err
start_command(struct jobs *js, struct job *j, const char *command, int io)
{
	pid_t parent = getpid();
	char *copy = strdup(command);
	int err[2] = { -1, -1 };
	enum err e = ERR_IO;

	if (copy == NULL)
		return ERR_NOMEM;
	if (pipe2(err, O_CLOEXEC) != 0 || fcntl(err[0], F_SETFL, O_NONBLOCK) != 0)
		goto out;
	j->said = err[0];
	err[0] = -1;
	j->ev = event_new(js->base, j->said, EV_READ | EV_PERSIST, on_said, j);
	if (j->ev == NULL || event_add(j->ev, NULL) != 0)
		goto out;
	if ((j->pid = fork()) == 0)
		become(copy, io, err[1], parent);
	if (j->pid > 0)
		e = ERR_OK;
out:
	for (int i = 0; i < 2; i++)
		if (err[i] >= 0)
			close(err[i]);
	free(copy);
	return e;
}

enum err
jobs_command(struct jobs *js, const char *friend, const char *command, int *fd)
{
	struct job *before = find(js, JOB_COMMAND, friend), *j;
	int pair[2];
	enum err e;

	if (before != NULL) {
		before->old = true;
		kill(before->pid, SIGTERM);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	if ((j = add(js, JOB_COMMAND, friend)) == NULL)
		e = ERR_NOMEM;
	else if ((e = start_command(js, j, command, pair[1])) != ERR_OK) {
		TAILQ_REMOVE(&js->list, j, all);
		forget(j);
	}
	close(pair[1]);
	if (e == ERR_OK)
		*fd = pair[0];
	else
		close(pair[0]);
	return e;
}

/* One that ended; its place in the list is free before anybody is told. */
static bool
reap_one(struct jobs *js)
{
	struct job *j;
	int status;

	TAILQ_FOREACH(j, &js->list, all)
	{
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that was freed left the list */
		if (waitpid(j->pid, &status, WNOHANG) != j->pid)
			continue;
		/* cppcheck-suppress uninitvar; every job on the list has it */
		if (j->said >= 0) {
			on_said(j->said, EV_READ, j);
			say(j, (struct view){ j->part, j->part_len });
		}
		TAILQ_REMOVE(&js->list, j, all);
		if (!j->old)
			js->done(js->arg, j->kind, j->friend,
			    WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status),
			    (struct view){ (unsigned char *)j->last, j->last_len });
		forget(j);
		return true;
	}
	return false;
}

void
jobs_reap(struct jobs *js)
{
	while (reap_one(js))
		;
}

struct jobs *
jobs_new(struct event_base *base, const struct node *node, job_done_fn *done, void *arg)
{
	struct jobs *js = calloc(1, sizeof *js);

	if (js == NULL)
		return NULL;
	js->base = base;
	js->node = node;
	js->done = done;
	js->arg = arg;
	TAILQ_INIT(&js->list);
	return js;
}

void
jobs_free(struct jobs *js)
{
	struct job *j;

	if (js == NULL)
		return;
	while ((j = TAILQ_FIRST(&js->list)) != NULL) {
		kill(j->pid, SIGTERM); /* NOLINT */
		TAILQ_REMOVE(&js->list, j, all);
		forget(j);
	}
	free(js);
}
