#include "newsd/arqsend.h"

#include <assert.h>
#include <string.h>

void
arqsend_init(struct arqsend *s, size_t cap)
{
	*s = (struct arqsend){ 0 };
	buf_init(&s->data, cap);
}

void
arqsend_release(struct arqsend *s)
{
	buf_release(&s->data);
}

size_t
arqsend_write(struct arqsend *s, struct view v)
{
	size_t n = s->data.cap - s->data.len;

	if (s->fin)
		return 0;
	if (n > v.len)
		n = v.len;
	buf_add(&s->data, v.p, n);
	if (buf_err(&s->data) != ERR_OK)
		return 0;
	s->end += n;
	return n;
}

uint64_t
arqsend_unsent(const struct arqsend *s)
{
	uint64_t all = s->end + (s->fin ? 1 : 0);

	return all > s->next ? all - s->next : 0;
}

bool
arqsend_done(const struct arqsend *s)
{
	return s->fin && s->n == 0 && arqsend_unsent(s) == 0;
}

bool
arqsend_ready(const struct arqsend *s, size_t window, bool fresh)
{
	if (s->lost > 0)
		return true;
	return fresh && arqsend_unsent(s) > 0 && s->n < ARQSEND_PIECES &&
	    (s->in_flight < window || s->n == 0) && s->next - s->una < ARQSEND_WINDOW;
}

static struct piece *
insert(struct arqsend *s, size_t at)
{
	memmove(s->p + at + 1, s->p + at, (s->n - at) * sizeof s->p[0]);
	s->n++;
	return &s->p[at];
}

/* Cuts a lost piece down to size; the rest stays lost. */
static void
cut(struct arqsend *s, size_t at, size_t size)
{
	if (s->p[at].to - s->p[at].from <= size || s->n == ARQSEND_PIECES)
		return;
	*insert(s, at + 1) = s->p[at];
	s->p[at].to = s->p[at + 1].from = s->p[at].from + size;
	s->lost++;
}

static struct piece *
lost_piece(struct arqsend *s, size_t size)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i].lost) {
			cut(s, i, size);
			s->p[i].lost = false;
			s->p[i].again = true;
			s->lost--;
			return &s->p[i];
		}
	return NULL;
}

static struct piece *
new_piece(struct arqsend *s, size_t size)
{
	uint64_t left = ARQSEND_WINDOW - (s->next - s->una);
	uint64_t n = s->end - s->next;
	struct piece *p;

	if (s->n == ARQSEND_PIECES)
		return NULL;
	if (n > size)
		n = size;
	else if (s->fin && n == arqsend_unsent(s) - 1)
		n++; /* the end travels with the last bytes */
	if (n > left)
		n = left;
	if (n == 0)
		return NULL;
	p = insert(s, s->n);
	*p = (struct piece){ .from = s->next, .to = s->next + n };
	s->next += n;
	return p;
}

struct piece *
arqsend_take(struct arqsend *s, size_t size, bool fresh, uint64_t now_ms)
{
	struct piece *p = lost_piece(s, size);

	if (p == NULL && fresh)
		p = new_piece(s, size);
	if (p == NULL)
		return NULL;
	if (s->in_flight == 0)
		s->delivered_ms = now_ms;
	p->number = ++s->numbers;
	p->delivered = s->delivered;
	p->delivered_ms = s->delivered_ms;
	p->starved = arqsend_unsent(s) == 0;
	s->in_flight += p->to - p->from;
	return p;
}

struct view
arqsend_payload(const struct arqsend *s, const struct piece *p, bool *fin)
{
	size_t n = p->to - p->from;

	*fin = s->fin && p->to == s->end + 1;
	if (*fin)
		n--;
	assert(p->from >= s->una && p->from - s->una + n <= s->data.len);
	return view_slice(buf_view(&s->data), p->from - s->una, n);
}

static bool
covered(const struct piece *p, uint64_t next, const struct range *r, size_t n)
{
	if (p->to <= next)
		return true;
	for (size_t i = 0; i < n; i++)
		if (p->from >= r[i].from && p->to <= r[i].to)
			return true;
	return false;
}

static void
left_the_line(struct arqsend *s, const struct piece *p, uint64_t now_ms)
{
	s->in_flight -= p->to - p->from;
	s->delivered += p->to - p->from + FRAME_COST;
	s->delivered_ms = now_ms;
}

/* Drops what has arrived from the front. */
static void
advance(struct arqsend *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n].arrived)
		n++;
	if (n == 0)
		return;
	buf_consume(
	    &s->data, (s->p[n - 1].to < s->end ? s->p[n - 1].to : s->end) - s->una);
	s->una = s->p[n - 1].to;
	memmove(s->p, s->p + n, (s->n - n) * sizeof s->p[0]);
	s->n -= n;
}

bool
arqsend_arrived(struct arqsend *s, uint64_t next, const struct range *r, size_t n,
    uint64_t now_ms, struct outcome *out)
{
	if (next > s->next || (n > 0 && r[n - 1].to > s->next))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		struct piece *p = &s->p[i];

		if (p->arrived || !covered(p, next, r, n))
			continue;
		p->arrived = true;
		if (p->lost) {
			p->lost = false;
			s->lost--;
		} else {
			left_the_line(s, p, now_ms);
		}
		out->arrived++;
		out->arrived_bytes += p->to - p->from;
		if (p->number > out->latest.number)
			out->latest = *p;
	}
	advance(s);
	return true;
}

void
arqsend_prove(struct arqsend *s, uint64_t number, uint64_t now_ms, struct outcome *out)
{
	for (size_t i = 0; i < s->n; i++) {
		struct piece *p = &s->p[i];

		if (p->arrived || p->lost || p->number >= number)
			continue;
		p->lost = true;
		s->lost++;
		left_the_line(s, p, now_ms);
		out->lost++;
		out->lost_bytes += (uint32_t)(p->to - p->from);
	}
}
