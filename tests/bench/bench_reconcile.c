/* Reconciliation: bytes and round trips (docs/reconcile.md has the table).
 * bench_reconcile [BUCKETS LEAF]: both ends as published, without trials, into so many
 * parts and listing smaller ranges; 8 12 is what reconcile did at first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/digest.h"
#include "lib/negentropy.h"
#include "lib/text.h"

#define YEARS (3 * 365 * 86400u)
#define FRAME (64u << 10)
#define RECENT 1000
#define BUCKETS_MAX 64

enum where { SPREAD, NEWEST_1000, NEWEST };
enum side { HALF, CLIENT_LACKS, SERVER_LACKS };

struct test {
	const char *what;
	size_t n, d;
	enum where where;
	enum side side;
	bool by_id;
};

struct set {
	struct negentropy_item *items;
	size_t n;
};

struct cost {
	size_t found, bytes;
	unsigned trips;
	double seconds;
};

static enum err
count_have(void *ctx, const struct negentropy_item *it)
{
	(void)it;
	++*(size_t *)ctx;
	return ERR_OK;
}

static enum err
count_need(void *ctx, const unsigned char id[NEGENTROPY_ID_LEN])
{
	(void)id;
	++*(size_t *)ctx;
	return ERR_OK;
}

/* Item i of n: dates rise with i and are a random second apart. */
static void
make(struct negentropy_item *it, size_t i, size_t n, bool dated)
{
	unsigned char b[8];

	for (size_t k = 0; k < 8; k++)
		b[k] = (unsigned char)(i >> (8 * k));
	digest_sha256((struct view){ b, sizeof b }, it->id);
	it->ref = i;
	it->time = dated ? 1600000000 + i * (uint64_t)YEARS / n : 0;
}

/* Marks d of the items, anywhere in what is looked at: 1 when a lacks it, 2 when b does. */
static void
mark(unsigned char *lacks, const struct test *t)
{
	size_t from =
	    t->where == SPREAD ? 0 : t->n - (t->where == NEWEST ? t->d : RECENT);
	uint64_t seed = 88172645463325252u;

	memset(lacks, 0, t->n);
	for (size_t k = 0; k < t->d;) {
		size_t i;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		i = from + (size_t)(seed % (t->n - from));
		if (lacks[i] != 0)
			continue;
		lacks[i] = t->side == HALF ? 1 + k % 2 : t->side == CLIENT_LACKS ? 1 : 2;
		k++;
	}
}

static void
fill(struct set *s, const struct test *t, const unsigned char *lacks, unsigned side)
{
	s->n = 0;
	for (size_t i = 0; i < t->n; i++)
		if (lacks[i] != side)
			make(&s->items[s->n++], i, t->n, !t->by_id);
	negentropy_sort(s->items, s->n);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cost
run(struct set *a, struct set *b, unsigned buckets, unsigned leaf)
{
	struct buf x = BUF_INIT(2 * FRAME), y = BUF_INIT(2 * FRAME);
	struct cost c = { 0 };
	const struct negentropy_found f = { count_have, count_need, &c.found };
	struct negentropy client, server;
	double start = now();

	if (negentropy_init(&client, a->items, a->n, FRAME) != ERR_OK ||
	    negentropy_init(&server, b->items, b->n, FRAME) != ERR_OK)
		abort();
	if (buckets > 0) {
		client.buckets = server.buckets = buckets;
		client.leaf = server.leaf = leaf;
		client.trials = server.trials = 0;
	}
	if (negentropy_initiate(&client, &x) != ERR_OK)
		abort();
	for (; x.len > 0; c.trips++) {
		buf_reset(&y);
		if (negentropy_reconcile(&server, buf_view(&x), NULL, &y) != ERR_OK)
			abort();
		c.bytes += x.len + y.len;
		buf_reset(&x);
		if (negentropy_reconcile(&client, buf_view(&y), &f, &x) != ERR_OK)
			abort();
	}
	c.seconds = now() - start;
	buf_release(&x);
	buf_release(&y);
	return c;
}

int
main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "1,000,000 equal", 1000000, 0, SPREAD, HALF, false },
		{ "100,000 equal", 100000, 0, SPREAD, HALF, false },
		{ "100,000, newest 100 lacking", 100000, 100, NEWEST, CLIENT_LACKS,
		    false },
		{ "  at the server", 100000, 100, NEWEST, SERVER_LACKS, false },
		{ "  by id alone", 100000, 100, NEWEST, CLIENT_LACKS, true },
		{ "100,000, 100 of the newest 1,000", 100000, 100, NEWEST_1000, HALF,
		    false },
		{ "  lacking on one side", 100000, 100, NEWEST_1000, CLIENT_LACKS,
		    false },
		{ "  by id alone", 100000, 100, NEWEST_1000, HALF, true },
		{ "100,000, 1 anywhere", 100000, 1, SPREAD, CLIENT_LACKS, false },
		{ "  at the server", 100000, 1, SPREAD, SERVER_LACKS, false },
		{ "100,000, 10 anywhere", 100000, 10, SPREAD, HALF, false },
		{ "100,000, 100 anywhere", 100000, 100, SPREAD, HALF, false },
		{ "  lacking at the client", 100000, 100, SPREAD, CLIENT_LACKS, false },
		{ "  lacking at the server", 100000, 100, SPREAD, SERVER_LACKS, false },
		{ "  by id alone", 100000, 100, SPREAD, HALF, true },
		{ "100,000, 300 anywhere", 100000, 300, SPREAD, HALF, false },
		{ "100,000, 1,000 anywhere", 100000, 1000, SPREAD, HALF, false },
		{ "  lacking at the client", 100000, 1000, SPREAD, CLIENT_LACKS, false },
		{ "100,000, 10,000 anywhere", 100000, 10000, SPREAD, HALF, false },
		{ "  lacking at the client", 100000, 10000, SPREAD, CLIENT_LACKS, false },
		{ "100,000, 20,000 anywhere", 100000, 20000, SPREAD, HALF, false },
		{ "1,000,000, 100 of the newest 1,000", 1000000, 100, NEWEST_1000, HALF,
		    false },
		{ "1,000,000, 100 anywhere", 1000000, 100, SPREAD, HALF, false },
		{ "50,000 each, nothing in common", 100000, 100000, SPREAD, HALF, false },
		{ "nothing, and 100,000", 100000, 100000, SPREAD, CLIENT_LACKS, false },
		{ "100,000, and nothing", 100000, 100000, SPREAD, SERVER_LACKS, false },
	};
	uint64_t buckets = 0, leaf = 0;
	unsigned char *lacks = calloc(1000000, 1);
	struct set a = { calloc(1000000, sizeof *a.items), 0 };
	struct set b = { calloc(1000000, sizeof *b.items), 0 };

	if (argc == 3 &&
	    (text_num(view_str(argv[1]), 2, BUCKETS_MAX, &buckets) != ERR_OK ||
		text_num(view_str(argv[2]), 0, 1000, &leaf) != ERR_OK))
		return 2;
	if (lacks == NULL || a.items == NULL || b.items == NULL)
		return 1;
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
		struct cost c;

		mark(lacks, &tests[i]);
		fill(&a, &tests[i], lacks, 1);
		fill(&b, &tests[i], lacks, 2);
		c = run(&a, &b, (unsigned)buckets, (unsigned)leaf);
		printf("%-36s %6zu found %8zu bytes %3u trips %4.0f ms\n", tests[i].what,
		    c.found, c.bytes, c.trips, c.seconds * 1e3);
	}
	free(lacks);
	free(a.items);
	free(b.items);
	return 0;
}
