#include "newsd/arqsend.h"

#include <assert.h>
#include <string.h>

#define REPAIR_WORTH 48  /* shorter payloads are sent again */
#define REPAIR_LIGHT 2   /* wrong bytes a codeword, at first */
#define REPAIR_STRONG 12 /* when those were not enough: a burst */
#define REPAIR_TRIES 4   /* parity can be lost, too */
#define REPAIR_LOAD 48

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
	s->p[at].sent = s->p[at + 1].sent = false;
	s->lost++;
}

static void
take_whole(struct arqsend *s, size_t at, size_t size)
{
	cut(s, at, size);
	s->p[at].strength = s->p[at].repairs = 0;
	s->p[at].hopeless = false;
	s->p[at].sent = s->p[at].again = true;
}

static void
take_parity(struct piece *p)
{
	if (p->strength == 0)
		p->strength = REPAIR_LIGHT;
	p->repairs++;
}

static struct piece *
lost_piece(struct arqsend *s, size_t size, bool repair)
{
	size_t i = 0;

	while (i < s->n && !s->p[i].lost)
		i++;
	if (i == s->n)
		return NULL;
	if (repair && s->p[i].sent && !s->p[i].hopeless &&
	    s->p[i].repairs < REPAIR_TRIES && s->p[i].to - s->p[i].from >= REPAIR_WORTH)
		take_parity(&s->p[i]);
	else
		take_whole(s, i, size);
	s->p[i].lost = false;
	s->lost--;
	return &s->p[i];
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
	*p = (struct piece){ .from = s->next, .to = s->next + n, .sent = true };
	s->next += n;
	return p;
}

struct piece *
arqsend_take(struct arqsend *s, size_t size, bool fresh, bool repair, uint64_t now_ms)
{
	struct piece *p = lost_piece(s, size, repair);

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
	p->load = p->strength > 0 ? REPAIR_LOAD + 10u * p->strength
				  : (uint32_t)(p->to - p->from);
	s->in_flight += p->load;
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
	s->in_flight -= p->load;
	s->delivered += p->load + FRAME_COST;
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
	s->reach = n < FRAME_ACK_RANGES_MAX ? UINT64_MAX : r[n - 2].to;
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
		out->repaired += p->strength > 0;
		out->arrived_bytes += p->to - p->from;
		if (p->number > out->latest.number)
			out->latest = *p;
	}
	advance(s);
	return true;
}

static void
lose(struct arqsend *s, struct piece *p, uint64_t now_ms, struct outcome *out)
{
	p->lost = true;
	s->lost++;
	left_the_line(s, p, now_ms);
	out->lost++;
	out->lost_bytes += p->load;
}

bool
arqsend_unfit(
    struct arqsend *s, uint16_t low, bool there, uint64_t now_ms, struct outcome *out)
{
	for (size_t i = 0; i < s->n; i++) {
		struct piece *p = &s->p[i];

		if ((uint16_t)p->from != low || p->arrived || p->strength == 0)
			continue;
		if (there && p->strength < REPAIR_STRONG)
			p->strength = REPAIR_STRONG;
		else
			p->hopeless = true;
		if (!p->lost)
			lose(s, p, now_ms, out);
		return true;
	}
	return false;
}

void
arqsend_prove(struct arqsend *s, uint64_t number, uint64_t now_ms, struct outcome *out)
{
	for (size_t i = 0; i < s->n; i++) {
		struct piece *p = &s->p[i];

		if (p->arrived || p->lost || p->number >= number || p->to > s->reach)
			continue;
		lose(s, p, now_ms, out);
	}
}
