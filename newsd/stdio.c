#include "newsd/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/program.h"
#include "lib/sandbox.h"
#include "newsd/chance.h"
#include "newsd/friendlist.h"
#include "newsd/line.h"
#include "newsd/listen.h"
#include "newsd/opening.h"
#include "newsd/spawn.h"
#include "newsd/wakes.h"

#define WAKE_BYTE 0x57
#define LOOK_MS 2000
#define POKES_MAX 30

/* 1: readable. 0: not in time. -1: the end. */
static int
wait_readable(int64_t until)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	int64_t left = until - clock_ms();
	int r;

	do
		r = poll(&p, 1, left > 0 ? (int)left : 0);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r;
	return (p.revents & POLLIN) != 0 ? 1 : -1;
}

static bool
read_opening(unsigned char opening[OPENING_LEN])
{
	int64_t until = clock_ms() + 1000ll * LISTEN_PATIENCE_S;
	size_t have = 0;

	while (have < OPENING_LEN) {
		ssize_t n;

		if (wait_readable(until) != 1)
			return false;
		n = read(STDIN_FILENO, opening + have, OPENING_LEN - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

static void
silence(void)
{
	unsigned char dropped[4096];
	int64_t until;

	until = clock_ms() +
	    chance_between(1000 * LISTEN_SILENCE_MIN_S, 1000 * LISTEN_SILENCE_MAX_S);
	while (wait_readable(until) == 1)
		if (read(STDIN_FILENO, dropped, sizeof dropped) <= 0)
			break;
	while (clock_ms() < until)
		poll(NULL, 0, (int)(until - clock_ms()));
}

/* Reads what strangers may send, so it is sandboxed; tells the friend's index. */
static _Noreturn void
doorkeeper(const struct friendlist *list, int tell)
{
	unsigned char opening[OPENING_LEN];
	int keep[] = { tell, list->seen };
	uint32_t friend;

	spawn_close_others(keep, sizeof keep / sizeof keep[0]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(1);
	if (sandbox_enter(SANDBOX_LINK, NULL, 0) != ERR_OK)
		die("no sandbox: %s", strerror(errno));
	if (read_opening(opening)) {
		friend = (uint32_t)listen_whose(list, opening);
		if (friend < list->n)
			_exit(
			    write(tell, &friend, sizeof friend) == sizeof friend ? 0 : 1);
	}
	silence();
	_exit(1);
}

static bool
who_calls(const struct friendlist *list, uint32_t *friend)
{
	int pair[2], status;
	bool known = false;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) != 0)
		return false;
	if ((pid = fork()) == 0)
		doorkeeper(list, pair[1]);
	close(pair[1]);
	if (pid > 0) {
		known = read(pair[0], friend, sizeof *friend) == sizeof *friend &&
		    *friend < list->n;
		waitpid(pid, &status, 0);
	}
	close(pair[0]);
	return known;
}

static int
exchange(const struct node *node, const char *friend)
{
	struct program_start how = { -1, -1, true };
	struct program p;
	int code = 1;
	pid_t pid;

	if (program_init(&p, "batcher") != ERR_OK) {
		log_at(LOG_ERROR, "program=batcher is missing");
		goto out;
	}
	program_arg(&p, "exchange");
	program_arg(&p, "-C");
	program_arg(&p, node->dir);
	program_arg(&p, friend);
	program_arg(&p, "--answerer");
	if (program_start(&p, &how, &pid) != ERR_OK || program_wait(pid, &code) != ERR_OK)
		code = 1;
out:
	program_release(&p);
	return code;
}

/* The end of a socket reads like bytes. */
static bool
ended(void)
{
	unsigned char first;
	ssize_t n = recv(STDIN_FILENO, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != ENOTSOCK && errno != EAGAIN);
}

/* Until the caller begins again, whom we ask to when something arrived. */
static bool
idle(const struct node *node)
{
	int64_t spool = wakes_spool_time(node);
	unsigned pokes = 0;
	int r;

	while ((r = wait_readable(clock_ms() + LOOK_MS)) == 0) {
		static const unsigned char byte = WAKE_BYTE;

		if (pokes == 0 && wakes_spool_time(node) == spool)
			continue;
		if (++pokes > POKES_MAX || write(STDOUT_FILENO, &byte, 1) != 1)
			return false;
	}
	return r == 1 && !ended();
}

int
stdio_run(const struct node *node)
{
	struct friendlist list;
	struct line_stdio terminal;
	bool tty = isatty(STDIN_FILENO);
	uint32_t friend = 0;
	int code = 1;
	enum err e;

	if ((e = friendlist_load(node, NULL, &list)) != ERR_OK)
		die("cannot read the friends: %s", err_text(e));
	if ((e = friendlist_prepare(node, &list, false)) != ERR_OK)
		die("cannot open %s/link: %s", node->dir, err_text(e));
	if (tty && line_stdio_begin(&terminal) != ERR_OK)
		die("the terminal cannot be used: %s", strerror(errno));
	if (who_calls(&list, &friend))
		while ((code = exchange(node, list.friends[friend].name)) == 0)
			if (!idle(node))
				break;
	if (tty)
		line_stdio_end(&terminal);
	friendlist_release(&list);
	return code == 0 ? 0 : 1;
}
