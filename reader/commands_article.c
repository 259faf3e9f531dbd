/* GROUP, LISTGROUP, NEXT, LAST and the four commands that show an article. */
#include "reader/commands.h"

#include <string.h>

#include "lib/group.h"
#include "lib/text.h"
#include "reader/place.h"
#include "reader/sight.h"

enum part { PART_NONE = 0, PART_HEAD = 1, PART_BODY = 2, PART_ALL = 3 };

/* Initial lines by part: STAT, HEAD, BODY, ARTICLE (RFC 3977 6.2). */
static const unsigned codes[] = { 223, 221, 222, 220 };

static void
show(struct session *s, enum part part, uint64_t number)
{
	const struct rendered *r = &s->env->article;

	buf_addnum(&s->out, codes[part]);
	buf_addc(&s->out, ' ');
	buf_addnum(&s->out, number);
	buf_addc(&s->out, ' ');
	session_reply(s, r->msgid);
	if (part == PART_NONE)
		return;
	if (part & PART_HEAD)
		render_lines(&s->out, buf_view(&r->head));
	if (part == PART_ALL)
		session_reply(s, "");
	if (part & PART_BODY)
		render_lines(&s->out, r->body);
	session_reply(s, ".");
}

static void
add_stat(struct session *s, uint64_t number, const char *msgid)
{
	buf_adds(&s->out, "223 ");
	buf_addnum(&s->out, number);
	buf_addc(&s->out, ' ');
	session_reply(s, msgid);
}

/* STAT needs no text: its id is in the overview. */
static enum err
stat_number(struct session *s, uint64_t number)
{
	char msgid[MSGID_MAX + 1];
	enum err e = place_msgid(s, number, msgid);

	if (e == ERR_OK)
		add_stat(s, number, msgid);
	return e;
}

static enum err
stat_msgid(struct session *s, const struct spool_meta *m, unsigned at)
{
	char msgid[MSGID_MAX + 1];
	enum err e;

	e = column_msgid(s->env->spool, m->in[at].group, m->in[at].number, msgid);
	if (e == ERR_OK)
		add_stat(s, 0, msgid);
	return e;
}

static enum err
show_number(struct session *s, enum part part, uint64_t number)
{
	uint64_t arrival;
	enum err e;

	if (part == PART_NONE)
		return stat_number(s, number);
	e = place_find(s, number, &arrival);
	if (e == ERR_OK)
		e = sight_load(s, arrival);
	if (e == ERR_OK)
		show(s, part, number);
	return e;
}

static enum err
show_msgid(struct session *s, enum part part, struct view msgid)
{
	struct spool_meta m;
	unsigned at = 0;
	uint64_t arrival;
	enum err e;

	if ((e = spool_find(s->env->spool, msgid, &arrival)) != ERR_OK ||
	    (e = spool_meta(s->env->spool, arrival, &m)) != ERR_OK)
		return e;
	if (m.banned || m.pending)
		return ERR_NOTFOUND;
	if (m.groups > 0 || s->access.read.len > 0)
		e = sight_place(s, &m, &at);
	if (e == ERR_OK && part == PART_NONE && m.groups > 0)
		return stat_msgid(s, &m, at);
	if (e == ERR_OK)
		e = sight_load(s, arrival);
	if (e == ERR_OK)
		show(s, part, 0);
	return e;
}

static void
article(struct session *s, const struct args *args, enum part part)
{
	struct spec spec = { 0 };
	enum err e;

	if (args->n == 0) {
		if (!has_current(s))
			return;
		e = show_number(s, part, s->current);
		if (e == ERR_NOTFOUND)
			session_reply(s, "420 The current article is gone");
	} else if (spec_parse(args->v[0], false, &spec) != ERR_OK) {
		reply_syntax(s);
		return;
	} else if (spec.msgid.len > 0) {
		e = show_msgid(s, part, spec.msgid);
		if (e == ERR_NOTFOUND)
			session_reply(s, "430 No such article");
	} else {
		if (!has_group(s))
			return;
		e = show_number(s, part, spec.from);
		if (e == ERR_OK)
			s->current = spec.from;
		if (e == ERR_NOTFOUND)
			session_reply(s, "423 No such number in this group");
	}
	if (e != ERR_OK && e != ERR_NOTFOUND)
		reply_trouble(s, "article", e);
}

void
cmd_article(struct session *s, const struct args *args)
{
	article(s, args, PART_ALL);
}

void
cmd_head(struct session *s, const struct args *args)
{
	article(s, args, PART_HEAD);
}

void
cmd_body(struct session *s, const struct args *args)
{
	article(s, args, PART_BODY);
}

void
cmd_stat(struct session *s, const struct args *args)
{
	article(s, args, PART_NONE);
}

/* Selects a group and its first article; false when it answered instead. */
static bool
select_group(struct session *s, struct view name, struct spool_group *g)
{
	uint64_t first;
	enum err e = ERR_NOTFOUND;

	if (group_valid(name) && sight_group(s, name))
		e = spool_group(s->env->spool, name, g);
	if (e == ERR_NOTFOUND) {
		session_reply(s, "411 No such newsgroup");
		return false;
	}
	if (e == ERR_OK) {
		e = spool_nearest(s->env->spool, g->id, 0, 1, &first);
		if (e == ERR_NOTFOUND) {
			first = 0;
			e = ERR_OK;
		}
	}
	if (e != ERR_OK) {
		reply_trouble(s, "group", e);
		return false;
	}
	place_group(s, g, first);
	return true;
}

static void
add_group(struct session *s, const struct spool_group *g)
{
	buf_adds(&s->out, "211 ");
	buf_addnum(&s->out, g->count);
	buf_addc(&s->out, ' ');
	buf_addnum(&s->out, g->low);
	buf_addc(&s->out, ' ');
	buf_addnum(&s->out, g->high);
	buf_addc(&s->out, ' ');
	buf_adds(&s->out, g->name);
}

/* The search as a group, which the session is in from now on. */
static void
enter_found(struct session *s)
{
	const struct found *f = s->job.found;
	struct spool_group g = {
		.low = found_low(f),
		.high = found_high(f),
		.count = f->count,
	};

	memcpy(g.name, f->name, sizeof g.name);
	search_enter(s);
	add_group(s, &g);
}

static void
group_found(struct session *s, bool *done)
{
	enter_found(s);
	session_reply(s, "");
	*done = true;
}

void
cmd_group(struct session *s, const struct args *args)
{
	struct spool_group g;

	if (search_named(s, args->v[0])) {
		search_begin(s, args->v[0], group_found);
		return;
	}
	if (!select_group(s, args->v[0], &g))
		return;
	add_group(s, &g);
	session_reply(s, "");
}

static bool
number_row(void *arg, uint64_t number, uint64_t arrival)
{
	struct session *s = arg;

	(void)arrival;
	buf_addnum(&s->out, number);
	buf_add(&s->out, "\r\n", 2);
	s->job.next = number + 1;
	return s->out.len < STEP_BYTES;
}

static enum err
listgroup_step(struct session *s, bool *done)
{
	struct session_job *j = &s->job;
	uint64_t next;
	enum err e;

	j->started = true;
	e = place_numbers(s, j->next, j->to, STEP_ROWS, number_row, s, &next);
	if (next > j->next)
		j->next = next; /* none of those may be seen any more */
	*done = next == 0 || j->next > j->to;
	return e;
}

static void
listgroup_found(struct session *s, bool *done)
{
	struct session_job *j = &s->job;

	enter_found(s);
	session_reply(s, " list follows");
	j->started = true;
	j->run = listgroup_step;
	*done = j->next > j->to;
}

void
cmd_listgroup(struct session *s, const struct args *args)
{
	struct spec spec = { .from = 1, .to = INT64_MAX };
	struct view name = view_str(s->group_name);
	struct spool_group g;

	if (args->n > 1 &&
	    (spec_parse(args->v[1], true, &spec) != ERR_OK || spec.msgid.len > 0)) {
		reply_syntax(s);
		return;
	}
	if (args->n > 0)
		name = args->v[0];
	else if (!has_group(s))
		return;
	s->job.next = spec.from;
	s->job.to = spec.to;
	if (search_named(s, name)) {
		search_begin(s, name, listgroup_found);
		return;
	}
	if (!select_group(s, name, &g))
		return;
	add_group(s, &g);
	session_reply(s, " list follows");
	if (spec.from > spec.to)
		session_reply(s, ".");
	else
		session_begin_job(s, listgroup_step);
}

static void
step(struct session *s, int dir, const char *none)
{
	uint64_t number = 0;
	enum err e;

	if (!has_current(s))
		return;
	e = s->current == 1 && dir < 0
	    ? ERR_NOTFOUND
	    : place_nearest(s, dir > 0 ? s->current + 1 : s->current - 1, dir, &number);
	if (e == ERR_OK)
		e = stat_number(s, number);
	if (e == ERR_OK)
		s->current = number;
	else if (e == ERR_NOTFOUND)
		session_reply(s, none);
	else
		reply_trouble(s, "next", e);
}

void
cmd_next(struct session *s, const struct args *args)
{
	(void)args;
	step(s, 1, "421 No next article in this group");
}

void
cmd_last(struct session *s, const struct args *args)
{
	(void)args;
	step(s, -1, "422 No previous article in this group");
}
