/* A serial line in virtual time, with an arq at each end, for tests of newsd/arq.h: rate,
 * delay and everything that lines do to bytes, the same from the same seed. */
#ifndef TESTS_UNIT_SIMLINE_H
#define TESTS_UNIT_SIMLINE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "newsd/arq.h"

#define SIM_QUEUE (1u << 17) /* bytes on their way in one direction */

struct sim_faults {
	double corrupt, drop, insert; /* a byte */
	unsigned burst;               /* bytes that one corruption hits; 0: one */
	bool seven, flow, echo; /* bit 8 cut; 11 and 13 eaten; what is sent comes back */
	int swap_from, swap_to; /* this byte always arrives as that one, where > 0 */
	uint64_t dead_from_ms, dead_to_ms; /* nothing arrives */
};

struct sim_wire {
	struct sim_faults f;
	uint32_t bps;
	uint64_t latency_us, free_us, free_ns; /* free_ns: beyond free_us */
	unsigned hit;                          /* bytes of a burst that are left */
	size_t head, n;
	uint64_t carried; /* bytes that went on it */
	uint64_t due_us[SIM_QUEUE];
	unsigned char byte[SIM_QUEUE];
};

struct sim_end {
	struct arq *a;
	uint32_t session;
	struct view out; /* what is still to be written */
	size_t written;
	bool close; /* when all was written */
	unsigned char *got;
	size_t got_n, got_room;
	uint64_t got_ms;   /* when the last byte came */
	uint32_t read_bps; /* of the reader above; 0: at once */
	uint64_t read_us;
	struct sim_wire *to; /* wire to the other end */
};

struct sim {
	uint64_t now_ms, seed;
	bool turns; /* a radio: one end at a time, or both are lost */
	uint64_t collisions;
	struct sim_end end[2]; /* caller, answerer */
};

static inline uint64_t
sim_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline bool
sim_happens(struct sim *s, double p)
{
	return p > 0 && (double)(sim_random(&s->seed) >> 11) < p * 9007199254740992.0;
}

/* Both directions alike; change end[i].to->f afterwards for others. */
static inline void
sim_start(struct sim *s, uint32_t bps, uint32_t latency_ms, const struct sim_faults *f,
    const struct arq_config *caller, const struct arq_config *answerer, uint64_t seed)
{
	*s = (struct sim){ .seed = seed, .now_ms = 1000 };
	for (int i = 0; i < 2; i++) {
		struct arq_config c = i == 0 ? *caller : *answerer;
		struct sim_end *e = &s->end[i];

		c.session = e->session = (uint32_t)sim_random(&s->seed) | 1;
		c.answer = i == 1;
		e->a = arq_new(&c, s->now_ms);
		e->to = calloc(1, sizeof *e->to);
		assert(e->a != NULL && e->to != NULL);
		e->to->bps = bps;
		e->to->latency_us = latency_ms * 1000ull;
		e->to->f = *f;
	}
}

static inline void
sim_stop(struct sim *s)
{
	for (int i = 0; i < 2; i++) {
		arq_free(s->end[i].a);
		free(s->end[i].to);
		free(s->end[i].got);
	}
}

static inline void
sim_push(struct sim_wire *w, uint64_t due_us, unsigned char c)
{
	size_t at = (w->head + w->n) % SIM_QUEUE;

	assert(w->n < SIM_QUEUE);
	w->due_us[at] = due_us;
	w->byte[at] = c;
	w->n++;
}

static inline void
sim_carry(struct sim *s, int from, unsigned char c)
{
	struct sim_wire *w = s->end[from].to, *back = s->end[!from].to;
	uint64_t now_us = s->now_ms * 1000, due;

	if (w->free_us < now_us)
		w->free_us = now_us;
	w->free_ns += 10000000000ull / w->bps;
	w->free_us += w->free_ns / 1000;
	w->free_ns %= 1000;
	due = w->free_us + w->latency_us;
	w->carried++;
	if (s->turns && back->free_us > now_us) {
		s->collisions++;
		return;
	}
	if (s->now_ms >= w->f.dead_from_ms && s->now_ms < w->f.dead_to_ms)
		return;
	if (sim_happens(s, w->f.insert))
		sim_push(w, due, (unsigned char)sim_random(&s->seed));
	if (sim_happens(s, w->f.drop))
		return;
	if (sim_happens(s, w->f.corrupt))
		w->hit = w->f.burst > 0 ? w->f.burst : 1;
	if (w->hit > 0) {
		w->hit--;
		c ^= (unsigned char)(1 + sim_random(&s->seed) % 255);
	}
	if (w->f.seven)
		c &= 0x7f;
	if (w->f.flow && (c == 0x11 || c == 0x13))
		return;
	if (w->f.swap_from > 0 && c == w->f.swap_from)
		c = (unsigned char)w->f.swap_to;
	sim_push(w, due, c);
	if (w->f.echo)
		sim_push(back, due, c);
}

static inline void
sim_read(struct sim *s, struct sim_end *e)
{
	size_t n = arq_readable(e->a);

	if (e->read_bps > 0) {
		if (e->read_us > s->now_ms * 1000 || n == 0)
			return;
		n = n < 64 ? n : 64;
		e->read_us = s->now_ms * 1000 + n * 10000000ull / e->read_bps;
	}
	if (n == 0)
		return;
	if (e->got_room < e->got_n + n) {
		e->got_room = 2 * (e->got_n + n);
		e->got = realloc(e->got, e->got_room);
		assert(e->got != NULL);
	}
	e->got_n += arq_read(e->a, e->got + e->got_n, n);
	e->got_ms = s->now_ms;
}

static inline void
sim_end_step(struct sim *s, int i)
{
	struct sim_end *e = &s->end[i];
	struct sim_wire *in = s->end[!i].to;
	unsigned char some[4096];
	size_t n = 0;

	while (in->n > 0 && in->due_us[in->head] <= s->now_ms * 1000 && n < sizeof some) {
		some[n++] = in->byte[in->head];
		in->head = (in->head + 1) % SIM_QUEUE;
		in->n--;
	}
	if (n > 0)
		arq_input(e->a, (struct view){ some, n }, s->now_ms);
	sim_read(s, e);
	e->written += arq_write(e->a, view_slice(e->out, e->written, e->out.len));
	if (e->close && e->written == e->out.len && arq_state(e->a) != ARQ_LISTENING)
		arq_close(e->a);
	if (arq_next(e->a, s->now_ms) > 0)
		return;
	n = arq_output(e->a, some, sizeof some, s->now_ms);
	/* a pump would spin otherwise */
	assert(n > 0 || arq_next(e->a, s->now_ms) > 0);
	for (size_t k = 0; k < n; k++)
		sim_carry(s, i, some[k]);
}

/* One step, to the next moment at which anything happens. */
static inline void
sim_step(struct sim *s)
{
	uint64_t next = s->now_ms + 1000;

	for (int i = 0; i < 2; i++)
		sim_end_step(s, i);
	for (int i = 0; i < 2; i++) {
		struct sim_end *e = &s->end[i];
		struct sim_wire *w = e->to;
		uint32_t wait = arq_next(e->a, s->now_ms);

		if (wait < next - s->now_ms)
			next = s->now_ms + wait;
		if (w->n > 0 && w->due_us[w->head] / 1000 + 1 < next)
			next = w->due_us[w->head] / 1000 + 1;
		if (e->read_bps > 0 && arq_readable(e->a) > 0)
			next = s->now_ms;
	}
	s->now_ms = next > s->now_ms ? next : s->now_ms + 1;
}

static inline bool
sim_over(const struct sim *s)
{
	for (int i = 0; i < 2; i++) {
		enum arq_state st = arq_state(s->end[i].a);

		if (st != ARQ_CLOSED && st != ARQ_FAILED && st != ARQ_LISTENING)
			return false;
	}
	return true;
}

/* Runs until both ends are closed or failed, or for so long. */
static inline void
sim_run(struct sim *s, uint64_t ms)
{
	uint64_t end = s->now_ms + ms;

	while (s->now_ms < end && !sim_over(s))
		sim_step(s);
}

/* Incompressible bytes; free them. */
static inline unsigned char *
sim_payload(size_t n, uint64_t seed)
{
	unsigned char *p = malloc(n > 0 ? n : 1);

	assert(p != NULL);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)sim_random(&seed);
	return p;
}

#endif
