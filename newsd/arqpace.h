/* How fast a serial line is and how far away its other end: pacing, round trips, and how
 * much may be under way; and how long frames should be for the losses seen. */
#ifndef NEWSD_ARQPACE_H
#define NEWSD_ARQPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARQPACE_PAYLOAD_MIN 64
#define ARQPACE_PAYLOAD_MAX 1024

struct arqpace {
	uint32_t given;   /* bytes a second of the line; 0: unknown */
	uint64_t free_us; /* when all that was given to the line has left */
	uint32_t best[2]; /* highest rates that arrived, in this period and the last */
	uint64_t period;  /* when it began, ms */
	uint32_t samples;
	bool starting;      /* unknown line: the rate still doubles */
	uint32_t plateau;   /* samples without growth */
	uint32_t srtt, var; /* ms; srtt 0: unknown */
	uint32_t lowest[2]; /* round trips, in this period and the last */
	uint64_t lowest_ms;
	double good, bad,
	    hopeless; /* bytes, losses, and those that parity did not cure; fading */
};

void arqpace_init(struct arqpace *, uint32_t bps, uint64_t now_ms);
/* So many bytes go on the line now. */
void arqpace_sent(struct arqpace *, size_t n, uint64_t now_ms);
/* When n more bytes would have left the line. */
uint64_t arqpace_gone_ms(const struct arqpace *, size_t n, uint64_t now_ms);
/* How many bytes may go now. */
size_t arqpace_budget(const struct arqpace *, uint64_t now_ms);
/* Milliseconds until it is worth asking for bytes; 0: now. */
uint32_t arqpace_wait(const struct arqpace *, uint64_t now_ms);
/* Whether everything given has left the line. */
bool arqpace_idle(const struct arqpace *, uint64_t now_ms);

void arqpace_rtt(struct arqpace *, uint64_t sent_ms, uint64_t now_ms);
/* bytes arrived within ms. */
void arqpace_rate(struct arqpace *, uint64_t bytes, uint64_t ms, uint64_t now_ms);
uint32_t arqpace_rate_now(const struct arqpace *); /* bytes a second */
uint32_t arqpace_rtt_min(const struct arqpace *);  /* 0: unknown */
/* After so long without an answer one may ask. */
uint32_t arqpace_timeout(const struct arqpace *);
/* Bytes that may be under way, beside frames of this size. */
size_t arqpace_window(const struct arqpace *, size_t frame);

void arqpace_arrived(struct arqpace *, uint64_t bytes);
void arqpace_lost(struct arqpace *, uint32_t frames, uint64_t bytes);
void arqpace_hopeless(struct arqpace *); /* one that is sent again as a whole */
uint32_t arqpace_payload(const struct arqpace *);
double arqpace_loss(const struct arqpace *); /* per byte */

#endif
