/* What the parts of newsd/arq.h share, and nobody else includes: its state, what comes in
 * (arqin.c), what goes out (arqout.c), and the timers. */
#ifndef NEWSD_ARQCORE_H
#define NEWSD_ARQCORE_H

#include "newsd/arq.h"
#include "newsd/arqpace.h"
#include "newsd/arqreceive.h"
#include "newsd/arqsend.h"
#include "newsd/frame.h"
#include "newsd/greeting.h"
#include "newsd/spoiled.h"

#define ARQCORE_REMEMBERED 16 /* polls and greetings that an answer may still name */
#define ARQCORE_WORDS 256
#define ARQCORE_ECHOES 4
#define ARQCORE_UNFIT 8
#define ARQCORE_ASKED 4 /* greetings asked for once more */

/* Something that was sent and is answered by its number. */
struct asked {
	uint64_t number; /* arqsend.numbers, then */
	uint64_t gone_ms;
};

struct arq {
	struct arq_config c;
	enum arq_state state;
	enum arq_fault fault;
	char words[ARQCORE_WORDS];
	char why[ARQ_WHY_MAX + 1]; /* of arq_abort */
	bool aborting;

	uint32_t other;  /* session of the other end; 0: not heard */
	bool half, mine; /* turns are taken; the line is ours */
	bool testing;

	struct arqsend send;
	struct arqreceive recv;
	struct arqpace pace;
	struct deframer in;
	struct buf out; /* frames that are going out */
	size_t out_at;
	uint64_t start_ms, progress_ms, linger_ms;

	/* greetings: ours, and what was heard of the other's */
	uint8_t greeted, heard, path_flags;
	bool greet_due, seen; /* seen: the other end knows our session */
	uint64_t greet_ms;    /* of the next one */
	uint32_t greet_wait;
	struct asked greetings[ARQCORE_REMEMBERED];
	bool newer, echo, eaten, flow; /* odd things that came */
	unsigned char odd_tail[32];    /* of the last greeting that came changed */
	size_t odd_len;
	uint8_t odd_asked; /* how often it was asked for once more */

	/* acknowledging */
	bool ack_due;
	uint8_t poll_answer; /* number to answer; 0: none */
	uint64_t peer_ms;    /* when the other end last sent data */
	size_t peer_frame;   /* and how much in a frame */
	bool held;           /* the other end takes nothing new */
	bool slow_told;

	/* asking: nothing more to send, or silence */
	uint8_t poll;
	bool polled;        /* since something was sent */
	uint64_t silent_ms; /* then it is time to ask */
	uint32_t backoff;
	struct asked polls[ARQCORE_REMEMBERED];

	/* repairs */
	struct spoiled spoiled;
	unsigned char unfit[ARQCORE_UNFIT]
			   [3]; /* what to say of them: offset, was there */
	size_t unfit_n;
	uint32_t fit,
	    trial; /* how often parity helps, of 256; tries when it seldom does */

	/* turns */
	bool turn_used;      /* something was sent in it */
	bool turn_heard;     /* something came since ours ended */
	uint64_t turn_ms;    /* when it began, or ended */
	uint64_t heard_ms;   /* when anything came */
	uint32_t turn_pause; /* before an empty turn is given back */

	/* tests */
	uint32_t tests_in;
	size_t test_len; /* waits to go out; 0: none */
	bool test_whole;
	struct buf echoes[ARQCORE_ECHOES];
	size_t echo_n;
	struct arq_stats stats;
};

/* The one setter of the state. */
void arqcore_state(struct arq *, enum arq_state);
void arqcore_fail(struct arq *, enum arq_fault, struct view detail);
/* Everything that time alone brings about. */
void arqcore_tick(struct arq *, uint64_t now_ms);
/* When arqcore_tick will next do something; UINT64_MAX: never. */
uint64_t arqcore_deadline(const struct arq *);
/* Whether anything waits for the other end. */
bool arqcore_outstanding(const struct arq *);
void arqcore_take_turn(struct arq *, uint64_t now_ms);

/* arqin.c: one frame, as it stood between two flags; empty: too long. */
void arqin_frame(struct arq *, struct view raw, uint64_t now_ms);

/* arqout.c: whether there is something to put on the line, and putting it into out. */
bool arqout_ready(const struct arq *, uint64_t now_ms);
void arqout_build(struct arq *, uint64_t now_ms);

#endif
