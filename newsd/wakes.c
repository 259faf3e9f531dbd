#include "newsd/wakes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"

#define PIECE 4096

struct wakes {
	int fd;
	struct event *ev;
	const struct node *node;
	wakes_fn *wake;
	wakes_call_fn *call;
	void *arg;
	int64_t spool;
};

int64_t
wakes_spool_time(const struct node *node)
{
	struct stat st;

	if (stat(NODE_PATH(node, "spool.db-wal"), &st) != 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

bool
wakes_parse(struct view v, wakes_call_fn *call, void *arg)
{
	struct view line, word, name;
	bool arrived = false;

	while (text_line(&v, &line)) {
		/* plain bytes may stand before a line: wwwcall bob */
		size_t at = view_find(line, "call");
		struct view rest = view_slice(line, at, line.len);

		arrived = arrived || at > 0;
		if (!text_word(&rest, &word))
			continue;
		name = text_trim(rest);
		if (view_eqs(word, "call") && (name.len == 0 || text_name(name)))
			call(arg, name);
		else
			arrived = true;
	}
	return arrived;
}

void
wakes_known(struct wakes *w)
{
	w->spool = wakes_spool_time(w->node);
}

static void
on_fifo(evutil_socket_t fd, short what, void *arg)
{
	struct wakes *w = arg;
	unsigned char piece[PIECE];
	ssize_t n = read((int)fd, piece, sizeof piece);

	(void)what;
	if (n <= 0)
		return;
	wakes_known(w);
	if (wakes_parse((struct view){ piece, (size_t)n }, w->call, w->arg))
		w->wake(w->arg);
}

void
wakes_look(struct wakes *w)
{
	int64_t now = wakes_spool_time(w->node);

	if (now != w->spool)
		w->wake(w->arg);
	w->spool = now;
}

/* O_RDWR: the end of a writer is not the end of the file. */
static enum err
open_fifo(const char *path, int *fd)
{
	struct stat st;
	int f;

	if (mkfifo(path, 0600) != 0 && errno != EEXIST)
		return ERR_IO;
	if ((f = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return ERR_IO;
	if (fstat(f, &st) != 0 || !S_ISFIFO(st.st_mode) || fchmod(f, 0600) != 0) {
		close(f);
		return ERR_CORRUPT;
	}
	*fd = f;
	return ERR_OK;
}

enum err
wakes_new(struct event_base *base, const struct node *node, wakes_fn *wake,
    wakes_call_fn *call, void *arg, struct wakes **out)
{
	struct wakes *w = calloc(1, sizeof *w);
	enum err e = ERR_NOMEM;

	if (w == NULL)
		return e;
	*w = (struct wakes){ .fd = -1,
		.node = node,
		.wake = wake,
		.call = call,
		.arg = arg,
		.spool = wakes_spool_time(node) };
	if ((e = open_fifo(NODE_PATH(node, "run/wake"), &w->fd)) != ERR_OK)
		goto out;
	e = ERR_NOMEM;
	w->ev = event_new(base, w->fd, EV_READ | EV_PERSIST, on_fifo, w);
	if (w->ev != NULL && event_add(w->ev, NULL) == 0)
		e = ERR_OK;
out:
	if (e == ERR_OK)
		*out = w;
	else
		wakes_free(w);
	return e;
}

void
wakes_free(struct wakes *w)
{
	if (w == NULL)
		return;
	if (w->ev != NULL)
		event_free(w->ev);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
