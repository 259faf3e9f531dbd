/* A reliable stream of bytes in both directions over a serial line that may change, lose
 * and invent bytes (docs/arq.md). Pure: no descriptor, no clock, no randomness of its own;
 * the caller moves bytes and tells the time.
 *
 * The loop of a pump:
 *   arq_input    what the device gave
 *   arq_read     to the stream above; arq_ended: shut it down for writing
 *   arq_write    from the stream above, no more than arq_room; its end: arq_close
 *   arq_output   to the device, whenever arq_next says so or anything of the above happened
 *   arq_state    CLOSED: hang up. FAILED: arq_fault says why, in words; what arq_output
 *                still gives is a last word to the other end. In both arq_read may still
 *                have bytes for the stream above
 * What arq_output gave must reach the device in order; what the device did not take is kept
 * by the caller and goes first, and arq_output is not called again before. Output is paced
 * by the line's speed: no more than a tenth of a second of it lies in the device at a time. */
#ifndef NEWSD_ARQ_H
#define NEWSD_ARQ_H

#include "lib/buf.h"

#define ARQ_NEVER UINT32_MAX
#define ARQ_BUF (64u << 10) /* taken from above at most before it is acknowledged */
#define ARQ_WHY_MAX 120     /* bytes of the reason in arq_abort */
#define ARQ_TEST_MIN 16     /* payload of a test frame */
#define ARQ_TEST_MAX 1024

enum arq_state {
	ARQ_LISTENING, /* answering: nobody has called yet, and nothing is sent */
	ARQ_OPENING, /* calling: nobody has answered yet; what is written goes already */
	ARQ_OPEN,
	ARQ_CLOSING, /* arq_close or arq_abort was called, the rest is under way */
	ARQ_CLOSED,  /* both ends said that they are done and know it of each other */
	ARQ_FAILED   /* arq_fault */
};

enum arq_fault {
	ARQ_FINE,
	ARQ_SEVEN_BITS, /* bit 8 does not arrive, here or there */
	ARQ_CHANGED,    /* some bytes never arrive as they were sent */
	ARQ_ECHO,       /* nothing came but our own words */
	ARQ_NO_ANSWER,  /* nothing came that is of Hearsay's, within open_ms */
	ARQ_SILENCE,    /* no progress for give_up_ms while something was to be done */
	ARQ_ANEW,       /* the other end began a new call */
	ARQ_BOTH_CALL,  /* the other end calls as well, none answers */
	ARQ_VERSION,    /* the other end is newer */
	ARQ_ENDED,      /* the other end aborted: arq_fault_words has its reason */
	ARQ_ABORTED,    /* arq_abort was called, and said */
	ARQ_FAULTS
};

struct arq_config {
	uint32_t bps;     /* of the line, 10 bits a byte; 0: unknown, will be measured */
	bool answer;      /* wait for a caller */
	bool half_duplex; /* take turns; one end that wants it is enough */
	bool test;        /* caller: for test frames alone, no stream is to be offered */
	uint32_t session; /* random, of this call alone, not 0 */
	uint32_t turn_ms; /* longest turn of half duplex; 0: 5 s */
	uint32_t open_ms; /* caller waits so long for an answer; 0: 60 s */
	uint32_t give_up_ms; /* 0: 120 s */
};

/* Counts since the beginning. Bytes of the line are all bytes, frames and noise. */
struct arq_stats {
	uint64_t sent, received;           /* bytes of the stream, each counted once */
	uint64_t acknowledged;             /* of those sent */
	uint64_t line_out, line_in;        /* bytes given to and taken from the device */
	uint64_t frames_out, frames_in;    /* whole ones */
	uint64_t repeated, repeated_bytes; /* data frames sent again */
	uint64_t repairs, repaired;  /* parity sent instead, and how often it helped */
	uint64_t bad;                /* frames that came damaged, and noise */
	uint32_t rtt_ms, rtt_min_ms; /* without the time that frames take; 0: unknown */
	uint32_t rate;               /* bytes a second that reach the other end */
	double loss;                 /* of our frames, per byte */
	uint32_t payload;            /* bytes of a frame at present */
	uint64_t tests, echoes;      /* test frames sent, and come back */
	uint64_t tests_there;        /* that the other end received, as it last said */
	uint32_t echo_ms, echo_min_ms,
	    echo_max_ms; /* whole round trip, frame time included */
};

struct arq;

/* NULL: no memory. */
struct arq *arq_new(const struct arq_config *, uint64_t now_ms);
void arq_free(struct arq *);

/* Takes all of it, whatever it is. */
void arq_input(struct arq *, struct view from_line, uint64_t now_ms);
/* What may go on the line now, at most room bytes; 0: nothing before arq_next. */
size_t arq_output(struct arq *, unsigned char *to_line, size_t room, uint64_t now_ms);
/* Milliseconds until arq_output is to be called, if nothing else happens; 0: now.
 * ARQ_NEVER: not before arq_input, arq_write, arq_read or arq_close. */
uint32_t arq_next(const struct arq *, uint64_t now_ms);

/* How much arq_write would take. */
size_t arq_room(const struct arq *);
/* Bytes taken, from the front: 0 when full, closed or failed. */
size_t arq_write(struct arq *, struct view from_above);
/* Bytes given. 0: nothing there yet, or see arq_ended. Bytes that came are given out in
 * every state, FAILED too. */
size_t arq_read(struct arq *, unsigned char *to_above, size_t room);
size_t arq_readable(const struct arq *);
/* Whether the other end is done and all that it sent was read. */
bool arq_ended(const struct arq *);
/* No more will be written; what was goes out, then the end is told. The other end may go
 * on. Calling it twice is the same as once. */
void arq_close(struct arq *);
/* Drops what is under way and tells the other end why (printable ASCII, cut at ARQ_WHY_MAX):
 * an answerer without a node behind it. CLOSING until that went out, then FAILED. */
void arq_abort(struct arq *, const char *why);
/* Whether all that was written has arrived and the other end is done too: a line that is
 * lost from now on has lost nothing. */
bool arq_settled(const struct arq *);

/* Queues one test frame, in ARQ_OPEN; false while one still waits to go out. It is echoed
 * by the other end, whole or as its 16 first bytes, and never repeated. */
bool arq_test(struct arq *, size_t payload, bool whole);
/* Whether the caller wants nothing but tests: offer no stream. */
bool arq_testing(const struct arq *);

enum arq_state arq_state(const struct arq *);
enum arq_fault arq_fault(const struct arq *);
/* A sentence for the person: what is wrong, what to do. "" when FINE. */
const char *arq_fault_words(const struct arq *);
/* What is odd and harmless (XON/XOFF eaten, an echo), or NULL. */
const char *arq_note(const struct arq *);
void arq_stats(const struct arq *, struct arq_stats *, uint64_t now_ms);

#endif
