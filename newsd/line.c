#include "newsd/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/carrier.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "newsd/lineconf.h"

#define WHY_MAX 512
#define STREAM_BUF 4096 /* what batcher says waits on the line, not in a socket */
#define FREE_MS 8000    /* for one of ours to let the device go */
#define LOOK_MS 50
#define YIELD_MS 3000       /* who asked for the device is given the time to take it */
#define AGAIN_FIRST_MS 1000 /* answering: the device cannot be opened */
#define AGAIN_LAST_MS 60000
#define HANGUP_MS 300 /* a tty that hung up needs a moment to be there again */

struct line {
	const struct node *node;
	const struct line_options *o;
	struct serial serial;
	struct lineconf conf;
	struct serialport port;
	sigset_t signals;
	bool *busy; /* shared with the child: a call stands */
	int wish;   /* run/line.DEVICE, locked while we answer; -1 */
	char said[WHY_MAX];
	bool ending;
};

static void
say(struct line *l, struct buf *why)
{
	const char *s = buf_cstr(why);

	/* answering tries again and again: once is enough */
	if (s == NULL || strncmp(l->said, s, sizeof l->said - 1) == 0)
		return;
	snprintf(l->said, sizeof l->said, "%s", s);
	dprintf(STDERR_FILENO, "%s\n", s);
}

/* ---- signals: SIGTERM ends, SIGUSR1 asks for the device ------------------------------ */

enum event { EVENT_NONE, EVENT_CHILD, EVENT_WISH, EVENT_END };

static enum event
wait_event(struct line *l, int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	int sig = sigtimedwait(&l->signals, NULL, &ts);

	switch (sig) {
	case -1:
		return EVENT_NONE;
	case SIGCHLD:
		return EVENT_CHILD;
	case SIGUSR1:
		return EVENT_WISH;
	default:
		l->ending = true;
		return EVENT_END;
	}
}

static void
pause_line(struct line *l, int64_t ms)
{
	int64_t until = clock_ms() + ms, left;

	while (!l->ending && (left = until - clock_ms()) > 0)
		wait_event(l, left);
}

/* ---- whose is the device -------------------------------------------------------------- */

static enum err
wish_path(const struct line *l, char out[NODE_PATH_MAX])
{
	char name[PORTLOCK_NAME_MAX];
	enum err e = portlock_name(l->serial.device, name);

	if (e == ERR_OK)
		node_path(l->node, out, "run/line.%s", name);
	return e;
}

/* One that answers there and has no call lets the device go when it is asked. */
static void
ask_for_it(const struct line *l)
{
	struct buf text = BUF_INIT(32);
	char path[NODE_PATH_MAX];
	int fd = -1;
	long pid = 0;

	if (wish_path(l, path) == ERR_OK && access(path, F_OK) == 0) {
		/* a file that nobody locks is a dead one's */
		if (fs_lock(path, false, &fd) == ERR_BUSY &&
		    fs_read(path, &text) == ERR_OK)
			for (size_t i = 0; i < text.len && text.p[i] >= '0' &&
			     text.p[i] <= '9' && pid < INT32_MAX / 10;
			     i++)
				pid = 10 * pid + (text.p[i] - '0');
		if (fd >= 0)
			close(fd);
		if (pid > 1)
			kill((pid_t)pid, SIGUSR1);
	}
	buf_release(&text);
}

static void
take_wishes(struct line *l)
{
	char path[NODE_PATH_MAX];

	if (wish_path(l, path) != ERR_OK || fs_lock(path, false, &l->wish) != ERR_OK)
		return;
	if (ftruncate(l->wish, 0) != 0 || dprintf(l->wish, "%ld\n", (long)getpid()) < 0)
		log_at(LOG_WARN, "cannot write %s", path);
}

static enum err
open_port(struct line *l, struct buf *why)
{
	int64_t until = clock_ms() + (l->o->kind == PUMP_ANSWER ? 0 : FREE_MS);
	bool asked = false;
	enum err e;

	for (;;) {
		buf_reset(why);
		e = serialport_open(&l->serial, NODE_PATH(l->node, "run"), &l->port, why);
		if (e != ERR_BUSY || l->ending || clock_ms() >= until)
			return e;
		if (!asked)
			ask_for_it(l);
		asked = true;
		pause_line(l, LOOK_MS);
	}
}

/* ---- one call ------------------------------------------------------------------------- */

static bool
make_stream(int pair[2])
{
	static const int room = STREAM_BUF;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;
}

static pid_t
fork_pump(struct line *l, uint32_t speed, const int pair[2])
{
	struct pump_start how = { .kind = l->o->kind,
		.serial = &l->serial,
		.speed = speed,
		.in = l->port.fd,
		.out = l->port.fd,
		.above = pair[0],
		.offer = pair[1],
		.control = -1,
		.busy = l->busy,
		.patient = l->serial.n_speeds > 1,
		.words = &l->conf.words };
	pid_t pid;

	if (l->o->kind == PUMP_CALL || l->o->kind == PUMP_ANSWER)
		how.control = STDIN_FILENO;
	if (!l->serial.direct)
		how.script = buf_view(&l->conf.script);
	*l->busy = false;
	if ((pid = fork()) == 0)
		pump_run(&how);
	return pid;
}

/* Its exit code; ending it when we are to end, or to let the device go. */
static int
await(struct line *l, pid_t pid, bool *yielded)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		enum event e = wait_event(l, 1000);

		if (e == EVENT_WISH && l->o->kind == PUMP_ANSWER && !*l->busy)
			*yielded = true;
		if (e == EVENT_END || *yielded)
			kill(pid, SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : PUMP_BROKEN;
}

static int
one_call(struct line *l, uint32_t speed, bool *yielded)
{
	int pair[2] = { -1, -1 }, code = PUMP_REFUSED;
	pid_t pid;

	if (serialport_raw(l->port.fd, speed, l->serial.three_wire) != ERR_OK ||
	    !make_stream(pair)) {
		dprintf(STDERR_FILENO, "%s cannot be set up: %s\n", l->serial.device,
		    strerror(errno));
		goto out;
	}
	pid = fork_pump(l, speed != 0 ? speed : serialport_speed(l->port.fd), pair);
	/* their end of the stream is theirs alone */
	close(pair[0]);
	close(pair[1]);
	pair[0] = pair[1] = -1;
	if (pid > 0)
		code = await(l, pid, yielded);
out:
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	return code;
}

/* At each speed until somebody answers. */
static int
call(struct line *l)
{
	struct buf why = BUF_INIT(WHY_MAX);
	unsigned n = l->serial.n_speeds > 0 ? l->serial.n_speeds : 1;
	int code = PUMP_DEAF;
	bool yielded = false;

	for (unsigned i = 0; i < n && code == PUMP_DEAF && !l->ending; i++) {
		if (open_port(l, &why) != ERR_OK) {
			say(l, &why);
			code = PUMP_REFUSED;
			break;
		}
		code = one_call(
		    l, l->serial.n_speeds > 0 ? l->serial.speeds[i] : 0, &yielded);
		serialport_close(&l->port);
	}
	buf_release(&why);
	return code == PUMP_DEAF ? PUMP_REFUSED : code;
}

/* The parent's end of the control socket is gone. */
static bool
orphaned(void)
{
	struct pollfd p = { STDIN_FILENO, 0, 0 };

	return poll(&p, 1, 0) > 0;
}

static int
answer(struct line *l)
{
	struct buf why = BUF_INIT(WHY_MAX);
	uint32_t speed = l->serial.n_speeds > 0 ? l->serial.speeds[0] : 0;
	int64_t again = AGAIN_FIRST_MS;

	take_wishes(l);
	while (!l->ending && !orphaned()) {
		bool yielded = false;
		int code;

		if (open_port(l, &why) != ERR_OK) {
			say(l, &why);
			pause_line(l, again);
			again = again < AGAIN_LAST_MS / 2 ? 2 * again : AGAIN_LAST_MS;
			continue;
		}
		l->said[0] = '\0';
		code = one_call(l, speed, &yielded);
		serialport_close(&l->port);
		if (code == PUMP_DONE)
			again = AGAIN_FIRST_MS;
		pause_line(l, yielded ? YIELD_MS : HANGUP_MS);
	}
	buf_release(&why);
	if (l->wish >= 0)
		close(l->wish);
	return PUMP_DONE;
}

/* ---- start ---------------------------------------------------------------------------- */

/* The friend's first serial carrier. */
static struct view
first_serial(const struct lineconf *c)
{
	return conf_get(buf_view(&c->file), "serial", (struct view){ NULL, 0 });
}

static enum err
prepare(struct line *l, struct buf *why)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
	const char *phrase = "";
	struct view spec;
	enum err e;

	if ((e = lineconf_load(l->node, l->o->friend, &l->conf, why)) != ERR_OK)
		return e;
	spec = l->o->spec != NULL ? view_str(l->o->spec) : first_serial(&l->conf);
	if (spec.len == 0) {
		buf_addf(why,
		    "%s has no serial line: hearsay address %s serial:DEVICE,SPEED",
		    l->o->friend, l->o->friend);
		return ERR_NOTFOUND;
	}
	if ((e = serial_parse(spec, &l->serial, &phrase)) != ERR_OK) {
		buf_addf(why, "%s: %s", quoted(spec), phrase);
		return e;
	}
	l->busy = mmap(NULL, sizeof *l->busy, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->busy == MAP_FAILED) {
		buf_adds(why, "no memory for a line");
		return ERR_NOMEM;
	}
	sigemptyset(&l->signals);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigaddset(&l->signals, caught[i]);
	sigprocmask(SIG_BLOCK, &l->signals, NULL);
	return ERR_OK;
}

int
line_run(const struct node *node, const struct line_options *o)
{
	struct line l = { .node = node, .o = o, .port.fd = -1, .wish = -1 };
	struct buf why = BUF_INIT(WHY_MAX);
	int code = PUMP_REFUSED;

	if (prepare(&l, &why) != ERR_OK)
		say(&l, &why);
	else
		code = o->kind == PUMP_ANSWER ? answer(&l) : call(&l);
	buf_release(&why);
	lineconf_release(&l.conf);
	return code;
}

/* ---- behind a getty ------------------------------------------------------------------- */

enum err
line_stdio_begin(struct line_stdio *s)
{
	static const struct serial terminal = { .device = "the terminal" };
	struct pump_start how = {
		.kind = PUMP_ANSWER, .serial = &terminal, .offer = -1, .control = -1
	};
	int pair[2];

	*s = (struct line_stdio){ .in = -1, .out = -1 };
	if (tcgetattr(STDIN_FILENO, &s->before) != 0 || !make_stream(pair))
		return ERR_IO;
	s->in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	s->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (s->in < 0 || s->out < 0 ||
	    serialport_raw(s->in, 0, (s->before.c_cflag & CRTSCTS) == 0) != ERR_OK)
		return ERR_IO;
	fcntl(s->in, F_SETFL, O_RDWR | O_NONBLOCK);
	how.in = s->in;
	how.out = s->out;
	how.above = pair[0];
	how.speed = serialport_speed(s->in);
	if ((s->pid = fork()) == 0)
		pump_run(&how);
	close(pair[0]);
	dup2(pair[1], STDIN_FILENO);
	dup2(pair[1], STDOUT_FILENO);
	close(pair[1]);
	return s->pid > 0 ? ERR_OK : ERR_IO;
}

void
line_stdio_end(struct line_stdio *s)
{
	int status;

	/* the end of the stream: what is under way goes out, then the call ends */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (s->pid > 0)
		waitpid(s->pid, &status, 0);
	fcntl(s->in, F_SETFL, O_RDWR);
	tcsetattr(s->in, TCSANOW, &s->before);
	close(s->in);
	close(s->out);
}
