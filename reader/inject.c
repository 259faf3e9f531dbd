#include "reader/inject.h"

#include <stddef.h>
#include <string.h>

#include "lib/date.h"
#include "lib/group.h"
#include "lib/msgid.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/draft.h"
#include "reader/local.h"
#include "reader/refs.h"
#include "reader/syntax.h"
#include "spool/query.h"
#include "spool/moderate.h"

#define DATE_TRUST 86400 /* a poster's Date further off than this is not believed */

/* The work on one post. */
struct work {
	const struct inject_env *env;
	struct injected *out;
	struct draft draft;
	struct native native;
	const struct persona *persona;
	struct buf newsgroups, references, supersedes, control, subject;
	struct buf plain[3]; /* of the spoken fields, below */
	unsigned groups, local;
	bool moderated; /* one of its groups is, by somebody known here */
};

/* Header fields that go into the native form as they are, and text for people, which is
 * made fit for it: see text_plain. */
static const struct {
	enum field field;
	size_t at;
} copied[] = {
	{ F_REPLY_TO, offsetof(struct native, reply_to) },
	{ F_FOLLOWUP_TO, offsetof(struct native, followup_to) },
	{ F_DISTRIBUTION, offsetof(struct native, distribution) },
	{ F_EXPIRES, offsetof(struct native, expires) },
	{ F_MIME_VERSION, offsetof(struct native, mime_version) },
	{ F_CONTENT_TYPE, offsetof(struct native, content_type) },
	{ F_CONTENT_TRANSFER_ENCODING,
	    offsetof(struct native, content_transfer_encoding) },
	{ F_CONTENT_LANGUAGE, offsetof(struct native, content_language) },
	{ F_CONTENT_DISPOSITION, offsetof(struct native, content_disposition) },
	{ F_CANCEL_LOCK, offsetof(struct native, cancel_lock) },
	{ F_CANCEL_KEY, offsetof(struct native, cancel_key) },
}, spoken[] = {
	{ F_SUBJECT, offsetof(struct native, subject) },
	{ F_KEYWORDS, offsetof(struct native, keywords) },
	{ F_SUMMARY, offsetof(struct native, summary) },
};
#define SPOKEN (sizeof spoken / sizeof spoken[0])

void
injected_init(struct injected *in)
{
	*in = (struct injected){ 0 };
	buf_init(&in->bytes, ARTICLE_MAX + HEADER_MAX);
	buf_init(&in->alias, MSGID_MAX);
	buf_init(&in->reason, INJECT_REASON_MAX);
}

void
injected_release(struct injected *in)
{
	if (in == NULL)
		return;
	buf_release(&in->bytes);
	buf_release(&in->alias);
	buf_release(&in->reason);
}

/* Refuses with words about a header field, or about the article when it is F_COUNT. */
static enum err
refuse(struct work *w, enum field f, const char *why)
{
	struct buf *r = &w->out->reason;

	buf_reset(r);
	if (f < F_COUNT)
		buf_addf(r, "%s: ", field_name(f));
	buf_adds(r, why);
	return ERR_DENIED;
}

/* RFC 5537 3.5: what is wrong is refused, not replaced. An empty field is as none: templates
 * of newsreaders leave some. */
static enum err
check_syntax(struct work *w)
{
	int64_t date;

	for (enum field f = 0; f < F_COUNT; f++) {
		struct view v = w->draft.value[f];
		const char *why = v.len > 0 ? syntax_fault(f, v) : NULL;

		if (why != NULL)
			return refuse(w, f, why);
	}
	if (date_parse(w->draft.value[F_DATE], &date) == ERR_OK &&
	    date > w->env->now + DATE_TRUST)
		return refuse(
		    w, F_DATE, "is more than a day ahead: look at this clock, or yours");
	return ERR_OK;
}

static enum err
check_fields(struct work *w, struct view raw)
{
	static const enum field needed[] = { F_FROM, F_NEWSGROUPS, F_SUBJECT };
	static const enum field forbidden[] = { F_XREF, F_INJECTION_INFO };
	const struct view *v = w->draft.value;
	enum field field;
	const char *why;
	enum err e;

	if ((e = draft_parse(&w->draft, raw, &why, &field)) == ERR_SYNTAX)
		return refuse(w, field, why);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (v[needed[i]].len == 0)
			return refuse(w, needed[i], "is missing");
	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
		if (v[forbidden[i]].p != NULL)
			return refuse(
			    w, forbidden[i], "is not for posters (RFC 5537 3.5)");
	if (view_find(v[F_PATH], ".POSTED") < v[F_PATH].len)
		return refuse(w, F_PATH, "the article was posted before");
	if (v[F_CONTROL].p != NULL && v[F_SUPERSEDES].p != NULL)
		return refuse(w, F_CONTROL, "excludes Supersedes");
	return check_syntax(w);
}

static bool
matches(struct view wildmat, struct view group)
{
	return wildmat.len == 0 || wildmat_match(wildmat, group);
}

/* One group of Newsgroups: it must exist here and take posts. */
static enum err
check_group(struct work *w, struct view name)
{
	struct spool_group g;
	bool moderated = false;
	enum err e;

	if (!group_valid(name))
		return refuse(w, F_NEWSGROUPS, "not a valid group name");
	e = matches(w->env->read, name) ? spool_group(w->env->spool, name, &g)
					: ERR_NOTFOUND;
	if (e == ERR_NOTFOUND && view_casestarts(name, QUERY_NAME))
		return refuse(w, F_NEWSGROUPS,
		    "a search takes no posts: name a group of what it found");
	if (e == ERR_NOTFOUND) {
		buf_reset(&w->out->reason);
		buf_addf(&w->out->reason,
		    "no group %.*s here; `hearsay groups new %.*s` makes it",
		    (int)name.len, (const char *)name.p, (int)name.len,
		    (const char *)name.p);
		return ERR_DENIED;
	}
	if (e != ERR_OK)
		return e;
	if (!matches(w->env->post, name))
		return refuse(w, F_NEWSGROUPS, "you may not post to that group");
	if (g.status == 'n')
		return refuse(w, F_NEWSGROUPS, "the group takes no posts from here");
	if (g.status == 'm' && !group_local(name) &&
	    (e = spool_moderated(w->env->spool, name, &moderated)) != ERR_OK)
		return e;
	/* where this node knows no moderator, who writes Approved is believed */
	if (g.status == 'm' && !moderated && w->draft.value[F_APPROVED].len == 0)
		return refuse(
		    w, F_NEWSGROUPS, "the group is moderated: Approved is missing");
	w->moderated = w->moderated || moderated;
	w->groups++;
	w->local += group_local(name);
	return ERR_OK;
}

static bool
listed(struct view list, struct view name)
{
	struct view one;

	while (article_next_group(&list, &one))
		if (view_eq(one, name))
			return true;
	return false;
}

/* Newsgroups, written anew with commas alone, each group once. */
static enum err
check_groups(struct work *w)
{
	struct view rest = w->draft.value[F_NEWSGROUPS], name;
	enum err e;

	while (article_next_group(&rest, &name)) {
		if (listed(buf_view(&w->newsgroups), name))
			continue;
		if (w->groups == GROUPS_NATIVE_MAX)
			return refuse(w, F_NEWSGROUPS, "more than 16 groups");
		if ((e = check_group(w, name)) != ERR_OK)
			return e;
		if (w->newsgroups.len > 0)
			buf_addc(&w->newsgroups, ',');
		buf_addv(&w->newsgroups, name);
	}
	if (w->groups == 0)
		return refuse(w, F_NEWSGROUPS, "names no group");
	if (w->local != 0 && w->local != w->groups)
		return refuse(
		    w, F_NEWSGROUPS, "local.* and other groups exclude each other");
	rest = w->draft.value[F_FOLLOWUP_TO];
	if (view_eqs(rest, "poster"))
		return ERR_OK;
	while (article_next_group(&rest, &name)) {
		if (!group_valid(name))
			return refuse(w, F_FOLLOWUP_TO, "not a valid group name");
		if (group_local(name) != (w->local != 0))
			return refuse(w, F_FOLLOWUP_TO,
			    "local.* and other groups exclude each other");
	}
	return buf_err(&w->newsgroups);
}

/* The newsreader's own Message-ID: kept as another name of the post. */
static enum err
check_msgid(struct work *w)
{
	struct view id = w->draft.value[F_MESSAGE_ID];
	bool known = false;
	uint64_t arrival;
	enum err e;

	if (w->draft.value[F_MESSAGE_ID].p == NULL)
		return ERR_OK;
	if (!msgid_valid(id))
		return refuse(w, F_MESSAGE_ID, "is malformed");
	if (refs_reserved(id))
		return refuse(w, F_MESSAGE_ID, "only a node makes ids of that form");
	if ((e = spool_known(w->env->spool, id, &known)) != ERR_OK)
		return e;
	if (!known) {
		e = spool_find(w->env->spool, id, &arrival);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			return e;
		known = e == ERR_OK;
	}
	if (known)
		return refuse(w, F_MESSAGE_ID, "is already here");
	buf_addv(&w->out->alias, id);
	return buf_err(&w->out->alias);
}

static int64_t
date_of(const struct work *w)
{
	struct view v = w->draft.value[F_DATE];
	int64_t date, now = w->env->now;

	if (v.len > 0 && date_parse(v, &date) == ERR_OK && date > now - DATE_TRUST &&
	    date < now + DATE_TRUST)
		return date;
	return now;
}

/* The author key of a native article that is here; found is false for any other. */
static enum err
author_of(struct work *w, struct view msgid, unsigned char *key, bool *found)
{
	struct buf b = BUF_INIT(ARTICLE_MAX + HEADER_MAX);
	struct article a = { 0 };
	enum fault why;
	bool has_signature;
	uint64_t arrival;
	enum err e;

	*found = false;
	e = spool_find(w->env->spool, msgid, &arrival);
	if (e == ERR_OK)
		e = spool_article(w->env->spool, arrival, &b, NULL, &has_signature);
	if (e == ERR_OK && article_parse(buf_view(&b), &a, &why) == ERR_OK && a.native) {
		memcpy(key, a.author, ARTICLE_KEY_LEN);
		*found = true;
	}
	buf_release(&b);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Cancel and Supersedes: the target by its public id, and a hand that may do it. */
static enum err
check_target(struct work *w, enum field f, struct view id, struct buf *out)
{
	bool keyed = w->draft.value[F_CANCEL_KEY].len > 0, found;
	unsigned char key[ARTICLE_KEY_LEN];
	const struct persona *author;
	enum err e;

	e = refs_public(w->env->spool, id, out);
	if (e == ERR_NOTFOUND)
		return refuse(w, f, "names no article that is here");
	if (e != ERR_OK || (e = author_of(w, id, key, &found)) != ERR_OK)
		return e;
	author = found ? persona_by_key(w->env->personas, key) : NULL;
	/* who posts under one name may not act under another of this node */
	if (author != NULL && (w->env->persona.len == 0 || author == w->persona))
		w->persona = author;
	else if (!keyed && (found || !msgid_native(id)))
		return refuse(w, f, "names an article of somebody else");
	return ERR_OK;
}

/* An approval is for the moderators of the target's groups. */
static enum err
check_approval(struct work *w, struct view id, struct buf *out)
{
	struct spool *sp = w->env->spool;
	struct spool_group g;
	struct spool_meta m;
	uint64_t arrival;
	bool yes = false;
	enum err e;

	if ((e = refs_public(sp, id, out)) == ERR_OK)
		e = spool_find(sp, id, &arrival);
	if (e == ERR_OK)
		e = spool_meta(sp, arrival, &m);
	if (e == ERR_NOTFOUND)
		return refuse(w, F_CONTROL, "names no article that is here");
	for (unsigned i = 0; e == ERR_OK && i < m.groups && !yes; i++)
		if ((e = spool_group_by_id(sp, m.in[i].group, &g)) == ERR_OK)
			e = spool_moderates(sp, w->persona->key, view_str(g.name), &yes);
	if (e == ERR_OK && !yes)
		return refuse(
		    w, F_CONTROL, "you do not moderate a group of that article");
	return e;
}

/* Control: cancel <id>, approve <id>. The Subject is written anew, for newsreaders put the
 * id there. */
static enum err
check_control(struct work *w)
{
	struct view rest = w->draft.value[F_CONTROL], word, id;
	struct buf public = BUF_INIT(MSGID_MAX);
	bool approve;
	enum err e;

	if (!text_word(&rest, &word) ||
	    (!view_caseeqs(word, "cancel") && !view_caseeqs(word, "approve")))
		return refuse(w, F_CONTROL, "only cancel and approve can be posted here");
	approve = view_caseeqs(word, "approve");
	id = text_trim(rest);
	if (!msgid_valid(id))
		return refuse(w, F_CONTROL, "it needs one Message-ID");
	e = approve ? check_approval(w, id, &public)
		    : check_target(w, F_CONTROL, id, &public);
	if (e != ERR_OK)
		goto out;
	buf_adds(&w->control, approve ? "approve " : "cancel ");
	buf_addv(&w->control, buf_view(&public));
	buf_adds(&w->subject, "cmsg ");
	buf_addv(&w->subject, buf_view(&w->control));
	w->native.control = buf_view(&w->control);
	w->native.subject = buf_view(&w->subject);
	e = buf_err(&w->control) != ERR_OK ? buf_err(&w->control) : buf_err(&w->subject);
out:
	buf_release(&public);
	return e;
}

static enum err
check_relations(struct work *w)
{
	const struct view *v = w->draft.value;
	enum err e;

	e = refs_translate(w->env->spool, v[F_REFERENCES], &w->references);
	if (e != ERR_OK)
		return e;
	w->native.references = buf_view(&w->references);
	if (v[F_CONTROL].p != NULL && (e = check_control(w)) != ERR_OK)
		return e;
	if (v[F_SUPERSEDES].p == NULL)
		return ERR_OK;
	if (!msgid_valid(v[F_SUPERSEDES]))
		return refuse(w, F_SUPERSEDES, "needs one Message-ID");
	e = check_target(w, F_SUPERSEDES, v[F_SUPERSEDES], &w->supersedes);
	w->native.supersedes = buf_view(&w->supersedes);
	return e;
}

/* An answer to an old article takes over its Subject, controls and raw Latin-1 and all: a
 * person who answers must not be refused for that. Controls go, other 8-bit text is taken
 * for Latin-1. */
static struct view
text_plain(struct view v, struct buf *out)
{
	bool utf8 = text_utf8(v);

	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = v.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			continue;
		if (c < 0x80 || utf8)
			buf_addc(out, c);
		else if (c >= 0xa0) {
			buf_addc(out, 0xc0 | c >> 6);
			buf_addc(out, 0x80 | (c & 0x3f));
		}
	}
	return text_trim(buf_view(out));
}

/* Who posts it. */
static enum err
choose_persona(struct work *w)
{
	const struct personas *all = w->env->personas;

	if (w->env->persona.len > 0)
		w->persona = persona_named(all, w->env->persona);
	else if ((w->persona = persona_from(all, w->draft.value[F_FROM])) == NULL)
		w->persona = persona_standard(all);
	if (w->persona != NULL)
		return ERR_OK;
	return refuse(w, F_COUNT,
	    w->env->persona.len > 0
		? "the persona of this user is not here; `hearsay persona` lists them"
		: "no persona to post as; `hearsay setup` makes one");
}

/* A post of somebody else waits for the moderator; who writes Approved must be one. */
static enum err
check_moderation(struct work *w)
{
	struct view rest = buf_view(&w->newsgroups), name;
	struct spool_group g;
	bool known, own;
	enum err e;

	if (!w->moderated || w->draft.value[F_CONTROL].p != NULL)
		return ERR_OK;
	while (article_next_group(&rest, &name)) {
		if ((e = spool_group(w->env->spool, name, &g)) != ERR_OK ||
		    (e = spool_moderated(w->env->spool, name, &known)) != ERR_OK ||
		    (e = spool_moderates(w->env->spool, w->persona->key, name, &own)) !=
			ERR_OK)
			return e;
		if (g.status != 'm' || !known || own)
			continue;
		if (w->draft.value[F_APPROVED].p != NULL)
			return refuse(w, F_APPROVED,
			    "you do not moderate this group; post without it, and it "
			    "waits for its moderator");
		w->out->waits = true;
	}
	return ERR_OK;
}

static enum err
make_native(struct work *w)
{
	struct native *n = &w->native;
	enum fault why = FAULT_NONE;
	enum err e;

	if ((e = choose_persona(w)) != ERR_OK)
		return e;
	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
		struct view *to = (struct view *)((char *)n + copied[i].at);

		*to = w->draft.value[copied[i].field];
	}
	for (size_t i = 0; i < SPOKEN; i++) {
		struct view *to = (struct view *)((char *)n + spoken[i].at);

		*to = text_plain(w->draft.value[spoken[i].field], &w->plain[i]);
		if ((e = buf_err(&w->plain[i])) != ERR_OK)
			return e;
	}
	if ((e = check_relations(w)) != ERR_OK || (e = check_moderation(w)) != ERR_OK)
		return e;
	n->display = view_str(w->persona->display);
	n->name = view_str(w->persona->name);
	memcpy(n->author, w->persona->key, sizeof n->author);
	n->date = date_of(w);
	n->newsgroups = buf_view(&w->newsgroups);
	n->body = w->draft.body;
	w->out->flags = PUT_UNSIGNED;
	e = article_compose(n, &w->out->bytes, &why);
	return e == ERR_SYNTAX || e == ERR_TOOBIG ? refuse(w, F_COUNT, fault_text(why))
						  : e;
}

/* Nobody's key stands in local.*: what would be stored and do nothing is refused. */
static enum err
check_local(struct work *w)
{
	const struct view *v = w->draft.value;
	struct view rest = v[F_CONTROL], word = { 0 };

	if (v[F_CANCEL_KEY].len > 0)
		return ERR_OK;
	if (v[F_SUPERSEDES].p != NULL)
		return refuse(w, F_SUPERSEDES, "in local.* it needs a Cancel-Key");
	if (text_word(&rest, &word) && view_caseeqs(word, "cancel"))
		return refuse(w, F_CONTROL, "in local.* a cancel needs a Cancel-Key");
	return ERR_OK;
}

/* Who has logged in posts under that name, here too. */
static enum err
local_from(struct work *w, struct buf *from)
{
	enum err e;

	if (w->env->persona.len == 0)
		return ERR_OK;
	if ((e = choose_persona(w)) != ERR_OK)
		return e;
	buf_addf(from, "%s <%s>", w->persona->display, w->persona->address);
	return buf_err(from);
}

static enum err
make_local(struct work *w)
{
	struct buf full = BUF_INIT(ARTICLE_MAX + HEADER_MAX), from = BUF_INIT(256);
	enum fault why = FAULT_NONE;
	enum err e;

	if ((e = check_local(w)) != ERR_OK || (e = local_from(w, &from)) != ERR_OK ||
	    (e = local_complete(&w->draft, buf_view(&from), w->env->now, &full)) !=
		ERR_OK)
		goto out;
	w->out->flags = PUT_NOFEED;
	if (!msgid_native(w->draft.value[F_MESSAGE_ID]))
		buf_reset(&w->out->alias); /* here the own id is the only one */
	e = article_clean(buf_view(&full), &w->out->bytes, &why);
	if (e == ERR_SYNTAX || e == ERR_TOOBIG)
		e = refuse(w, F_COUNT, fault_text(why));
out:
	buf_release(&full);
	buf_release(&from);
	return e;
}

enum err
inject(const struct inject_env *env, struct view raw, struct injected *out)
{
	struct work w = { .env = env, .out = out };
	enum fault why = FAULT_NONE;
	enum err e;

	draft_init(&w.draft);
	buf_init(&w.newsgroups, GROUPS_NATIVE_MAX * (GROUP_MAX + 1));
	buf_init(&w.references, HEADER_MAX);
	buf_init(&w.supersedes, MSGID_MAX);
	buf_init(&w.control, MSGID_MAX + 16);
	buf_init(&w.subject, MSGID_MAX + 16);
	for (size_t i = 0; i < SPOKEN; i++)
		buf_init(&w.plain[i], 2 * HEADER_MAX);
	if ((e = check_fields(&w, raw)) != ERR_OK || (e = check_groups(&w)) != ERR_OK ||
	    (e = check_msgid(&w)) != ERR_OK)
		goto out;
	e = w.local > 0 ? make_local(&w) : make_native(&w);
	if (e == ERR_OK) {
		e = article_parse(buf_view(&out->bytes), &out->article, &why);
		if (e == ERR_SYNTAX || e == ERR_TOOBIG)
			e = refuse(&w, F_COUNT, fault_text(why));
	}
out:
	draft_release(&w.draft);
	buf_release(&w.newsgroups);
	buf_release(&w.references);
	buf_release(&w.supersedes);
	buf_release(&w.control);
	buf_release(&w.subject);
	for (size_t i = 0; i < SPOKEN; i++)
		buf_release(&w.plain[i]);
	return e;
}
