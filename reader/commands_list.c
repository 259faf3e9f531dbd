/* LIST in all its kinds, NEWGROUPS and NEWNEWS. */
#include "reader/commands.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/date.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/sight.h"

#define NEWS_SEEN 64 /* groups whose verdict NEWNEWS keeps */

/* How a group is shown on its line of a list. */
enum line_of { ACTIVE, TIMES, COUNTS, NEWSGROUPS };

static const char overview_fmt[] =
    "Subject:\r\nFrom:\r\nDate:\r\nMessage-ID:\r\nReferences:\r\n"
    ":bytes\r\n:lines\r\nXref:full\r\n";
/* RFC 3977 8.6: a colon alone says that any header may be asked for */
static const char headers[] = ":\r\n:bytes\r\n:lines\r\n";

/* Where a list comes from. */
enum source { GROUPS, FIXED, BULLETIN };

static const struct list {
	const char *name;
	const char *first;
	enum source source;
	int which;         /* line_of, or bulletin_kind */
	const char *fixed; /* the whole list */
	bool filter;       /* takes a wildmat */
} lists[] = {
	{ "ACTIVE", "215 Groups follow", GROUPS, ACTIVE, NULL, true },
	{ "ACTIVE.TIMES", "215 Times follow", GROUPS, TIMES, NULL, true },
	{ "COUNTS", "215 Counts follow", GROUPS, COUNTS, NULL, true },
	{ "DISTRIB.PATS", "215 Patterns follow", BULLETIN, BULLETIN_DISTRIB_PATS, NULL,
	    false },
	{ "DISTRIBUTIONS", "215 Distributions follow", BULLETIN, BULLETIN_DISTRIBUTIONS,
	    NULL, false },
	{ "HEADERS", "215 Headers follow", FIXED, 0, headers, true },
	{ "MODERATORS", "215 Moderators follow", BULLETIN, BULLETIN_MODERATORS, NULL,
	    false },
	{ "MOTD", "215 Message of the day follows", BULLETIN, BULLETIN_MOTD, NULL,
	    false },
	{ "NEWSGROUPS", "215 Descriptions follow", GROUPS, NEWSGROUPS, NULL, true },
	{ "OVERVIEW.FMT", "215 Overview follows", FIXED, 0, overview_fmt, false },
	{ "SUBSCRIPTIONS", "215 Groups follow", BULLETIN, BULLETIN_SUBSCRIPTIONS, NULL,
	    true },
};

/* The text of a bulletin, or false when the node has none. */
static bool
bulletin(const struct session *s, int which, struct view *text)
{
	const struct bulletins *b = s->env->bulletins;

	if (b == NULL || !b->of[which].there)
		return false;
	*text = buf_view(&b->of[which].text);
	return true;
}

void
list_keywords(const struct session *s, struct buf *out)
{
	struct view text;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		if (lists[i].source == BULLETIN && !bulletin(s, lists[i].which, &text))
			continue;
		buf_addc(out, ' ');
		buf_adds(out, lists[i].name);
	}
}

static void
add_group(struct buf *out, const struct spool_group *g, enum line_of line)
{
	buf_adds(out, g->name);
	switch (line) {
	case ACTIVE: /* RFC 3977 7.6.3 */
		buf_addf(out, " %llu %llu %c", (unsigned long long)g->high,
		    (unsigned long long)g->low, g->status);
		break;
	case TIMES:
		buf_addf(out, " %lld usenet@" RENDER_HOST, (long long)g->created);
		break;
	case COUNTS: /* RFC 6048 2.2 */
		buf_addf(out, " %llu %llu %llu %c", (unsigned long long)g->high,
		    (unsigned long long)g->low, (unsigned long long)g->count, g->status);
		break;
	case NEWSGROUPS:
		buf_addc(out, '\t');
		buf_adds(out, g->description);
		break;
	}
	buf_add(out, "\r\n", 2);
}

/* Groups by name, those that the wildmat picks and that are new enough. */
static enum err
groups_step(struct session *s, bool *done)
{
	struct session_job *j = &s->job;
	struct spool_group g;
	enum err e;

	j->started = true;
	for (unsigned i = 0; i < STEP_ROWS && s->out.len < STEP_BYTES; i++) {
		e = spool_group_next(s->env->spool, buf_view(&j->at), &g);
		if (e == ERR_NOTFOUND) {
			*done = true;
			return ERR_OK;
		}
		if (e != ERR_OK)
			return e;
		buf_reset(&j->at);
		buf_adds(&j->at, g.name);
		if (g.created < j->since || !sight_group(s, view_str(g.name)))
			continue;
		/* RFC 3977 7.6.3: what the status says holds for this newsreader */
		if (!access_posts(&s->access, view_str(g.name)))
			g.status = 'n';
		if (j->list == NEWSGROUPS && g.description[0] == '\0')
			continue;
		if (j->wildmat.len == 0 ||
		    wildmat_match(buf_view(&j->wildmat), view_str(g.name)))
			add_group(&s->out, &g, j->list);
	}
	return ERR_OK;
}

static void
run_groups(struct session *s, enum line_of line, int64_t since)
{
	buf_reset(&s->job.at);
	s->job.list = line;
	s->job.since = since;
	session_begin_job(s, groups_step);
}

/* Keeps a wildmat for the job; without one every group is meant. */
static bool
set_wildmat(struct session *s, const struct view *wildmat)
{
	buf_reset(&s->job.wildmat);
	if (wildmat == NULL)
		return true;
	if (!text_utf8(*wildmat) || !wildmat_valid(*wildmat)) {
		reply_syntax(s);
		return false;
	}
	buf_addv(&s->job.wildmat, *wildmat);
	return true;
}

/* A search is in no list, but who asks for it by its whole name must be told: newsreaders
 * look there before they subscribe. */
static void
list_found(struct session *s, bool *done)
{
	const struct found *f = s->job.found;
	struct spool_group g = {
		.low = found_low(f),
		.high = found_high(f),
		.count = f->count,
		.status = 'n', /* posts go to the articles' own groups */
		.description = "What a search finds",
	};

	memcpy(g.name, f->name, sizeof g.name);
	session_reply(s, s->job.first);
	s->job.started = *done = true;
	add_group(&s->out, &g, s->job.list);
}

/* LIST HEADERS takes MSGID or RANGE; the answer is the same. */
static bool
headers_argument(struct view v)
{
	return view_caseeqs(v, "MSGID") || view_caseeqs(v, "RANGE");
}

/* RFC 6048: known lists, but the node's owner may not have written them: 503 */
static void
list_bulletin(struct session *s, const struct list *l)
{
	struct view text, line, wanted = buf_view(&s->job.wildmat);

	if (!bulletin(s, l->which, &text)) {
		session_reply(s, "503 This node keeps no such list");
		return;
	}
	session_reply(s, l->first);
	if (!l->filter)
		render_lines(&s->out, text);
	else
		/* names of groups: those that match, and that exist for this user */
		while (text_line(&text, &line))
			if ((wanted.len == 0 || wildmat_match(wanted, line)) &&
			    sight_group(s, line))
				session_answer(s, line);
	session_reply(s, ".");
}

void
cmd_list(struct session *s, const struct args *args)
{
	const struct list *l = &lists[0];
	struct view name = args->n > 0 ? args->v[0] : VIEW_LIT("ACTIVE");
	const struct view *wildmat = args->n > 1 ? &args->v[1] : NULL;
	size_t i, n = sizeof lists / sizeof lists[0];

	for (i = 0; i < n && !view_caseeqs(name, lists[i].name); i++)
		;
	if (i < n)
		l = &lists[i];
	if (i == n || (wildmat != NULL && !l->filter) ||
	    (wildmat != NULL && l->fixed != NULL && !headers_argument(*wildmat))) {
		reply_syntax(s);
		return;
	}
	if (l->source == FIXED) {
		session_reply(s, l->first);
		buf_adds(&s->out, l->fixed);
		session_reply(s, ".");
		return;
	}
	if (!set_wildmat(s, wildmat))
		return;
	if (l->source == BULLETIN) {
		list_bulletin(s, l);
		return;
	}
	if (wildmat != NULL && search_named(s, *wildmat) && search_valid(s, *wildmat)) {
		s->job.first = l->first;
		s->job.list = l->which;
		search_begin(s, *wildmat, list_found);
		return;
	}
	session_reply(s, l->first);
	run_groups(s, (enum line_of)l->which, INT64_MIN);
}

/* RFC 2980: what LIST NEWSGROUPS became; without a wildmat the current group is meant. */
void
cmd_xgtitle(struct session *s, const struct args *args)
{
	struct view group = view_str(s->group_name);

	if (args->n == 0 && !has_group(s))
		return;
	if (!set_wildmat(s, args->n > 0 ? &args->v[0] : &group))
		return;
	session_reply(s, "282 Descriptions follow");
	run_groups(s, NEWSGROUPS, INT64_MIN);
}

/* Date, time, and "GMT" or nothing behind them; RFC 977 clients also send distributions,
 * which are read past. */
static bool
since(struct session *s, const struct args *args, size_t at, int64_t *out)
{
	if (date_nntp(args->v[at], args->v[at + 1], clock_now(), out) == ERR_OK) {
		size_t rest = at + 2;

		if (rest < args->n && view_caseeqs(args->v[rest], "GMT"))
			rest++;
		if (rest < args->n && args->v[rest].p[0] == '<')
			rest++;
		if (rest == args->n)
			return true;
	}
	reply_syntax(s);
	return false;
}

void
cmd_newgroups(struct session *s, const struct args *args)
{
	int64_t when;

	if (!since(s, args, 0, &when))
		return;
	set_wildmat(s, NULL);
	session_reply(s, "231 New groups follow");
	run_groups(s, ACTIVE, when);
}

/* What is known of groups already, within one step. */
struct news {
	struct session *s;
	struct {
		uint32_t group;
		bool wanted;
	} seen[NEWS_SEEN];
};

static bool
news_wanted(struct news *n, uint32_t group)
{
	struct session *s = n->s;
	struct spool_group g;
	size_t at = group % NEWS_SEEN;

	if (n->seen[at].group != group) {
		n->seen[at].group = group;
		n->seen[at].wanted =
		    spool_group_by_id(s->env->spool, group, &g) == ERR_OK &&
		    wildmat_match(buf_view(&s->job.wildmat), view_str(g.name)) &&
		    sight_group(s, view_str(g.name));
	}
	return n->seen[at].wanted;
}

/* One arrival: its id when one of its groups is wanted. */
static bool
news_row(void *arg, const struct spool_meta *m)
{
	struct news *n = arg;
	struct session *s = n->s;
	struct session_job *j = &s->job;
	char msgid[MSGID_MAX + 1];

	j->next = m->arrival;
	for (unsigned i = 0; i < m->groups && i < GROUPS_FOREIGN_MAX; i++) {
		if (!news_wanted(n, m->in[i].group))
			continue;
		if (m->received >= j->since &&
		    column_msgid(s->env->spool, m->in[i].group, m->in[i].number, msgid) ==
			ERR_OK)
			session_reply(s, msgid);
		break;
	}
	return s->out.len < STEP_BYTES;
}

static enum err
news_step(struct session *s, bool *done)
{
	struct session_job *j = &s->job;
	uint64_t before = j->next;
	struct news n = { .s = s };
	enum err e;

	j->started = true;
	e = spool_arrivals(s->env->spool, j->next, STEP_ROWS, news_row, &n);
	*done = j->next == before;
	return e;
}

void
cmd_newnews(struct session *s, const struct args *args)
{
	uint64_t first = 0;
	int64_t when;
	enum err e;

	if (!set_wildmat(s, &args->v[0]) || !since(s, args, 1, &when))
		return;
	e = spool_arrival_since(s->env->spool, when, &first);
	if (e != ERR_OK && e != ERR_NOTFOUND) {
		reply_trouble(s, "newnews", e);
		return;
	}
	session_reply(s, "230 New articles follow");
	if (e == ERR_NOTFOUND || first == 0) {
		session_reply(s, ".");
		return;
	}
	s->job.next = first - 1;
	s->job.since = when;
	session_begin_job(s, news_step);
}
