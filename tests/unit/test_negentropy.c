/* Vectors published with other implementations of the protocol, messages written by hand
 * from its text, and random sets reconciled in both roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/negentropy.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OUT_MAX (1u << 20)

/* From the tests of the Kotlin implementation: three items, and its first message. */
static const struct {
	uint64_t time;
	const char *id;
} known[] = {
	{ 1678011277,
	    "eb6b05c2e3b008592ac666594d78ed83e7b9ab30f825b9b08878128f7500008c" },
	{ 1678011278,
	    "39b916432333e069a4386917609215cc688eb99f06fed01aadc29b1b4b92d6f0" },
	{ 1678011279,
	    "abc81d58ebe3b9a87100d47f58bf15e9b1cbf62d38623f11d0f0d17179f5f3ba" },
};

#define EB "eb6b05c2e3b008592ac666594d78ed83e7b9ab30f825b9b08878128f7500008c"
#define N39 "39b916432333e069a4386917609215cc688eb99f06fed01aadc29b1b4b92d6f0"
#define AB "abc81d58ebe3b9a87100d47f58bf15e9b1cbf62d38623f11d0f0d17179f5f3ba"

#define EB_PRINT "6d74e1212fcafc8a81d090f0ffbde8b0"
#define WITHOUT_FIRST "fa2c5bd95ad4290ff44c3f2d804c6dd5"
#define WITHOUT_MIDDLE "68e8602ea20bd216868f724b8edff163"
#define OF_NONE "7f9c9e31ac8256ca2f258583df262dbc"

static void
unhex(struct buf *out, const char *hex)
{
	size_t len = strlen(hex) / 2;
	unsigned char *p = buf_grow(out, len);

	assert_non_null(p);
	assert_int_equal(text_unhex(view_str(hex), p, len), ERR_OK);
}

static void
fill_known(struct negentropy_item items[3])
{
	for (size_t i = 0; i < 3; i++) {
		struct buf id = BUF_INIT(32);

		unhex(&id, known[i].id);
		items[i] = (struct negentropy_item){ .time = known[i].time, .ref = i };
		memcpy(items[i].id, id.p, 32);
		buf_release(&id);
	}
}

/* ---- what a client found -------------------------------------------------------------- */

struct found {
	uint64_t have[16384];
	unsigned char need[16384][32];
	size_t haves, needs;
};

static enum err
note_have(void *ctx, const struct negentropy_item *it)
{
	struct found *f = ctx;

	if (f->haves == COUNT(f->have))
		return ERR_TOOBIG;
	f->have[f->haves++] = it->ref;
	return ERR_OK;
}

static enum err
note_need(void *ctx, const unsigned char id[32])
{
	struct found *f = ctx;

	if (f->needs == COUNT(f->need))
		return ERR_TOOBIG;
	memcpy(f->need[f->needs++], id, 32);
	return ERR_OK;
}

/* One message into a set, as server or as client; the answer as hex, "" for none. */
static enum err
one(struct negentropy *n, const char *hex, struct found *f, struct buf *answer)
{
	const struct negentropy_found found = { note_have, note_need, f };
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);
	enum err e;

	unhex(&in, hex);
	buf_reset(answer);
	e = negentropy_reconcile(n, buf_view(&in), f == NULL ? NULL : &found, &out);
	if (e == ERR_OK)
		text_hex(answer, buf_view(&out));
	buf_release(&in);
	buf_release(&out);
	return e;
}

/* ---- vectors -------------------------------------------------------------------------- */

static void
fingerprints_are_those_of_other_implementations(void **state)
{
	static const struct {
		size_t lo, hi;
		const char *want;
	} c[] = {
		{ 0, 1, "6d74e1212fcafc8a81d090f0ffbde8b0" },
		{ 0, 2, "96b26d110825d4b1805fc56988a3e65d" },
		{ 0, 3, "c15ce60f185fd24ae341076caa93daa5" },
	};
	struct negentropy_item items[3];
	struct negentropy n;
	unsigned char print[16];

	(void)state;
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf hex = BUF_INIT(64);

		negentropy_fingerprint(&n, c[i].lo, c[i].hi, print);
		text_hex(&hex, (struct view){ print, 16 });
		assert_string_equal(buf_cstr(&hex), c[i].want);
		buf_release(&hex);
	}
}

static void
the_first_message_is_that_of_other_implementations(void **state)
{
	struct buf out = BUF_INIT(OUT_MAX), hex = BUF_INIT(OUT_MAX);
	struct negentropy_item items[3];
	struct negentropy n;

	(void)state;
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	assert_int_equal(negentropy_initiate(&n, &out), ERR_OK);
	text_hex(&hex, buf_view(&out));
	assert_string_equal(buf_cstr(&hex), "6100000203" EB N39 AB);
	buf_release(&out);
	buf_release(&hex);
}

/* Of the three items above; 86a091d70e is the time of the first, and one. */
static void
a_server_answers_by_the_text_of_the_protocol(void **state)
{
	static const struct {
		const char *in, *want;
	} c[] = {
		{ "61", "61" },
		/* other versions: which one we speak */
		{ "62aabbccddeeff", "61" },
		{ "60", "61" },
		/* the right fingerprint of everything, and a wrong one */
		{ "61000001c15ce60f185fd24ae341076caa93daa5", "61" },
		{ "61000001000102030405060708090a0b0c0d0e0f", "6100000203" EB N39 AB },
		/* an empty list of everything, and nothing of everything */
		{ "6100000200", "6100000203" EB N39 AB },
		{ "61000000", "61" },
		/* nothing below the second time, the list from there */
		{ "6186a091d70f00000000"
		  "0200",
		    "6186a091d70f0000"
		    "00000202" N39 AB },
		/* a list up to a bound above the first id at its time; then nothing */
		{ "6186a091d70e01ec0200", "6186a091d70e01ec0201" EB },
		/* up to a bound at the first id, which it does not include */
		{ "6186a091d70e20" EB "0200", "6186a091d70e20" EB "0200" },
		/* two lists that touch: the second time counts from the first */
		{ "6186a091d70f000200"
		  "02000200",
		    "6186a091d70f000201" EB "02000201" N39 },
		/* the end of time with a prefix that says nothing, as some write it */
		{ "610003ffffff0200", "6100000203" EB N39 AB },
		/* skips between are joined into one */
		{ "6186a091d70e000002000002000000000200",
		    "6186a091d71000000000"
		    "0201" AB },
	};
	struct negentropy_item items[3];
	struct buf got = BUF_INIT(OUT_MAX);
	struct negentropy n;

	(void)state;
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(one(&n, c[i].in, NULL, &got), ERR_OK);
		assert_string_equal(buf_cstr(&got), c[i].want);
	}
	buf_release(&got);
}

static void
an_end_that_has_more_tells_from_the_fingerprint_alone(void **state)
{
	static const struct {
		const char *in, *want;
		size_t haves;
	} c[] = {
		/* the last is too many; the last two; the first; all of them */
		{ "6100000196b26d110825d4b1805fc56988a3e65d",
		    "6186a091d7100000"
		    "00000201" AB,
		    1 },
		{ "610000016d74e1212fcafc8a81d090f0ffbde8b0",
		    "6186a091d70f0000"
		    "00000202" N39 AB,
		    2 },
		{ "61000001" WITHOUT_FIRST, "6186a091d70f000201" EB, 1 },
		{ "61000001" OF_NONE, "6100000203" EB N39 AB, 3 },
		/* in the middle: nothing is said of what is around it */
		{ "61000001" WITHOUT_MIDDLE,
		    "6186a091d70f0000"
		    "02000201" N39,
		    1 },
		/* in a range below another */
		{ "6186a091d7100001" EB_PRINT "00000200",
		    "6186a091d70f0000"
		    "02000201" N39 "00000201" AB,
		    2 },
	};
	struct found *f = calloc(1, sizeof *f);
	struct negentropy_item items[3];
	struct buf got = BUF_INIT(OUT_MAX);
	struct negentropy n;

	(void)state;
	assert_non_null(f);
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(one(&n, c[i].in, NULL, &got), ERR_OK);
		assert_string_equal(buf_cstr(&got), c[i].want);
		f->haves = f->needs = 0;
		assert_int_equal(one(&n, c[i].in, f, &got), ERR_OK);
		assert_int_equal(got.len, 0);
		assert_int_equal(f->haves, c[i].haves);
		assert_int_equal(f->needs, 0);
	}
	free(f);
	buf_release(&got);
}

static void
a_client_learns_from_lists_what_each_side_lacks(void **state)
{
	static const struct {
		const char *in;
		size_t haves, needs;
	} c[] = {
		{ "61", 0, 0 },
		{ "6100000203" EB N39 AB, 0, 0 },
		{ "6100000202" AB EB, 1, 0 },
		{ "6100000200", 3, 0 },
		{ "6186a091d70f000200", 1, 0 },
		{ "6100000204" AB EB N39
		  "00000000000000000000000000000000000000000000000000000000000000ff",
		    0, 1 },
		/* told twice, needed once */
		{ "6100000203" EB
		  "00000000000000000000000000000000000000000000000000000000000000ff"
		  "00000000000000000000000000000000000000000000000000000000000000ff",
		    2, 1 },
	};
	struct found *f = calloc(1, sizeof *f);
	struct negentropy_item items[3];
	struct buf got = BUF_INIT(OUT_MAX);
	struct negentropy n;

	(void)state;
	assert_non_null(f);
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		f->haves = f->needs = 0;
		assert_int_equal(one(&n, c[i].in, f, &got), ERR_OK);
		assert_int_equal(got.len, 0);
		assert_int_equal(f->haves, c[i].haves);
		assert_int_equal(f->needs, c[i].needs);
	}
	free(f);
	buf_release(&got);
}

static void
what_is_no_message_is_refused(void **state)
{
	static const struct {
		const char *in;
		enum err server, client;
	} c[] = {
		{ "", ERR_SYNTAX, ERR_SYNTAX }, { "5f", ERR_SYNTAX, ERR_SYNTAX },
		{ "70", ERR_SYNTAX, ERR_SYNTAX }, { "62", ERR_OK, ERR_VERSION },
		{ "6100", ERR_SYNTAX, ERR_SYNTAX },       /* a bound without length */
		{ "610000", ERR_SYNTAX, ERR_SYNTAX },     /* no mode */
		{ "61000003", ERR_SYNTAX, ERR_SYNTAX },   /* no such mode */
		{ "6100000100", ERR_SYNTAX, ERR_SYNTAX }, /* fingerprint cut */
		{ "6100000201", ERR_SYNTAX, ERR_SYNTAX }, /* list cut */
		{ "61000002ffffffffffffffff7f", ERR_SYNTAX, ERR_SYNTAX }, /* 2^63 ids */
		{ "610000028080808001", ERR_SYNTAX, ERR_SYNTAX }, /* number too long */
		{ "61800000", ERR_SYNTAX, ERR_SYNTAX },
		{ "61000000000000", ERR_SYNTAX, ERR_SYNTAX }, /* behind the end of time */
		{ "610221000000", ERR_SYNTAX, ERR_SYNTAX },   /* prefix of 33 bytes */
		{ "610202ff", ERR_SYNTAX, ERR_SYNTAX },       /* prefix cut */
		{ "610201ff000101fe00", ERR_SYNTAX, ERR_SYNTAX }, /* ranges backwards */
		{ "6181ffffffffffffffff7f0000", ERR_OK,
		    ERR_OK }, /* the latest time there is */
		{ "6182808080808080808000"
		  "0000",
		    ERR_SYNTAX, ERR_SYNTAX }, /* number over 64 bits */
		{ "6181ffffffffffffffff7f0000"
		  "020000",
		    ERR_SYNTAX, ERR_SYNTAX }, /* time that wraps */
	};
	struct found *f = calloc(1, sizeof *f);
	struct negentropy_item items[3];
	struct buf got = BUF_INIT(OUT_MAX);
	struct negentropy n;

	(void)state;
	assert_non_null(f);
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(one(&n, c[i].in, NULL, &got), c[i].server);
		assert_int_equal(one(&n, c[i].in, f, &got), c[i].client);
	}
	assert_int_equal(f->haves + f->needs, 0);
	free(f);
	buf_release(&got);
}

static void
a_set_out_of_order_is_refused(void **state)
{
	struct negentropy_item items[3], swap;
	struct negentropy n;

	(void)state;
	fill_known(items);
	assert_int_equal(negentropy_init(&n, items, 3, 1), ERR_SYNTAX);
	assert_int_equal(negentropy_init(&n, items, 3, NEGENTROPY_FRAME_MIN), ERR_OK);
	assert_int_equal(negentropy_from(items, 3, 0), 0);
	assert_int_equal(negentropy_from(items, 3, 1678011278), 1);
	assert_int_equal(negentropy_from(items, 3, 1678011280), 3);
	swap = items[0];
	items[0] = items[1];
	items[1] = swap;
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_SYNTAX);
	negentropy_sort(items, 3);
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_OK);
	assert_int_equal(items[0].ref, 0);
	items[1] = items[0];
	assert_int_equal(negentropy_init(&n, items, 3, 0), ERR_SYNTAX);
	items[1] = swap;
	items[1].time = UINT64_MAX;
	assert_int_equal(negentropy_init(&n, items, 2, 0), ERR_SYNTAX);
}

/* ---- random sets ---------------------------------------------------------------------- */

enum { BOTH, OPEN, SETTLED };

struct world {
	struct negentropy_item *a, *b;
	size_t na, nb;
	unsigned char *only_a, *only_b; /* by ref */
	uint64_t seed;
};

/* xorshift: the same sets every time */
static uint64_t
next(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	return w->seed ^= w->seed << 17;
}

/* n items in all, about one of `rare` on one side alone; times from few to many. */
static void
world_init(struct world *w, size_t n, unsigned rare, unsigned times, uint64_t seed)
{
	*w = (struct world){ .seed = seed };
	w->a = calloc(n + 1, sizeof *w->a);
	w->b = calloc(n + 1, sizeof *w->b);
	w->only_a = calloc(n + 1, 1);
	w->only_b = calloc(n + 1, 1);
	assert_true(
	    w->a != NULL && w->b != NULL && w->only_a != NULL && w->only_b != NULL);
	for (size_t i = 0; i < n; i++) {
		struct negentropy_item it = { .ref = i, .time = next(w) % times };
		unsigned which = rare == 0 ? 2 : (unsigned)(next(w) % (2 * rare));

		for (size_t k = 0; k < 4; k++) {
			uint64_t r = next(w);

			memcpy(it.id + 8 * k, &r, 8);
		}
		memcpy(it.id + 24, &it.ref, 8); /* a need is known again by it */
		if (times == 1 && i % 3 == 0)
			memset(it.id, 0xff, 20); /* long common prefixes */
		w->only_a[i] = which == 0 ? OPEN : BOTH;
		w->only_b[i] = which == 1 ? OPEN : BOTH;
		if (which != 1)
			w->a[w->na++] = it;
		if (which != 0)
			w->b[w->nb++] = it;
	}
	negentropy_sort(w->a, w->na);
	negentropy_sort(w->b, w->nb);
}

static void
world_release(struct world *w)
{
	free(w->a);
	free(w->b);
	free(w->only_a);
	free(w->only_b);
}

static void
settle(unsigned char *what, size_t frame)
{
	assert_true(*what == OPEN || (*what == SETTLED && frame != 0));
	*what = SETTLED;
}

/* How an end behaves; buckets 0: as reconcile does. */
struct cut {
	unsigned buckets, leaf;
	uint64_t trials;
};

static void
choose(struct negentropy *n, const struct cut *c)
{
	n->buckets = c->buckets;
	n->leaf = c->leaf;
	n->trials = c->trials;
}

/* a is the client. Every difference is found, without a limit exactly once, and nothing
 * else; each message is within the limit. */
static void
reconcile_worlds(
    struct world *w, size_t n, size_t frame, const struct cut *ca, const struct cut *cb)
{
	struct buf x = BUF_INIT(4 * OUT_MAX), y = BUF_INIT(4 * OUT_MAX);
	struct found *f = calloc(1, sizeof *f);
	const struct negentropy_found found = { note_have, note_need, f };
	struct negentropy client, server;
	unsigned rounds = 0;
	uint64_t ref;

	assert_non_null(f);
	assert_int_equal(negentropy_init(&client, w->a, w->na, frame), ERR_OK);
	assert_int_equal(negentropy_init(&server, w->b, w->nb, frame), ERR_OK);
	choose(&client, ca);
	choose(&server, cb);
	assert_int_equal(negentropy_initiate(&client, &x), ERR_OK);
	for (; x.len > 0; rounds++) {
		assert_true(rounds < 1000);
		buf_reset(&y);
		assert_int_equal(
		    negentropy_reconcile(&server, buf_view(&x), NULL, &y), ERR_OK);
		assert_true(
		    y.len > 0 && (frame == 0 || (y.len <= frame && x.len <= frame)));
		buf_reset(&x);
		assert_int_equal(
		    negentropy_reconcile(&client, buf_view(&y), &found, &x), ERR_OK);
	}
	for (size_t i = 0; i < f->haves; i++)
		settle(&w->only_a[f->have[i]], frame);
	for (size_t i = 0; i < f->needs; i++) {
		memcpy(&ref, f->need[i] + 24, 8);
		assert_true(ref < n);
		settle(&w->only_b[ref], frame);
	}
	for (size_t i = 0; i < n; i++)
		assert_true(w->only_a[i] != OPEN && w->only_b[i] != OPEN);
	free(f);
	buf_release(&x);
	buf_release(&y);
}

static void
all_differences_are_found_and_nothing_else(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 777, 5000 };
	static const unsigned rares[] = { 0, 1, 2, 10, 300 };
	static const unsigned times[] = { 1, 7, 1u << 31 };
	static const size_t frames[] = { 0, 4096, 5000, 65536 };
	/* both as reconcile does, one of them as published, and other choices */
	static const struct {
		struct cut a, b;
	} cuts[] = {
		{ { 0, 6, 1u << 20 }, { 0, 6, 1u << 20 } },
		{ { 0, 6, 1u << 20 }, { 16, 32, 0 } },
		{ { 16, 32, 0 }, { 0, 6, 1u << 20 } },
		{ { 16, 32, 0 }, { 16, 32, 0 } },
		{ { 0, 0, 300 }, { 0, 0, 0 } },
		{ { 4, 2, 5000 }, { 2, 0, 0 } },
		{ { 64, 100, 0 }, { 0, 20, 100 } },
	};
	unsigned run = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t r = 0; r < COUNT(rares); r++)
			for (size_t t = 0; t < COUNT(times); t++)
				for (size_t k = 0; k < COUNT(frames); k++, run++) {
					struct world w;

					world_init(&w, sizes[i], rares[r], times[t],
					    88172645463325252u + run);
					reconcile_worlds(&w, sizes[i], frames[k],
					    &cuts[run % COUNT(cuts)].a,
					    &cuts[run % COUNT(cuts)].b);
					world_release(&w);
				}
}

/* Both ends; the client's set is that of a. Bytes, and how often each end spoke. */
static size_t
cost(struct world *w, unsigned *trips)
{
	struct buf x = BUF_INIT(OUT_MAX), y = BUF_INIT(OUT_MAX);
	struct found *f = calloc(1, sizeof *f);
	const struct negentropy_found found = { note_have, note_need, f };
	struct negentropy client, server;
	size_t bytes = 0;

	assert_non_null(f);
	assert_int_equal(negentropy_init(&client, w->a, w->na, 65536), ERR_OK);
	assert_int_equal(negentropy_init(&server, w->b, w->nb, 65536), ERR_OK);
	assert_int_equal(negentropy_initiate(&client, &x), ERR_OK);
	for (*trips = 0; x.len > 0; ++*trips) {
		buf_reset(&y);
		assert_int_equal(
		    negentropy_reconcile(&server, buf_view(&x), NULL, &y), ERR_OK);
		bytes += x.len + y.len;
		buf_reset(&x);
		assert_int_equal(
		    negentropy_reconcile(&client, buf_view(&y), &found, &x), ERR_OK);
	}
	assert_int_equal(f->haves - f->needs, w->na - w->nb);
	free(f);
	buf_release(&x);
	buf_release(&y);
	return bytes;
}

/* The figures that were promised; 1 of `rare` differs, anywhere. */
static void
few_differences_cost_few_bytes_wherever_they_lie(void **state)
{
	static const struct {
		unsigned rare;
		size_t bytes;
		unsigned trips;
	} c[] = {
		{ 0, 100, 1 },
		{ 50000, 1500, 3 },
		{ 1000, 18000, 4 },
		{ 100, 150000, 8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		unsigned trips;
		struct world w;

		world_init(&w, 100000, c[i].rare, 1u << 27, 88172645463325252u);
		assert_in_range(cost(&w, &trips), 1, c[i].bytes);
		assert_in_range(trips, 1, c[i].trips);
		world_release(&w);
	}
}

/* What a disk lost that failed, or who was away: one stretch, known at the first word. */
static void
a_lost_stretch_at_the_end_costs_its_ids_and_little_more(void **state)
{
	unsigned trips;
	struct world w;

	(void)state;
	world_init(&w, 100000, 0, 1u << 31, 7);
	w.na -= 300;
	assert_in_range(cost(&w, &trips), 1, 300 * NEGENTROPY_ID_LEN + 100);
	assert_int_equal(trips, 1);
	w.na += 300;
	w.nb -= 300;
	assert_in_range(cost(&w, &trips), 1, 1000);
	assert_in_range(trips, 1, 2);
	world_release(&w);
}

/* A message of nothing but wrong fingerprints, again and again. */
static void
a_liar_makes_us_hash_no_more_than_a_session_may(void **state)
{
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);
	uint64_t before = NEGENTROPY_TRIALS;
	struct negentropy n;
	struct world w;

	(void)state;
	world_init(&w, 20000, 0, 20000, 3);
	assert_int_equal(negentropy_init(&n, w.b, w.nb, 65536), ERR_OK);
	assert_int_equal(n.trials, NEGENTROPY_TRIALS);
	buf_addc(&in, 0x61);
	for (unsigned i = 0; i < 100; i++) {
		buf_add(&in, "\x81\x49\0\x01", 4); /* 200 on, a fingerprint */
		buf_add(&in, "sixteen bytes of", 16);
	}
	for (unsigned i = 0; i < 30; i++) {
		buf_reset(&out);
		assert_int_equal(
		    negentropy_reconcile(&n, buf_view(&in), NULL, &out), ERR_OK);
		assert_in_range(out.len, 1000, 65536);
		assert_true(n.trials < before || before == 0);
		before = n.trials;
	}
	assert_int_equal(n.trials, 0);
	buf_release(&in);
	buf_release(&out);
	world_release(&w);
}

static void
an_answer_stays_within_its_buffer(void **state)
{
	struct buf out = BUF_INIT(1000);
	struct negentropy n;
	struct world w;

	(void)state;
	world_init(&w, 100, 0, 5, 1);
	assert_int_equal(negentropy_init(&n, w.b, w.nb, 0), ERR_OK);
	assert_int_equal(
	    negentropy_reconcile(&n, VIEW_LIT("\x61\0\0\x02\0"), NULL, &out), ERR_TOOBIG);
	assert_true(out.len <= 1000);
	buf_release(&out);
	world_release(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprints_are_those_of_other_implementations),
		cmocka_unit_test(the_first_message_is_that_of_other_implementations),
		cmocka_unit_test(a_server_answers_by_the_text_of_the_protocol),
		cmocka_unit_test(an_end_that_has_more_tells_from_the_fingerprint_alone),
		cmocka_unit_test(a_client_learns_from_lists_what_each_side_lacks),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(a_set_out_of_order_is_refused),
		cmocka_unit_test(all_differences_are_found_and_nothing_else),
		cmocka_unit_test(few_differences_cost_few_bytes_wherever_they_lie),
		cmocka_unit_test(a_lost_stretch_at_the_end_costs_its_ids_and_little_more),
		cmocka_unit_test(a_liar_makes_us_hash_no_more_than_a_session_may),
		cmocka_unit_test(an_answer_stays_within_its_buffer),
	};

	return cmocka_run_group_tests_name("negentropy", tests, NULL, NULL);
}
