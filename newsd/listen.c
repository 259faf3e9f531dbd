#include "newsd/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "newsd/chance.h"
#include "newsd/dial.h"
#include "newsd/opening.h"
#include "newsd/worker.h"

#define ACCEPTS 32             /* a turn: links must not wait behind a flood */
#define DROPPED_MAX (1u << 20) /* of one stranger; the rest stays in the kernel */
#define LOG_EVERY_MS 60000

struct stranger {
	TAILQ_ENTRY(stranger) by_age;
	struct listen *l;
	struct event *ev, *timer;
	int fd;
	bool doubted; /* its opening is nobody's, so far; it lies unread */
	bool silent;
	size_t dropped;
	struct endpoint from;
};

TAILQ_HEAD(strangers, stranger);

struct listen {
	struct worker *w;
	struct event *listeners[LISTENERS_MAX];
	size_t n_listeners;
	struct strangers waiting, silent;
	size_t n_waiting, n_silent, waiting_max, silent_max;
	uint64_t unlogged;
	int64_t logged_ms;
};

/* How many bytes wake us: a sender of single ones does not. */
static void
set_enough(int fd, int bytes)
{
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

static void
leave(struct stranger *s)
{
	struct listen *l = s->l;

	TAILQ_REMOVE(s->silent ? &l->silent : &l->waiting, s, by_age);
	*(s->silent ? &l->n_silent : &l->n_waiting) -= 1;
}

static void
forget(struct stranger *s)
{
	leave(s);
	event_free(s->ev);
	event_free(s->timer);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static void
arm(struct stranger *s, unsigned seconds)
{
	struct timeval tv = { seconds, 0 };

	event_add(s->timer, &tv);
}

/* One line a minute, however many come. */
static void
note(struct listen *l, const struct stranger *s)
{
	struct buf from = BUF_INIT(80);
	int64_t now = clock_ms();
	const char *text;

	l->unlogged++;
	if (l->logged_ms != 0 && now - l->logged_ms < LOG_EVERY_MS)
		return;
	if (s->from.u.any.sa_family == AF_UNIX)
		buf_adds(&from, "serial");
	else
		endpoint_write(&s->from, &from);
	text = buf_cstr(&from);
	log_at(LOG_INFO, "strangers count=%llu last=%s", (unsigned long long)l->unlogged,
	    text != NULL ? text : "?");
	l->logged_ms = now;
	l->unlogged = 0;
	buf_release(&from);
}

static void
silence(struct stranger *s)
{
	struct listen *l = s->l;

	note(l, s);
	leave(s);
	s->silent = true;
	event_add(s->ev, NULL);
	/* what is dropped may come byte by byte */
	set_enough(s->fd, 1);
	TAILQ_INSERT_TAIL(&l->silent, s, by_age);
	if (++l->n_silent > l->silent_max)
		forget(TAILQ_FIRST(&l->silent));
	arm(s, chance_between(LISTEN_SILENCE_MIN_S, LISTEN_SILENCE_MAX_S));
}

size_t
listen_whose(const struct friendlist *list, const unsigned char *opening)
{
	uint64_t counter;
	enum err e;

	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < list->friends[i].n_roots; k++) {
			const struct link_root *r = &list->friends[i].roots[k];

			if (!opening_try(&r->in, opening, &counter))
				continue;
			if ((e = seen_burn(list->seen, r->id, r->record, counter)) ==
			    ERR_OK)
				return i;
			log_at(LOG_WARN, "opening refused friend=%s reason=\"%s\"",
			    list->friends[i].name,
			    e == ERR_EXISTS ? "seen before" : err_text(e));
			return list->n;
		}
	return list->n;
}

static void
opened(struct stranger *s, const unsigned char *opening)
{
	unsigned char taken[OPENING_LEN];
	struct worker *w = s->l->w;
	size_t i = listen_whose(w->list, opening);
	int fd = s->fd;

	if (i == w->list->n) {
		/* invited a moment ago, perhaps: the next worker will know */
		s->doubted = true;
		event_del(s->ev);
		arm(s, LISTEN_DOUBT_S);
		return;
	}
	s->fd = -1;
	forget(s);
	/* not one byte more: what follows is batcher's */
	if (recv(fd, taken, sizeof taken, 0) != OPENING_LEN) {
		close(fd);
		return;
	}
	set_enough(fd, 1);
	link_up(&w->peers[i], fd, ROLE_ANSWERER);
}

static void
drop_bytes(struct stranger *s)
{
	/* MSG_TRUNC: dropped in the kernel, not copied */
	ssize_t n = recv(s->fd, NULL, 64u << 10, MSG_TRUNC);

	if (n > 0)
		s->dropped += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    s->dropped > DROPPED_MAX)
		event_del(s->ev);
}

static void
on_bytes(evutil_socket_t fd, short what, void *arg)
{
	unsigned char opening[OPENING_LEN];
	struct stranger *s = arg;
	ssize_t n;

	(void)what;
	if (s->silent) {
		drop_bytes(s);
		return;
	}
	/* it stays there for the next worker, should this one not know it */
	n = recv((int)fd, opening, sizeof opening, MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == OPENING_LEN)
		opened(s, opening);
	else /* the end: all of it wakes us, or nothing */
		silence(s);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct stranger *s = arg;

	(void)fd;
	(void)what;
	if (s->doubted && !s->silent) {
		silence(s);
		return;
	}
	if (!s->silent)
		note(s->l, s);
	forget(s);
}

/* One machine, or one network of an IPv6 customer. */
static bool
same_source(const struct endpoint *a, const struct endpoint *b)
{
	if (a->u.any.sa_family != b->u.any.sa_family)
		return false;
	if (a->u.any.sa_family == AF_INET)
		return a->u.v4.sin_addr.s_addr == b->u.v4.sin_addr.s_addr;
	return memcmp(&a->u.v6.sin6_addr, &b->u.v6.sin6_addr, 8) == 0;
}

/* A friend says who it is at once: the oldest are the least likely to be one. Who comes in
 * numbers pushes out its own alone. */
static void
crowd(struct listen *l, const struct stranger *newest)
{
	struct stranger *s, *oldest = NULL;
	size_t n = 0;

	if (l->n_waiting <= l->waiting_max)
		return;
	TAILQ_FOREACH(s, &l->waiting, by_age)
	if (same_source(&s->from, &newest->from)) {
		n++;
		oldest = oldest == NULL ? s : oldest;
	}
	forget(n > l->waiting_max / 2 ? oldest : TAILQ_FIRST(&l->waiting));
}

static void
welcome(struct listen *l, int fd, const struct endpoint *from)
{
	struct stranger *s = calloc(1, sizeof *s);

	if (s == NULL) {
		close(fd);
		return;
	}
	s->l = l;
	s->fd = fd;
	s->from = *from;
	s->ev = event_new(l->w->base, fd, EV_READ | EV_PERSIST, on_bytes, s);
	s->timer = evtimer_new(l->w->base, on_patience, s);
	if (s->ev == NULL || s->timer == NULL || event_add(s->ev, NULL) != 0) {
		if (s->ev != NULL)
			event_free(s->ev);
		if (s->timer != NULL)
			event_free(s->timer);
		close(fd);
		free(s);
		return;
	}
	dial_tune(fd);
	set_enough(fd, OPENING_LEN);
	TAILQ_INSERT_TAIL(&l->waiting, s, by_age);
	l->n_waiting++;
	crowd(l, s);
	arm(s, LISTEN_PATIENCE_S);
}

/* Out of descriptors: the oldest stranger's is free. */
static bool
make_room(struct listen *l)
{
	struct stranger *oldest = TAILQ_FIRST(&l->silent);

	if (oldest == NULL)
		oldest = TAILQ_FIRST(&l->waiting);
	if (oldest == NULL)
		return false;
	forget(oldest); /* NOLINT */
	return true;
}

static void
on_connection(evutil_socket_t fd, short what, void *arg)
{
	struct listen *l = arg;

	(void)what;
	for (unsigned i = 0; i < ACCEPTS; i++) {
		struct endpoint from = { .len = sizeof from.u };
		int c = accept4(
		    (int)fd, &from.u.any, &from.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (c >= 0)
			welcome(l, c, &from);
		else if ((errno != EMFILE && errno != ENFILE) || !make_room(l))
			break;
	}
}

void
listen_take(struct listen *l, int fd)
{
	struct endpoint from = { .len = sizeof from.u };

	if (getpeername(fd, &from.u.any, &from.len) != 0) {
		close(fd);
		return;
	}
	welcome(l, fd, &from);
}

void
listen_keep(struct listen *l)
{
	static const struct control c = { .kind = CONTROL_STRANGER,
		.friend = CONTROL_ALL };
	struct stranger *s;
	unsigned n = 0;

	TAILQ_FOREACH_REVERSE(s, &l->waiting, strangers, by_age)
	if (n++ < LISTEN_KEPT && control_send(l->w->control, &c, s->fd, true) != ERR_OK)
		break;
}

/* Strangers take a part of the descriptors that are allowed; links need the others. */
static size_t
part(size_t most, size_t share)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0 || lim.rlim_cur / share >= most)
		return most;
	return (size_t)lim.rlim_cur / share + 1;
}

struct listen *
listen_new(struct worker *w, const int *sockets, size_t n)
{
	struct listen *l = calloc(1, sizeof *l);

	if (l == NULL)
		die("no memory for listening");
	/* cppcheck-suppress nullPointerRedundantCheck; die does not return */
	*l = (struct listen){ .w = w,
		.waiting_max = part(LISTEN_WAITING, 2),
		.silent_max = part(LISTEN_SILENT, 16) };
	TAILQ_INIT(&l->waiting);
	TAILQ_INIT(&l->silent);
	for (size_t i = 0; i < n; i++) {
		l->listeners[i] = event_new(
		    w->base, sockets[i], EV_READ | EV_PERSIST, on_connection, l);
		if (l->listeners[i] == NULL || event_add(l->listeners[i], NULL) != 0)
			die("no memory for listening");
		l->n_listeners++;
	}
	return l;
}

void
listen_free(struct listen *l)
{
	struct stranger *s;

	if (l == NULL)
		return;
	while ((s = TAILQ_FIRST(&l->waiting)) != NULL)
		forget(s); /* NOLINT */
	while ((s = TAILQ_FIRST(&l->silent)) != NULL)
		forget(s); /* NOLINT */
	for (size_t i = 0; i < l->n_listeners; i++)
		event_free(l->listeners[i]);
	free(l);
}
