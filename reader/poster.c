#include "reader/poster.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/wake.h"

void
posting_init(struct posting *p, struct view raw)
{
	*p = (struct posting){ .raw = raw };
	buf_init(&p->answer, POSTER_ANSWER_MAX);
}

void
posting_release(struct posting *p)
{
	if (p != NULL)
		buf_release(&p->answer);
}

static void
answer(struct posting *p, const char *code, const char *text, struct view more)
{
	buf_reset(&p->answer);
	buf_addf(&p->answer, "%s %s", code, text);
	buf_addv(&p->answer, more);
}

/* The spool failed: the newsreader keeps its article and is told why. */
static void
answer_error(struct posting *p, enum err e)
{
	p->stored = false;
	answer(p, "441", "not stored: ", view_str(err_text(e)));
}

/* Into the open transaction. Refusals are answered here; an error is the spool's. */
static enum err
put(struct poster *ps, struct posting *p)
{
	struct inject_env env = { ps->spool, ps->personas, clock_now(), p->persona };
	struct spool_stored stored = { 0 };
	struct spool_put sp = { .now = env.now };
	struct injected in;
	enum err e;

	p->stored = false;
	injected_init(&in);
	if ((e = inject(&env, p->raw, &in)) != ERR_OK) {
		answer(p, "441", "", buf_view(&in.reason));
		e = e == ERR_DENIED ? ERR_OK : e;
		goto out;
	}
	sp.article = &in.article;
	sp.alias = buf_view(&in.alias);
	sp.flags = in.flags | PUT_NONEWGROUP;
	/* a cancel is numbered in a control group, which it may be the first to need */
	if (in.article.control.len > 0)
		sp.flags &= ~(unsigned)PUT_NONEWGROUP, sp.new_groups_max = 1;
	if ((e = spool_put(ps->spool, &sp, &stored)) != ERR_OK)
		goto out;
	p->stored = stored.result == PUT_STORED;
	if (p->stored)
		answer(p, "240", "Article received ", view_str(in.article.msgid));
	else if (stored.result == PUT_NOGROUP)
		answer(p, "441", "no such group here", (struct view){ 0 });
	else
		answer(p, "441", "already here: ", view_str(in.article.msgid));
out:
	injected_release(&in);
	return e;
}

/* One transaction of the first posts; says how many were in it. */
static enum err
take_some(struct poster *ps, struct posting *list, size_t n, size_t *took)
{
	bool any = false;
	size_t i = 0;
	enum err e;

	if ((e = spool_begin(ps->spool)) != ERR_OK)
		return e;
	for (; i < n && (i == 0 || !spool_full(ps->spool)); i++) {
		if ((e = put(ps, &list[i])) != ERR_OK)
			goto fail;
		any = any || list[i].stored;
	}
	if ((e = spool_commit(ps->spool)) != ERR_OK)
		goto fail;
	if (any)
		wake_tell(ps->wake);
	*took = i;
	return ERR_OK;
fail:
	spool_rollback(ps->spool);
	return e;
}

void
poster_take(struct poster *ps, struct posting *list, size_t n)
{
	enum err e;

	for (size_t at = 0, took; at < n; at += took) {
		e = take_some(ps, list + at, n - at, &took);
		if (e == ERR_OK)
			continue;
		/* one post may be to blame: alone it cannot take the others with it */
		took = 1;
		if (n - at > 1)
			e = take_some(ps, list + at, 1, &took);
		if (e != ERR_OK) {
			log_at(LOG_ERROR, "post error=\"%s\"", err_text(e));
			answer_error(&list[at], e);
		}
	}
}
