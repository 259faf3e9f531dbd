#include <stdlib.h>
#include <string.h>

#include "lib/wildmat.h"
#include "spool/store.h"

#define AT_HISTORY                                                                       \
	(1ull << 63)     /* io->at: from here on the history, by 63 bits of its key */
#define INGRESS_MAX 4096 /* friends that articles came from */

/* What an ingress may keep: the water level that all of them together fill to the cap. */
struct shares {
	struct {
		uint32_t id;
		uint64_t bytes;
	} of[INGRESS_MAX];
	size_t count;
	uint64_t level;
};

struct step {
	struct spool *sp;
	const struct spool_expiry *e;
	struct shares *shares; /* NULL: under the cap */
	uint64_t doomed[TXN_ARTICLES];
	enum spool_gone why[TXN_ARTICLES];
	size_t count;
	unsigned rows;
	uint64_t last;
};

/* ---- the size cap ------------------------------------------------------------ */

static int
by_bytes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Fills from the smallest up: who is under the level keeps all, the others that much. */
static enum err
find_level(struct shares *s, uint64_t cap)
{
	uint64_t *sorted = calloc(s->count + 1, sizeof *sorted), left = cap;

	if (sorted == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->count; i++)
		sorted[i] = s->of[i].bytes;
	qsort(sorted, s->count, sizeof *sorted, by_bytes);
	s->level = UINT64_MAX;
	for (size_t i = 0; i < s->count; i++) {
		uint64_t share = left / (s->count - i);

		if (sorted[i] > share) {
			s->level = share;
			break;
		}
		left -= sorted[i];
	}
	free(sorted);
	return ERR_OK;
}

static enum err
load_shares(struct spool *sp, uint64_t cap, struct shares *s)
{
	sqlite3_stmt *stmt;
	enum err e;

	if ((e = db_get(&sp->db, S_INGRESS_ALL, &stmt)) != ERR_OK)
		return e;
	while ((e = db_row(stmt)) == ERR_OK) {
		int64_t id = sqlite3_column_int64(stmt, 0),
			n = sqlite3_column_int64(stmt, 2);

		if (id < 0 || id > UINT32_MAX || s->count == INGRESS_MAX) {
			sqlite3_reset(stmt);
			return ERR_CORRUPT;
		}
		s->of[s->count].id = (uint32_t)id;
		s->of[s->count++].bytes = (uint64_t)n;
	}
	return e == ERR_NOTFOUND ? find_level(s, cap) : e;
}

/* Must this one go? Oldest first, as the caller walks. What is due goes in any case and
 * counts; unsigned posts stay, they have not been anywhere else yet. */
static bool
over_share(struct shares *s, const struct spool_meta *m, bool due)
{
	for (size_t i = 0; s != NULL && i < s->count; i++) {
		uint64_t *left = &s->of[i].bytes;

		if (s->of[i].id != m->ingress)
			continue;
		if (!due && (m->unsigned_post || *left <= s->level))
			return false;
		*left -= m->size < *left ? m->size : *left;
		return true;
	}
	return due;
}

/* ---- age --------------------------------------------------------------------- */

static enum err
group_age(struct step *st, uint32_t group, int64_t *age)
{
	struct mark *k;
	enum err e;

	if ((e = marks_by_id(&st->sp->marks, &st->sp->db, group, &k)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	if (!k->aged) {
		struct view name = { (const void *)k->name, k->len };

		k->age = 0;
		for (size_t i = 0; i < st->e->count; i++)
			if (wildmat_match(st->e->rules[i].wildmat, name))
				k->age = st->e->rules[i].age;
		k->aged = true;
	}
	*age = k->age;
	return ERR_OK;
}

/* Due in every group; Expires may bring that forward where anything expires at all. */
static enum err
is_due(struct step *st, const struct row *r, bool *due)
{
	int64_t now = st->e->now, age, here;
	enum err e;

	*due = false;
	/* how long it has been here; a clock that ran backwards makes nothing older */
	if (__builtin_sub_overflow(now, r->meta.received, &here) || here < 0)
		return ERR_OK;
	for (unsigned i = 0; i < r->meta.groups; i++) {
		bool expired =
		    r->expires != 0 && r->expires > r->meta.received && r->expires <= now;

		if ((e = group_age(st, r->meta.in[i].group, &age)) != ERR_OK)
			return e;
		if (age <= 0 || (here < age && !expired))
			return ERR_OK;
	}
	*due = true;
	return ERR_OK;
}

/* ---- one step ---------------------------------------------------------------- */

static enum err
scan(struct step *st, uint64_t after)
{
	sqlite3_stmt *s;
	struct row row;
	bool due;
	enum err e;

	if ((e = db_get(&st->sp->db, S_ARTICLE_SCAN, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)after);
	sqlite3_bind_int64(s, 2, STEP_ROWS);
	while ((e = db_row(s)) == ERR_OK) {
		if ((e = store_row(s, &row)) != ERR_OK ||
		    (e = is_due(st, &row, &due)) != ERR_OK)
			break;
		st->rows++;
		st->last = row.meta.arrival;
		if (over_share(st->shares, &row.meta, due)) {
			st->why[st->count] = due ? GONE_EXPIRED : GONE_SIZE;
			st->doomed[st->count++] = row.meta.arrival;
		}
		if (st->count == TXN_ARTICLES)
			break;
	}
	sqlite3_reset(s);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
expire_articles(struct step *st, struct spool_expired *io, bool *end)
{
	struct row row;
	enum err e;

	if ((e = scan(st, io->at)) != ERR_OK)
		return e;
	for (size_t i = 0; i < st->count; i++) {
		if ((e = store_get(st->sp, st->doomed[i], &row)) != ERR_OK)
			return e;
		/* 0 would mean still here */
		if ((e = store_remove(st->sp, &row, st->e->now == 0 ? 1 : st->e->now,
			 st->why[i])) != ERR_OK)
			return e;
		io->articles++;
	}
	*end = st->rows < STEP_ROWS && st->count < TXN_ARTICLES;
	io->at = *end ? AT_HISTORY : st->last;
	return ERR_OK;
}

struct key {
	unsigned char id[STORE_ID_LEN];
};

static enum err
scan_history(struct spool *sp, uint64_t at, int64_t before, struct key *dead,
    size_t *count, uint64_t *next)
{
	unsigned char from[8];
	sqlite3_stmt *s;
	struct view id;
	unsigned rows = 0;
	uint64_t prefix = 0;
	int64_t gone;
	enum err e;

	for (int i = 0; i < 8; i++)
		from[i] = (unsigned char)((at << 1) >> (56 - 8 * i));
	if ((e = db_get(&sp->db, S_HISTORY_SCAN, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ from, sizeof from });
	sqlite3_bind_int64(s, 2, STEP_ROWS);
	for (; (e = db_row(s)) == ERR_OK; rows++) {
		id = db_blob(s, 0);
		gone = sqlite3_column_int64(s, 2);
		if (id.len != STORE_ID_LEN) {
			sqlite3_reset(s);
			return ERR_CORRUPT;
		}
		if (sqlite3_column_int64(s, 1) == 0 && gone <= before)
			memcpy(dead[(*count)++].id, id.p, STORE_ID_LEN);
		for (int i = 0; i < 8; i++)
			prefix = prefix << 8 | id.p[i];
	}
	if (e != ERR_NOTFOUND)
		return e;
	/* past the last one, unless that was the end */
	prefix = (prefix >> 1) + 1;
	*next = rows < STEP_ROWS || prefix >= AT_HISTORY ? 0 : prefix | AT_HISTORY;
	return ERR_OK;
}

/* Ids are forgotten so long after their article went. */
static enum err
expire_history(struct spool *sp, const struct spool_expiry *x, struct spool_expired *io)
{
	struct key *dead = calloc(STEP_ROWS, sizeof *dead);
	size_t count = 0;
	sqlite3_stmt *s;
	int64_t before;
	enum err e = ERR_NOMEM;

	if (dead == NULL)
		goto out;
	if (__builtin_sub_overflow(x->now, x->history, &before))
		before = INT64_MIN;
	if ((e = scan_history(sp, io->at, before, dead, &count, &io->at)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if ((e = db_get(&sp->db, S_HISTORY_DROP, &s)) != ERR_OK)
			goto out;
		db_bind(s, 1, (struct view){ dead[i].id, STORE_ID_LEN });
		if ((e = db_run(s)) != ERR_OK)
			goto out;
		sp->totals.history -= sp->totals.history > 0;
		io->history++;
	}
	if (io->at != 0)
		goto out;
	if ((e = db_get(&sp->db, S_WAITING_EXPIRE, &s)) != ERR_OK)
		goto out;
	sqlite3_bind_int64(s, 1, before);
	if ((e = db_run(s)) == ERR_OK &&
	    (e = db_get(&sp->db, S_ALIAS_EXPIRE, &s)) == ERR_OK)
		e = db_run(s);
	if (e == ERR_OK && (e = db_get(&sp->db, S_DIFFERING_EXPIRE, &s)) == ERR_OK)
		e = db_run(s);
	if (e == ERR_OK && (e = db_get(&sp->db, S_PURGE_EXPIRE, &s)) == ERR_OK) {
		sqlite3_bind_int64(s, 1, before);
		e = db_run(s);
	}
	if (e == ERR_OK && (e = db_get(&sp->db, S_APPROVAL_EXPIRE, &s)) == ERR_OK) {
		sqlite3_bind_int64(s, 1, before);
		e = db_run(s);
	}
out:
	free(dead);
	return e;
}

static enum err
articles_step(
    struct spool *sp, const struct spool_expiry *x, struct spool_expired *io, bool *end)
{
	struct step *st = calloc(1, sizeof *st);
	enum err e = ERR_NOMEM;

	if (st == NULL)
		goto out;
	st->sp = sp;
	st->e = x;
	for (size_t i = 0; i < sp->marks.count; i++)
		sp->marks.all[i]->aged = false;
	if (x->cap != 0 && sp->totals.bytes > x->cap) {
		if ((st->shares = calloc(1, sizeof *st->shares)) == NULL)
			goto out;
		if ((e = load_shares(sp, x->cap, st->shares)) != ERR_OK)
			goto out;
	}
	e = expire_articles(st, io, end);
out:
	if (st != NULL)
		free(st->shares);
	free(st);
	return e;
}

enum err
spool_expire(
    struct spool *sp, const struct spool_expiry *x, struct spool_expired *io, bool *more)
{
	struct spool_expired done = *io;
	bool end = false;
	enum err e;

	if ((e = spool_begin(sp)) != ERR_OK)
		return e;
	if (done.at < AT_HISTORY)
		e = articles_step(sp, x, &done, &end);
	else
		e = expire_history(sp, x, &done);
	if (e != ERR_OK)
		spool_rollback(sp);
	else
		e = spool_commit(sp);
	if (e != ERR_OK)
		return e;
	*io = done;
	*more = done.at != 0;
	return ERR_OK;
}
