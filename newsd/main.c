/* newsd: the supervisor of a node. It has no link to other nodes yet; it keeps the
 * gateway for newsreaders alive. It is what `hearsay up` becomes and SIGTERM ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "newsd/supervise.h"

#define PID_TEXT 32

struct newsd {
	struct node node;
	struct event_base *base;
	struct supervise *reader;
	int lock;
	int code;
};

static void
on_end(evutil_socket_t sig, short what, void *arg)
{
	struct newsd *d = arg;

	(void)sig;
	(void)what;
	supervise_end(d->reader);
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	struct newsd *d = arg;

	(void)sig;
	(void)what;
	supervise_reap(d->reader);
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

static void
run(struct newsd *d)
{
	static const int endings[] = { SIGTERM, SIGINT, SIGHUP };
	enum { ENDINGS = sizeof endings / sizeof endings[0] };
	struct event *signals[ENDINGS + 1];
	enum err e;

	if ((d->base = event_base_new()) == NULL)
		die("no event loop");
	for (int i = 0; i < ENDINGS; i++)
		signals[i] = evsignal_new(d->base, endings[i], on_end, d);
	signals[ENDINGS] = evsignal_new(d->base, SIGCHLD, on_child, d);
	for (int i = 0; i <= ENDINGS; i++)
		if (signals[i] == NULL || event_add(signals[i], NULL) != 0)
			die("cannot wait for signals");
	if ((e = supervise_new(d->base, &d->node, "reader", on_done, d, &d->reader)) !=
	    ERR_OK)
		die("cannot start reader: %s",
		    e == ERR_IO ? strerror(errno) : err_text(e));
	event_base_dispatch(d->base);
	for (int i = 0; i <= ENDINGS; i++)
		event_free(signals[i]);
	supervise_free(d->reader);
	event_base_free(d->base);
}

static const char *
options(int argc, char **argv)
{
	const char *dir = NULL;
	int c;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		puts(
		    "usage: newsd [-C DIR]\nKeeps a node running; `hearsay up` starts it.");
		exit(0);
	}
	while ((c = getopt(argc, argv, "C:")) != -1) {
		if (c != 'C')
			die_usage("usage: newsd [-C DIR]");
		dir = optarg;
	}
	if (optind != argc)
		die_usage("%s is one argument too many", quoted(view_str(argv[optind])));
	return dir;
}

int
main(int argc, char **argv)
{
	static struct newsd d = { .lock = -1 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *dir;
	enum err e;

	log_setup("newsd", LOG_INFO);
	dir = options(argc, argv);
	if (node_locate(dir, &d.node) != ERR_OK)
		die_usage("that cannot be a node's folder");
	if ((e = node_load(&d.node)) == ERR_NOTFOUND)
		die("no node at %s yet: run hearsay setup", d.node.dir);
	if (e != ERR_OK)
		die("cannot read %s/node.conf: %s", d.node.dir, err_text(e));
	sigaction(SIGPIPE, &ignore, NULL);
	lock(&d);
	run(&d);
	unlink(NODE_PATH(&d.node, "run/nntp.addr"));
	node_release(&d.node);
	close(d.lock);
	return d.code;
}
