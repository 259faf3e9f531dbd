#include "lib/negentropy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/idsum.h"
#include "lib/span.h"

#define VERSION 0x61
#define PRINT_LEN IDSUM_PRINT_LEN
/* a skip and the fingerprint of all that is left, behind what was written */
#define RESERVE 80
/* a skip, and bound, mode and fingerprint, or bound, mode and length of a list */
#define SPAN_HEAD 108
#define LIST_BELOW 4 /* fewer are not cut */
#define WINDOW 16    /* fingerprints beside one that tell how much differs there */

/* Of one fingerprint of a message: how much of ours it is about. */
struct sample {
	size_t size;
	bool differs;
};

/* A message in the making: out covers all below `upper`, but what is to be skipped. */
struct writer {
	struct negentropy *n;
	struct buf *out;
	size_t start;  /* where it begins in out */
	uint64_t time; /* last written: the next is counted from it */
	struct bound upper;
	bool skip;
	bool full;
	struct idsum_trial *trial;
	struct sample *samples; /* of the message that is answered */
	size_t count, differ;   /* samples, and those that differ */
	size_t listed, found; /* ids in lists of that message, and what was in one only */
};

/* Items lo up to hi, below the bound. */
struct range {
	size_t lo, hi;
	struct bound upper;
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
		if (items[i].time == SPAN_FOREVER ||
		    (i > 0 && by_place(&items[i - 1], &items[i]) >= 0))
			return ERR_SYNTAX;
	*n = (struct negentropy){ .items = items,
		.count = count,
		.frame = frame,
		.leaf = NEGENTROPY_LEAF,
		.trials = NEGENTROPY_TRIALS };
	return ERR_OK;
}

void
negentropy_fingerprint(
    const struct negentropy *n, size_t lo, size_t hi, unsigned char out[PRINT_LEN])
{
	struct idsum sum = { 0 };

	for (size_t i = lo; i < hi; i++)
		idsum_add(&sum, n->items[i].id);
	idsum_print(&sum, out);
}

/* ---- writing -------------------------------------------------------------------------- */

/* What was left out up to here must be said before something follows. */
static void
begin_span(struct writer *w, const struct bound *upper, enum span_mode mode)
{
	if (w->skip) {
		span_add_bound(w->out, &w->time, &w->upper);
		span_add_number(w->out, SKIP);
		w->skip = false;
	}
	span_add_bound(w->out, &w->time, upper);
	span_add_number(w->out, mode);
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
	span_add_number(w->out, hi - lo);
	buf_reserve(w->out, (hi - lo) * NEGENTROPY_ID_LEN);
	for (size_t i = lo; i < hi; i++)
		buf_add(w->out, w->n->items[i].id, NEGENTROPY_ID_LEN);
}

static bool
room_for(const struct writer *w, size_t len)
{
	return w->n->frame == 0 || w->out->len - w->start + len + RESERVE <= w->n->frame;
}

/* No room: what is left, from lo on, is one range that the other end may look into. */
static void
close_early(struct writer *w, size_t lo)
{
	const struct bound end = { .time = SPAN_FOREVER };

	add_print(w, lo, w->n->count, &end);
	w->full = true;
}

/* As much of a list as there is room for. */
static void
say_list(struct writer *w, const struct range *r)
{
	size_t fit = r->hi - r->lo, used = w->out->len - w->start;
	struct bound b = r->upper;

	if (!room_for(w, SPAN_HEAD + NEGENTROPY_ID_LEN)) {
		close_early(w, r->lo);
		return;
	}
	if (!room_for(w, SPAN_HEAD + fit * NEGENTROPY_ID_LEN))
		fit = (w->n->frame - RESERVE - SPAN_HEAD - used) / NEGENTROPY_ID_LEN;
	if (r->lo + fit < r->hi)
		bound_at(w->n, r->lo + fit, &b);
	add_list(w, r->lo, r->lo + fit, &b);
	if (r->lo + fit < r->hi)
		close_early(w, r->lo + fit);
}

/* The server's answer to an empty list is its own list, as to any. */
static void
ask_list(struct writer *w, const struct range *r)
{
	if (room_for(w, SPAN_HEAD))
		add_list(w, r->lo, r->lo, &r->upper);
	else
		close_early(w, r->lo);
}

/* Parts of equal size, but that the last one is cut again into the last `fine` of them. */
static void
say_parts(struct writer *w, const struct range *r, size_t parts, size_t fine)
{
	size_t coarse = parts - fine + (fine > 0), at = r->lo, left = r->hi - r->lo;
	struct bound b;

	for (size_t i = 0; i < parts; i++) {
		size_t rest = i + fine < parts ? coarse - i : parts - i;
		size_t end = at + (left + rest - 1) / rest;

		if (!room_for(w, SPAN_HEAD)) {
			close_early(w, at);
			return;
		}
		if (i + 1 < parts)
			bound_at(w->n, end, &b);
		else
			b = r->upper;
		add_print(w, at, end, &b);
		left -= end - at;
		at = end;
	}
}

/* ---- how to look closer --------------------------------------------------------------- */

/* Into how many parts, so that about one difference is in each, by how many sixteenths of
 * the parts thereabouts differ: a part has -ln(1 - share) in the mean. Measured. */
static const unsigned cuts[WINDOW] = { 2, 2, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4, 5, 6 };

static size_t
parts_for(const struct writer *w, size_t i, size_t size)
{
	size_t lo = i < WINDOW / 2 ? 0 : i - WINDOW / 2, n = 0, k = 0, sum = 0, parts;

	if (w->count == 1)
		return NEGENTROPY_PARTS;
	for (; n < WINDOW && lo + n < w->count; n++) {
		k += w->samples[lo + n].differs;
		sum += w->samples[lo + n].size;
	}
	/* all differ: it may be any number */
	parts = k == n ? (n < 8 ? 2 * n : 16) : cuts[WINDOW * k / n];
	if (sum > 0 && size > 2 * sum / n)
		parts *= size / (sum / n + 1);
	/* few bytes at stake: rather save a round trip */
	while (parts < 4 && parts * w->differ < NEGENTROPY_PARTS)
		parts *= 2;
	return parts;
}

/* As published: as many parts always, small ranges listed. */
static void
look_plainly(struct writer *w, const struct range *r)
{
	size_t count = r->hi - r->lo;

	if (count < w->n->leaf || count < w->n->buckets)
		say_list(w, r);
	else
		say_parts(w, r, w->n->buckets, 0);
}

static void
look_closer(struct writer *w, const struct range *r, size_t i, bool client)
{
	size_t size = r->hi - r->lo, parts, fine;

	if (w->n->buckets > 0) {
		look_plainly(w, r);
		return;
	}
	/* a frame full of lists showed that most differs: so it may in the rest */
	if (size < w->n->leaf || size < LIST_BELOW ||
	    (r->upper.time == SPAN_FOREVER && w->listed > 256 &&
		w->found > w->listed / 3)) {
		if (client)
			ask_list(w, r);
		else
			say_list(w, r);
		return;
	}
	parts = parts_for(w, i, size);
	if (parts > size / 2)
		parts = size / 2;
	/* most of what is lacking is new */
	fine = parts == NEGENTROPY_PARTS && size / parts > parts ? parts / 4 : 0;
	say_parts(w, r, parts, fine);
}

/* ---- answering ------------------------------------------------------------------------ */

/* It is known what the other end lacks of the range, and that nothing else is amiss. */
static enum err
tell_surplus(struct writer *w, const struct range *r, const struct idsum_surplus *s,
    const struct negentropy_found *f)
{
	size_t at = r->lo;
	enum err e = ERR_OK;

	for (unsigned k = 0; k < s->runs && !w->full; k++) {
		struct range run = { s->run[k].lo, s->run[k].hi, r->upper };
		struct bound b;

		for (size_t i = run.lo; f != NULL && i < run.hi && e == ERR_OK; i++)
			e = f->have(f->ctx, &w->n->items[i]);
		if (f != NULL)
			continue;
		if (run.lo > at) {
			bound_at(w->n, run.lo, &b);
			leave_out(w, &b);
		}
		if (run.hi < r->hi)
			bound_at(w->n, run.hi, &run.upper);
		say_list(w, &run);
		at = run.hi;
	}
	if (!w->full && (f != NULL || at < r->hi))
		leave_out(w, &r->upper);
	return e;
}

static enum err
answer_print(struct writer *w, const unsigned char *print, const struct range *r,
    size_t i, const struct negentropy_found *f)
{
	struct idsum_surplus s;

	if (!w->samples[i].differs) {
		leave_out(w, &r->upper);
		return ERR_OK;
	}
	if (idsum_solve(w->trial, w->n->items, r->lo, r->hi, print, &w->n->trials, &s))
		return tell_surplus(w, r, &s, f);
	look_closer(w, r, i, f != NULL);
	return ERR_OK;
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
compare(struct writer *w, const struct range *r, struct view ids,
    const struct negentropy_found *f)
{
	struct theirs *t = calloc(ids.len / NEGENTROPY_ID_LEN + 1, sizeof *t), *hit;
	size_t count;
	enum err e = ERR_OK;

	if (t == NULL)
		return ERR_NOMEM;
	count = sort_theirs(t, ids);
	w->listed += count;
	for (size_t i = r->lo; i < r->hi && e == ERR_OK; i++) {
		struct theirs key = { .id = w->n->items[i].id };

		hit = count == 0 ? NULL : bsearch(&key, t, count, sizeof *t, by_id);
		if (hit != NULL) {
			hit->ours = true;
		} else {
			w->found++;
			e = f->have(f->ctx, &w->n->items[i]);
		}
	}
	for (size_t i = 0; i < count && e == ERR_OK; i++)
		if (!t[i].ours) {
			w->found++;
			e = f->need(f->ctx, t[i].id);
		}
	free(t);
	return e;
}

/* The next range of a message, as items of ours. */
static enum err
take_range(const struct writer *w, struct view *in, uint64_t *time, struct span *s,
    struct range *r)
{
	struct bound prev = r->upper;

	if (span_take(in, time, s) != ERR_OK ||
	    bound_cmp(prev.time, prev.id, &s->upper) > 0)
		return ERR_SYNTAX;
	r->lo = r->hi;
	r->hi = find(w->n, r->lo, &s->upper);
	r->upper = s->upper;
	return ERR_OK;
}

/* Reads the message through: how much differs where. */
static enum err
survey(struct writer *w, struct view in)
{
	struct range r = { 0 };
	uint64_t time = 0;
	struct span s;
	enum err e;

	w->samples = calloc(in.len / PRINT_LEN + 1, sizeof *w->samples);
	w->trial = idsum_trial_new();
	if (w->samples == NULL || w->trial == NULL)
		return ERR_NOMEM;
	while (in.len > 0) {
		unsigned char print[PRINT_LEN];
		struct sample *it = &w->samples[w->count];

		if ((e = take_range(w, &in, &time, &s, &r)) != ERR_OK)
			return e;
		if (s.mode != PRINT)
			continue;
		negentropy_fingerprint(w->n, r.lo, r.hi, print);
		it->size = r.hi - r.lo;
		it->differs = memcmp(print, s.payload.p, PRINT_LEN) != 0;
		w->differ += it->differs;
		w->count++;
	}
	return ERR_OK;
}

static enum err
answer(struct writer *w, struct view in, const struct negentropy_found *f)
{
	struct range r = { 0 };
	size_t prints = 0;
	uint64_t time = 0;
	struct span s;
	enum err e;

	while (in.len > 0 && !w->full) {
		if ((e = take_range(w, &in, &time, &s, &r)) != ERR_OK)
			return e;
		if (s.mode == PRINT)
			e = answer_print(w, s.payload.p, &r, prints++, f);
		else if (s.mode == LIST && f == NULL)
			say_list(w, &r);
		else if (s.mode == LIST)
			e = compare(w, &r, s.payload, f);
		if (e != ERR_OK || (e = buf_err(w->out)) != ERR_OK)
			return e;
		if (s.mode == SKIP || (s.mode == LIST && f != NULL))
			leave_out(w, &r.upper);
	}
	return ERR_OK;
}

enum err
negentropy_initiate(struct negentropy *n, struct buf *out)
{
	struct writer w = { .n = n, .out = out, .start = out->len };
	const struct range all = { 0, n->count, { .time = SPAN_FOREVER } };

	buf_addc(out, VERSION);
	if (n->buckets > 0)
		look_plainly(&w, &all);
	else if (n->count < n->leaf)
		say_list(&w, &all);
	else
		add_print(&w, 0, n->count, &all.upper);
	return buf_err(out);
}

enum err
negentropy_reconcile(struct negentropy *n, struct view message,
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
	if ((e = survey(&w, message)) != ERR_OK ||
	    (e = answer(&w, message, found)) != ERR_OK)
		goto out;
	if (found != NULL && out->len == w.start + 1)
		buf_truncate(out, w.start);
	e = buf_err(out);
out:
	idsum_trial_free(w.trial);
	free(w.samples);
	return e;
}
