/* Groups that are searches, search.WORDS: taken in steps, then used as any group. */
#include "reader/commands.h"

#include "lib/group.h"
#include "reader/place.h"

static enum err
collect(struct session *s, bool *done)
{
	struct session_job *j = &s->job;
	bool whole = false;
	enum err e;

	e = found_step(j->found, s->env->search, place_readable(s), &whole);
	if (e == ERR_OK && whole)
		j->then(s, done);
	if (e != ERR_OK || *done) {
		found_free(j->found);
		j->found = NULL;
	}
	return e;
}

bool
search_named(struct session *s, struct view name)
{
	struct spool_group g;

	if (!view_casestarts(name, QUERY_NAME))
		return false;
	/* one of the spool's groups may have such a name: then it is meant */
	return !group_valid(name) || spool_group(s->env->spool, name, &g) == ERR_NOTFOUND;
}

bool
search_valid(struct session *s, struct view name)
{
	struct found *f = NULL;
	const char *why;
	bool valid = s->env->search != NULL && found_new(name, &f, &why) == ERR_OK;

	found_free(f);
	return valid;
}

void
search_begin(struct session *s, struct view name, session_found_fn *then)
{
	struct buf line = BUF_INIT(LINE_MAX_NNTP);
	const char *why = "this node has no search.db";
	enum err e = ERR_SYNTAX;

	found_free(s->job.found);
	s->job.found = NULL;
	if (s->env->search != NULL)
		e = found_new(name, &s->job.found, &why);
	if (e == ERR_SYNTAX) {
		buf_addf(&line, "411 No such search: %s", why);
		session_answer(s, buf_view(&line));
	} else if (e != ERR_OK)
		reply_trouble(s, "group", e);
	else {
		s->job.none = NULL;
		s->job.then = then;
		session_begin_job(s, collect);
	}
	buf_release(&line);
}

void
search_enter(struct session *s)
{
	struct found *f = s->job.found;

	s->job.found = NULL;
	place_found(s, f);
}
