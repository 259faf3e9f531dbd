#include "newsd/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/text.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE)
#define SETTLE_MS 20 /* a command changes several files */
#define POLL_S 5     /* without inotify */
#define MISSING_S 30 /* folders that are not there now */
#define CLOSED_S 1   /* batcher's own end is heard first */

enum place { PLACE_NODE, PLACE_FRIENDS, PLACE_LINK, PLACE_ETC, PLACES };

struct dir {
	int wd; /* -1: not there */
	char friend[NAME_MAX_LEN + 1];
	char *path;
};

static const struct timeval missing_again = { MISSING_S, 0 };

struct watch {
	int fd;
	struct event *ev, *settle, *missing, *closed;
	int places[PLACES];
	struct dir *dirs;
	size_t n_dirs;
	watch_conf_fn *conf, *spool;
	watch_dir_fn *dir;
	void *arg;
};

/* Which names in which folder are configuration. */
static bool
matters(const struct watch *w, int wd, const char *name)
{
	if (wd == w->places[PLACE_NODE])
		return strcmp(name, "node.conf") == 0;
	if (wd == w->places[PLACE_FRIENDS] || wd == w->places[PLACE_LINK])
		return text_name(view_str(name));
	if (wd == w->places[PLACE_ETC])
		return strcmp(name, "resolv.conf") == 0 || strcmp(name, "hosts") == 0;
	return false;
}

static void
dir_changed(struct watch *w, const struct inotify_event *e)
{
	for (size_t i = 0; i < w->n_dirs; i++) {
		struct dir *d = &w->dirs[i];

		if (d->wd != e->wd)
			continue;
		if (e->mask & IN_IGNORED) {
			d->wd = -1;
			event_add(w->missing, &missing_again);
		} else
			w->dir(w->arg, d->friend, d->path);
	}
}

/* Whether the configuration may have changed. */
static bool
take(struct watch *w, bool dirs)
{
	static const struct timeval closed = { CLOSED_S, 0 };
	_Alignas(struct inotify_event) char room[4096];
	bool conf = false;
	ssize_t n;

	while ((n = read(w->fd, room, sizeof room)) > 0)
		for (const char *p = room; p < room + n;) {
			struct inotify_event e;
			const char *name = p + sizeof e;

			memcpy(&e, p, sizeof e);
			if (e.mask & IN_Q_OVERFLOW)
				conf = true;
			if (e.len > 0 && matters(w, e.wd, name))
				conf = true;
			if (e.len > 0 && e.wd == w->places[PLACE_NODE] &&
			    strcmp(name, "spool.db-wal") == 0 &&
			    !evtimer_pending(w->closed, NULL))
				event_add(w->closed, &closed);
			if (dirs || e.mask & IN_IGNORED)
				dir_changed(w, &e);
			p += sizeof e + e.len;
		}
	return conf;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval settle = { 0, SETTLE_MS * 1000 };
	struct watch *w = arg;

	(void)fd;
	(void)what;
	if (take(w, true))
		event_add(w->settle, &settle);
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval poll = { POLL_S, 0 };
	struct watch *w = arg;

	(void)fd;
	(void)what;
	if (w->fd < 0) {
		event_add(w->settle, &poll);
		w->spool(w->arg);
	}
	w->conf(w->arg);
}

void
watch_flush(struct watch *w)
{
	bool due = evtimer_pending(w->settle, NULL) != 0;

	if (w->fd >= 0 && (take(w, false) || due)) {
		event_del(w->settle);
		w->conf(w->arg);
	}
}

/* Folders that were not there may be now. */
static void
look(struct watch *w)
{
	bool missing = false;

	for (size_t i = 0; w->fd >= 0 && i < w->n_dirs; i++) {
		struct dir *d = &w->dirs[i];

		if (d->wd < 0 &&
		    (d->wd = inotify_add_watch(
			 w->fd, d->path, IN_CLOSE_WRITE | IN_MOVED_TO)) >= 0)
			w->dir(w->arg, d->friend, d->path);
		missing = missing || d->wd < 0;
	}
	if (missing)
		event_add(w->missing, &missing_again);
}

static void
on_missing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

static void
on_closed(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	w->spool(w->arg);
}

static enum err
begin(struct watch *w, struct event_base *base, const struct node *node)
{
	static const struct timeval poll = { POLL_S, 0 };
	const char *const paths[PLACES] = { node->dir, NODE_PATH(node, "friends"),
		NODE_PATH(node, "link"), "/etc" };

	if ((w->settle = evtimer_new(base, on_settle, w)) == NULL ||
	    (w->missing = evtimer_new(base, on_missing, w)) == NULL ||
	    (w->closed = evtimer_new(base, on_closed, w)) == NULL)
		return ERR_NOMEM;
	if ((w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0) {
		log_at(LOG_WARN, "no inotify: %s; looking every %d s", strerror(errno),
		    POLL_S);
		event_add(w->settle, &poll);
		return ERR_OK;
	}
	for (unsigned i = 0; i < PLACES; i++)
		if ((w->places[i] = inotify_add_watch(w->fd, paths[i], CHANGES)) < 0)
			log_at(
			    LOG_WARN, "cannot watch %s: %s", paths[i], strerror(errno));
	w->ev = event_new(base, w->fd, EV_READ | EV_PERSIST, on_event, w);
	return w->ev != NULL && event_add(w->ev, NULL) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err
watch_new(struct event_base *base, const struct node *node, watch_conf_fn *conf,
    watch_conf_fn *spool, watch_dir_fn *dir, void *arg, struct watch **out)
{
	struct watch *w = calloc(1, sizeof *w);
	enum err e;

	if (w == NULL)
		return ERR_NOMEM;
	w->fd = -1;
	w->conf = conf;
	w->spool = spool;
	w->dir = dir;
	w->arg = arg;
	if ((e = begin(w, base, node)) == ERR_OK)
		*out = w;
	else
		watch_free(w);
	return e;
}

static void
forget_dirs(struct watch *w)
{
	for (size_t i = 0; i < w->n_dirs; i++) {
		if (w->fd >= 0 && w->dirs[i].wd >= 0)
			inotify_rm_watch(w->fd, w->dirs[i].wd);
		free(w->dirs[i].path);
	}
	free(w->dirs);
	w->dirs = NULL;
	w->n_dirs = 0;
}

void
watch_dirs(struct watch *w, const struct friendlist *list)
{
	forget_dirs(w);
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->friends[i].n_carriers; k++) {
			const struct friend *f = &list->friends[i];
			struct dir *more;

			if (f->carriers[k].kind != CARRIER_DIR ||
			    (more = reallocarray(w->dirs, w->n_dirs + 1, sizeof *more)) ==
				NULL)
				continue;
			w->dirs = more;
			more += w->n_dirs;
			*more = (struct dir){ .wd = -1 };
			memcpy(more->friend, f->name, sizeof more->friend);
			if ((more->path = strdup(f->carriers[k].text)) != NULL)
				w->n_dirs++;
		}
	look(w);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	forget_dirs(w);
	if (w->ev != NULL)
		event_free(w->ev);
	if (w->settle != NULL)
		event_free(w->settle);
	if (w->missing != NULL)
		event_free(w->missing);
	if (w->closed != NULL)
		event_free(w->closed);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
