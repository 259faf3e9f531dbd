/* What comes in, frame by frame. */
#include <string.h>

#include "newsd/arqcore.h"

#define WHOLE 1 /* flag of a test frame */

static void
learn(struct arq *a, const struct outcome *o, uint64_t now_ms)
{
	if (o->arrived > 0) {
		arqpace_arrived(&a->pace, o->arrived_bytes);
		a->stats.acknowledged += o->arrived_bytes;
		a->progress_ms = now_ms;
		if (!a->half && !o->latest.again && o->latest.strength == 0)
			arqpace_rtt(&a->pace, o->latest.gone_ms, now_ms);
		if (!o->latest.starved && !a->half)
			arqpace_rate(&a->pace, a->send.delivered - o->latest.delivered,
			    now_ms - o->latest.delivered_ms, now_ms);
	}
	for (uint32_t i = 0; i < o->repaired; i++)
		a->fit += (256 - a->fit) / 8;
	a->stats.repaired += o->repaired;
	if (o->lost > 0)
		arqpace_lost(&a->pace, o->lost, o->lost_bytes);
	if (o->arrived > 0 || o->lost > 0) {
		a->backoff = 0;
		a->silent_ms = now_ms + arqpace_timeout(&a->pace);
	}
}

/* Everything before that number has arrived or is lost. */
static void
prove(struct arq *a, uint64_t number, uint64_t now_ms)
{
	struct outcome o = { 0 };

	arqsend_prove(&a->send, number, now_ms, &o);
	learn(a, &o, now_ms);
}

static void
on_acks(struct arq *a, uint64_t next, const struct range *r, size_t n, uint64_t now_ms)
{
	struct outcome o = { 0 };

	if (!arqsend_arrived(&a->send, next, r, n, now_ms, &o))
		return;
	if (o.arrived > 0)
		arqsend_prove(&a->send, o.latest.number, now_ms, &o);
	/* the other end speaks in its turn alone: what we sent in ours has come by now */
	if (a->half && !a->mine)
		arqsend_prove(&a->send, a->send.numbers + 1, now_ms, &o);
	learn(a, &o, now_ms);
}

static void
take(struct arq *a, uint64_t offset, struct view v, bool fin, uint64_t now_ms)
{
	size_t more;

	if (arqreceive_put(&a->recv, offset, v, fin, &more) != ERR_OK)
		a->stats.bad++;
	if (more > 0) {
		a->progress_ms = now_ms;
		a->turn_pause = 0;
	}
	a->stats.received += more;
}

static void
on_data(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	a->ack_due = true;
	a->peer_ms = now_ms;
	a->peer_frame = v.len;
	take(a, offset, v, (type & FRAME_FIN) != 0, now_ms);
}

static void
on_ack(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	(void)type, (void)offset, (void)v;
	if (a->held)
		a->progress_ms = now_ms;
}

static void
on_poll(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	(void)type, (void)offset, (void)now_ms;
	if (v.len == 1 && v.p[0] != 0)
		a->poll_answer = v.p[0];
}

static void
on_polled(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	struct asked *q;

	(void)type, (void)offset;
	if (v.len != 1)
		return;
	q = &a->polls[v.p[0] % ARQCORE_REMEMBERED];
	if (q->number == 0 || (uint8_t)(a->poll - v.p[0]) >= ARQCORE_REMEMBERED)
		return;
	arqpace_rtt(&a->pace, q->gone_ms, now_ms);
	prove(a, q->number, now_ms);
	if (a->held)
		a->progress_ms = now_ms;
	a->backoff = 0;
	q->number = 0;
}

static void
on_test(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	struct buf *b;

	(void)type, (void)offset, (void)now_ms;
	a->tests_in++;
	if (v.len < ARQ_TEST_MIN || a->echo_n == ARQCORE_ECHOES)
		return;
	b = &a->echoes[a->echo_n++];
	buf_reset(b);
	buf_addv(b, view_slice(v, 0, 12));
	buf_addu32(b, a->tests_in);
	if (v.p[8] & WHOLE)
		buf_addv(b, view_slice(v, ARQ_TEST_MIN, v.len));
}

static void
on_echo(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	struct arq_stats *s = &a->stats;
	uint32_t serial, sent, flags, there, took;

	(void)type, (void)offset;
	if (view_u32(&v, &serial) != ERR_OK || view_u32(&v, &sent) != ERR_OK ||
	    view_u32(&v, &flags) != ERR_OK || view_u32(&v, &there) != ERR_OK ||
	    serial > s->tests)
		return;
	took = (uint32_t)now_ms - sent;
	s->echoes++;
	s->tests_there = there;
	s->echo_ms = took;
	if (s->echo_min_ms == 0 || took < s->echo_min_ms)
		s->echo_min_ms = took;
	if (took > s->echo_max_ms)
		s->echo_max_ms = took;
	a->progress_ms = now_ms;
}

static void
on_turn(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	(void)type, (void)offset, (void)v;
	if (a->half && !a->mine)
		arqcore_take_turn(a, now_ms);
}

static void
on_end(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	(void)type, (void)offset, (void)now_ms;
	arqcore_fail(a, ARQ_ENDED, v);
}

static void
on_repair(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	unsigned char plain[FRAME_PLAIN_MAX], *u;
	struct parity p;
	enum err e;

	a->ack_due = true;
	a->peer_ms = now_ms;
	if (parity_read(v, &p) != ERR_OK)
		return;
	if (offset + p.len <= a->recv.next)
		return; /* the acknowledgement was lost */
	if ((e = spoiled_repair(&a->spoiled, a->other, offset, &p, plain)) == ERR_OK) {
		take(a, offset, (struct view){ plain, p.len }, (type & FRAME_FIN) != 0,
		    now_ms);
		return;
	}
	if (a->unfit_n == ARQCORE_UNFIT)
		return;
	u = a->unfit[a->unfit_n++];
	u[0] = (unsigned char)(offset >> 8);
	u[1] = (unsigned char)offset;
	u[2] = e == ERR_CRYPTO;
}

static void
on_unfit(struct arq *a, uint8_t type, uint64_t offset, struct view v, uint64_t now_ms)
{
	struct outcome o = { 0 };
	uint16_t low;
	uint8_t there;

	(void)type, (void)offset;
	while (view_u16(&v, &low) == ERR_OK && view_u8(&v, &there) == ERR_OK)
		if (arqsend_unfit(&a->send, low, there != 0, now_ms, &o) && there == 0)
			a->fit -= a->fit / 4;
	learn(a, &o, now_ms);
}

static void (*const on[FRAME_KINDS])(
    struct arq *, uint8_t, uint64_t, struct view, uint64_t) = {
	[FRAME_DATA] = on_data,
	[FRAME_ACK] = on_ack,
	[FRAME_POLL] = on_poll,
	[FRAME_POLLED] = on_polled,
	[FRAME_TEST] = on_test,
	[FRAME_ECHO] = on_echo,
	[FRAME_TURN] = on_turn,
	[FRAME_END] = on_end,
	[FRAME_REPAIR] = on_repair,
	[FRAME_UNFIT] = on_unfit,
};

/* The path as the greeting's tail shows it. False: no data can pass. */
static bool
judge_path(struct arq *a, const struct greeting *g)
{
	bool same = g->tail.len == a->odd_len &&
	    (a->odd_len == 0 || memcmp(g->tail.p, a->odd_tail, a->odd_len) == 0);

	if (g->path == GREETING_SEVEN_BITS)
		a->path_flags |= GREETING_SEVEN;
	if (g->path == GREETING_FLOW)
		a->flow = true;
	if (g->path == GREETING_CLEAN)
		a->odd_len = 0;
	if (g->path == GREETING_CHANGED) {
		/* noise changes another byte each time */
		if (same && a->odd_len > 0)
			a->path_flags |= GREETING_EATEN;
		a->odd_len =
		    g->tail.len < sizeof a->odd_tail ? g->tail.len : sizeof a->odd_tail;
		memcpy(a->odd_tail, g->tail.p, a->odd_len);
	}
	return ((a->path_flags | g->flags) & (GREETING_SEVEN | GREETING_EATEN)) == 0;
}

/* It says how the path is before it ends: the other end may hear that. */
static void
bad_path(struct arq *a, const struct greeting *g, uint64_t now_ms)
{
	enum arq_fault f =
	    (a->path_flags | g->flags) & GREETING_SEVEN ? ARQ_SEVEN_BITS : ARQ_CHANGED;

	a->other = g->session;
	arqcore_fail(a, f, (struct view){ a->odd_tail, a->odd_len });
	a->greet_due = true;
	arqout_build(a, now_ms);
}

/* The other end is there. */
static void
begin(struct arq *a, const struct greeting *g, uint64_t now_ms)
{
	a->other = g->session;
	a->heard = g->number;
	a->half |= (g->flags & GREETING_HALF) != 0;
	a->progress_ms = now_ms;
	arqcore_state(a, a->send.fin ? ARQ_CLOSING : ARQ_OPEN);
	if (a->c.answer) {
		a->testing = (g->flags & GREETING_TEST) != 0;
		a->mine = false;
	}
	a->ack_due = true;
}

static void
answered(struct arq *a, const struct greeting *g, uint64_t now_ms)
{
	const struct asked *q = &a->greetings[g->heard % ARQCORE_REMEMBERED];

	a->seen = true;
	a->greet_ms = UINT64_MAX;
	a->greet_due = false;
	a->silent_ms = now_ms + arqpace_timeout(&a->pace);
	if (q->number == 0 || (uint8_t)(a->greeted - g->heard) >= ARQCORE_REMEMBERED)
		return;
	if (!a->half)
		arqpace_rtt(&a->pace, q->gone_ms, now_ms);
	/* what went before it was of a stranger */
	prove(a, q->number, now_ms);
}

/* Whether the last greeting came changed, and nobody knows yet why. */
static bool
ask_again(const struct arq *a)
{
	return a->odd_len > 0 && a->odd_asked < ARQCORE_ASKED;
}

static void
on_greeting(struct arq *a, const struct greeting *g, uint64_t now_ms)
{
	bool first = a->other == 0;

	if (g->session == a->c.session) {
		a->echo = true;
		return;
	}
	if (g->answer == a->c.answer) {
		if (!a->c.answer && a->state == ARQ_OPENING)
			arqcore_fail(a, ARQ_BOTH_CALL, VIEW_LIT(""));
		return;
	}
	if (g->answer && g->other != a->c.session)
		return; /* of an earlier call */
	if (!first && g->session != a->other) {
		arqcore_fail(a, ARQ_ANEW, VIEW_LIT(""));
		return;
	}
	if (!judge_path(a, g)) {
		bad_path(a, g, now_ms);
		return;
	}
	if (first)
		begin(a, g, now_ms);
	a->ack_due = true;
	if (!a->c.answer)
		answered(a, g, now_ms);
	/* it has not heard ours, or one of the two wants to hear another */
	if (a->c.answer || (g->flags & GREETING_AGAIN) || ask_again(a))
		a->greet_due = true;
}

static bool
own_echo(struct arq *a, struct view plain, uint16_t low)
{
	uint64_t offset;

	return frame_full(low, a->send.next, &offset) == ERR_OK &&
	    frame_verify(plain, a->c.session, offset);
}

/* False: not of the other end, or not as it was sent. */
static bool
on_frame(struct arq *a, struct view plain, uint64_t now_ms)
{
	struct range ranges[FRAME_ACK_RANGES_MAX];
	struct view v = view_slice(plain, 0, plain.len - FRAME_CRC);
	uint64_t offset, next = 0;
	uint16_t low = 0;
	uint8_t type = 0;
	size_t n = 0;

	view_u8(&v, &type);
	view_u16(&v, &low);
	if (a->other == 0 || frame_full(low, a->recv.next, &offset) != ERR_OK ||
	    !frame_verify(plain, a->other, offset)) {
		if (!own_echo(a, plain, low))
			return false;
		a->echo = true;
		return true;
	}
	if ((type & 0x1f) >= FRAME_KINDS || on[type & 0x1f] == NULL ||
	    ((type & FRAME_ACKS) &&
		frame_take_acks(&v, a->send.una, &next, ranges, &n) != ERR_OK)) {
		return false;
	}
	a->stats.frames_in++;
	a->heard_ms = now_ms;
	a->turn_heard = true;
	if (type & FRAME_ACKS) {
		if (!a->seen) {
			a->greet_ms = UINT64_MAX;
			a->greet_due = false;
		}
		a->seen = true;
		a->held = (type & FRAME_HOLD) != 0;
		on_acks(a, next, ranges, n, now_ms);
	}
	on[type & 0x1f](a, type, offset, v, now_ms);
	return true;
}

void
arqin_frame(struct arq *a, struct view raw, uint64_t now_ms)
{
	unsigned char plain[FRAME_PLAIN_MAX];
	struct greeting g;
	size_t len;
	enum err e;

	if ((e = greeting_read(raw, &g)) == ERR_OK) {
		on_greeting(a, &g, now_ms);
		return;
	}
	if (e == ERR_VERSION)
		a->newer = true;
	if (frame_read(raw, FRAME_FLOW, plain, &len) == ERR_OK &&
	    on_frame(a, (struct view){ plain, len }, now_ms)) {
		a->spoiled.part_len = 0;
		return;
	}
	a->stats.bad++;
	if (a->other != 0)
		spoiled_keep(&a->spoiled, raw);
}
