#include "newsd/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "newsd/jobs.h"
#include "newsd/worker.h"

#define WAKE_BYTE 0x57
#define POKE_MS 2000
#define POKES_MAX 30 /* a caller that sleeps through a minute of them is gone */
#define CROSSING_MS 30000
#define RECENT_MS 500 /* batcher, in its last moments, may have looked already */
#define EXIT_BUSY 75  /* another batcher has this friend */

static const char *
role_text(enum link_role r)
{
	return r == ROLE_CALLER ? "caller" : "answerer";
}

static void
set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void
forget_events(struct link *l)
{
	if (l->readable != NULL)
		event_free(l->readable);
	l->readable = NULL;
	event_del(l->poke);
	l->pokes = 0;
}

/* What both ways of a TCP link carried; 0 for a pipe. */
static uint64_t
carried(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_bytes_acked + info.tcpi_bytes_received;
}

void
link_account(struct peer *p)
{
	struct schedule_past *past = &p->call.past;
	struct link *l = &p->link;
	int64_t now = clock_ms(), day = schedule_day(call_local, clock_now());
	uint64_t bytes;

	if (past->day != day) {
		past->day = day;
		past->bytes = 0;
		past->seconds = 0;
	}
	if (l->fd < 0)
		return;
	if ((bytes = carried(l->fd)) > l->counted)
		past->bytes += bytes - l->counted;
	l->counted = bytes;
	past->seconds += (now - l->counted_ms) / 1000;
	l->counted_ms += (now - l->counted_ms) / 1000 * 1000;
}

static void
drop(struct peer *p)
{
	struct link *l = &p->link;

	link_account(p);
	forget_events(l);
	close(l->fd);
	l->fd = -1;
	l->busy = l->cut = l->woken = l->proved = false;
}

static void
lost(struct peer *p, enum trouble t)
{
	bool young = clock_ms() - p->link.since_ms < 60000;

	log_at(LOG_INFO, "link down friend=%s error=\"%s\"", p->f->name, trouble_text(t));
	worker_tell(p, CONTROL_CARRIER, (uint8_t)t, CONTROL_NONE, -1);
	drop(p);
	call_lost(p, young);
}

/* The end of a link that was used, by who called: a call that is done. */
static void
over(struct peer *p)
{
	log_at(LOG_INFO, "link ended friend=%s", p->f->name);
	drop(p);
	call_plan(p);
}

static void
exchange(struct peer *p)
{
	struct link *l = &p->link;

	forget_events(l);
	if (p->f->schedule.budget_bytes > 0 || p->f->schedule.budget_seconds > 0) {
		link_account(p);
		call_save(p);
	}
	set_blocking(l->fd, true); /* what a program expects of its stdin */
	l->busy = true;
	l->woken = false;
	worker_tell(p, CONTROL_EXCHANGE, (uint8_t)l->role, 0, l->fd);
}

/* Nothing is consumed: what lies there is batcher's. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	unsigned char first;
	ssize_t n = recv((int)fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		event_add(p->link.readable, NULL);
	else if (n == 0 && p->link.role == ROLE_ANSWERER && p->link.proved)
		over(p);
	else if (n <= 0)
		lost(p, TROUBLE_LOST);
	else if (p->link.role == ROLE_CALLER && first != WAKE_BYTE)
		lost(p, TROUBLE_EXCHANGE);
	else
		exchange(p);
}

static void
watch(struct peer *p)
{
	struct link *l = &p->link;

	set_blocking(l->fd, false);
	l->readable = event_new(p->w->base, l->fd, EV_READ, on_readable, p);
	if (l->readable == NULL || event_add(l->readable, NULL) != 0)
		lost(p, TROUBLE_OWN);
}

static void
on_poke(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval again = { POKE_MS / 1000, POKE_MS % 1000 * 1000 };
	static const unsigned char byte = WAKE_BYTE;
	struct peer *p = arg;

	(void)fd;
	(void)what;
	if (++p->link.pokes > POKES_MAX ||
	    (send(p->link.fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		errno != EAGAIN)) {
		lost(p, TROUBLE_LOST);
		return;
	}
	event_add(p->link.poke, &again);
}

void
link_wake(struct peer *p)
{
	struct link *l = &p->link;

	if (l->fd < 0)
		return;
	if (l->busy) {
		l->woken = true;
		l->woken_ms = clock_ms();
	} else if (l->role == ROLE_CALLER) {
		exchange(p);
	} else if (l->pokes == 0) {
		on_poke(-1, 0, p);
	}
}

static void
set_up(struct peer *p, int fd, enum link_role role)
{
	struct link *l = &p->link;

	l->fd = fd;
	l->role = role;
	l->busy = l->proved = l->woken = l->cut = false;
	l->since_ms = l->counted_ms = clock_ms();
	l->counted = role == ROLE_ANSWERER ? 0 : carried(fd);
}

/* Both called at once: both ends keep the one whose key is smaller, which both know. */
static bool
ours_wins(const struct peer *p)
{
	const struct link_root *r = &p->f->roots[0];

	return p->link.fd >= 0 && p->link.role == ROLE_CALLER && !p->link.proved &&
	    !p->link.cut && clock_ms() - p->link.since_ms < CROSSING_MS &&
	    p->f->n_roots > 0 && memcmp(r->out.b, r->in.b, KEY_LEN) < 0;
}

static void
answer(struct peer *p, int fd)
{
	log_at(
	    LOG_INFO, "link up friend=%s role=%s", p->f->name, role_text(ROLE_ANSWERER));
	worker_tell(p, CONTROL_CARRIER, TROUBLE_NONE, CONTROL_NONE, -1);
	set_up(p, fd, ROLE_ANSWERER);
	exchange(p);
	call_plan(p);
}

void
link_up(struct peer *p, int fd, enum link_role role)
{
	struct link *l = &p->link;

	if (role == ROLE_CALLER) {
		/* the friend was quicker */
		if (l->fd >= 0) {
			close(fd);
			return;
		}
		set_up(p, fd, role);
		exchange(p);
		call_plan(p);
		return;
	}
	if (ours_wins(p)) {
		close(fd);
		return;
	}
	/* who calls anew knows that the old one is dead */
	call_cancel(p);
	if (l->fd >= 0 && l->busy) {
		if (l->next >= 0)
			close(l->next);
		l->next = fd;
		link_cut(p);
		return;
	}
	if (l->fd >= 0)
		drop(p);
	answer(p, fd);
}

void
link_take(struct peer *p, int fd, enum link_role role, uint32_t flags)
{
	struct link *l = &p->link;

	if (l->fd >= 0) {
		close(fd);
		return;
	}
	set_up(p, fd, role);
	l->counted = carried(fd); /* the worker before counted it */
	l->proved = true;
	l->busy = (flags & CONTROL_TAKE_BUSY) != 0;
	if (!l->busy)
		watch(p);
	if (l->fd >= 0 && (flags & CONTROL_TAKE_NEW) != 0)
		link_wake(p);
	call_plan(p);
}

bool
link_keep(struct peer *p)
{
	struct link *l = &p->link;
	uint32_t news = l->woken || l->pokes > 0;

	link_account(p);
	if (l->fd < 0 || l->cut)
		return false;
	worker_tell(p, CONTROL_KEEP, (uint8_t)l->role, news, l->fd);
	return true;
}

/* After a good end: again, kept, or closed by its caller. */
static void
rest(struct peer *p)
{
	struct link *l = &p->link;
	int64_t until;

	l->proved = true;
	if (l->woken && clock_ms() - l->woken_ms < RECENT_MS) {
		l->woken = false;
		watch(p);
		link_wake(p);
	} else if (l->role == ROLE_CALLER && !p->w->once &&
	    !(p->f->schedule.on_arrival &&
		schedule_open(&p->f->schedule, call_local, clock_now(), &until))) {
		log_at(LOG_INFO, "call done friend=%s", p->f->name);
		drop(p);
	} else {
		l->woken = false;
		watch(p);
	}
}

/* batcher heeds budgets, also on pipes, whose bytes are not seen here. */
static void
spent(struct peer *p)
{
	struct schedule_past *past = &p->call.past;

	log_at(LOG_INFO, "link ends friend=%s reason=\"budget used\"", p->f->name);
	worker_tell(p, CONTROL_CARRIER, TROUBLE_BUDGET, CONTROL_NONE, -1);
	drop(p);
	if (!schedule_spent(&p->f->schedule, past, past->day))
		past->bytes = p->f->schedule.budget_bytes;
	past->heard = clock_now();
	call_stopped(p);
}

/* The old one ended and the friend's new call waits. */
static void
take_next(struct peer *p)
{
	int fd = p->link.next;

	p->link.next = -1;
	drop(p);
	answer(p, fd);
}

static enum trouble
trouble_of(const struct peer *p, unsigned code)
{
	if (code == EXIT_BUSY)
		return TROUBLE_BUSY;
	if (code == EXIT_NOBODY)
		return TROUBLE_NOBODY;
	if (call_by_line(p) && p->link.role == ROLE_CALLER)
		return code == EXIT_SILENT ? TROUBLE_LINE_MUTE : TROUBLE_LINE_LOST;
	if (code != EXIT_SILENT)
		return TROUBLE_EXCHANGE;
	return call_by_command(p) ? TROUBLE_MUTE : TROUBLE_SILENT;
}

void
link_ended(struct peer *p, unsigned code)
{
	struct link *l = &p->link;
	bool first = l->role == ROLE_CALLER && !l->proved && p->call.active;

	if (l->fd < 0 || !l->busy)
		return;
	link_account(p);
	l->busy = false;
	if (l->next >= 0) {
		take_next(p);
		return;
	}
	if (code == EXIT_SPENT) {
		spent(p);
		return;
	}
	if (l->cut) {
		drop(p);
		call_stopped(p);
		return;
	}
	if (code == 0) {
		call_succeeded(p);
		rest(p);
		call_plan(p);
		return;
	}
	if (!first) {
		lost(p, l->role == ROLE_CALLER ? trouble_of(p, code) : TROUBLE_EXCHANGE);
		return;
	}
	drop(p);
	call_next(p, trouble_of(p, code));
}

void
link_cut(struct peer *p)
{
	struct link *l = &p->link;

	if (l->fd < 0)
		return;
	if (!l->busy) {
		drop(p);
		return;
	}
	/* batcher reads the end of it and goes */
	l->cut = true;
	shutdown(l->fd, SHUT_RDWR);
}

void
link_init(struct peer *p)
{
	p->link = (struct link){ .fd = -1, .next = -1 };
	p->link.poke = evtimer_new(p->w->base, on_poke, p);
	if (p->link.poke == NULL)
		die("no memory for links");
}
