#include "reader/sight.h"

bool
sight_group(const struct session *s, struct view group)
{
	return access_reads(&s->access, group);
}

enum err
sight_place(const struct session *s, const struct spool_meta *m, unsigned *place)
{
	struct spool_group g;
	enum err e;

	for (unsigned i = 0; i < m->groups && i < GROUPS_FOREIGN_MAX; i++) {
		if (s->access.read.len > 0) {
			e = spool_group_by_id(s->env->spool, m->in[i].group, &g);
			if (e != ERR_OK)
				return e;
			if (!sight_group(s, view_str(g.name)))
				continue;
		}
		*place = i;
		return ERR_OK;
	}
	return ERR_NOTFOUND;
}

enum err
sight_load(struct session *s, uint64_t arrival)
{
	struct rendered *r = &s->env->article;

	r->shown = buf_view(&s->access.read);
	r->self =
	    s->access.user[0] != '\0' ? view_str(s->access.persona) : (struct view){ 0 };
	r->group = s->found == NULL ? s->group : 0;
	r->group_name = s->group_name;
	return render_load(s->env->spool, arrival, r);
}
