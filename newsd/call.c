#include "newsd/call.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "newsd/chance.h"
#include "newsd/count.h"
#include "newsd/dial.h"
#include "newsd/opening.h"
#include "newsd/worker.h"

#define LOOK_S 3600            /* the clock may jump, and machines sleep */
#define GRACE_BYTES (2u << 20) /* what may be on its way when a budget ends */
#define GRACE_S 30
#define METER_S 1 /* bytes of a link with a budget are counted so often */

void
call_local(int64_t t, struct tm *out)
{
	time_t clock = (time_t)t;

	if (localtime_r(&clock, out) == NULL)
		*out = (struct tm){ 0 };
}

void
call_save(struct peer *p)
{
	if (p->f->count >= 0 && count_save(p->f->count, &p->call.past) != ERR_OK)
		log_at(LOG_WARN, "call friend=%s error=\"cannot write its record\"",
		    p->f->name);
}

static bool
permitted(const struct peer *p, const struct carrier *c)
{
	if (!carrier_dialled(c) || p->f->n_roots == 0)
		return false;
	return c->kind != CARRIER_LEARNED ||
	    carrier_learned_allowed(p->f->carriers, p->f->n_carriers);
}

static bool
can_dial(const struct peer *p)
{
	for (size_t i = 0; i < p->f->n_carriers; i++)
		if (permitted(p, &p->f->carriers[i]))
			return true;
	return false;
}

static bool
has_dir(const struct peer *p)
{
	for (size_t i = 0; i < p->f->n_carriers; i++)
		if (p->f->carriers[i].kind == CARRIER_DIR)
			return true;
	return false;
}

static void
tell_state(struct peer *p, int64_t seconds)
{
	struct call *c = &p->call;
	const struct link *l = &p->link;
	uint8_t state = l->fd < 0 ? (c->active ? STATE_DIALLING : STATE_DOWN)
	    : l->role == ROLE_CALLER && !l->proved ? STATE_CALLING
						   : STATE_UP;
	uint32_t next =
	    seconds < 0 || seconds >= CONTROL_NONE ? CONTROL_NONE : (uint32_t)seconds;

	if (state == c->told_state && next == c->told_next && next == CONTROL_NONE)
		return;
	c->told_state = state;
	c->told_next = next;
	worker_tell(p, CONTROL_STATE, state, next, -1);
}

static void
arm(struct peer *p, int64_t seconds)
{
	struct timeval tv = { seconds < LOOK_S ? seconds : LOOK_S, 0 };

	/* a moment behind the full second: looking early would look twice */
	tv.tv_usec = seconds > 0 ? 1000 : 0;
	event_add(p->call.timer, &tv);
}

/* batcher ends by itself, between two items; one that does not is cut. */
static bool
overspent(const struct peer *p)
{
	struct schedule s = p->f->schedule;

	if (p->link.busy && s.budget_bytes > 0)
		s.budget_bytes += GRACE_BYTES;
	if (p->link.busy && s.budget_seconds > 0)
		s.budget_seconds += GRACE_S;
	return schedule_spent(&s, &p->call.past, p->call.past.day);
}

/* While a link stands: its ends by window and budget, and calls that come due on it. */
static int64_t
plan_up(struct peer *p, int64_t now)
{
	const struct schedule *s = &p->f->schedule;
	int64_t until = SCHEDULE_NEVER, next;
	bool ours = p->link.role == ROLE_CALLER;

	link_account(p);
	if (p->link.cut)
		return SCHEDULE_NEVER;
	if (overspent(p)) {
		worker_tell(p, CONTROL_CARRIER, TROUBLE_BUDGET, CONTROL_NONE, -1);
		log_at(
		    LOG_INFO, "link ends friend=%s reason=\"budget used\"", p->f->name);
		call_save(p);
		link_cut(p);
		return SCHEDULE_NEVER;
	}
	if (ours && s->on_arrival && !schedule_open(s, call_local, now, &until)) {
		log_at(
		    LOG_INFO, "link ends friend=%s reason=\"window over\"", p->f->name);
		link_cut(p);
		return SCHEDULE_NEVER;
	}
	if (s->budget_bytes > 0 || s->budget_seconds > 0)
		until = now + METER_S < until ? now + METER_S : until;
	next = schedule_next(s, &p->call.past, call_local, now, p->call.chance, false);
	return next < until ? next : until;
}

void
call_plan(struct peer *p)
{
	struct call *c = &p->call;
	int64_t now = clock_now(), next;

	event_del(c->timer);
	if (p->w->once) {
		tell_state(p, -1);
		return;
	}
	if (p->link.fd >= 0) {
		next = plan_up(p, now);
		if (p->link.fd >= 0) {
			tell_state(p, -1);
			if (next != SCHEDULE_NEVER)
				arm(p, next > now ? next - now : METER_S);
			return;
		}
	}
	if (c->active) {
		tell_state(p, -1);
		return;
	}
	next = SCHEDULE_NEVER;
	if (can_dial(p) || has_dir(p))
		next = schedule_next(
		    &p->f->schedule, &c->past, call_local, now, c->chance, can_dial(p));
	tell_state(p, next == SCHEDULE_NEVER ? -1 : next - now);
	if (next != SCHEDULE_NEVER)
		arm(p, next - now);
}

static void
failed(struct peer *p)
{
	struct call *c = &p->call;

	c->active = false;
	/* who was away is back: what failed before says nothing about what broke */
	if (c->reached && !c->past.broken)
		c->past.failures = 0;
	c->past.broken = c->reached;
	c->past.failures++;
	c->past.failed = clock_now();
	c->chance = chance();
	worker_tell(p, CONTROL_GAVE_UP, 0, 0, -1);
	call_plan(p);
}

static bool
call_by(const struct peer *p, enum carrier_kind kind)
{
	const struct call *c = &p->call;

	return c->at < p->f->n_carriers && p->f->carriers[c->at].kind == kind;
}

bool
call_by_command(const struct peer *p)
{
	return call_by(p, CARRIER_EXEC);
}

bool
call_by_line(const struct peer *p)
{
	return call_by(p, CARRIER_SERIAL);
}

static void
came_up(struct peer *p, int fd)
{
	unsigned char opening[OPENING_LEN];
	uint64_t counter;
	struct buf text = BUF_INIT(CONF_LINE_MAX + 1);
	const char *s;

	carrier_write(&p->f->carriers[p->call.at], &text);
	s = buf_cstr(&text);
	if (count_next(p->f->count, 1000 * (uint64_t)clock_now(), &counter) != ERR_OK) {
		log_at(LOG_ERROR, "call friend=%s error=\"cannot write its counter\"",
		    p->f->name);
		close(fd);
		call_next(p, TROUBLE_OWN);
		goto out;
	}
	opening_make(&p->f->roots[0].out, counter, opening);
	/* goes out with batcher's first bytes, in one packet; alone a fifth of a second later */
	if (send(fd, opening, sizeof opening, MSG_MORE | MSG_NOSIGNAL) !=
	    (ssize_t)sizeof opening) {
		close(fd);
		call_next(p,
		    call_by_command(p)    ? TROUBLE_MUTE
			: call_by_line(p) ? TROUBLE_LINE_LOST
					  : TROUBLE_LOST);
		goto out;
	}
	log_at(LOG_INFO, "link up friend=%s role=caller carrier=%s", p->f->name,
	    quoted(view_str(s != NULL ? s : "?")));
	worker_tell(p, CONTROL_CARRIER, TROUBLE_NONE, (uint32_t)p->call.at, -1);
	link_up(p, fd, ROLE_CALLER);
out:
	buf_release(&text);
}

static void
on_dialled(void *arg, int fd, enum trouble t)
{
	struct peer *p = arg;

	dial_free(p->call.dial);
	p->call.dial = NULL;
	if (fd >= 0)
		came_up(p, fd);
	else
		call_next(p, t);
}

/* The carrier at `at`, or the first behind it that may be tried. */
static void
try(struct peer *p)
{
	struct call *c = &p->call;
	const struct carrier *carrier;

	while (c->at < p->f->n_carriers && !permitted(p, &p->f->carriers[c->at]))
		c->at++;
	if (c->at == p->f->n_carriers) {
		failed(p);
		return;
	}
	carrier = &p->f->carriers[c->at];
	if (carrier->kind == CARRIER_EXEC || carrier->kind == CARRIER_SERIAL) {
		c->streaming = true;
		worker_tell(p, CONTROL_COMMAND, 0, (uint32_t)c->at, -1);
	} else if (dial_start(p->w->base, p->w->dns, carrier, p->f->private_allowed,
		       on_dialled, p, &c->dial) != ERR_OK) {
		call_next(p, TROUBLE_OWN);
	}
}

void
call_next(struct peer *p, enum trouble t)
{
	struct call *c = &p->call;
	struct buf text = BUF_INIT(CONF_LINE_MAX + 1);
	const char *s;

	carrier_write(&p->f->carriers[c->at], &text);
	s = buf_cstr(&text);
	log_at(LOG_INFO, "call failed friend=%s carrier=%s error=\"%s\"", p->f->name,
	    quoted(view_str(s != NULL ? s : "?")), trouble_text(t));
	buf_release(&text);
	c->reached = c->reached || t == TROUBLE_EXCHANGE || t == TROUBLE_BUSY ||
	    t == TROUBLE_LINE_LOST;
	/* what was not tried hides nothing that was */
	if (t != TROUBLE_NOT_ALLOWED || !c->told)
		worker_tell(p, CONTROL_CARRIER, (uint8_t)t, (uint32_t)c->at, -1);
	c->told = true;
	c->at++;
	if (t == TROUBLE_BUSY) /* by another carrier it would be as busy */
		failed(p);
	else
		try(p);
}

static void
sticks(struct peer *p)
{
	for (size_t i = 0; i < p->f->n_carriers; i++)
		if (p->f->carriers[i].kind == CARRIER_DIR)
			worker_tell(p, CONTROL_STICK, 0, (uint32_t)i, -1);
}

static void
not_begun(struct peer *p, enum trouble t)
{
	log_at(
	    LOG_INFO, "call failed friend=%s error=\"%s\"", p->f->name, trouble_text(t));
	worker_tell(p, CONTROL_CARRIER, (uint8_t)t, CONTROL_NONE, -1);
	p->call.reached = false;
	failed(p);
}

void
call_now(struct peer *p)
{
	struct call *c = &p->call;

	if (c->active)
		return;
	link_account(p);
	c->past.begun = clock_now();
	call_save(p);
	sticks(p);
	if (p->link.fd >= 0) {
		link_wake(p);
		call_plan(p);
		return;
	}
	if (!can_dial(p) && has_dir(p)) {
		c->past.heard = c->past.begun;
		call_plan(p);
		return;
	}
	if (!can_dial(p)) {
		not_begun(p, p->f->n_roots == 0 ? TROUBLE_NO_KEYS : TROUBLE_NO_CARRIER);
		return;
	}
	if (schedule_spent(&p->f->schedule, &c->past, c->past.day)) {
		not_begun(p, TROUBLE_BUDGET);
		return;
	}
	c->active = true;
	c->told = c->reached = false;
	c->at = 0;
	call_plan(p);
	try(p);
}

void
call_wake(struct peer *p)
{
	if (p->f->schedule.on_arrival)
		sticks(p);
}

void
call_stream(struct peer *p, int fd)
{
	if (!p->call.streaming) {
		if (fd >= 0)
			close(fd);
		return;
	}
	p->call.streaming = false;
	if (fd >= 0)
		came_up(p, fd);
	else
		call_next(p, call_by_line(p) ? TROUBLE_LINE : TROUBLE_COMMAND);
}

void
call_keep(struct peer *p)
{
	if (p->call.active)
		worker_tell(p, CONTROL_AGAIN, 0, 0, -1);
}

void
call_succeeded(struct peer *p)
{
	struct call *c = &p->call;

	c->active = false;
	c->past.failures = 0;
	c->past.heard = clock_now();
	call_save(p);
}

void
call_stopped(struct peer *p)
{
	struct call *c = &p->call;

	c->active = false;
	c->past.failures = 0;
	call_save(p);
	call_plan(p);
}

void
call_cancel(struct peer *p)
{
	struct call *c = &p->call;

	dial_free(c->dial);
	c->dial = NULL;
	c->streaming = false;
	c->active = false;
}

void
call_lost(struct peer *p, bool young)
{
	struct call *c = &p->call;

	call_save(p);
	c->active = false;
	c->reached = true;
	/* a link that stood for a while is dialled again at once, one that keeps failing is not */
	if (young) {
		failed(p);
		return;
	}
	c->past.failures = 0;
	call_plan(p);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	struct call *c = &p->call;
	int64_t now = clock_now();
	bool up = p->link.fd >= 0;

	(void)fd;
	(void)what;
	if (!c->active && (up || can_dial(p) || has_dir(p)) &&
	    schedule_next(&p->f->schedule, &c->past, call_local, now, c->chance,
		!up && can_dial(p)) <= now)
		call_now(p);
	else
		call_plan(p);
}

void
call_init(struct peer *p)
{
	struct call *c = &p->call;

	*c = (struct call){ .told_state = STATES };
	if (p->f->count >= 0)
		count_load(p->f->count, &c->past);
	c->chance = chance();
	if ((c->timer = evtimer_new(p->w->base, on_timer, p)) == NULL)
		die("no memory for calls");
}
