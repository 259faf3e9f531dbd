#include "batcher/intake.h"

#include <string.h>

#include "batcher/batch.h"
#include "batcher/verifier.h"
#include "lib/digest.h"
#include "lib/group.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"

#define DAY 86400

/* A friend's file may give other numbers: `quota articles 1000`. */
static uint64_t
quota(const struct friend *f, const char *what, uint64_t fallback)
{
	uint64_t n;

	if (text_size(friend_get(f, what, ""), &n) != ERR_OK)
		return fallback;
	return n;
}

/* Counters are of a day of running time: a clock that jumps gives nobody a second day. */
static void
turn_day(struct friend *f)
{
	int64_t day = f->ring.ran / DAY + 1;

	if (f->feed.day == day)
		return;
	f->feed.day = day;
	f->feed.day_articles = f->feed.day_bytes = f->feed.day_authors = 0;
	f->feed.day_groups = f->feed.day_control = 0;
	f->changed = true;
}

static bool
over_quota(const struct friend *f, const struct article *a, uint32_t *retry)
{
	bool control = a->control.len > 0 || a->supersedes.len > 0;

	*retry = (uint32_t)(DAY - f->ring.ran % DAY);
	return f->feed.day_articles >= quota(f, "quota-articles", QUOTA_ARTICLES) ||
	    f->feed.day_bytes + a->bytes.len > quota(f, "quota-bytes", QUOTA_BYTES) ||
	    (control && f->feed.day_control >= quota(f, "quota-control", QUOTA_CONTROL));
}

static void
count(struct friend *f, const struct article *a, const struct spool_stored *s)
{
	f->feed.day_articles++;
	f->feed.day_bytes += a->bytes.len;
	f->feed.day_groups += s->created;
	f->feed.day_control += a->control.len > 0 || a->supersedes.len > 0;
	f->feed.taken++;
	f->changed = true;
}

/* Groups decide whether it may come in at all. */
static enum intake
groups_verdict(struct batcher *b, const struct article *a)
{
	struct view rest, name, wants = batcher_wants(b);
	enum intake verdict = INTAKE_UNWANTED;

	for (rest = a->newsgroups; article_next_group(&rest, &name);) {
		if (group_local(name))
			return INTAKE_REFUSED;
		if (group_valid(name) && wildmat_match(wants, name))
			verdict = INTAKE_STORED;
	}
	return verdict;
}

/* Author: signature, and the first full key seen for its short form. */
static enum err
author_verdict(struct batcher *b, struct friend *f, const struct article *a,
    const struct item_article *it, uint64_t ticket, enum intake *out, uint32_t *retry)
{
	bool is_new = false, known = false;
	enum err e;

	if (!a->native) {
		f->feed.strikes += it->signature.len > 0;
		if (it->signature.len > 0 ||
		    view_eqs(friend_get(f, "foreign", "any"), "none"))
			*out = INTAKE_REFUSED;
		return ERR_OK;
	}
	if (it->signature.len == 0 ||
	    verifier_answer(b->verifier, ticket, a, it->signature.p) != ERR_OK) {
		*out = INTAKE_REFUSED;
		f->feed.strikes++;
		return ERR_OK;
	}
	if (f->feed.day_authors >= quota(f, "quota-authors", QUOTA_AUTHORS)) {
		if ((e = feed_author_known(b->feed, a->author, &known)) != ERR_OK)
			return e;
		if (!known) {
			*out = INTAKE_DEFERRED;
			*retry = (uint32_t)(DAY - f->ring.ran % DAY);
			return ERR_OK;
		}
	}
	if ((e = feed_author(b->feed, a->author, &is_new)) == ERR_EXISTS) {
		*out = INTAKE_REFUSED;
		return ERR_OK;
	}
	f->feed.day_authors += is_new;
	return e;
}

static enum err
store(struct batcher *b, struct friend *f, const struct article *a,
    const struct item_article *it, enum intake *out, uint32_t *retry)
{
	/* a new friend brings the past, and with it the groups of years */
	uint64_t groups = quota(
	    f, "quota-groups", f->ring.ran < DAY ? QUOTA_GROUPS_FIRST : QUOTA_GROUPS);
	struct spool_put put = { .article = a,
		.signature = it->signature,
		.ingress = f->feed.id,
		.now = b->now };
	struct spool_stored stored;
	enum err e;

	put.new_groups_max =
	    f->feed.day_groups < groups ? (unsigned)(groups - f->feed.day_groups) : 0;
	if ((e = spool_put(b->spool, &put, &stored)) != ERR_OK)
		return e;
	switch (stored.result) {
	case PUT_STORED:
		*out = INTAKE_STORED;
		b->arrived = true;
		count(f, a, &stored);
		break;
	case PUT_DUPLICATE:
		*out = INTAKE_DUPLICATE;
		break;
	case PUT_DIFFERS:
		*out = INTAKE_DIFFERS;
		break;
	case PUT_NOGROUP:
		*out = INTAKE_DEFERRED;
		*retry = (uint32_t)(DAY - f->ring.ran % DAY);
		break;
	}
	return ERR_OK;
}

void
intake_ahead(struct batcher *b, struct view item, struct ahead *out)
{
	unsigned char id[DIGEST_LEN];
	struct item_article it;
	struct article a;
	enum fault why;

	*out = (struct ahead){ 0 };
	if (item_article(item, &it) != ERR_OK ||
	    article_parse(it.article, &a, &why) != ERR_OK)
		return;
	digest_sha256(view_str(a.msgid), id);
	memcpy(out->id, id, sizeof out->id);
	out->readable = true;
	if (a.native && it.signature.len > 0)
		out->ticket = verifier_ask(b->verifier, &a, it.signature.p);
}

enum err
intake_article(struct batcher *b, struct friend *f, struct view item, uint64_t ticket,
    enum intake *out, enum fault *why, uint32_t *retry)
{
	struct item_article it;
	struct article a;
	enum err e;

	*why = FAULT_NONE;
	*out = INTAKE_REFUSED;
	turn_day(f);
	if (item_article(item, &it) != ERR_OK ||
	    article_parse(it.article, &a, why) != ERR_OK) {
		f->feed.strikes++;
		f->changed = true;
		return ERR_OK;
	}
	*out = groups_verdict(b, &a);
	if (*out == INTAKE_REFUSED)
		f->feed.strikes++;
	if (*out != INTAKE_STORED)
		return ERR_OK;
	if (over_quota(f, &a, retry)) {
		*out = INTAKE_DEFERRED;
		return ERR_OK;
	}
	if ((e = author_verdict(b, f, &a, &it, ticket, out, retry)) != ERR_OK ||
	    *out != INTAKE_STORED)
		return e;
	return store(b, f, &a, &it, out, retry);
}
