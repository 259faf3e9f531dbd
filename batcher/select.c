#include "batcher/select.h"

#include <stdlib.h>
#include <string.h>

#include "lib/group.h"
#include "lib/wildmat.h"

#define STEP 1000 /* rows of one SELECT */

void
select_init(struct select *s, struct batcher *b, const struct friend *f,
    struct view wants, struct view policy)
{
	*s = (struct select){ .b = b,
		.wants = wants,
		.policy = policy,
		.friend = f->feed.id,
		.back = f->feed.back };
	buf_init(&s->text, ARTICLE_MAX);
}

void
select_release(struct select *s)
{
	free(s->known);
	buf_release(&s->text);
	*s = (struct select){ 0 };
}

bool
select_group(struct select *s, struct view name)
{
	return !group_local(name) && wildmat_match(s->wants, name) &&
	    wildmat_match(s->policy, name);
}

static enum err
group_due(struct select *s, uint32_t id, bool *due)
{
	struct spool_group g;
	enum err e;

	if (id < s->known_len && s->known[id] != 0) {
		*due = s->known[id] == 1;
		return ERR_OK;
	}
	if ((e = spool_group_by_id(s->b->spool, id, &g)) != ERR_OK)
		return e;
	*due = select_group(s, view_str(g.name));
	if (id >= s->known_len && id <= 2 * GROUPS_MAX) {
		size_t len = (size_t)id + 256;
		unsigned char *p = realloc(s->known, len);

		if (p == NULL)
			return ERR_NOMEM;
		memset(p + s->known_len, 0, len - s->known_len);
		s->known = p;
		s->known_len = len;
	}
	if (id < s->known_len)
		s->known[id] = *due ? 1 : 2;
	return ERR_OK;
}

/* A control article is numbered in control.*: its own Newsgroups decide. */
static enum err
control_due(struct select *s, uint64_t arrival, bool *due)
{
	struct article a;
	struct view rest, name;
	enum fault why;
	bool has;
	enum err e;

	buf_reset(&s->text);
	*due = false;
	e = spool_article(s->b->spool, arrival, &s->text, NULL, &has);
	if (e == ERR_NOTFOUND || e == ERR_CORRUPT)
		return ERR_OK; /* one that is gone or damaged must not stop the others */
	if (e != ERR_OK)
		return e;
	if (article_parse(buf_view(&s->text), &a, &why) != ERR_OK)
		return ERR_OK;
	for (rest = a.newsgroups; article_next_group(&rest, &name);)
		if (group_valid(name) && select_group(s, name))
			*due = true;
	return ERR_OK;
}

enum err
select_judge(struct select *s, const struct spool_meta *m, enum select_verdict *out)
{
	bool due = false;
	enum err e = ERR_OK;

	*out = SELECT_NO;
	if (m->nofeed || m->banned || (m->ingress == s->friend && m->arrival > s->back))
		return ERR_OK;
	if (m->control)
		e = control_due(s, m->arrival, &due);
	for (unsigned i = 0; !m->control && i < m->groups && !due && e == ERR_OK; i++)
		e = group_due(s, m->in[i].group, &due);
	if (e == ERR_OK && due)
		*out = m->unsigned_post ? SELECT_WAIT : SELECT_YES;
	return e;
}

struct each {
	spool_meta_fn *fn;
	void *ctx;
	uint64_t hi, last;
	unsigned seen;
	bool stopped;
};

static bool
each_row(void *ctx, const struct spool_meta *m)
{
	struct each *x = ctx;

	if (m->arrival > x->hi) {
		x->stopped = true;
		return false;
	}
	x->last = m->arrival;
	x->seen++;
	if (!x->fn(x->ctx, m))
		x->stopped = true;
	return !x->stopped;
}

enum err
select_each(struct batcher *b, uint64_t lo, uint64_t hi, spool_meta_fn *fn, void *ctx)
{
	struct each x = { .fn = fn, .ctx = ctx, .hi = hi, .last = lo - 1 };
	enum err e = ERR_OK;

	if (lo == 0 || lo > hi)
		return ERR_OK;
	do {
		x.seen = 0;
		e = spool_arrivals(b->spool, x.last, STEP, each_row, &x);
	} while (e == ERR_OK && !x.stopped && x.seen > 0);
	return e;
}
