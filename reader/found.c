#include "reader/found.h"

#include <stdlib.h>
#include <string.h>

enum err
found_new(struct view name, struct found **out, const char **why)
{
	struct found *f = calloc(1, sizeof *f);
	enum err e;

	if (f == NULL)
		return ERR_NOMEM;
	query_init(&f->query);
	if ((e = query_parse_group(name, &f->query, why)) == ERR_OK) {
		memcpy(f->name, name.p, name.len);
		f->below = INT64_MAX;
		*out = f;
	} else
		found_free(f);
	return e;
}

void
found_free(struct found *f)
{
	if (f == NULL)
		return;
	query_release(&f->query);
	free(f->hits);
	free(f);
}

static bool
take(void *arg, const struct spool_meta *m)
{
	struct found *f = arg;

	f->hits[f->count++] = m->arrival;
	return f->count < SEARCH_HITS_MAX;
}

/* They came newest first. */
static void
turn_round(struct found *f)
{
	uint64_t *less;

	for (size_t i = 0, k = f->count; i + 1 < k; i++) {
		uint64_t hit = f->hits[i];

		f->hits[i] = f->hits[--k];
		f->hits[k] = hit;
	}
	less = realloc(f->hits, (f->count + 1) * sizeof *less);
	if (less != NULL)
		f->hits = less;
}

enum err
found_step(struct found *f, struct search *search, struct view read, bool *done)
{
	struct search_progress p;
	enum err e;

	if (f->hits == NULL) {
		if ((e = search_progress(search, &p)) != ERR_OK)
			return e;
		f->mark = p.mark;
		f->hits = malloc(SEARCH_HITS_MAX * sizeof *f->hits);
		if (f->hits == NULL)
			return ERR_NOMEM;
	}
	e = search_find(search, &f->query, read, f->below, STEP_ROWS, take, f, &f->below);
	if (e == ERR_BUSY) {
		/* nothing is known yet: that is what there is */
		f->below = 0;
		e = ERR_OK;
	}
	*done = f->below == 0 || f->count == SEARCH_HITS_MAX;
	if (e == ERR_OK && *done)
		turn_round(f);
	return e;
}

uint64_t
found_low(const struct found *f)
{
	return f->count > 0 ? f->hits[0] : f->mark + 1;
}

uint64_t
found_high(const struct found *f)
{
	return f->count > 0 ? f->hits[f->count - 1] : f->mark;
}

/* Index of the first hit at or after the number; count when there is none. */
static size_t
at(const struct found *f, uint64_t number)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->hits[mid] < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum err
found_number(struct found *f, struct spool *sp, struct view read, uint64_t number,
    struct spool_meta *out)
{
	size_t i = at(f, number);

	if (i == f->count || f->hits[i] != number)
		return ERR_NOTFOUND;
	return search_visible(sp, &f->query, read, number, out);
}

enum err
found_nearest(struct found *f, struct spool *sp, struct view read, uint64_t number,
    int dir, uint64_t *out)
{
	struct spool_meta m;
	size_t i = at(f, number);
	enum err e;

	if (dir < 0 && i < f->count && f->hits[i] == number)
		i++;
	while (dir > 0 ? i < f->count : i > 0) {
		uint64_t hit = f->hits[dir > 0 ? i++ : --i];

		if ((e = search_visible(sp, &f->query, read, hit, &m)) == ERR_OK)
			*out = hit;
		if (e != ERR_NOTFOUND)
			return e;
	}
	return ERR_NOTFOUND;
}

enum err
found_numbers(struct found *f, struct spool *sp, struct view read, uint64_t from,
    uint64_t to, unsigned max, spool_number_fn *fn, void *arg, uint64_t *next)
{
	struct spool_meta m;
	size_t i = at(f, from);
	bool on = true;
	enum err e;

	for (; on && max > 0 && i < f->count && f->hits[i] <= to; i++, max--) {
		e = search_visible(sp, &f->query, read, f->hits[i], &m);
		if (e == ERR_OK)
			on = fn(arg, f->hits[i], f->hits[i]);
		else if (e != ERR_NOTFOUND)
			return e;
	}
	*next = i < f->count && f->hits[i] <= to ? f->hits[i] : 0;
	return ERR_OK;
}

/* One overview row, under another number. */
struct row {
	spool_over_fn *fn;
	void *arg;
	uint64_t number;
	bool on;
};

static bool
renumber(void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	struct row *r = arg;

	(void)number;
	(void)crossposted;
	/* as if crossposted: then its Xref is looked up, and names its real places */
	r->on = r->fn(r->arg, r->number, arrival, true, line);
	return r->on;
}

enum err
found_over(struct found *f, struct spool *sp, struct view read, uint64_t from,
    uint64_t to, unsigned max, spool_over_fn *fn, void *arg, uint64_t *next)
{
	struct row r = { .fn = fn, .arg = arg, .on = true };
	struct spool_meta m;
	size_t i = at(f, from);
	uint64_t end;
	enum err e;

	for (; r.on && max > 0 && i < f->count && f->hits[i] <= to; i++, max--) {
		r.number = f->hits[i];
		e = search_visible(sp, &f->query, read, f->hits[i], &m);
		if (e == ERR_OK)
			e = spool_over(sp, m.in[0].group, m.in[0].number, m.in[0].number,
			    1, renumber, &r, &end);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			return e;
	}
	*next = i < f->count && f->hits[i] <= to ? f->hits[i] : 0;
	return ERR_OK;
}
