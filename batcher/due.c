#include "batcher/due.h"

#include <stdlib.h>
#include <string.h>

#include "batcher/control.h"
#include "lib/article.h"
#include "lib/digest.h"
#include "lib/log.h"
#include "lib/wildmat.h"

void
due_release(struct due *d)
{
	select_release(&d->select);
	ranges_release(&d->waiting);
	ranges_release(&d->again);
	free(d->c);
	*d = (struct due){ 0 };
}

static enum err
add(struct due *d, const struct spool_meta *m)
{
	struct candidate *c;

	if (d->n == d->room) {
		size_t room = d->room ? d->room * 2 : 1024;

		if ((c = reallocarray(d->c, room, sizeof *c)) == NULL)
			return ERR_NOMEM;
		d->c = c;
		d->room = room;
	}
	c = &d->c[d->n++];
	*c = (struct candidate){ m->arrival, m->size,
		m->size > d->large                 ? WEIGHT_LARGE
		    : m->ingress == 0 && m->native ? WEIGHT_OWN
						   : WEIGHT_SMALL,
		{ 0 } };
	memcpy(c->id, m->idhash, sizeof c->id);
	return ERR_OK;
}

static bool
consider(void *ctx, const struct spool_meta *m)
{
	struct due *d = ctx;
	enum select_verdict v;

	if (d->n == d->max) {
		d->full = true;
		return false;
	}
	if (m->arrival > d->last)
		d->last = m->arrival;
	if (d->here != NULL && ranges_has(d->here, m->arrival))
		d->e = ranges_add(&d->again, m->arrival, m->arrival);
	else if ((d->e = select_judge(&d->select, m, &v)) == ERR_OK && v != SELECT_NO)
		d->e = v == SELECT_WAIT ? ranges_add(&d->waiting, m->arrival, m->arrival)
					: add(d, m);
	return d->e == ERR_OK;
}

static int
by_weight(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

/* Pending, lost (in flight, but not here), due again; then what is new. */
static enum err
gather(struct due *d, struct batcher *b, struct friend *f)
{
	struct ranges todo = { 0 };
	enum err e;

	if ((e = ranges_add_all(&todo, &f->state.pending)) == ERR_OK &&
	    (e = ranges_add_all(&todo, &f->state.flight)) == ERR_OK &&
	    f->ring.ran >= f->state.retry &&
	    (e = ranges_add_all(&todo, &f->state.deferred)) == ERR_OK)
		ranges_release(&f->state.deferred);
	if (e == ERR_OK)
		e = ranges_remove_all(&todo, &f->state.deferred);
	for (size_t i = 0; i < todo.n && e == ERR_OK && !d->full; i++)
		if ((e = select_each(b, todo.r[i].lo, todo.r[i].hi, consider, d)) ==
		    ERR_OK)
			e = d->e;
	if (d->last < f->feed.top)
		d->last = f->feed.top;
	if (e == ERR_OK && !d->full &&
	    (e = select_each(b, f->feed.top + 1, UINT64_MAX, consider, d)) == ERR_OK)
		e = d->e;
	ranges_release(&todo);
	return e;
}

enum err
due_gather(struct batcher *b, struct friend *f, struct view wants, struct view policy,
    const struct ranges *here, size_t max, struct due *out)
{
	enum err e;

	*out = (struct due){ .here = here,
		.max = max,
		.large = b->speed != 0 ? LARGE_LINE : CHUNK_PLAIN / 2 };
	select_init(&out->select, b, f, wants, policy);
	e = gather(out, b, f);
	if (e == ERR_OK && out->n > 0)
		qsort(out->c, out->n, sizeof out->c[0], by_weight);
	if (e != ERR_OK)
		due_release(out);
	return e;
}

/* A new spool numbers anew: all that it holds is to be looked at. */
static void
follow_spool(struct batcher *b, struct friend *f)
{
	if (memcmp(f->feed.my_spool, b->spool_id, SPOOL_ID_LEN) == 0)
		return;
	memcpy(f->feed.my_spool, b->spool_id, SPOOL_ID_LEN);
	feed_state_release(&f->state);
	f->state.retry = INT64_MAX;
	f->feed.top = 0;
	f->changed = true;
}

enum err
due_follow(struct batcher *b, struct friend *f, struct view *policy)
{
	struct buf wants = BUF_INIT(WILDMAT_MAX), old = BUF_INIT(WILDMAT_MAX);
	enum err e;

	*policy = friend_get(f, "send", "*");
	if (!wildmat_valid(*policy)) {
		log_at(LOG_WARN, "friends/%s: send is not a wildmat: nothing is sent",
		    f->ring.name);
		*policy = VIEW_LIT("!*");
	}
	follow_spool(b, f);
	if ((e = feed_wants(b->feed, f->feed.id, &wants, &old)) == ERR_OK &&
	    !view_eq(buf_view(&old), *policy) &&
	    (e = control_rewant(b, f, buf_view(&wants), buf_view(&old), buf_view(&wants),
		 *policy)) == ERR_OK)
		e = feed_set_policy(b->feed, f->feed.id, *policy);
	buf_release(&wants);
	buf_release(&old);
	return e;
}

bool
due_sound(const struct candidate *c, struct view article, bool has_signature)
{
	unsigned char id[DIGEST_LEN];
	struct article a;
	enum fault why;

	if (article_parse(article, &a, &why) != ERR_OK || a.native != has_signature)
		return false;
	digest_sha256(view_str(a.msgid), id);
	return memcmp(id, c->id, sizeof c->id) == 0;
}
