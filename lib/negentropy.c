#include "lib/negentropy.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digest.h"

#define VERSION 0x61
#define FOREVER UINT64_MAX
#define PRINT_LEN 16
/* a skip and the fingerprint of all that is left, behind what was written */
#define RESERVE 80
/* bound, mode and length of a list, and a skip before it */
#define LIST_HEAD 100

enum mode { SKIP, PRINT, LIST };

struct bound {
	uint64_t time;
	unsigned len;
	unsigned char id[NEGENTROPY_ID_LEN]; /* zero behind len */
};

struct span {
	struct bound upper;
	enum mode mode;
	struct view payload; /* the fingerprint, or the ids */
};

/* A message in the making: out covers all below `upper`, but what is to be skipped. */
struct writer {
	const struct negentropy *n;
	struct buf *out;
	size_t start;  /* where it begins in out */
	uint64_t time; /* last written: the next is counted from it */
	struct bound upper;
	bool skip;
	bool full;
};

/* ---- order ---------------------------------------------------------------------------- */

static int
by_place(const void *a, const void *b)
{
	const struct negentropy_item *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return memcmp(x->id, y->id, NEGENTROPY_ID_LEN);
}

void
negentropy_sort(struct negentropy_item *items, size_t count)
{
	if (count > 1)
		qsort(items, count, sizeof *items, by_place);
}

static int
bound_cmp(uint64_t time, const unsigned char *id, const struct bound *b)
{
	if (time != b->time)
		return time < b->time ? -1 : 1;
	return memcmp(id, b->id, NEGENTROPY_ID_LEN);
}

/* The first item from `lo` on that is not below the bound. */
static size_t
find(const struct negentropy *n, size_t lo, const struct bound *b)
{
	size_t hi = n->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (bound_cmp(n->items[mid].time, n->items[mid].id, b) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
negentropy_from(const struct negentropy_item *items, size_t count, uint64_t time)
{
	const struct negentropy n = { .items = items, .count = count };
	const struct bound b = { .time = time };

	return find(&n, 0, &b);
}

enum err
negentropy_init(
    struct negentropy *n, const struct negentropy_item *items, size_t count, size_t frame)
{
	if (frame != 0 && frame < NEGENTROPY_FRAME_MIN)
		return ERR_SYNTAX;
	for (size_t i = 0; i < count; i++)
		if (items[i].time == FOREVER ||
		    (i > 0 && by_place(&items[i - 1], &items[i]) >= 0))
			return ERR_SYNTAX;
	*n = (struct negentropy){ .items = items,
		.count = count,
		.frame = frame,
		.buckets = NEGENTROPY_BUCKETS,
		.leaf = NEGENTROPY_LEAF };
	return ERR_OK;
}

/* ---- numbers -------------------------------------------------------------------------- */

/* Base 128, most significant digit first, as few as possible. */
static unsigned
varint_write(uint64_t v, unsigned char out[10])
{
	unsigned n = 1;

	for (uint64_t rest = v >> 7; rest > 0; rest >>= 7)
		n++;
	for (unsigned i = n; i-- > 0; v >>= 7)
		out[i] = (unsigned char)((v & 0x7f) | (i + 1 < n ? 0x80 : 0));
	return n;
}

static void
add_varint(struct buf *out, uint64_t v)
{
	unsigned char b[10];

	buf_add(out, b, varint_write(v, b));
}

static enum err
take_varint(struct view *in, uint64_t *out)
{
	uint64_t v = 0;
	uint8_t b;

	do {
		if (v > UINT64_MAX >> 7 || view_u8(in, &b) != ERR_OK ||
		    (v == 0 && b == 0x80))
			return ERR_SYNTAX;
		v = v << 7 | (b & 0x7f);
	} while (b & 0x80);
	*out = v;
	return ERR_OK;
}

void
negentropy_fingerprint(
    const struct negentropy *n, size_t lo, size_t hi, unsigned char out[PRINT_LEN])
{
	unsigned char b[NEGENTROPY_ID_LEN + 10], hash[DIGEST_LEN];
	uint64_t sum[4] = { 0 };
	unsigned len;

	for (size_t i = lo; i < hi; i++) {
		uint64_t id[4];
		bool carry = false;

		memcpy(id, n->items[i].id, sizeof id);
		for (unsigned k = 0; k < 4; k++) {
			bool one =
			    __builtin_add_overflow(sum[k], le64toh(id[k]), &sum[k]);
			bool two = __builtin_add_overflow(sum[k], carry, &sum[k]);

			carry = one || two;
		}
	}
	for (unsigned k = 0; k < 4; k++)
		sum[k] = htole64(sum[k]);
	memcpy(b, sum, sizeof sum);
	len = varint_write(hi - lo, b + sizeof sum);
	digest_sha256((struct view){ b, sizeof sum + len }, hash);
	memcpy(out, hash, PRINT_LEN);
}

/* ---- reading -------------------------------------------------------------------------- */

/* *time is the one before, and FOREVER when this was the last range that can be. */
static enum err
take_bound(struct view *in, uint64_t *time, struct bound *out)
{
	struct bound b = { .time = FOREVER };
	uint64_t delta, len;
	struct view id;

	if (take_varint(in, &delta) != ERR_OK || take_varint(in, &len) != ERR_OK ||
	    len > NEGENTROPY_ID_LEN || view_take(in, len, &id) != ERR_OK)
		return ERR_SYNTAX;
	if (delta > 0 &&
	    (__builtin_add_overflow(*time, delta - 1, &b.time) || b.time == FOREVER))
		return ERR_SYNTAX;
	/* some implementations put 32 zero bytes behind the end of time: they say nothing */
	if (delta > 0 && len > 0) {
		b.len = (unsigned)len;
		memcpy(b.id, id.p, len);
	}
	*time = b.time;
	*out = b;
	return ERR_OK;
}

static enum err
take_span(struct view *in, uint64_t *time, struct span *out)
{
	uint64_t mode, count = 0;
	size_t len;

	if (*time == FOREVER || take_bound(in, time, &out->upper) != ERR_OK ||
	    take_varint(in, &mode) != ERR_OK || mode > LIST)
		return ERR_SYNTAX;
	if (mode == LIST &&
	    (take_varint(in, &count) != ERR_OK || count > in->len / NEGENTROPY_ID_LEN))
		return ERR_SYNTAX;
	out->mode = (enum mode)mode;
	len = mode == PRINT ? PRINT_LEN : (size_t)count * NEGENTROPY_ID_LEN;
	return view_take(in, len, &out->payload) == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

/* ---- writing -------------------------------------------------------------------------- */

static void
add_bound(struct writer *w, const struct bound *b)
{
	if (b->time == FOREVER) {
		add_varint(w->out, 0);
	} else {
		add_varint(w->out, b->time - w->time + 1);
		w->time = b->time;
	}
	add_varint(w->out, b->len);
	buf_add(w->out, b->id, b->len);
}

/* What was left out up to here must be said before something follows. */
static void
begin_span(struct writer *w, const struct bound *upper, enum mode mode)
{
	if (w->skip) {
		add_bound(w, &w->upper);
		add_varint(w->out, SKIP);
		w->skip = false;
	}
	add_bound(w, upper);
	add_varint(w->out, mode);
	w->upper = *upper;
}

static void
leave_out(struct writer *w, const struct bound *upper)
{
	w->skip = true;
	w->upper = *upper;
}

/* The shortest one between two neighbours: item i, and the one before it. */
static void
bound_at(const struct negentropy *n, size_t i, struct bound *out)
{
	const struct negentropy_item *here = &n->items[i], *before = here - 1;

	*out = (struct bound){ .time = here->time };
	if (i == 0 || before->time != here->time)
		return;
	while (before->id[out->len] == here->id[out->len])
		out->len++;
	out->len++;
	memcpy(out->id, here->id, out->len);
}

static void
add_print(struct writer *w, size_t lo, size_t hi, const struct bound *upper)
{
	unsigned char print[PRINT_LEN];

	begin_span(w, upper, PRINT);
	negentropy_fingerprint(w->n, lo, hi, print);
	buf_add(w->out, print, sizeof print);
}

static void
add_list(struct writer *w, size_t lo, size_t hi, const struct bound *upper)
{
	begin_span(w, upper, LIST);
	add_varint(w->out, hi - lo);
	buf_reserve(w->out, (hi - lo) * NEGENTROPY_ID_LEN);
	for (size_t i = lo; i < hi; i++)
		buf_add(w->out, w->n->items[i].id, NEGENTROPY_ID_LEN);
}

/* A range that differs: listed when it is small, else cut into ranges of equal size. */
static void
split(struct writer *w, size_t lo, size_t hi, const struct bound *upper)
{
	size_t count = hi - lo, buckets = w->n->buckets, at = lo;
	struct bound b;

	if (count < w->n->leaf || count < buckets) {
		add_list(w, lo, hi, upper);
		return;
	}
	for (size_t i = 0; i < buckets; i++) {
		size_t end = at + count / buckets + (i < count % buckets);

		if (i + 1 < buckets)
			bound_at(w->n, end, &b);
		else
			b = *upper;
		add_print(w, at, end, &b);
		at = end;
	}
}

static bool
over_limit(const struct writer *w)
{
	return w->n->frame != 0 && w->out->len - w->start > w->n->frame - RESERVE;
}

/* No room: what is left, from lo on, is one range that the other end may look into. */
static void
close_early(struct writer *w, size_t lo)
{
	const struct bound end = { .time = FOREVER };

	add_print(w, lo, w->n->count, &end);
	w->full = true;
}

/* ---- answering ------------------------------------------------------------------------ */

static void
answer_print(struct writer *w, const struct span *s, size_t lo, size_t hi)
{
	struct writer before = *w;
	size_t len = w->out->len;
	unsigned char print[PRINT_LEN];

	negentropy_fingerprint(w->n, lo, hi, print);
	if (memcmp(print, s->payload.p, PRINT_LEN) == 0) {
		leave_out(w, &s->upper);
		return;
	}
	split(w, lo, hi, &s->upper);
	if (over_limit(w) && buf_err(w->out) == ERR_OK) {
		buf_truncate(w->out, len);
		*w = before;
		close_early(w, lo);
	}
}

/* The server's answer to a list is its own list, as far as there is room. */
static void
answer_list(struct writer *w, const struct span *s, size_t lo, size_t hi)
{
	size_t used = w->out->len - w->start, fit = hi - lo;
	struct bound b = s->upper;

	if (w->n->frame != 0) {
		size_t room = w->n->frame - RESERVE;

		room = used + LIST_HEAD < room ? room - used - LIST_HEAD : 0;
		if (fit > room / NEGENTROPY_ID_LEN)
			fit = room / NEGENTROPY_ID_LEN;
		if (used + LIST_HEAD + RESERVE > w->n->frame) {
			close_early(w, lo);
			return;
		}
	}
	if (lo + fit < hi && fit > 0)
		bound_at(w->n, lo + fit, &b);
	if (lo + fit == hi || fit > 0)
		add_list(w, lo, lo + fit, &b);
	if (lo + fit < hi)
		close_early(w, lo + fit);
}

struct theirs {
	const unsigned char *id;
	bool ours;
};

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct theirs *)a)->id, ((const struct theirs *)b)->id,
	    NEGENTROPY_ID_LEN);
}

static size_t
sort_theirs(struct theirs *t, struct view ids)
{
	size_t count = ids.len / NEGENTROPY_ID_LEN, n = 0;

	for (size_t i = 0; i < count; i++)
		t[i] = (struct theirs){ .id = ids.p + i * NEGENTROPY_ID_LEN };
	if (count > 0)
		qsort(t, count, sizeof *t, by_id);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || by_id(&t[n - 1], &t[i]) != 0)
			t[n++] = t[i];
	return n;
}

/* The client compares a list with what it has in the range itself. */
static enum err
compare(const struct negentropy *n, size_t lo, size_t hi, struct view ids,
    const struct negentropy_found *f)
{
	struct theirs *t = calloc(ids.len / NEGENTROPY_ID_LEN + 1, sizeof *t), *hit;
	size_t count;
	enum err e = ERR_OK;

	if (t == NULL)
		return ERR_NOMEM;
	count = sort_theirs(t, ids);
	for (size_t i = lo; i < hi && e == ERR_OK; i++) {
		struct theirs key = { .id = n->items[i].id };

		hit = count == 0 ? NULL : bsearch(&key, t, count, sizeof *t, by_id);
		if (hit != NULL)
			hit->ours = true;
		else
			e = f->have(f->ctx, &n->items[i]);
	}
	for (size_t i = 0; i < count && e == ERR_OK; i++)
		if (!t[i].ours)
			e = f->need(f->ctx, t[i].id);
	free(t);
	return e;
}

static enum err
answer(struct writer *w, struct view in, const struct negentropy_found *f)
{
	struct bound prev = { 0 };
	uint64_t time = 0;
	size_t lo = 0, hi;
	struct span s;
	enum err e;

	while (in.len > 0 && !w->full) {
		if ((e = take_span(&in, &time, &s)) != ERR_OK)
			return e;
		if (bound_cmp(prev.time, prev.id, &s.upper) > 0)
			return ERR_SYNTAX;
		hi = find(w->n, lo, &s.upper);
		if (s.mode == PRINT) {
			answer_print(w, &s, lo, hi);
		} else if (s.mode == LIST && f == NULL) {
			answer_list(w, &s, lo, hi);
		} else {
			if (s.mode == LIST &&
			    (e = compare(w->n, lo, hi, s.payload, f)) != ERR_OK)
				return e;
			leave_out(w, &s.upper);
		}
		if ((e = buf_err(w->out)) != ERR_OK)
			return e;
		prev = s.upper;
		lo = hi;
	}
	return ERR_OK;
}

enum err
negentropy_initiate(const struct negentropy *n, struct buf *out)
{
	struct writer w = { .n = n, .out = out, .start = out->len };
	const struct bound end = { .time = FOREVER };

	buf_addc(out, VERSION);
	split(&w, 0, n->count, &end);
	return buf_err(out);
}

enum err
negentropy_reconcile(const struct negentropy *n, struct view message,
    const struct negentropy_found *found, struct buf *out)
{
	struct writer w = { .n = n, .out = out, .start = out->len };
	uint8_t version;
	enum err e;

	if (view_u8(&message, &version) != ERR_OK || version < 0x60 || version > 0x6f)
		return ERR_SYNTAX;
	if (version != VERSION && found != NULL)
		return ERR_VERSION;
	buf_addc(out, VERSION);
	if (version != VERSION)
		return buf_err(out);
	if ((e = answer(&w, message, found)) != ERR_OK)
		return e;
	if (found != NULL && out->len == w.start + 1)
		buf_truncate(out, w.start);
	return buf_err(out);
}
