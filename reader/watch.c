#include "reader/watch.h"

#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "reader/bulletin.h"

#define EVENTS                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_CREATE)

static int
add(const struct watch *w, const char *path)
{
	return inotify_add_watch(w->fd, path, EVENTS | IN_ONLYDIR);
}

void
watch_open(struct watch *w, const struct node *n)
{
	*w = (struct watch){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };
	if (w->fd < 0)
		return;
	w->gateway = add(w, NODE_PATH(n, "gateway"));
	w->users = add(w, NODE_PATH(n, "gateway/users"));
	w->personas = add(w, NODE_PATH(n, "personas"));
}

void
watch_close(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static unsigned
meaning(struct watch *w, const struct node *n, const struct inotify_event *ev)
{
	const char *name = ev->len > 0 ? ev->name : "";

	if (ev->mask & IN_Q_OVERFLOW)
		return WATCH_CERTIFICATE | WATCH_USERS | WATCH_PERSONAS | WATCH_BULLETINS;
	/* half-written files have other names */
	if (ev->wd == w->personas && text_name(view_str(name)))
		return WATCH_PERSONAS;
	if (ev->wd == w->users && text_name(view_str(name)))
		return WATCH_USERS;
	if (ev->wd != w->gateway)
		return 0;
	if (strcmp(name, "users") == 0) {
		/* the folder itself is new */
		w->users = add(w, NODE_PATH(n, "gateway/users"));
		return WATCH_USERS;
	}
	if (bulletin_is_file(name))
		return WATCH_BULLETINS;
	return strcmp(name, "cert.pem") == 0 || strcmp(name, "key.pem") == 0
	    ? WATCH_CERTIFICATE
	    : 0;
}

void
watch_read(struct watch *w, const struct node *n)
{
	alignas(struct inotify_event) char room[2048];
	struct inotify_event ev;
	ssize_t len;

	while ((len = read(w->fd, room, sizeof room)) > 0)
		for (char *p = room; p < room + len; p += sizeof ev + ev.len) {
			unsigned what;

			memcpy(&ev, p, sizeof ev);
			what = meaning(w, n, (const struct inotify_event *)(void *)p);
			w->changed |= what;
			if (what != 0)
				w->since = clock_ms();
		}
}

unsigned
watch_due(struct watch *w, int *wait)
{
	unsigned changed = w->changed;
	int64_t quiet = clock_ms() - w->since;

	*wait = -1;
	if (changed == 0)
		return 0;
	if (quiet < WATCH_SETTLE) {
		*wait = (int)(WATCH_SETTLE - quiet);
		return 0;
	}
	w->changed = 0;
	return changed;
}
