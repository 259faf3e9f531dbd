#include "lib/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LIBEXEC
#define LIBEXEC "/usr/local/libexec/hearsay"
#endif

#define ARGS_FIRST 16
#define EXEC_FAILED 127 /* as shells say it */

static bool
runnable(struct program *p, const char *dir, size_t dirlen, const char *name)
{
	int n = snprintf(p->path, sizeof p->path, "%.*s/%s", (int)dirlen, dir, name);

	return n > 0 && (size_t)n < sizeof p->path && access(p->path, X_OK) == 0;
}

static bool
find(struct program *p, const char *name)
{
	static const char installed[] = "../libexec/hearsay"; /* from bin/, any prefix */
	const char *libexec = getenv("HEARSAY_LIBEXEC");
	char self[NODE_PATH_MAX - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);

	while (n > 0 && self[n - 1] != '/')
		n--;
	if (n > 1 && (size_t)n < sizeof self && runnable(p, self, (size_t)n - 1, name))
		return true;
	if (libexec != NULL && libexec[0] == '/' &&
	    runnable(p, libexec, strlen(libexec), name))
		return true;
	if (n > 0 && (size_t)n + sizeof installed <= sizeof self) {
		memcpy(self + n, installed, sizeof installed);
		if (runnable(p, self, (size_t)n + sizeof installed - 1, name))
			return true;
	}
	return runnable(p, LIBEXEC, sizeof LIBEXEC - 1, name);
}

enum err
program_init(struct program *p, const char *name)
{
	p->argv = NULL;
	p->argc = p->room = 0;
	p->e = ERR_OK;
	if (!find(p, name))
		p->e = ERR_NOTFOUND;
	else
		program_arg(p, name);
	return p->e;
}

void
program_release(struct program *p)
{
	if (p == NULL || p->argv == NULL)
		return;
	for (size_t i = 0; i < p->argc; i++)
		free(p->argv[i]);
	free(p->argv);
	p->argv = NULL;
	p->argc = p->room = 0;
}

void
program_arg(struct program *p, const char *arg)
{
	if (p->e != ERR_OK)
		return;
	if (p->argc + 1 >= p->room) {
		size_t room = p->room > 0 ? 2 * p->room : ARGS_FIRST;
		char **more = reallocarray(p->argv, room, sizeof *more);

		if (more == NULL) {
			p->e = ERR_NOMEM;
			return;
		}
		p->argv = more;
		p->room = room;
	}
	if ((p->argv[p->argc] = strdup(arg)) == NULL)
		p->e = ERR_NOMEM;
	else
		p->argv[++p->argc] = NULL;
}

enum err
program_exec(struct program *p)
{
	if (p->e != ERR_OK)
		return p->e;
	execv(p->path, p->argv);
	return ERR_IO;
}

/* In the child. Ends it when anything fails: what runs on half prepared is worse. */
static _Noreturn void
become(struct program *p, const struct program_start *how, pid_t parent)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &normal, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (how->tied && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent))
		_exit(EXEC_FAILED);
	if (how->in >= 0 && dup2(how->in, STDIN_FILENO) < 0)
		_exit(EXEC_FAILED);
	if (how->out >= 0 && dup2(how->out, STDOUT_FILENO) < 0)
		_exit(EXEC_FAILED);
	execv(p->path, p->argv);
	_exit(EXEC_FAILED);
}

enum err
program_start(struct program *p, const struct program_start *how, pid_t *out)
{
	pid_t parent = getpid(), pid;

	if (p->e != ERR_OK)
		return p->e;
	if ((pid = fork()) < 0)
		return ERR_IO;
	if (pid == 0)
		become(p, how, parent);
	*out = pid;
	return ERR_OK;
}

enum err
program_wait(pid_t pid, int *code)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return ERR_IO;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return ERR_OK;
}
