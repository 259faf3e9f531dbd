/* newsd: the supervisor of a node. It keeps the gateway for newsreaders and the link worker
 * alive. It is what `hearsay up` becomes and SIGTERM ends. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "newsd/line.h"
#include "newsd/parent.h"
#include "newsd/stdio.h"
#include "newsd/supervise.h"

#define PID_TEXT 32
#define DESCRIPTORS 8192

struct newsd {
	struct node node;
	struct event_base *base;
	struct supervise *reader; /* NULL in a call by hand */
	struct parent *links;
	int lock;
	int code;
};

static void
on_end(evutil_socket_t sig, short what, void *arg)
{
	struct newsd *d = arg;

	(void)sig;
	(void)what;
	if (d->reader != NULL) {
		supervise_end(d->reader);
	} else {
		d->code = 1;
		event_base_loopbreak(d->base);
	}
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	struct newsd *d = arg;

	(void)sig;
	(void)what;
	if (d->reader != NULL)
		supervise_reap(d->reader);
	parent_reap(d->links);
}

static void
on_done(void *arg, int code)
{
	struct newsd *d = arg;

	d->code = code;
	event_base_loopbreak(d->base);
}

/* Who holds the lock, for the message. */
static void
already(const struct newsd *d)
{
	struct buf pid = BUF_INIT(PID_TEXT);
	uint64_t n = 0;
	struct view v;

	if (fs_read(NODE_PATH(&d->node, "run/lock"), &pid) == ERR_OK) {
		v = view_slice(buf_view(&pid), 0, view_chr(buf_view(&pid), '\n'));
		if (text_num(v, 1, INT32_MAX, &n) != ERR_OK)
			n = 0;
	}
	buf_release(&pid);
	if (n > 0)
		die("%s is already running (pid %d): `hearsay status` says where it serves",
		    d->node.dir, (int)n);
	die("%s is already running: `hearsay status` says where it serves", d->node.dir);
}

static void
lock(struct newsd *d)
{
	struct buf pid = BUF_INIT(PID_TEXT);
	enum err e;

	if ((e = fs_lock(NODE_PATH(&d->node, "run/lock"), false, &d->lock)) == ERR_BUSY)
		already(d);
	if (e != ERR_OK)
		die("cannot lock %s/run/lock: %s", d->node.dir, strerror(errno));
	buf_addf(&pid, "%ld\n", (long)getpid());
	if (ftruncate(d->lock, 0) != 0 || fs_write_all(d->lock, buf_view(&pid)) != ERR_OK)
		die("cannot write %s/run/lock: %s", d->node.dir, strerror(errno));
	buf_release(&pid);
	/* an address that a killed newsd left behind is nobody's */
	unlink(NODE_PATH(&d->node, "run/nntp.addr"));
}

/* A link and a counter file a friend are more than many a shell's limit allows. */
static void
raise_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0 || lim.rlim_cur >= DESCRIPTORS)
		return;
	lim.rlim_cur = lim.rlim_max < DESCRIPTORS ? lim.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* In the loop until on_done; signals are waited for before the first child is born. */
static void
loop(struct newsd *d, const char *call)
{
	static const int endings[] = { SIGTERM, SIGINT, SIGHUP };
	enum { ENDINGS = sizeof endings / sizeof endings[0] };
	struct event *signals[ENDINGS + 1];
	enum err e;

	raise_limit();
	if ((d->base = event_base_new()) == NULL)
		die("no event loop");
	for (int i = 0; i < ENDINGS; i++)
		signals[i] = evsignal_new(d->base, endings[i], on_end, d);
	signals[ENDINGS] = evsignal_new(d->base, SIGCHLD, on_child, d);
	for (int i = 0; i <= ENDINGS; i++)
		if (signals[i] == NULL || event_add(signals[i], NULL) != 0)
			die("cannot wait for signals");
	if (call != NULL)
		e = parent_call(d->base, &d->node, call, on_done, d, &d->links);
	else
		e = parent_new(d->base, &d->node, &d->links);
	if (e == ERR_NOTFOUND && call != NULL)
		die("there is no way to call %s: no such friend, or no carrier and keys",
		    quoted(view_str(call)));
	if (e != ERR_OK)
		die("cannot begin with links: %s",
		    e == ERR_IO ? strerror(errno) : err_text(e));
	/* reader opens run/wake, which links made */
	if (call == NULL &&
	    (e = supervise_new(d->base, &d->node, "reader", on_done, d, &d->reader)) !=
		ERR_OK)
		die("cannot start reader: %s",
		    e == ERR_IO ? strerror(errno) : err_text(e));
	event_base_dispatch(d->base);
	parent_free(d->links);
	for (int i = 0; i <= ENDINGS; i++)
		event_free(signals[i]);
	supervise_free(d->reader);
	event_base_free(d->base);
}

static void
up(struct newsd *d)
{
	lock(d);
	loop(d, NULL);
	unlink(NODE_PATH(&d->node, "run/nntp.addr"));
	close(d->lock);
}

struct options {
	const char *dir;
	const char *call;
	bool stdio, line;
	struct line_options how; /* of a line */
};

static void
line_option(int c, struct options *out)
{
	out->line = true;
	if (c == 'l')
		out->how.spec = optarg;
	else if (c == 'a')
		out->how.kind = PUMP_ANSWER;
	else
		out->how.friend = optarg;
	if (c == 'x')
		out->how.kind = PUMP_CHAT_TEST;
	else if (c == 'y')
		out->how.kind = PUMP_LINE_TEST;
}

static void
options(int argc, char **argv, struct options *out)
{
	static const struct option names[] = {
		{ "stdio", no_argument, NULL, 's' },
		{ "call", required_argument, NULL, 'c' },
		{ "line", required_argument, NULL, 'l' },
		{ "friend", required_argument, NULL, 'f' },
		{ "answer", no_argument, NULL, 'a' },
		{ "chat-test", required_argument, NULL, 'x' },
		{ "line-test", required_argument, NULL, 'y' },
		{ 0 },
	};
	int c;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		puts("usage: newsd [-C DIR] [--stdio | --call NAME]\n"
		     "Keeps a node running; `hearsay up` starts it.");
		exit(0);
	}
	while ((c = getopt_long(argc, argv, "C:", names, NULL)) != -1) {
		if (c == 'C')
			out->dir = optarg;
		else if (c == 'c')
			out->call = optarg;
		else if (c == 's')
			out->stdio = true;
		else if (c == 'l' || c == 'f' || c == 'a' || c == 'x' || c == 'y')
			line_option(c, out);
		else
			die_usage("usage: newsd [-C DIR] [--stdio | --call NAME]");
	}
	if (optind != argc)
		die_usage("%s is one argument too many", quoted(view_str(argv[optind])));
	if (out->stdio + out->line + (out->call != NULL) > 1)
		die_usage("--stdio, --call and --line do not go together");
	if (out->line && (out->how.friend == NULL) != (out->how.kind == PUMP_ANSWER))
		die_usage("a line is for a friend, or answers");
	if (out->line && out->how.kind == PUMP_ANSWER && out->how.spec == NULL)
		die_usage("--answer needs --line");
	if (out->how.friend != NULL && !text_name(view_str(out->how.friend)))
		die_usage("that is no friend's name");
}

int
main(int argc, char **argv)
{
	static struct newsd d = { .lock = -1 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct options o = { 0 };
	enum err e;

	log_setup("newsd", LOG_INFO);
	options(argc, argv, &o);
	if (node_locate(o.dir, &d.node) != ERR_OK)
		die_usage("that cannot be a node's folder");
	if ((e = node_load(&d.node)) == ERR_NOTFOUND)
		die("no node at %s yet: run hearsay setup", d.node.dir);
	if (e != ERR_OK)
		die("cannot read %s/node.conf: %s", d.node.dir, err_text(e));
	sigaction(SIGPIPE, &ignore, NULL);
	if (o.line)
		d.code = line_run(&d.node, &o.how);
	else if (o.stdio)
		d.code = stdio_run(&d.node);
	else if (o.call != NULL)
		loop(&d, o.call);
	else
		up(&d);
	node_release(&d.node);
	return d.code;
}
