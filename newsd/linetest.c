#include "newsd/linetest.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"

#define PIECE 2048
#define TEXT_MAX 2048
#define PINGS 5
#define PING_MS 8000   /* for all of them, and the last one's way back */
#define FLOOD_MS 5000  /* of bytes one way, then both ways */
#define SETTLE_MS 3000 /* for what is still under way */
#define SOME 256       /* payload: short enough that most survive one error in 1,000 */
#define FRAME 16       /* what a frame adds, about */

struct linetest {
	struct arq *arq;
	const struct pump_start *how;
	unsigned char out[PIECE];
	size_t out_at, out_len;
	bool gone;
	unsigned pings;
	struct arq_stats before, after; /* of the flood one way */
	struct arq_stats both;
	int64_t one_ms, both_ms;
};

static void
say(const char *words)
{
	(void)fs_write_all(STDOUT_FILENO, view_str(words));
	(void)fs_write_all(STDOUT_FILENO, VIEW_LIT("\n"));
}

static void
to_line(struct linetest *t)
{
	for (;;) {
		ssize_t n;

		if (t->out_at == t->out_len) {
			t->out_at = 0;
			t->out_len = arq_output(
			    t->arq, t->out, sizeof t->out, (uint64_t)clock_ms());
		}
		if (t->out_len == 0)
			return;
		n = write(t->how->out, t->out + t->out_at, t->out_len - t->out_at);
		if (n < 0) {
			t->gone = errno != EAGAIN && errno != EINTR;
			return;
		}
		t->out_at += (size_t)n;
	}
}

static void
from_line(struct linetest *t)
{
	unsigned char piece[PIECE];
	ssize_t n = read(t->how->in, piece, sizeof piece);

	if (n > 0)
		arq_input(
		    t->arq, (struct view){ piece, (size_t)n }, (uint64_t)clock_ms());
	else
		t->gone = n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* Until then, or until the line or the call is gone. */
static void
turn(struct linetest *t, int64_t until)
{
	struct pollfd p = { t->how->in, POLLIN, 0 };
	int64_t left = until - clock_ms();
	uint32_t next;

	to_line(t);
	next = arq_next(t->arq, (uint64_t)clock_ms());
	if (t->out_at < t->out_len)
		p.events |= POLLOUT;
	else if (next < left)
		left = next;
	if (poll(&p, 1, left > 0 ? (int)left : 0) > 0 &&
	    (p.revents & (POLLIN | POLLERR | POLLHUP)) != 0)
		from_line(t);
}

static bool
works(const struct linetest *t)
{
	enum arq_state s = arq_state(t->arq);

	return !t->gone && s != ARQ_FAILED && s != ARQ_CLOSED;
}

static void
stats(const struct linetest *t, struct arq_stats *out)
{
	arq_stats(t->arq, out, (uint64_t)clock_ms());
}

/* One after the other: the way there and back, when nothing else is on it. */
static void
ping(struct linetest *t)
{
	int64_t until = clock_ms() + PING_MS;
	struct arq_stats s;

	stats(t, &s);
	while (works(t) && clock_ms() < until && (t->pings < PINGS || s.echoes < PINGS)) {
		if (t->pings < PINGS && s.echoes >= t->pings &&
		    arq_test(t->arq, ARQ_TEST_MIN, true))
			t->pings++;
		turn(t, until);
		stats(t, &s);
	}
}

static int64_t
flood(struct linetest *t, bool whole)
{
	int64_t begun = clock_ms(), until = begun + FLOOD_MS;

	while (works(t) && clock_ms() < until) {
		arq_test(t->arq, SOME, whole);
		turn(t, until);
	}
	return clock_ms() - begun;
}

static void
settle(struct linetest *t)
{
	int64_t until = clock_ms() + SETTLE_MS;
	struct arq_stats s;

	stats(t, &s);
	while (works(t) && clock_ms() < until && s.echoes < s.tests) {
		turn(t, until);
		stats(t, &s);
	}
	/* what it last said, it said before the last came */
	if (works(t) && arq_test(t->arq, ARQ_TEST_MIN, true))
		for (until = clock_ms() + SETTLE_MS; works(t) && clock_ms() < until;) {
			turn(t, until);
			if (stats(t, &s), s.echoes >= s.tests)
				break;
		}
}

/* ---- words ---------------------------------------------------------------------------- */

static void
tell_wires(const struct pump_start *how, struct buf *out)
{
	struct serialport_lines l;

	serialport_lines(how->in, &l);
	if (!l.known)
		return;
	buf_addf(out, "wires: CTS is %s, DSR is %s, carrier is %s\n",
	    l.cts ? "on" : "off", l.dsr ? "on" : "off", l.carrier ? "on" : "off");
	if (!l.cts && !how->serial->three_wire)
		buf_adds(out,
		    "CTS is off, so nothing can be sent: the other end is off, or the cable "
		    "has no such wire; then write ,3-wire behind the device\n");
}

/* Why nobody answered. */
static void
tell_silence(const struct linetest *t, struct buf *out)
{
	struct arq_stats s;

	stats(t, &s);
	if (t->gone)
		buf_adds(out, "the line hung up");
	else if (arq_fault(t->arq) != ARQ_NO_ANSWER && arq_fault(t->arq) != ARQ_FINE)
		buf_adds(out, arq_fault_words(t->arq));
	else if (s.line_in == 0)
		buf_adds(out,
		    "not one byte came back: the other node is not up, or does not answer "
		    "on this line, or the cable is no null-modem cable (2 and 3 crossed)");
	else
		buf_addf(out,
		    "%llu bytes came, and none of them make sense: the two ends differ in "
		    "speed, or one has parity, or it is no node of Hearsay",
		    (unsigned long long)s.line_in);
	buf_addc(out, '\n');
}

/* Damaged frames of those sent, as one byte of how many; 0: none was. */
static uint64_t
one_in(const struct linetest *t)
{
	uint64_t sent = t->after.tests - t->before.tests;
	uint64_t came = t->after.tests_there - t->before.tests_there;

	return came < sent ? sent * (SOME + FRAME) / (sent - came) : 0;
}

static void
tell_rate(const struct linetest *t, struct buf *out)
{
	uint64_t came = t->after.tests_there - t->before.tests_there;
	uint64_t back = t->both.echoes - t->after.echoes;
	uint64_t there = t->one_ms > 0 ? came * SOME * 1000 / (uint64_t)t->one_ms : 0;
	uint64_t both = t->both_ms > 0 ? back * SOME * 1000 / (uint64_t)t->both_ms : 0;

	buf_addf(out, "throughput: %llu bytes a second one way, %llu each way at once",
	    (unsigned long long)there, (unsigned long long)both);
	if (t->how->speed > 0)
		buf_addf(out, " (%llu %% of %lu bps)",
		    (unsigned long long)(there * 1000 / t->how->speed),
		    (unsigned long)t->how->speed);
	buf_addc(out, '\n');
	if (t->how->speed > 0 && there * 1000 / t->how->speed < 60 && one_in(t) == 0)
		buf_adds(out,
		    "that is slow for a clean line: the line itself is slower than said, or "
		    "flow control (RTS/CTS) holds it up\n");
}

static void
tell(const struct linetest *t, struct buf *out)
{
	uint64_t n = one_in(t);
	const char *note = arq_note(t->arq);

	buf_addf(out, "delay: %lu ms there and back (%lu to %lu)\n",
	    (unsigned long)t->before.echo_ms, (unsigned long)t->before.echo_min_ms,
	    (unsigned long)t->before.echo_max_ms);
	if (n == 0)
		buf_addf(out, "errors: none in %" PRIu64 " bytes\n",
		    (t->after.tests - t->before.tests) * (SOME + FRAME));
	else
		buf_addf(out, "errors: about one byte in %llu\n", (unsigned long long)n);
	tell_rate(t, out);
	buf_adds(out, "bytes: all 8 bits pass\n");
	if (note != NULL)
		buf_addf(out, "%s\n", note);
	if (n > 0 && n < 2000)
		buf_adds(out,
		    "that is a bad line: a shorter or shielded cable, a lower speed, or "
		    "error correction in the modem may help\n");
	else if (n == 0 && note == NULL)
		buf_adds(out, "nothing is wrong with this line\n");
}

int
linetest_run(struct arq *a, const struct pump_start *how)
{
	struct linetest t = { .arq = a, .how = how };
	struct buf out = BUF_INIT(TEXT_MAX);
	int64_t until = clock_ms() + 60000;
	int code = PUMP_REFUSED;

	say("calling ...");
	while (works(&t) && arq_state(a) == ARQ_OPENING && clock_ms() < until)
		turn(&t, until);
	tell_wires(how, &out);
	if (arq_state(a) != ARQ_OPEN || t.gone) {
		tell_silence(&t, &out);
	} else {
		say("measuring ...");
		ping(&t);
		stats(&t, &t.before);
		t.one_ms = flood(&t, false);
		settle(&t);
		stats(&t, &t.after);
		t.both_ms = flood(&t, true);
		stats(&t, &t.both);
		if (!works(&t))
			tell_silence(&t, &out);
		else
			tell(&t, &out);
		code = works(&t) ? PUMP_DONE : PUMP_BROKEN;
		arq_close(a);
		for (until = clock_ms() + SETTLE_MS; works(&t) && clock_ms() < until;)
			turn(&t, until);
	}
	(void)fs_write_all(STDOUT_FILENO, buf_view(&out));
	buf_release(&out);
	return code;
}
