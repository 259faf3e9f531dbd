#include "reader/place.h"

#include <string.h>

#include "reader/column.h"

struct view
place_readable(const struct session *s)
{
	return buf_view(&s->access.read);
}

void
place_leave(struct session *s)
{
	found_free(s->found);
	s->found = NULL;
	s->group = 0;
	s->group_name[0] = '\0';
	s->current = 0;
}

void
place_group(struct session *s, const struct spool_group *g, uint64_t first)
{
	place_leave(s);
	s->group = g->id;
	memcpy(s->group_name, g->name, sizeof s->group_name);
	s->current = first;
}

void
place_found(struct session *s, struct found *f)
{
	place_leave(s);
	s->found = f;
	s->group = PLACE_FOUND;
	memcpy(s->group_name, f->name, sizeof s->group_name);
	s->current = f->count > 0 ? found_low(f) : 0;
}

enum err
place_find(struct session *s, uint64_t number, uint64_t *arrival)
{
	struct spool_meta m;
	enum err e;

	if (s->found == NULL)
		return spool_find_number(s->env->spool, s->group, number, arrival);
	e = found_number(s->found, s->env->spool, place_readable(s), number, &m);
	if (e == ERR_OK)
		*arrival = m.arrival;
	return e;
}

enum err
place_nearest(struct session *s, uint64_t number, int dir, uint64_t *out)
{
	if (s->found == NULL)
		return spool_nearest(s->env->spool, s->group, number, dir, out);
	return found_nearest(
	    s->found, s->env->spool, place_readable(s), number, dir, out);
}

enum err
place_numbers(struct session *s, uint64_t from, uint64_t to, unsigned max,
    spool_number_fn *fn, void *arg, uint64_t *next)
{
	if (s->found == NULL)
		return spool_numbers(
		    s->env->spool, s->group, from, to, max, fn, arg, next);
	return found_numbers(
	    s->found, s->env->spool, place_readable(s), from, to, max, fn, arg, next);
}

enum err
place_over(struct session *s, uint64_t from, uint64_t to, unsigned max, spool_over_fn *fn,
    void *arg, uint64_t *next)
{
	if (s->found == NULL)
		return spool_over(s->env->spool, s->group, from, to, max, fn, arg, next);
	return found_over(
	    s->found, s->env->spool, place_readable(s), from, to, max, fn, arg, next);
}

enum err
place_msgid(struct session *s, uint64_t number, char out[MSGID_MAX + 1])
{
	struct spool_meta m;
	enum err e;

	if (s->found == NULL)
		return column_msgid(s->env->spool, s->group, number, out);
	e = found_number(s->found, s->env->spool, place_readable(s), number, &m);
	if (e != ERR_OK)
		return e;
	return column_msgid(s->env->spool, m.in[0].group, m.in[0].number, out);
}
