#include "newsd/pump.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "newsd/arq.h"
#include "newsd/control.h"
#include "newsd/linetest.h"
#include "newsd/modem.h"
#include "newsd/opening.h"
#include "newsd/spawn.h"

#define PIECE 2048
#define WHY_MAX 512
#define REST_MAX 8192
#define AHEAD_MIN 1024 /* bytes from above that the ARQ has not sent yet */
#define LOOK_MS 1000   /* at the carrier */
#define STRANGER_MS 60000
#define LAST_MS 1000
#define CABLE_MS 15000 /* who is at the other end of a cable answers at once */
#define TRY_MS 10000   /* for an answer at one of several speeds */

static const char no_carrier[] = "\r\nNO CARRIER\r";

struct pump {
	const struct pump_start *how;
	struct arq *arq;
	uint32_t speed;
	unsigned char out[PIECE], up[PIECE];
	size_t out_at, out_len; /* for the device */
	size_t up_at, up_len;   /* for the stream */
	uint64_t written;       /* to the ARQ */
	bool offered, above_ended, above_told;
	int64_t begun;
	bool carrier; /* the device tells it, and it was there */
	unsigned char tail[sizeof no_carrier];
	size_t tail_len;
	const char *lost; /* why the line is gone; NULL: it is not */
};

static void
report(const struct pump_start *how, const char *words)
{
	struct buf line = BUF_INIT(2 * WHY_MAX);

	buf_addf(&line, "%s: %s\n", how->serial->device, words);
	(void)fs_write_all(STDERR_FILENO, buf_view(&line));
	buf_release(&line);
}

/* ---- the device ----------------------------------------------------------------------- */

/* A modem says it in the data when the call is gone. */
static bool
heard_no_carrier(struct pump *p, const unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p->tail_len == sizeof no_carrier - 1) {
			memmove(p->tail, p->tail + 1, p->tail_len - 1);
			p->tail_len--;
		}
		p->tail[p->tail_len++] = b[i];
		if (p->tail_len == sizeof no_carrier - 1 &&
		    memcmp(p->tail, no_carrier, p->tail_len) == 0)
			return true;
	}
	return false;
}

static void
from_device(struct pump *p)
{
	unsigned char piece[PIECE];
	ssize_t n = read(p->how->in, piece, sizeof piece);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		p->lost = "the line hung up";
		return;
	}
	arq_input(p->arq, (struct view){ piece, (size_t)n }, (uint64_t)clock_ms());
	if (p->how->script.len > 0 && heard_no_carrier(p, piece, (size_t)n))
		p->lost = "the carrier was lost";
}

static void
to_device(struct pump *p)
{
	for (;;) {
		ssize_t n;

		if (p->out_at == p->out_len) {
			p->out_at = 0;
			p->out_len = arq_output(
			    p->arq, p->out, sizeof p->out, (uint64_t)clock_ms());
		}
		if (p->out_len == 0)
			return;
		n = write(p->how->out, p->out + p->out_at, p->out_len - p->out_at);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			p->lost = "the line hung up";
			return;
		}
		p->out_at += (size_t)n;
	}
}

static void
look_at_carrier(struct pump *p)
{
	struct serialport_lines l;

	/* a modem that answered somebody who says nothing of ours */
	if (p->how->script.len > 0 && arq_state(p->arq) == ARQ_LISTENING &&
	    clock_ms() - p->begun > STRANGER_MS)
		p->lost = "who called does not speak as Hearsay does";
	if (!p->carrier)
		return;
	serialport_lines(p->how->in, &l);
	if (l.known && !l.carrier)
		p->lost = "the carrier was lost";
}

/* ---- the stream ----------------------------------------------------------------------- */

static bool
reached(const struct pump *p)
{
	enum arq_state s = arq_state(p->arq);

	return s == ARQ_OPEN || s == ARQ_CLOSING || s == ARQ_CLOSED;
}

/* The parent gets its end of the stream. */
static void
offer(struct pump *p)
{
	struct control c = { CONTROL_LINE_UP, 0, 0, p->speed };
	bool first = arq_readable(p->arq) >= OPENING_LEN || arq_ended(p->arq);

	if (p->offered || arq_testing(p->arq))
		return;
	if (p->how->kind == PUMP_ANSWER ? !first : p->how->patient && !reached(p))
		return;
	p->offered = true;
	if (p->how->busy != NULL)
		*p->how->busy = true;
	if (p->how->offer < 0)
		return;
	if (control_send(p->how->control, &c, p->how->offer, true) != ERR_OK)
		p->above_ended = true;
	close(p->how->offer);
}

static void
to_above(struct pump *p)
{
	while (p->offered && !p->above_told) {
		ssize_t n;

		if (p->up_at == p->up_len) {
			p->up_at = 0;
			p->up_len = arq_read(p->arq, p->up, sizeof p->up);
		}
		if (p->up_len == 0)
			break;
		n = write(p->how->above, p->up + p->up_at, p->up_len - p->up_at);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* nobody above takes it any more: it is dropped */
		p->up_at += n < 0 ? p->up_len - p->up_at : (size_t)n;
	}
	if (p->offered && !p->above_told && p->up_at == p->up_len && arq_ended(p->arq)) {
		p->above_told = true;
		shutdown(p->how->above, SHUT_WR);
	}
}

/* So little waits in the ARQ that what is said now is soon on the line. */
static size_t
wanted(const struct pump *p)
{
	size_t ahead = p->speed / 40, room;
	struct arq_stats s;
	uint64_t unsent;

	if (!p->offered || p->above_ended)
		return 0;
	arq_stats(p->arq, &s, (uint64_t)clock_ms());
	unsent = p->written - s.sent;
	ahead = ahead > AHEAD_MIN ? ahead : AHEAD_MIN;
	room = arq_room(p->arq);
	if (unsent >= ahead)
		return 0;
	return room < ahead - unsent ? room : (size_t)(ahead - unsent);
}

static void
from_above(struct pump *p)
{
	unsigned char piece[PIECE];
	size_t want = wanted(p);
	ssize_t n;

	if (want == 0)
		return;
	n = read(p->how->above, piece, want < sizeof piece ? want : sizeof piece);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		p->above_ended = true;
		arq_close(p->arq);
		return;
	}
	p->written += arq_write(p->arq, (struct view){ piece, (size_t)n });
}

/* ---- one call ------------------------------------------------------------------------- */

static bool
over(struct pump *p)
{
	enum arq_state s = arq_state(p->arq);

	return p->lost != NULL || s == ARQ_CLOSED || s == ARQ_FAILED;
}

static void
turn(struct pump *p)
{
	struct pollfd fds[3] = { { p->how->in, POLLIN, 0 },
		{ p->how->above, wanted(p) > 0 ? POLLIN : 0, 0 },
		{ p->offered ? -1 : p->how->control, 0, 0 } };
	uint32_t ms = arq_next(p->arq, (uint64_t)clock_ms());

	if (p->out_at < p->out_len)
		fds[0].events |= POLLOUT;
	if (p->up_at < p->up_len)
		fds[1].events |= POLLOUT;
	/* an end that told its end would wake us for ever */
	if (!p->offered || (p->above_ended && fds[1].events == 0))
		fds[1].fd = -1;
	if (p->out_at < p->out_len || ms > LOOK_MS)
		ms = LOOK_MS;
	if (poll(fds, 3, (int)ms) < 0 && errno != EINTR)
		p->lost = "trouble on this machine";
	if (fds[2].revents != 0) {
		p->lost = "nobody waits for it any more";
		return;
	}
	if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		from_device(p);
	if ((fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !p->above_ended) {
		from_above(p);
		if ((fds[1].events & POLLIN) == 0 && (fds[1].revents & POLLERR) != 0)
			p->above_ended = true, arq_close(p->arq);
	}
}

/* The last words: the acknowledgement of the end, or what is wrong. */
static void
finish(struct pump *p)
{
	int64_t until = clock_ms() + LAST_MS, left;

	while (p->lost == NULL && (left = until - clock_ms()) > 0) {
		uint32_t next;
		struct pollfd f = { p->how->out, POLLOUT, 0 };

		to_device(p);
		next = arq_next(p->arq, (uint64_t)clock_ms());
		if (p->out_at == p->out_len && next == ARQ_NEVER)
			break;
		poll(&f, p->out_at < p->out_len, next < left ? (int)next : (int)left);
	}
	while (
	    p->lost == NULL && serialport_unsent(p->how->out) > 0 && clock_ms() < until)
		poll(NULL, 0, 5);
}

static void
carry(struct pump *p)
{
	int64_t looked = clock_ms();

	while (!over(p)) {
		offer(p);
		to_above(p);
		to_device(p);
		if (over(p))
			break;
		turn(p);
		if (clock_ms() - looked >= LOOK_MS) {
			looked = clock_ms();
			look_at_carrier(p);
		}
	}
	/* what arrived before the end is the friend's word all the same */
	to_above(p);
	finish(p);
}

static int
judge(struct pump *p)
{
	enum arq_fault f = arq_fault(p->arq);
	const char *note = arq_note(p->arq);

	if (note != NULL)
		report(p->how, note);
	if (arq_state(p->arq) == ARQ_CLOSED || (p->lost != NULL && arq_settled(p->arq)))
		return PUMP_DONE;
	report(p->how, p->lost != NULL ? p->lost : arq_fault_words(p->arq));
	if (p->lost == NULL && !p->offered && f == ARQ_NO_ANSWER)
		return PUMP_DEAF;
	return p->offered && f != ARQ_NO_ANSWER ? PUMP_BROKEN : PUMP_REFUSED;
}

static struct arq *
make_arq(const struct pump_start *how, uint32_t speed)
{
	struct arq_config c = { .bps = speed,
		.answer = how->kind == PUMP_ANSWER,
		.half_duplex = how->serial->half_duplex,
		.test = how->kind == PUMP_LINE_TEST,
		.open_ms = how->patient    ? TRY_MS
		    : how->script.len == 0 ? CABLE_MS
					   : 0 };

	while (c.session == 0)
		if (getrandom(&c.session, sizeof c.session, 0) != sizeof c.session)
			die("no randomness");
	return arq_new(&c, (uint64_t)clock_ms());
}

static int
connected(const struct pump_start *how, uint32_t speed, struct view rest)
{
	struct pump *p = calloc(1, sizeof *p);
	struct serialport_lines l;
	int code;

	if (p == NULL) {
		report(how, "no memory for a line");
		return PUMP_REFUSED;
	}
	p->how = how;
	if ((p->arq = make_arq(how, speed)) == NULL)
		die("no memory for a line");
	p->speed = speed;
	p->begun = clock_ms();
	serialport_lines(how->in, &l);
	p->carrier = l.known && l.carrier;
	arq_input(p->arq, rest, (uint64_t)clock_ms());
	if (how->kind == PUMP_LINE_TEST) {
		code = linetest_run(p->arq, how);
	} else {
		carry(p);
		code = judge(p);
	}
	close(how->above);
	arq_free(p->arq);
	free(p);
	return code;
}

static uint32_t
slower(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static int
run(const struct pump_start *how)
{
	struct modem m = { how->in, how->out, how->control,
		how->kind == PUMP_CHAT_TEST ? STDOUT_FILENO : -1 };
	struct buf rest = BUF_INIT(REST_MAX), why = BUF_INIT(WHY_MAX);
	uint32_t told = 0;
	enum err e = ERR_OK;
	int code;

	if (how->script.len > 0)
		e = modem_chat(&m, how->script, how->words, &told, &rest, &why);
	if (e != ERR_OK) {
		if (why.len > 0)
			report(how, buf_cstr(&why));
		code = e == ERR_NOTFOUND ? PUMP_DEAF : PUMP_REFUSED;
	} else if (how->kind == PUMP_CHAT_TEST) {
		code = PUMP_DONE;
	} else {
		code = connected(how, slower(how->speed, told), buf_view(&rest));
	}
	if (how->script.len > 0 && e == ERR_OK)
		modem_hang_up(&m);
	else if (how->script.len > 0)
		serialport_drop(how->out);
	buf_release(&rest);
	buf_release(&why);
	return code;
}

_Noreturn void
pump_run(const struct pump_start *how)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN },
			 normal = { .sa_handler = SIG_DFL };
	int keep[] = { how->in, how->out, how->above, how->offer, how->control };
	sigset_t none;
	enum err e;

	spawn_close_others(keep, sizeof keep / sizeof keep[0]);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGTERM, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		die("cannot be tied to newsd");
	if ((e = sandbox_enter(SANDBOX_LINE, NULL, 0)) != ERR_OK)
		die("no sandbox: %s", e == ERR_IO ? strerror(errno) : err_text(e));
	_exit(run(how));
}
