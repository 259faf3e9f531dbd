/* What goes out: which frame is next, and its bytes. */
#include <string.h>

#include "newsd/arqcore.h"

#define WHOLE 1
#define PROBE_SIZE 256
#define PROBE_LOSS 0.15 /* of the frames */

static bool
fresh(const struct arq *a)
{
	return !a->held;
}

static size_t
window(const struct arq *a)
{
	size_t frame = arqpace_payload(&a->pace) + FRAME_COST;
	size_t n = arqpace_window(&a->pace, frame);
	uint64_t turn;

	if (a->half) {
		turn = (uint64_t)arqpace_rate_now(&a->pace) * a->c.turn_ms / 1000;
		return turn < ARQSEND_WINDOW ? turn : ARQSEND_WINDOW;
	}
	/* its acknowledgements wait for its own frame, and come with the next */
	if (a->peer_frame > 0)
		n += 2 * (a->peer_frame + FRAME_COST);
	return n < ARQSEND_WINDOW ? n : ARQSEND_WINDOW;
}

static bool
sendable(const struct arq *a)
{
	return !a->aborting && arqsend_ready(&a->send, window(a), fresh(a));
}

static bool
want_greeting(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->greet_due;
}

static bool
want_end(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->aborting;
}

static bool
want_polled(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->poll_answer != 0;
}

static bool
want_unfit(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->unfit_n > 0;
}

static bool
want_data(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return sendable(a);
}

static bool
want_echo(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->echo_n > 0;
}

static bool
want_ack(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->ack_due && a->other != 0;
}

static bool
want_test(const struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	return a->test_len > 0;
}

/* The last piece has nothing behind it that would prove it lost: ask at once, the line is
 * idle anyway. Later ask because nothing came. */
static bool
want_poll(const struct arq *a, uint64_t now_ms)
{
	if (a->half || a->other == 0)
		return false;
	/* nothing else could be sent, or it would have been chosen */
	if (a->send.in_flight > 0)
		return !a->polled || now_ms >= a->silent_ms;
	return a->held && arqsend_unsent(&a->send) > 0 && now_ms >= a->silent_ms;
}

/* When nearly every frame comes damaged a few may be under way and prove nothing of each
 * other: ask behind each, with a frame that is short. */
static bool
want_probe(const struct arq *a, uint64_t now_ms)
{
	uint32_t size = arqpace_payload(&a->pace);

	(void)now_ms;
	return !a->half && a->other != 0 && !a->polled && a->send.in_flight > 0 &&
	    size >= PROBE_SIZE && arqpace_loss(&a->pace) * size > PROBE_LOSS;
}

static bool
want_turn(const struct arq *a, uint64_t now_ms)
{
	return a->half && (a->turn_used || now_ms >= a->turn_ms + a->turn_pause);
}

static void
start(struct buf *plain, const struct arq *a, enum frame_kind kind, uint64_t offset,
    unsigned bits)
{
	if (a->other != 0) {
		bits |= FRAME_ACKS;
		if (arqreceive_slow(&a->recv))
			bits |= FRAME_HOLD;
	}
	buf_addc(plain, (int)(kind | bits));
	buf_addu16(plain, (uint16_t)offset);
}

/* A data frame has acknowledgements only when there is news. */
static void
add_acks(struct buf *plain, struct arq *a)
{
	struct range r[FRAME_ACK_RANGES_MAX];

	if (a->other == 0)
		return;
	frame_add_acks(plain, a->recv.next, r, arqreceive_ranges(&a->recv, r));
	a->slow_told = arqreceive_slow(&a->recv);
	a->ack_due = false;
}

static void
finish(struct arq *a, struct buf *plain, uint64_t offset)
{
	frame_write(buf_view(plain), a->c.session, offset, &a->out);
	a->stats.frames_out++;
	a->turn_used = true;
}

static void
simple(struct arq *a, enum frame_kind kind, struct view payload)
{
	struct buf plain = BUF_INIT(FRAME_PLAIN_MAX);

	start(&plain, a, kind, a->send.next, 0);
	add_acks(&plain, a);
	buf_addv(&plain, payload);
	if (buf_err(&plain) == ERR_OK)
		finish(a, &plain, a->send.next);
	buf_release(&plain);
}

static void
remember(struct arq *a, struct asked *q, uint64_t now_ms)
{
	q->number = ++a->send.numbers;
	q->gone_ms = arqpace_gone_ms(&a->pace, a->out.len - a->out_at, now_ms);
}

static void
build_greeting(struct arq *a, uint64_t now_ms)
{
	struct greeting g = { .answer = a->c.answer,
		.session = a->c.session,
		.other = a->other,
		.heard = a->heard,
		.flags = a->path_flags };

	if (a->half)
		g.flags |= GREETING_HALF;
	if (a->c.test)
		g.flags |= GREETING_TEST;
	if (a->odd_len > 0 && a->odd_asked < ARQCORE_ASKED) {
		g.flags |= GREETING_AGAIN;
		a->odd_asked++;
	}
	a->greeted = a->greeted == UINT8_MAX ? 1 : a->greeted + 1;
	g.number = a->greeted;
	greeting_write(&g, &a->out);
	remember(a, &a->greetings[g.number % ARQCORE_REMEMBERED], now_ms);
	a->stats.frames_out++;
	a->turn_used = true;
	a->greet_due = false;
	if (a->state == ARQ_FAILED || a->seen)
		return;
	/* while a modem still connects these are lost; later each costs a hundredth of a second */
	a->greet_ms = arqpace_gone_ms(&a->pace, 2 * a->out.len, now_ms) + a->greet_wait;
	if (a->greet_wait < 2000)
		a->greet_wait += a->greet_wait / 2;
}

static void
build_end(struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	for (int i = 0; i < 3; i++)
		simple(a, FRAME_END, view_str(a->why));
	a->aborting = false;
}

static void
build_unfit(struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	simple(a, FRAME_UNFIT, (struct view){ a->unfit[0], 3 * a->unfit_n });
	a->unfit_n = 0;
}

static void
build_polled(struct arq *a, uint64_t now_ms)
{
	unsigned char number = a->poll_answer;

	(void)now_ms;
	a->poll_answer = 0;
	simple(a, FRAME_POLLED, (struct view){ &number, 1 });
}

/* The frame of a piece: itself, or parity for it. */
static void
write_piece(struct arq *a, const struct piece *p, struct view payload, bool fin)
{
	struct buf plain = BUF_INIT(FRAME_PLAIN_MAX);
	enum frame_kind kind = p->strength > 0 ? FRAME_REPAIR : FRAME_DATA;

	if (a->ack_due || !a->seen) {
		start(&plain, a, kind, p->from, fin ? FRAME_FIN : 0);
		add_acks(&plain, a);
	} else {
		buf_addc(&plain, (int)(kind | (fin ? FRAME_FIN : 0u)));
		buf_addu16(&plain, (uint16_t)p->from);
	}
	if (p->strength > 0)
		parity_write(payload, p->strength, a->c.session, p->from, &plain);
	else
		buf_addv(&plain, payload);
	if (buf_err(&plain) == ERR_OK)
		finish(a, &plain, p->from);
	buf_release(&plain);
}

/* Where bytes are lost rather than changed parity is of no use; now and then it is tried. */
static bool
repair_helps(struct arq *a)
{
	if (a->fit >= 64 || a->send.lost == 0)
		return true;
	return ++a->trial % 16 == 0;
}

static void
build_data(struct arq *a, uint64_t now_ms)
{
	uint32_t size = arqpace_payload(&a->pace);
	struct view payload;
	struct piece *p;
	bool fin;

	p = arqsend_take(&a->send, size, fresh(a), repair_helps(a), now_ms);
	if (p == NULL)
		return;
	payload = arqsend_payload(&a->send, p, &fin);
	write_piece(a, p, payload, fin);
	if (p->strength > 0) {
		a->stats.repairs++;
	} else if (p->again) {
		a->stats.repeated++;
		a->stats.repeated_bytes += payload.len;
		arqpace_hopeless(&a->pace);
	}
	p->gone_ms = arqpace_gone_ms(&a->pace, a->out.len - a->out_at, now_ms);
	a->polled = false;
	a->silent_ms = p->gone_ms + arqpace_timeout(&a->pace);
}

static void
build_echo(struct arq *a, uint64_t now_ms)
{
	struct buf first = a->echoes[0];

	(void)now_ms;
	simple(a, FRAME_ECHO, buf_view(&first));
	a->echo_n--;
	memmove(a->echoes, a->echoes + 1, a->echo_n * sizeof a->echoes[0]);
	a->echoes[a->echo_n] = first;
}

static void
build_ack(struct arq *a, uint64_t now_ms)
{
	(void)now_ms;
	simple(a, FRAME_ACK, VIEW_LIT(""));
}

static void
build_test(struct arq *a, uint64_t now_ms)
{
	struct buf b = BUF_INIT(ARQ_TEST_MAX);

	buf_addu32(&b, (uint32_t)++a->stats.tests);
	buf_addu32(&b, (uint32_t)now_ms);
	buf_addu32(&b, a->test_whole ? (uint32_t)WHOLE << 24 : 0);
	buf_addu32(&b, 0);
	/* all byte values, in another order each time */
	while (b.len < a->test_len)
		buf_addc(&b, (int)((b.len * 167 + a->stats.tests * 13) & 0xff));
	simple(a, FRAME_TEST, buf_view(&b));
	buf_release(&b);
	a->test_len = 0;
}

static void
build_poll(struct arq *a, uint64_t now_ms)
{
	unsigned char number;

	a->poll = a->poll == UINT8_MAX ? 1 : a->poll + 1;
	number = a->poll;
	simple(a, FRAME_POLL, (struct view){ &number, 1 });
	remember(a, &a->polls[number % ARQCORE_REMEMBERED], now_ms);
	a->polled = true;
	a->silent_ms = a->polls[number % ARQCORE_REMEMBERED].gone_ms +
	    ((uint64_t)arqpace_timeout(&a->pace) << a->backoff);
	if (a->silent_ms > now_ms + 8000)
		a->silent_ms = now_ms + 8000;
	if (a->backoff < 6)
		a->backoff++;
}

static void
build_turn(struct arq *a, uint64_t now_ms)
{
	bool used = a->turn_used;

	if (used)
		a->turn_pause = 0;
	else if ((a->turn_pause = a->turn_pause == 0 ? 500 : 2 * a->turn_pause) > 4000)
		a->turn_pause = 4000;
	simple(a, FRAME_TURN, VIEW_LIT(""));
	a->mine = false;
	a->turn_used = a->turn_heard = false;
	a->turn_ms = arqpace_gone_ms(&a->pace, a->out.len - a->out_at, now_ms);
}

/* In the order of what goes first. */
static const struct {
	bool (*want)(const struct arq *, uint64_t);
	void (*build)(struct arq *, uint64_t);
} kinds[] = {
	{ want_greeting, build_greeting },
	{ want_end, build_end },
	{ want_polled, build_polled },
	{ want_unfit, build_unfit },
	{ want_probe, build_poll },
	{ want_data, build_data }, /* takes acknowledgements along */
	{ want_echo, build_echo },
	{ want_ack, build_ack },
	{ want_test, build_test },
	{ want_poll, build_poll },
	{ want_turn, build_turn },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Which of kinds; KINDS: nothing. */
static size_t
choose(const struct arq *a, uint64_t now_ms)
{
	if (a->state == ARQ_FAILED)
		return a->greet_due ? 0 : KINDS;
	if (a->state == ARQ_CLOSED || a->state == ARQ_LISTENING || (a->half && !a->mine))
		return KINDS;
	if (a->half && now_ms >= a->turn_ms + a->c.turn_ms)
		return KINDS - 1;
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].want(a, now_ms))
			return i;
	return KINDS;
}

bool
arqout_ready(const struct arq *a, uint64_t now_ms)
{
	return choose(a, now_ms) < KINDS;
}

void
arqout_build(struct arq *a, uint64_t now_ms)
{
	size_t i = choose(a, now_ms);

	if (i == KINDS)
		return;
	if (a->out_at == a->out.len) {
		buf_reset(&a->out);
		a->out_at = 0;
	}
	/* noise may have come while the line was still */
	if (a->out.len == 0 && arqpace_idle(&a->pace, now_ms))
		buf_addc(&a->out, FRAME_FLAG);
	kinds[i].build(a, now_ms);
}
