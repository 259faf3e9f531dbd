/* links: newsd
 * The reliable stream of newsd/arq.h on a simulated line, in virtual time: efficiency
 * (payload x 10 / bps / time from the first byte on the line to the last one delivered),
 * beside what selective repeat with frames of the best size and nothing else could reach. */
#include <stdio.h>

#include "tests/unit/simline.h"

#define BYTES 200000

struct cell {
	const char *name;
	uint32_t bps, latency_ms;
	size_t bytes;
	struct sim_faults f;
	bool both, half,
	    modem;   /* modem: the line is slower than the speed that was said */
	double want; /* per cent */
};

static const struct cell cells[] = {
	{ .name = "33,600 bps, 100 ms, no errors",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .want = 98.6 },
	{ .name = "1e-5",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-5 },
	    .want = 98 },
	{ .name = "1e-4",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-4 },
	    .want = 93 },
	{ .name = "1e-3",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-3 },
	    .want = 76 },
	{ .name = "1e-2",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES / 4,
	    .f = { .corrupt = 1e-2 } },
	{ .name = "both ways at once",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .both = true,
	    .want = 187 },
	{ .name = "both ways, 1e-4",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-4 },
	    .both = true },
	{ .name = "600 ms",
	    .bps = 33600,
	    .latency_ms = 600,
	    .bytes = BYTES,
	    .want = 94.5 },
	{ .name = "600 ms, 1e-4",
	    .bps = 33600,
	    .latency_ms = 600,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-4 } },
	{ .name = "115,200 bps",
	    .bps = 115200,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .want = 97 },
	{ .name = "9,600 bps", .bps = 9600, .latency_ms = 100, .bytes = BYTES / 2 },
	{ .name = "2,400 bps", .bps = 2400, .latency_ms = 100, .bytes = BYTES / 4 },
	{ .name = "bursts of 50 at 1e-5",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .corrupt = 1e-5, .burst = 50 },
	    .want = 97 },
	{ .name = "dropped 1e-4",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .drop = 1e-4 } },
	{ .name = "invented 1e-4",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .f = { .insert = 1e-4 } },
	{ .name = "modem behind a 115,200 cable",
	    .bps = 33600,
	    .latency_ms = 100,
	    .bytes = BYTES,
	    .modem = true },
	{ .name = "half duplex, 9,600 bps",
	    .bps = 9600,
	    .latency_ms = 100,
	    .bytes = BYTES / 4,
	    .half = true },
	{ .name = "half duplex, 1e-4",
	    .bps = 9600,
	    .latency_ms = 100,
	    .bytes = BYTES / 4,
	    .f = { .corrupt = 1e-4 },
	    .half = true },
};

/* Best frame with 10 bytes of cost, no delay, nothing but the lost frames again. */
static double
ideal(const struct cell *c)
{
	double best = 0, p = c->f.corrupt + c->f.drop + c->f.insert;

	for (int l = 16; l <= 4096; l++) {
		double e = l / (l + 10.0);

		for (int i = 0; i < l + 10; i++)
			e *= 1 - p;
		if (e > best)
			best = e;
	}
	return 100 * best * (c->both ? 2 : 1);
}

struct result {
	double efficiency;
	uint64_t carried; /* both directions, less payload: the whole cost */
	struct arq_stats s;
	bool whole;
};

static struct result
measure(const struct cell *c, uint64_t seed)
{
	struct arq_config ac = { .bps = c->modem ? 115200 : c->bps,
		.half_duplex = c->half };
	unsigned char *p[2] = { sim_payload(c->bytes, seed),
		sim_payload(c->bytes, ~seed) };
	struct result r = { .whole = true };
	uint64_t last = 0;
	struct sim s;

	sim_start(&s, c->bps, c->latency_ms, &c->f, &ac, &ac, seed);
	s.turns = c->half;
	for (int i = 0; i < 2; i++) {
		if (i == 0 || c->both)
			s.end[i].out = (struct view){ p[i], c->bytes };
		s.end[i].close = true;
	}
	sim_run(&s, 3600 * 1000);
	for (int i = 0; i < (c->both ? 2 : 1); i++) {
		struct sim_end *to = &s.end[!i];

		r.whole &= to->got_n == c->bytes && memcmp(to->got, p[i], c->bytes) == 0;
		last = to->got_ms > last ? to->got_ms : last;
	}
	arq_stats(s.end[0].a, &r.s, s.now_ms);
	r.carried = s.end[0].to->carried + s.end[1].to->carried;
	if (last > 1000)
		r.efficiency = 100.0 * (double)c->bytes * (c->both ? 2 : 1) * 10 /
		    c->bps / ((double)(last - 1000) / 1000);
	sim_stop(&s);
	free(p[0]);
	free(p[1]);
	return r;
}

/* One line of the table; false: not what is wanted, or not what was sent. */
static bool
row(const struct cell *c, unsigned seeds)
{
	struct result r[9];
	double again = 0, repaired = 0, carried = 0;
	size_t bytes = c->bytes * (c->both ? 2 : 1);
	int wrong = 0;

	for (unsigned k = 0; k < seeds; k++) {
		struct result one = measure(c, 1000 + 77 * k);
		unsigned at = k;

		wrong += !one.whole;
		again += (double)one.s.repeated_bytes / seeds;
		repaired += (double)one.s.repaired / seeds;
		carried += (double)one.carried / seeds;
		for (; at > 0 && r[at - 1].efficiency > one.efficiency; at--)
			r[at] = r[at - 1];
		r[at] = one;
	}
	printf(
	    "%-32s %6.2f%% %6.2f%% ", c->name, r[seeds / 2].efficiency, r[0].efficiency);
	if (c->want > 0)
		printf("%6.1f%% ", c->want);
	else
		printf("%7s ", "");
	printf("%6.2f%% %7.0f %8.0f %7.1f%% %6d%s\n", ideal(c), again, repaired,
	    100 * (carried / (double)bytes - 1), wrong,
	    r[seeds / 2].efficiency < c->want ? "  MISSED" : "");
	return wrong == 0 && r[seeds / 2].efficiency >= c->want;
}

int
main(int argc, char **argv)
{
	unsigned seeds = argc > 1 ? (unsigned)(argv[1][0] - '0') % 10 : 5;
	bool missed = false;

	printf("%-32s %7s %7s %7s %7s %7s %8s %8s %6s\n", "", "median", "worst", "want",
	    "ideal", "again", "repaired", "overhead", "wrong");
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
		missed |= !row(&cells[i], seeds);
	return missed;
}
