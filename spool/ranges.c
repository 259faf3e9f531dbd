#include "spool/ranges.h"

#include <stdlib.h>
#include <string.h>

void
ranges_release(struct ranges *s)
{
	free(s->r);
	*s = (struct ranges){ 0 };
}

/* First range whose end is at or above x. */
static size_t
at(const struct ranges *s, uint64_t x)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->r[mid].hi < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Replaces n ranges at i by m. */
static enum err
splice(struct ranges *s, size_t i, size_t n, const struct range *with, size_t m)
{
	if (s->n - n + m > s->room) {
		size_t room = s->room < 16 ? 16 : s->room * 2;
		struct range *r = reallocarray(s->r, room, sizeof *r);

		if (r == NULL)
			return ERR_NOMEM;
		s->r = r;
		s->room = room;
	}
	memmove(s->r + i + m, s->r + i + n, (s->n - i - n) * sizeof s->r[0]);
	for (size_t k = 0; k < m; k++)
		s->r[i + k] = with[k];
	s->n = s->n - n + m;
	return ERR_OK;
}

enum err
ranges_add(struct ranges *s, uint64_t lo, uint64_t hi)
{
	struct range whole = { lo, hi };
	size_t i, end;

	if (lo > hi)
		return ERR_OK;
	i = s->n > 0 && s->r[s->n - 1].hi < lo ? s->n : at(s, lo);
	if (i > 0 && s->r[i - 1].hi + 1 == lo)
		i--;
	for (end = i; end < s->n && s->r[end].lo <= (hi == UINT64_MAX ? hi : hi + 1);
	     end++) {
		if (s->r[end].lo < whole.lo)
			whole.lo = s->r[end].lo;
		if (s->r[end].hi > whole.hi)
			whole.hi = s->r[end].hi;
	}
	return splice(s, i, end - i, &whole, 1);
}

enum err
ranges_remove(struct ranges *s, uint64_t lo, uint64_t hi)
{
	struct range left[2];
	size_t i, end, m = 0;

	if (lo > hi)
		return ERR_OK;
	i = at(s, lo);
	for (end = i; end < s->n && s->r[end].lo <= hi; end++)
		;
	if (end == i)
		return ERR_OK;
	if (s->r[i].lo < lo)
		left[m++] = (struct range){ s->r[i].lo, lo - 1 };
	if (s->r[end - 1].hi > hi)
		left[m++] = (struct range){ hi + 1, s->r[end - 1].hi };
	return splice(s, i, end - i, left, m);
}

enum err
ranges_add_all(struct ranges *s, const struct ranges *t)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < t->n && e == ERR_OK; i++)
		e = ranges_add(s, t->r[i].lo, t->r[i].hi);
	return e;
}

enum err
ranges_remove_all(struct ranges *s, const struct ranges *t)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < t->n && e == ERR_OK; i++)
		e = ranges_remove(s, t->r[i].lo, t->r[i].hi);
	return e;
}

enum err
ranges_common(const struct ranges *a, const struct ranges *b, struct ranges *out)
{
	size_t i = 0, j = 0;
	enum err e = ERR_OK;

	while (i < a->n && j < b->n && e == ERR_OK) {
		const struct range *x = &a->r[i], *y = &b->r[j];
		uint64_t lo = x->lo > y->lo ? x->lo : y->lo;
		uint64_t hi = x->hi < y->hi ? x->hi : y->hi;

		e = ranges_add(out, lo, hi);
		if (x->hi < y->hi)
			i++;
		else
			j++;
	}
	return e;
}

bool
ranges_has(const struct ranges *s, uint64_t x)
{
	size_t i = at(s, x);

	return i < s->n && s->r[i].lo <= x;
}

uint64_t
ranges_count(const struct ranges *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->r[i].hi - s->r[i].lo + 1;
	return n;
}
