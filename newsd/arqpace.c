#include "newsd/arqpace.h"

#include "newsd/frame.h"

#define LEAD_US 100000   /* so much may wait in the device: our own delays are shorter */
#define REFILL_US 60000  /* below this it is filled up again */
#define RATE_UNKNOWN 960 /* bytes a second to begin with */
#define RTT_UNKNOWN 1200 /* a satellite's: what is written goes out at once */
#define PERIOD_MS 10000
#define LOWEST_MS 60000
#define SAMPLES_MIN 24
#define MEMORY 131072.0 /* bytes after which half of what was seen is forgotten */
/* before anything was seen: a good line, believed lightly */
#define FIRST_BAD 0.25
#define FIRST_GOOD (1024.0 * 1024.0 * FIRST_BAD / FRAME_COST + 1)
#define WRONG 1.5 /* bytes of a frame that may be: then parity cures it at once, mostly */

void
arqpace_init(struct arqpace *p, uint32_t bps, uint64_t now_ms)
{
	*p = (struct arqpace){ .given = bps > 0 && bps < 10 ? 1 : bps / 10,
		.period = now_ms,
		.lowest_ms = now_ms,
		.good = FIRST_GOOD,
		.bad = FIRST_BAD,
		.hopeless = FIRST_BAD };
	p->starting = p->given == 0;
}

static uint32_t
best(const struct arqpace *p)
{
	return p->best[0] > p->best[1] ? p->best[0] : p->best[1];
}

/* The rate of output: what was said, or a little more than what arrives. */
static uint64_t
rate(const struct arqpace *p)
{
	uint64_t b = best(p);

	if (p->given > 0)
		return p->given;
	if (b < RATE_UNKNOWN)
		b = RATE_UNKNOWN;
	return p->starting ? 2 * b : b + b / 8;
}

uint32_t
arqpace_rate_now(const struct arqpace *p)
{
	uint32_t b = best(p);

	if (p->given == 0)
		return b > 0 ? b : RATE_UNKNOWN;
	/* a modem is slower than the cable to it; small differences are our own */
	if (p->samples >= SAMPLES_MIN && b < p->given - p->given / 4)
		return b;
	return p->given;
}

static uint64_t
free_at(const struct arqpace *p, uint64_t now_ms)
{
	return p->free_us > now_ms * 1000 ? p->free_us : now_ms * 1000;
}

void
arqpace_sent(struct arqpace *p, size_t n, uint64_t now_ms)
{
	p->free_us = free_at(p, now_ms) + n * 1000000 / rate(p);
}

uint64_t
arqpace_gone_ms(const struct arqpace *p, size_t n, uint64_t now_ms)
{
	return (free_at(p, now_ms) + n * 1000000 / rate(p) + 999) / 1000;
}

bool
arqpace_idle(const struct arqpace *p, uint64_t now_ms)
{
	return p->free_us <= now_ms * 1000;
}

size_t
arqpace_budget(const struct arqpace *p, uint64_t now_ms)
{
	uint64_t ahead = free_at(p, now_ms) - now_ms * 1000;
	uint64_t n = ahead < LEAD_US ? (LEAD_US - ahead) * rate(p) / 1000000 : 0;

	/* the slowest of lines must move, too */
	return n == 0 && ahead == 0 ? 1 : n;
}

uint32_t
arqpace_wait(const struct arqpace *p, uint64_t now_ms)
{
	uint64_t ahead = free_at(p, now_ms) - now_ms * 1000;

	/* on the slowest lines a tenth of a second is hardly a byte */
	if (rate(p) < 50)
		return (uint32_t)((ahead + 999) / 1000);
	return ahead <= REFILL_US ? 0 : (uint32_t)((ahead - REFILL_US) / 1000 + 1);
}

void
arqpace_rtt(struct arqpace *p, uint64_t sent_ms, uint64_t now_ms)
{
	uint32_t rtt = now_ms > sent_ms ? (uint32_t)(now_ms - sent_ms) : 1;
	uint32_t off;

	if (p->srtt == 0) {
		p->srtt = rtt;
		p->var = rtt / 4;
		p->lowest[0] = p->lowest[1] = rtt;
	}
	off = rtt > p->srtt ? rtt - p->srtt : p->srtt - rtt;
	p->var = (3 * p->var + off + 2) / 4;
	p->srtt = (7 * p->srtt + rtt + 4) / 8;
	if (now_ms - p->lowest_ms > LOWEST_MS) {
		p->lowest[1] = p->lowest[0];
		p->lowest[0] = rtt;
		p->lowest_ms = now_ms;
	}
	if (rtt < p->lowest[0])
		p->lowest[0] = rtt;
}

uint32_t
arqpace_rtt_min(const struct arqpace *p)
{
	return p->lowest[0] < p->lowest[1] ? p->lowest[0] : p->lowest[1];
}

uint32_t
arqpace_timeout(const struct arqpace *p)
{
	uint32_t spread = 4 * p->var > 60 ? 4 * p->var : 60;

	if (p->srtt == 0)
		return 3000;
	/* the answer's own way: a frame that is under way there, and itself */
	return p->srtt + spread + 1100000 / arqpace_rate_now(p);
}

size_t
arqpace_window(const struct arqpace *p, size_t frame)
{
	uint64_t rtt = p->srtt == 0 ? RTT_UNKNOWN : arqpace_rtt_min(p);

	return arqpace_rate_now(p) * (rtt + rtt / 4 + LEAD_US / 1000) / 1000 + 2 * frame;
}

void
arqpace_rate(struct arqpace *p, uint64_t bytes, uint64_t ms, uint64_t now_ms)
{
	uint64_t r;

	if (ms == 0 || ms < arqpace_rtt_min(p))
		return; /* a burst of acknowledgements */
	r = bytes * 1000 / ms;
	if (r > UINT32_MAX / 4)
		return;
	if (p->starting) {
		p->plateau = r > best(p) + best(p) / 4 ? 0 : p->plateau + 1;
		p->starting = p->plateau < 12;
	}
	if (now_ms - p->period > PERIOD_MS) {
		p->best[1] = p->best[0];
		p->best[0] = 0;
		p->period = now_ms;
	}
	if (r > p->best[0])
		p->best[0] = (uint32_t)r;
	p->samples++;
}

static void
fade(struct arqpace *p)
{
	if (p->good < MEMORY)
		return;
	p->good /= 2;
	p->bad /= 2;
	p->hopeless /= 2;
}

void
arqpace_arrived(struct arqpace *p, uint64_t bytes)
{
	p->good += (double)bytes;
	fade(p);
}

void
arqpace_lost(struct arqpace *p, uint32_t frames, uint64_t bytes)
{
	/* a byte somewhere in the middle, on the average: what was before it was good */
	p->good += (double)bytes / 2;
	p->bad += frames;
	fade(p);
}

double
arqpace_loss(const struct arqpace *p)
{
	return p->bad > FIRST_BAD / 2 || p->good > FIRST_GOOD ? p->bad / p->good : 0;
}

void
arqpace_hopeless(struct arqpace *p)
{
	p->hopeless++;
}

/* A frame costs FRAME_COST / L, and one that is sent again p * L: least at
 * sqrt(FRAME_COST / p). What parity cures costs little at any length. */
uint32_t
arqpace_payload(const struct arqpace *p)
{
	uint32_t l = ARQPACE_PAYLOAD_MIN;

	while (l < ARQPACE_PAYLOAD_MAX &&
	    (double)l * l * p->hopeless < FRAME_COST * p->good &&
	    l * p->bad < WRONG * p->good)
		l += 8;
	return l < ARQPACE_PAYLOAD_MAX ? l : ARQPACE_PAYLOAD_MAX;
}
