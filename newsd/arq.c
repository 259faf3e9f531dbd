#include "newsd/arq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "newsd/arqcore.h"

#define GREET_MS                                                                         \
	400 /* before a greeting is repeated: longer than most lines' round trip */
#define TURN_MS 5000
#define OPEN_MS 60000
#define GIVE_UP_MS 120000
#define OUT_MAX (3 * FRAME_RAW_MAX)

struct arq *
arq_new(const struct arq_config *c, uint64_t now_ms)
{
	struct arq *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->c = *c;
	if (a->c.session == 0)
		a->c.session = 1;
	if (a->c.turn_ms == 0)
		a->c.turn_ms = TURN_MS;
	if (a->c.open_ms == 0)
		a->c.open_ms = OPEN_MS;
	if (a->c.give_up_ms == 0)
		a->c.give_up_ms = GIVE_UP_MS;
	a->state = c->answer ? ARQ_LISTENING : ARQ_OPENING;
	a->half = c->half_duplex;
	a->mine = !c->answer;
	a->greet_due = !c->answer;
	a->greet_ms = UINT64_MAX;
	a->greet_wait = GREET_MS;
	a->fit = 256;
	a->start_ms = a->progress_ms = a->turn_ms = now_ms;
	arqsend_init(&a->send, ARQ_BUF);
	buf_init(&a->out, OUT_MAX);
	for (size_t i = 0; i < ARQCORE_ECHOES; i++)
		buf_init(&a->echoes[i], ARQ_TEST_MAX);
	arqpace_init(&a->pace, c->bps, now_ms);
	if (arqreceive_init(&a->recv) != ERR_OK) {
		arq_free(a);
		return NULL;
	}
	return a;
}

void
arq_free(struct arq *a)
{
	if (a == NULL)
		return;
	arqsend_release(&a->send);
	arqreceive_release(&a->recv);
	buf_release(&a->out);
	for (size_t i = 0; i < ARQCORE_ECHOES; i++)
		buf_release(&a->echoes[i]);
	free(a);
}

void
arq_input(struct arq *a, struct view v, uint64_t now_ms)
{
	struct view raw;

	a->stats.line_in += v.len;
	while (a->state != ARQ_CLOSED && a->state != ARQ_FAILED &&
	    deframer_next(&a->in, &v, &raw))
		arqin_frame(a, raw, now_ms);
}

size_t
arq_output(struct arq *a, unsigned char *p, size_t room, uint64_t now_ms)
{
	size_t n = 0, k;

	arqcore_tick(a, now_ms);
	while (n < room && (k = arqpace_budget(&a->pace, now_ms)) > 0) {
		if (a->out_at == a->out.len)
			arqout_build(a, now_ms);
		if (k > a->out.len - a->out_at)
			k = a->out.len - a->out_at;
		if (k > room - n)
			k = room - n;
		if (k == 0)
			break;
		memcpy(p + n, a->out.p + a->out_at, k);
		a->out_at += k;
		n += k;
		arqpace_sent(&a->pace, k, now_ms);
	}
	a->stats.line_out += n;
	return n;
}

uint32_t
arq_next(const struct arq *a, uint64_t now_ms)
{
	uint64_t at;

	if (a->out_at < a->out.len || arqout_ready(a, now_ms))
		return arqpace_wait(&a->pace, now_ms);
	at = arqcore_deadline(a);
	if (at <= now_ms)
		return 0;
	return at - now_ms < ARQ_NEVER ? (uint32_t)(at - now_ms) : ARQ_NEVER;
}

static bool
writable(const struct arq *a)
{
	return !a->send.fin && (a->state == ARQ_OPENING || a->state == ARQ_OPEN);
}

size_t
arq_room(const struct arq *a)
{
	return writable(a) ? a->send.data.cap - a->send.data.len : 0;
}

/* Patience begins with something to wait for. */
static void
begin_waiting(struct arq *a)
{
	if (!arqcore_outstanding(a))
		a->progress_ms = UINT64_MAX;
}

size_t
arq_write(struct arq *a, struct view v)
{
	size_t n;

	if (!writable(a))
		return 0;
	begin_waiting(a);
	n = arqsend_write(&a->send, v);
	a->stats.sent += n;
	return n;
}

size_t
arq_read(struct arq *a, unsigned char *p, size_t room)
{
	size_t n = arqreceive_read(&a->recv, p, room);

	if (a->slow_told && !arqreceive_slow(&a->recv))
		a->ack_due = true;
	return n;
}

size_t
arq_readable(const struct arq *a)
{
	return a->recv.data.len;
}

bool
arq_ended(const struct arq *a)
{
	return arqreceive_done(&a->recv) && a->recv.data.len == 0;
}

void
arq_close(struct arq *a)
{
	if (a->send.fin || a->state == ARQ_CLOSED || a->state == ARQ_FAILED)
		return;
	if (a->state == ARQ_LISTENING) {
		arqcore_state(a, ARQ_CLOSED);
		return;
	}
	begin_waiting(a);
	a->send.fin = true;
	if (a->state == ARQ_OPEN)
		arqcore_state(a, ARQ_CLOSING);
}

void
arq_abort(struct arq *a, const char *why)
{
	if (a->state == ARQ_CLOSED || a->state == ARQ_FAILED || a->why[0] != '\0')
		return;
	snprintf(a->why, sizeof a->why, "%s", why[0] == '\0' ? "no reason given" : why);
	if (a->other == 0) {
		arqcore_fail(a, ARQ_ABORTED, view_str(a->why));
		return;
	}
	a->aborting = true;
	arqcore_state(a, ARQ_CLOSING);
}

bool
arq_settled(const struct arq *a)
{
	return arqsend_done(&a->send) && arqreceive_done(&a->recv);
}

bool
arq_test(struct arq *a, size_t payload, bool whole)
{
	if (a->state != ARQ_OPEN || a->test_len > 0 || payload > ARQ_TEST_MAX)
		return false;
	a->test_len = payload < ARQ_TEST_MIN ? ARQ_TEST_MIN : payload;
	a->test_whole = whole;
	return true;
}

bool
arq_testing(const struct arq *a)
{
	return a->testing;
}

enum arq_state
arq_state(const struct arq *a)
{
	return a->state;
}

enum arq_fault
arq_fault(const struct arq *a)
{
	return a->fault;
}

const char *
arq_fault_words(const struct arq *a)
{
	return a->words;
}

const char *
arq_note(const struct arq *a)
{
	if (a->flow)
		return "something on this path eats XON/XOFF; Hearsay does not need them";
	if (a->echo)
		return "the line echoes what is sent; Hearsay passes over it";
	return NULL;
}

void
arq_stats(const struct arq *a, struct arq_stats *s, uint64_t now_ms)
{
	(void)now_ms;
	*s = a->stats;
	s->rtt_ms = a->pace.srtt;
	s->rtt_min_ms = arqpace_rtt_min(&a->pace);
	s->rate = arqpace_rate_now(&a->pace);
	s->loss = arqpace_loss(&a->pace);
	s->payload = arqpace_payload(&a->pace);
}
