/* Reconciliation: bytes and round trips (docs/reconcile.md has the table).
 * bench_reconcile [BUCKETS LEAF]: other cuts than the ones that reconcile uses. */
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

enum where { SPREAD, NEWEST_1000, NEWEST };

struct set {
	struct negentropy_item *items;
	size_t n;
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

/* Every other difference is on a's side alone, or all on b's (the newest are missing). */
static bool
on(size_t i, size_t n, size_t d, enum where w, bool a)
{
	size_t from = w == SPREAD ? 0 : n - (w == NEWEST ? d : RECENT), step;

	if (d == 0 || i < from)
		return true;
	step = (n - from) / d;
	if ((i - from) % step != 0 || (i - from) / step >= d)
		return true;
	return w == NEWEST ? !a : ((i - from) / step) % 2 == (a ? 0 : 1);
}

static void
fill(struct set *s, size_t n, size_t d, enum where w, bool dated, bool a)
{
	s->n = 0;
	for (size_t i = 0; i < n; i++)
		if (on(i, n, d, w, a))
			make(&s->items[s->n++], i, n, dated);
	negentropy_sort(s->items, s->n);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run(struct set *a, struct set *b, unsigned buckets, unsigned leaf, const char *what)
{
	struct buf x = BUF_INIT(2 * FRAME), y = BUF_INIT(2 * FRAME);
	size_t found = 0, bytes = 0;
	const struct negentropy_found f = { count_have, count_need, &found };
	struct negentropy client, server;
	unsigned trips = 0;
	double start = now();

	if (negentropy_init(&client, a->items, a->n, FRAME) != ERR_OK ||
	    negentropy_init(&server, b->items, b->n, FRAME) != ERR_OK)
		abort();
	client.buckets = server.buckets = buckets;
	client.leaf = server.leaf = leaf;
	if (negentropy_initiate(&client, &x) != ERR_OK)
		abort();
	for (; x.len > 0; trips++) {
		buf_reset(&y);
		if (negentropy_reconcile(&server, buf_view(&x), NULL, &y) != ERR_OK)
			abort();
		bytes += x.len + y.len;
		buf_reset(&x);
		if (negentropy_reconcile(&client, buf_view(&y), &f, &x) != ERR_OK)
			abort();
	}
	printf("%-44s %4zu found %8zu bytes %2u trips %4.0f ms\n", what, found, bytes,
	    trips, (now() - start) * 1e3);
	buf_release(&x);
	buf_release(&y);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *what;
		size_t n, d;
		enum where where;
		bool dated;
	} c[] = {
		{ "1,000,000 equal", 1000000, 0, SPREAD, true },
		{ "100,000 equal", 100000, 0, SPREAD, true },
		{ "100,000, newest 100 missing, by date", 100000, 100, NEWEST, true },
		{ "100,000, 100 of the newest 1,000, by date", 100000, 100, NEWEST_1000,
		    true },
		{ "100,000, 100 anywhere, by date", 100000, 100, SPREAD, true },
		{ "100,000, newest 100 missing, by id", 100000, 100, NEWEST, false },
		{ "100,000, 100 of the newest 1,000, by id", 100000, 100, NEWEST_1000,
		    false },
		{ "100,000, 100 anywhere, by id", 100000, 100, SPREAD, false },
		{ "100,000, 1 anywhere, by date", 100000, 1, SPREAD, true },
	};
	uint64_t buckets = NEGENTROPY_BUCKETS, leaf = NEGENTROPY_LEAF;
	struct set a, b;

	if (argc == 3 &&
	    (text_num(view_str(argv[1]), 2, NEGENTROPY_BUCKETS_MAX, &buckets) != ERR_OK ||
		text_num(view_str(argv[2]), 0, 1000, &leaf) != ERR_OK))
		return 2;
	a.items = calloc(1000000, sizeof *a.items);
	b.items = calloc(1000000, sizeof *b.items);
	if (a.items == NULL || b.items == NULL)
		return 1;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		fill(&a, c[i].n, c[i].d, c[i].where, c[i].dated, true);
		fill(&b, c[i].n, c[i].d, c[i].where, c[i].dated, false);
		run(&a, &b, (unsigned)buckets, (unsigned)leaf, c[i].what);
	}
	free(a.items);
	free(b.items);
	return 0;
}
