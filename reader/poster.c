#include "reader/poster.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/wake.h"

#define NOTHING ((struct view){ 0 })

void
poster_init(struct poster *ps, const struct node *node, const struct personas *personas)
{
	*ps = (struct poster){
		.personas = personas, .wake = wake_open(node), .feeds = true
	};
	ps->feed_groups = node_get(node, "feed-groups", NULL);
	offer_init(&ps->offer, 0); /* what comes has the stored form */
}

void
poster_release(struct poster *ps)
{
	offer_release(&ps->offer);
}

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

static void
offer_answer(struct posting *p, int fate, const char *text, struct view more)
{
	buf_reset(&p->answer);
	buf_addc(&p->answer, fate);
	buf_adds(&p->answer, text);
	buf_addv(&p->answer, more);
}

/* The spool failed: the newsreader keeps its article and is told why. */
static void
answer_error(struct posting *p, enum err e)
{
	p->stored = false;
	if (p->offered.len > 0)
		offer_answer(p, OFFER_LATER, "Not stored: ", view_str(err_text(e)));
	else
		answer(p, "441", "not stored: ", view_str(err_text(e)));
}

/* Somebody may feed this node. */
static bool
takes_offers(const struct poster *ps)
{
	bool any = ps->feeds;

	for (size_t i = 0; ps->users != NULL && i < ps->users->count && !any; i++)
		any = ps->users->list[i].feed;
	return any;
}

static bool
read_offer(struct poster *ps, struct posting *p)
{
	unsigned reason;

	if (!takes_offers(ps))
		offer_answer(p, OFFER_REFUSED, "nobody may feed this node", NOTHING);
	else if (!offer_look(&ps->offer, p->raw, &reason))
		offer_answer(p, OFFER_REFUSED, "", view_str(reason_text(reason)));
	else if (!view_eqs(p->offered, ps->offer.article.msgid))
		offer_answer(p, OFFER_REFUSED, OFFER_OTHER_ID, NOTHING);
	else
		return true;
	return false;
}

/* As put_post, of what a feed brought. */
static enum err
put_offer(struct poster *ps, struct posting *p)
{
	static const struct {
		int fate;
		const char *text;
	} words[] = {
		[PUT_STORED] = { OFFER_STORED, "" },
		[PUT_DUPLICATE] = { OFFER_REFUSED, "it is here" },
		[PUT_DIFFERS] = { OFFER_REFUSED, "the id is here, with another text" },
		[PUT_NOGROUP] = { OFFER_REFUSED, "no such group" },
	};
	struct spool_put sp = {
		.article = &ps->offer.article,
		.packed = p->packed,
		.now = clock_now(),
	};
	struct spool_stored stored = { 0 };
	enum err e;

	p->stored = false;
	if (!read_offer(ps, p))
		return ERR_OK;
	sp.new_groups = ps->feed_groups;
	sp.new_groups_max = ps->feed_groups.p != NULL ? GROUPS_FOREIGN_MAX : 0;
	if ((e = spool_put(ps->spool, &sp, &stored)) != ERR_OK)
		return e;
	p->stored = stored.result == PUT_STORED;
	offer_answer(p, words[stored.result].fate, words[stored.result].text, NOTHING);
	return ERR_OK;
}

/* A worker says who posts; here it is proved, and looked up what that user may. */
static const char *
check_who(const struct poster *ps, const struct posting *p, struct inject_env *env)
{
	const struct persona *standard = persona_standard(ps->personas);
	const struct user *u;
	struct view name;

	if (p->who.len == 0)
		return ps->login_always ? "log in first" : NULL;
	if (ps->users == NULL || grant_check(ps->key, p->who, &name) != ERR_OK)
		return "who posts is not proved: log in again";
	if ((u = users_find(ps->users, name)) == NULL)
		return "this user may not log in any more";
	env->persona = view_str(u->persona);
	if (env->persona.len == 0 && standard != NULL)
		env->persona = view_str(standard->file);
	env->read = view_str(u->read);
	env->post = view_str(u->post);
	return NULL;
}

/* Into the open transaction. Refusals are answered here; an error is the spool's. */
static enum err
put_post(struct poster *ps, struct posting *p)
{
	struct inject_env env = {
		.spool = ps->spool, .personas = ps->personas, .now = clock_now()
	};
	struct spool_stored stored = { 0 };
	struct spool_put sp = { .now = env.now };
	struct injected in;
	const char *why;
	enum err e;

	p->stored = false;
	if ((why = check_who(ps, p, &env)) != NULL) {
		answer(p, "441", why, NOTHING);
		return ERR_OK;
	}
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
	if (p->stored && in.waits)
		answer(p, "240", "Article waits for the moderator ",
		    view_str(in.article.msgid));
	else if (p->stored)
		answer(p, "240", "Article received ", view_str(in.article.msgid));
	else if (stored.result == PUT_NOGROUP)
		answer(p, "441", "no such group here", NOTHING);
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
		e = list[i].offered.len > 0 ? put_offer(ps, &list[i])
					    : put_post(ps, &list[i]);
		if (e != ERR_OK)
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

size_t
poster_take(struct poster *ps, struct posting *list, size_t n)
{
	size_t took = 1;
	enum err e = take_some(ps, list, n, &took);

	/* one may be to blame: alone it cannot take the others with it */
	if (e != ERR_OK && n > 1)
		e = take_some(ps, list, 1, &took);
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "post error=\"%s\"", err_text(e));
		answer_error(list, e);
		took = 1;
	}
	return took;
}
