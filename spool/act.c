#include <string.h>

#include "lib/msgid.h"
#include "spool/cancellock.h"
#include "spool/store.h"

/* A proof is one byte and bytes: what makes a cancel's author the article's author. */
enum { PROOF_AUTHOR = 'A', PROOF_KEY = 'K' };

#define PROOFS_MAX 8 /* the author's key, and Cancel-Key elements */

/* Calls fn for each proof that the article carries, until it answers other than
 * ERR_NOTFOUND. */
typedef enum err proof_fn(void *, struct view proof);

static bool
has_author(const struct article *a)
{
	static const unsigned char none[ARTICLE_KEY_LEN];

	return a->native && memcmp(a->author, none, sizeof none) != 0;
}

static enum err
each_proof(const struct article *a, proof_fn *fn, void *arg)
{
	unsigned char proof[1 + CANCELLOCK_KEY_MAX];
	struct view rest = a->cancel_key, key;
	enum err e = ERR_NOTFOUND;

	if (has_author(a)) {
		proof[0] = PROOF_AUTHOR;
		memcpy(proof + 1, a->author, ARTICLE_KEY_LEN);
		e = fn(arg, (struct view){ proof, 1 + ARTICLE_KEY_LEN });
	}
	for (int i = 1;
	     i < PROOFS_MAX && e == ERR_NOTFOUND && cancellock_next(&rest, &key); i++) {
		proof[0] = PROOF_KEY;
		memcpy(proof + 1, key.p, key.len);
		e = fn(arg, (struct view){ proof, 1 + key.len });
	}
	return e;
}

static bool
fits(struct view proof, const struct article *target)
{
	struct view rest = view_slice(proof, 1, proof.len);

	if (proof.len < 2)
		return false;
	if (proof.p[0] == PROOF_AUTHOR)
		return has_author(target) && rest.len == ARTICLE_KEY_LEN &&
		    memcmp(rest.p, target->author, ARTICLE_KEY_LEN) == 0;
	return proof.p[0] == PROOF_KEY && cancellock_opens(target->cancel_lock, rest);
}

/* A moderator's key fits what stands in a group of its own. */
static bool
moderates(const struct rules *r, struct view proof, const struct article *target)
{
	struct view rest = target->newsgroups, name;

	if (proof.len != 1 + ARTICLE_KEY_LEN || proof.p[0] != PROOF_AUTHOR)
		return false;
	while (article_next_group(&rest, &name))
		if (rules_moderates(r, proof.p + 1, name))
			return true;
	return false;
}

struct trial {
	const struct rules *rules;
	const struct article *target;
};

/* ERR_OK: this one fits. */
static enum err
try_proof(void *arg, struct view proof)
{
	const struct trial *t = arg;
	bool fit = fits(proof, t->target) || moderates(t->rules, proof, t->target);

	return fit ? ERR_OK : ERR_NOTFOUND;
}

/* ---- the article is here -------------------------------------------------------- */

static enum err
cancel_here(struct spool *sp, const struct article *by, uint64_t arrival, int64_t now)
{
	struct article target;
	struct trial trial = { &sp->rules, &target };
	enum fault why;
	struct row row;
	enum err e;

	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK)
		return e;
	if ((e = store_get(sp, arrival, &row)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	buf_reset(&sp->text);
	if ((e = store_text(sp, &row, &sp->text, NULL, NULL)) != ERR_OK)
		return e;
	if (article_parse(buf_view(&sp->text), &target, &why) != ERR_OK)
		return ERR_CORRUPT;
	e = each_proof(by, try_proof, &trial);
	if (e == ERR_NOTFOUND)
		return ERR_OK;
	return e == ERR_OK ? store_remove(sp, &row, now, GONE_CANCELLED) : e;
}

/* ---- the article is not here yet ------------------------------------------------ */

struct waiting {
	struct spool *sp;
	unsigned char target[STORE_ID_LEN];
	uint64_t arrival;
	int64_t now;
};

static enum err
add_waiting(void *arg, struct view proof)
{
	struct waiting *w = arg;
	sqlite3_stmt *s;
	int64_t n;
	enum err e;

	if ((e = db_get(&w->sp->db, S_WAITING_COUNT, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ w->target, STORE_ID_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	n = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (n >= STORE_WAITING_MAX)
		return ERR_OK;
	if ((e = db_get(&w->sp->db, S_WAITING_PUT, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ w->target, STORE_ID_LEN });
	db_bind(s, 2, proof);
	sqlite3_bind_int64(s, 3, (int64_t)w->arrival);
	sqlite3_bind_int64(s, 4, w->now);
	e = db_run(s);
	return e == ERR_OK ? ERR_NOTFOUND : e;
}

static struct view
trim(struct view v)
{
	while (v.len > 0 && v.p[0] <= ' ')
		v = view_slice(v, 1, v.len);
	while (v.len > 0 && v.p[v.len - 1] <= ' ')
		v.len--;
	return v;
}

/* "verb <id>" of a Control. */
static bool
control_of(const struct article *a, const char *verb, struct view *id)
{
	size_t n = strlen(verb);

	if (!view_casestarts(a->control, verb) || a->control.len <= n ||
	    a->control.p[n] > ' ')
		return false;
	*id = trim(view_slice(a->control, n, a->control.len));
	return msgid_valid(*id) && !view_eqs(*id, a->msgid);
}

/* The id that the article wants gone; false when none. */
static bool
target_of(const struct article *a, struct view *id)
{
	if (a->supersedes.len == 0)
		return control_of(a, "cancel", id);
	*id = trim(a->supersedes);
	return msgid_valid(*id) && !view_eqs(*id, a->msgid);
}

/* The arrival of an article that is here, 0 when it is gone; ERR_NOTFOUND: never seen. */
static enum err
whereabouts(struct spool *sp, const unsigned char id[STORE_ID_LEN], uint64_t *arrival)
{
	sqlite3_stmt *s;
	int64_t at;
	enum err e;

	if ((e = db_get(&sp->db, S_HISTORY, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	at = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	*arrival = at > 0 ? (uint64_t)at : 0;
	return ERR_OK;
}

/* Kept whether its article is here or not: who is no moderator now may be one later, but
 * words of strangers are not kept. */
static enum err
approve(struct spool *sp, const struct article *by, struct view msgid, int64_t now)
{
	unsigned char id[STORE_ID_LEN];
	bool known = false, changed;
	uint64_t at = 0;
	struct row row;
	sqlite3_stmt *s;
	enum err e;

	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK)
		return e;
	for (size_t i = 0; i < sp->rules.moderator_count; i++)
		known = known ||
		    memcmp(sp->rules.moderators[i].key, by->author, ARTICLE_KEY_LEN) == 0;
	if (!known)
		return ERR_OK;
	store_id(msgid, id);
	if ((e = db_get(&sp->db, S_APPROVAL_PUT, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	db_bind(s, 2, (struct view){ by->author, ARTICLE_KEY_LEN });
	sqlite3_bind_int64(s, 3, now);
	if ((e = db_run(s)) != ERR_OK || (e = whereabouts(sp, id, &at)) != ERR_OK ||
	    at == 0)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	if ((e = store_get(sp, at, &row)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	return store_rejudge(sp, &row, &changed);
}

enum err
store_act(struct spool *sp, const struct article *a, uint64_t arrival, int64_t now)
{
	struct waiting w = { .sp = sp, .arrival = arrival, .now = now };
	uint64_t at = 0;
	struct view id;
	enum err e;

	if (has_author(a) && a->supersedes.len == 0 && control_of(a, "approve", &id))
		return approve(sp, a, id, now);
	if (!target_of(a, &id) || (!has_author(a) && a->cancel_key.len == 0))
		return ERR_OK;
	store_id(id, w.target);
	if ((e = whereabouts(sp, w.target, &at)) == ERR_OK)
		return at > 0 ? cancel_here(sp, a, at, now) : ERR_OK;
	if (e != ERR_NOTFOUND)
		return e;
	e = each_proof(a, add_waiting, &w);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
store_waited(struct spool *sp, const struct article *a, bool *cancelled)
{
	unsigned char id[STORE_ID_LEN];
	sqlite3_stmt *s;
	bool any = false, fit = false;
	enum err e;

	store_id(view_str(a->msgid), id);
	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK ||
	    (e = db_get(&sp->db, S_WAITING, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	while ((e = db_row(s)) == ERR_OK) {
		any = true;
		fit = fit || fits(db_blob(s, 0), a) ||
		    moderates(&sp->rules, db_blob(s, 0), a);
	}
	if (e != ERR_NOTFOUND)
		return e;
	if (any) {
		/* the first copy stays, so what does not fit now never will */
		if ((e = db_get(&sp->db, S_WAITING_DROP, &s)) != ERR_OK)
			return e;
		db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
		if ((e = db_run(s)) != ERR_OK)
			return e;
	}
	*cancelled = fit;
	return ERR_OK;
}
