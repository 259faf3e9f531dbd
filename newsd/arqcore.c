#include "newsd/arqcore.h"

#include <stdio.h>

#include "lib/log.h"

#define TURN_SILENT 1000 /* ms after the last frame, when the turn was not given back */
#define TURN_LOST 4500 /* ms after ours ended and nothing came: longer than turn_pause */
#define TURN_ANSWER 1500 /* the answering end waits longer, so that both do not begin */
#define TURN_OPENING 2000

static const char *const fault_words[ARQ_FAULTS] = {
	[ARQ_FINE] = "",
	[ARQ_SEVEN_BITS] =
	    "this path carries 7 bits only; set both ends and what is between them to "
	    "8 data bits, no parity, 1 stop bit (8N1)",
	[ARQ_CHANGED] = "this path changes some bytes",
	[ARQ_ECHO] =
	    "the line echoes what is sent, and nothing answers; is the other end's modem in "
	    "command mode, or a login prompt waiting there?",
	[ARQ_NO_ANSWER] =
	    "the line is open, but no Hearsay answers; is newsd running at the other end, and "
	    "is the speed the same at both?",
	[ARQ_SILENCE] = "the other end fell silent",
	[ARQ_ANEW] = "the other end began a new call on this line",
	[ARQ_BOTH_CALL] = "both ends call; one of them has to listen",
	[ARQ_VERSION] = "the other end speaks a newer version of the line protocol; "
			"update Hearsay here",
	[ARQ_ENDED] = "the other end ended the call",
	[ARQ_ABORTED] = "ended",
};

static void
set_words(struct arq *a, enum arq_fault f, struct view detail)
{
	char text[ARQ_WHY_MAX + 1];
	size_t n = 0;

	if (f == ARQ_CHANGED && detail.len > 0 && greeting_changed(detail) >= 0) {
		snprintf(a->words, sizeof a->words,
		    "%s (%02X, for one, does not arrive); the line must be raw, without "
		    "translation of line ends or control characters",
		    fault_words[f], (unsigned)greeting_changed(detail));
		return;
	}
	for (size_t i = 0; i < detail.len && n < ARQ_WHY_MAX; i++) {
		unsigned char c = detail.p[i];

		text[n++] = (char)(c < 0x20 || c > 0x7e ? (unsigned char)'?' : c);
	}
	text[n] = '\0';
	if ((f == ARQ_ENDED || f == ARQ_ABORTED) && n > 0)
		snprintf(a->words, sizeof a->words, "%s: %s", fault_words[f], text);
	else
		snprintf(a->words, sizeof a->words, "%s", fault_words[f]);
}

void
arqcore_state(struct arq *a, enum arq_state to)
{
	static const char *const names[] = { "listening", "opening", "open", "closing",
		"closed", "failed" };

	if (a->state == to)
		return;
	log_at(LOG_DEBUG, "arq %s -> %s", names[a->state], names[to]);
	a->state = to;
}

void
arqcore_fail(struct arq *a, enum arq_fault f, struct view detail)
{
	if (a->state == ARQ_FAILED || a->state == ARQ_CLOSED)
		return;
	a->fault = f;
	set_words(a, f, detail);
	a->aborting = false;
	arqcore_state(a, ARQ_FAILED);
}

bool
arqcore_outstanding(const struct arq *a)
{
	if (a->other == 0)
		return false;
	return a->send.n > 0 || arqsend_unsent(&a->send) > 0;
}

void
arqcore_take_turn(struct arq *a, uint64_t now_ms)
{
	a->mine = true;
	a->turn_used = false;
	a->turn_ms = now_ms;
	/* the other end may not know who we are */
	if (!a->seen && (a->other != 0 || !a->c.answer))
		a->greet_due = true;
}

static uint64_t
reclaim_ms(const struct arq *a)
{
	uint64_t late = a->c.answer ? TURN_ANSWER : 0;

	if (!a->half || a->mine || (a->c.answer && a->other == 0))
		return UINT64_MAX;
	/* a frame that is on its way says nothing before its end */
	late += 1100000 / arqpace_rate_now(&a->pace);
	if (a->state == ARQ_OPENING)
		return a->turn_ms + TURN_OPENING + late;
	if (a->turn_heard)
		return a->heard_ms + TURN_SILENT + late;
	return a->turn_ms + TURN_LOST + late;
}

static bool
waits_to_close(const struct arq *a)
{
	return a->state == ARQ_CLOSING && a->why[0] == '\0' && arqsend_done(&a->send) &&
	    arqreceive_done(&a->recv) && !a->ack_due && a->out_at == a->out.len;
}

static bool
has_said_why(const struct arq *a)
{
	return a->state == ARQ_CLOSING && a->why[0] != '\0' && !a->aborting &&
	    a->out_at == a->out.len;
}

static void
close_in_time(struct arq *a, uint64_t now_ms)
{
	uint64_t wait = 2 * arqpace_timeout(&a->pace);

	if (has_said_why(a)) {
		arqcore_fail(a, ARQ_ABORTED, view_str(a->why));
		return;
	}
	if (!waits_to_close(a))
		return;
	/* our last acknowledgement may be lost: then the other end asks once more */
	if (a->linger_ms == 0)
		a->linger_ms = now_ms + (wait < 3000 ? wait : 3000);
	if (now_ms >= a->linger_ms)
		arqcore_state(a, ARQ_CLOSED);
}

static void
give_up_in_time(struct arq *a, uint64_t now_ms)
{
	if (a->state == ARQ_OPENING && now_ms >= a->start_ms + a->c.open_ms) {
		arqcore_fail(a,
		    a->newer      ? ARQ_VERSION
			: a->echo ? ARQ_ECHO
				  : ARQ_NO_ANSWER,
		    VIEW_LIT(""));
		return;
	}
	if (!arqcore_outstanding(a) || a->progress_ms == UINT64_MAX)
		a->progress_ms = now_ms;
	if (now_ms >= a->progress_ms + a->c.give_up_ms)
		arqcore_fail(a, ARQ_SILENCE, VIEW_LIT(""));
}

void
arqcore_tick(struct arq *a, uint64_t now_ms)
{
	if (a->state == ARQ_LISTENING || a->state == ARQ_CLOSED || a->state == ARQ_FAILED)
		return;
	give_up_in_time(a, now_ms);
	close_in_time(a, now_ms);
	if (!a->half && !a->seen && now_ms >= a->greet_ms) {
		a->greet_due = true;
		a->greet_ms = UINT64_MAX;
	}
	if (now_ms >= reclaim_ms(a))
		arqcore_take_turn(a, now_ms);
	if (now_ms > a->peer_ms + 2000)
		a->peer_frame = 0;
}

static void
sooner(uint64_t *at, uint64_t other)
{
	if (other < *at)
		*at = other;
}

uint64_t
arqcore_deadline(const struct arq *a)
{
	uint64_t at = UINT64_MAX;

	if (a->state == ARQ_LISTENING || a->state == ARQ_CLOSED || a->state == ARQ_FAILED)
		return at;
	if (a->state == ARQ_OPENING)
		sooner(&at, a->start_ms + a->c.open_ms);
	if (arqcore_outstanding(a))
		sooner(&at,
		    a->progress_ms == UINT64_MAX ? 0 : a->progress_ms + a->c.give_up_ms);
	if (has_said_why(a))
		at = 0;
	if (waits_to_close(a))
		sooner(&at, a->linger_ms);
	if (!a->half && !a->seen)
		sooner(&at, a->greet_ms);
	if (!a->half && a->other != 0 &&
	    (a->send.in_flight > 0 || (a->held && arqsend_unsent(&a->send) > 0)))
		sooner(&at, a->silent_ms);
	if (a->half && a->mine)
		sooner(&at, a->turn_ms + a->turn_pause);
	sooner(&at, reclaim_ms(a));
	return at;
}
