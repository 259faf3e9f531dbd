#include "batcher/idset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/group.h"
#include "lib/text.h"
#include "lib/wildmat.h"

enum err
idset_init(
    struct idset *s, struct batcher *b, const struct friend *f, const struct key *key)
{
	struct view policy = friend_get(f, "send", "*");
	enum err e;

	*s = (struct idset){ .b = b };
	buf_init(&s->wants, WILDMAT_MAX);
	buf_init(&s->policy, CONF_LINE_MAX);
	buf_init(&s->own, CONF_LINE_MAX);
	buf_init(&s->place, GROUP_MAX);
	buf_addv(&s->wants, f->wants.len > 0 ? buf_view(&f->wants) : VIEW_LIT("*"));
	buf_addv(&s->policy, wildmat_valid(policy) ? policy : VIEW_LIT("!*"));
	buf_addv(&s->own, batcher_wants(b));
	if ((e = buf_err(&s->wants)) != ERR_OK || (e = buf_err(&s->policy)) != ERR_OK ||
	    (e = buf_err(&s->own)) != ERR_OK || (e = hmac_new(key, &s->hmac)) != ERR_OK)
		return e;
	select_init(&s->theirs, b, f, buf_view(&s->wants), buf_view(&s->policy));
	select_init(&s->mine, b, f, buf_view(&s->own), VIEW_LIT("*"));
	/* what came from this friend is compared like all else */
	s->theirs.back = s->mine.back = UINT64_MAX;
	return spool_last_arrival(b->spool, &s->last);
}

void
idset_release(struct idset *s)
{
	select_release(&s->theirs);
	select_release(&s->mine);
	buf_release(&s->wants);
	buf_release(&s->policy);
	buf_release(&s->own);
	buf_release(&s->place);
	hmac_free(s->hmac);
	ranges_release(&s->both);
	free(s->items);
	*s = (struct idset){ 0 };
}

/* ---- the floor ------------------------------------------------------------------------ */

/* The last `expire` line that fits decides, as it does when articles expire. */
static int64_t
group_age(const struct idset *s, struct view name)
{
	struct view rest = buf_view(&s->b->node->conf), value, first, second;
	struct conf_line line;
	unsigned number = 0;
	int64_t age = 0, n;
	enum err e = ERR_OK;

	while (conf_next(&rest, &number, &line, &e)) {
		value = line.value;
		if (!view_eqs(line.key, "expire") || !text_word(&value, &first))
			continue;
		if (!text_word(&value, &second)) {
			second = first;
			first = VIEW_LIT("*");
		}
		if (wildmat_match(first, name) && text_duration(second, &n) == ERR_OK)
			age = n;
	}
	return age;
}

static enum err
step_groups(struct idset *s, bool *end)
{
	struct spool_group g;
	enum err e = ERR_OK;

	for (unsigned i = 0; i < STEP_ROWS; i++) {
		struct view name;
		int64_t age;

		e = spool_group_next(s->b->spool, buf_view(&s->place), &g);
		if (e != ERR_OK)
			break;
		name = view_str(g.name);
		buf_reset(&s->place);
		buf_addv(&s->place, name);
		if (!select_group(&s->theirs, name) || !select_group(&s->mine, name))
			continue;
		age = group_age(s, name);
		if (age > 0 && (s->age == 0 || age < s->age))
			s->age = age;
	}
	*end = e == ERR_NOTFOUND;
	return *end ? ERR_OK : e;
}

/* ---- the items ------------------------------------------------------------------------- */

static bool
judge(void *ctx, const struct spool_meta *m)
{
	enum select_verdict theirs, mine = SELECT_NO;
	struct idset *s = ctx;

	s->seen++;
	s->arrival = m->arrival;
	if (m->arrival > s->last)
		return false;
	if ((s->e = select_judge(&s->theirs, m, &theirs)) == ERR_OK &&
	    theirs == SELECT_YES)
		s->e = select_judge(&s->mine, m, &mine);
	if (s->e == ERR_OK && mine == SELECT_YES)
		s->e = ranges_add(&s->both, m->arrival, m->arrival);
	return s->e == ERR_OK;
}

static enum err
step_articles(struct idset *s, bool *end)
{
	enum err e;

	s->seen = 0;
	e = spool_arrivals(s->b->spool, s->arrival, STEP_ROWS, judge, s);
	*end = s->seen < STEP_ROWS || s->arrival >= s->last;
	return e != ERR_OK ? e : s->e;
}

static enum err
add_item(struct idset *s, const struct spool_known_id *k)
{
	struct negentropy_item *it;

	if (s->count == s->room) {
		size_t room = s->room * 2 + 1024;
		void *p = reallocarray(s->items, room, sizeof *s->items);

		if (p == NULL)
			return ERR_NOMEM;
		s->items = p;
		s->room = room;
	}
	it = &s->items[s->count++];
	it->time = k->date;
	it->ref = k->arrival;
	return hmac_of(s->hmac, (struct view){ k->id, sizeof k->id }, it->id);
}

static bool
take_id(void *ctx, const struct spool_known_id *k)
{
	struct idset *s = ctx;

	s->seen++;
	memcpy(s->id, k->id, sizeof s->id);
	s->begun = true;
	if (k->date >= s->floor && k->arrival > 0 && ranges_has(&s->both, k->arrival))
		s->e = add_item(s, k);
	return s->e == ERR_OK;
}

static enum err
step_ids(struct idset *s, bool *end)
{
	unsigned char after[SPOOL_ID_LEN];
	struct view v = { after, s->begun ? sizeof after : 0 };
	enum err e;

	memcpy(after, s->id, sizeof after);
	s->seen = 0;
	e = spool_ids(s->b->spool, v, STEP_ROWS, take_id, s);
	*end = s->seen < STEP_ROWS;
	return e != ERR_OK ? e : s->e;
}

enum err
idset_step(struct idset *s, bool *more)
{
	bool end = false;
	enum err e = ERR_OK;

	switch (s->at) {
	case IDSET_GROUPS:
		e = step_groups(s, &end);
		if (end && s->age > 0 && s->b->now > s->age)
			s->floor = (uint64_t)(s->b->now - s->age);
		break;
	case IDSET_ARTICLES:
		e = step_articles(s, &end);
		break;
	case IDSET_IDS:
		e = step_ids(s, &end);
		if (end)
			negentropy_sort(s->items, s->count);
		break;
	case IDSET_READY:
		break;
	}
	if (e == ERR_OK && end)
		s->at++;
	*more = e == ERR_OK && s->at != IDSET_READY;
	return e;
}
