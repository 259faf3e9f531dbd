#include "newsd/arqreceive.h"

#include <stdlib.h>
#include <string.h>

enum err
arqreceive_init(struct arqreceive *r)
{
	*r = (struct arqreceive){ .fin_at = UINT64_MAX };
	buf_init(&r->data, ARQRECEIVE_MAX);
	r->ring = malloc(ARQRECEIVE_RING);
	return r->ring == NULL ? ERR_NOMEM : ERR_OK;
}

void
arqreceive_release(struct arqreceive *r)
{
	free(r->ring);
	buf_release(&r->data);
}

bool
arqreceive_done(const struct arqreceive *r)
{
	return r->next > r->fin_at;
}

bool
arqreceive_slow(const struct arqreceive *r)
{
	return r->data.len >= ARQRECEIVE_SLOW;
}

/* Adds to the ranges, joining what touches. */
static enum err
remember(struct arqreceive *r, uint64_t from, uint64_t to)
{
	size_t i = 0, j;

	while (i < r->n && r->r[i].to < from)
		i++;
	for (j = i; j < r->n && r->r[j].from <= to; j++) {
		if (r->r[j].from < from)
			from = r->r[j].from;
		if (r->r[j].to > to)
			to = r->r[j].to;
	}
	if (i == j) {
		if (r->n == ARQRECEIVE_RANGES)
			return ERR_FULL;
		memmove(r->r + i + 1, r->r + i, (r->n - i) * sizeof r->r[0]);
		r->n++;
	} else {
		memmove(r->r + i + 1, r->r + j, (r->n - j) * sizeof r->r[0]);
		r->n -= j - i - 1;
	}
	r->r[i] = (struct range){ from, to };
	return ERR_OK;
}

static void
ring_put(struct arqreceive *r, uint64_t at, struct view v)
{
	size_t here = at % ARQRECEIVE_RING, n = ARQRECEIVE_RING - here;

	if (n > v.len)
		n = v.len;
	if (n > 0)
		memcpy(r->ring + here, v.p, n);
	if (v.len > n)
		memcpy(r->ring, v.p + n, v.len - n);
}

/* Moves what is in order now from the ring to data. */
static size_t
advance(struct arqreceive *r)
{
	uint64_t at = r->next, to;
	size_t more;

	if (r->n == 0 || r->r[0].from > r->next)
		return 0;
	r->next = r->r[0].to;
	to = r->next > r->fin_at ? r->fin_at : r->next;
	more = to - at;
	while (at < to) {
		size_t here = at % ARQRECEIVE_RING, n = ARQRECEIVE_RING - here;

		if (n > to - at)
			n = to - at;
		buf_add(&r->data, r->ring + here, n);
		at += n;
	}
	memmove(r->r, r->r + 1, --r->n * sizeof r->r[0]);
	return more;
}

enum err
arqreceive_put(struct arqreceive *r, uint64_t at, struct view v, bool fin, size_t *more)
{
	uint64_t to = at + v.len;
	enum err e;

	*more = 0;
	r->latest = at;
	if (fin && r->fin_at != UINT64_MAX && r->fin_at != to)
		return ERR_SYNTAX;
	/* nothing lies behind the end, neither what comes now nor what came */
	if (to > r->fin_at ||
	    (fin && (r->n > 0 ? r->r[r->n - 1].to > to + 1 : r->next > to + 1)))
		return ERR_SYNTAX;
	if (to + fin <= r->next || to + fin == at)
		return ERR_OK;
	if (to + fin - r->next > ARQRECEIVE_SLOW)
		return ERR_FULL;
	if (r->data.cap - r->data.len < ARQRECEIVE_SLOW)
		return ERR_FULL;
	if (at < r->next) {
		v = view_slice(v, r->next - at, v.len);
		at = r->next;
	}
	if ((e = remember(r, at, to + fin)) != ERR_OK)
		return e;
	if (fin)
		r->fin_at = to;
	ring_put(r, at, v);
	*more = advance(r);
	return buf_err(&r->data);
}

size_t
arqreceive_ranges(const struct arqreceive *r, struct range out[FRAME_ACK_RANGES_MAX])
{
	size_t n = r->n < FRAME_ACK_RANGES_MAX ? r->n : FRAME_ACK_RANGES_MAX;

	memcpy(out, r->r, n * sizeof out[0]);
	/* what came last proves the most, and is often the highest */
	for (size_t i = n; i < r->n; i++)
		if (r->latest >= r->r[i].from && r->latest < r->r[i].to)
			out[n - 1] = r->r[i];
	return n;
}

size_t
arqreceive_read(struct arqreceive *r, unsigned char *p, size_t room)
{
	size_t n = r->data.len < room ? r->data.len : room;

	if (n == 0)
		return 0;
	memcpy(p, r->data.p, n);
	buf_consume(&r->data, n);
	return n;
}
