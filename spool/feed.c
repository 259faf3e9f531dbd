/* exchange.db: friends and what is due to them. */
#include "spool/feed.h"

#include <string.h>

#include "lib/text.h"
#include "spool/feeddb.h"

#define I(x) ((int64_t)(x))
#define BYTES(p, n) ((struct view){ (p), (n) })

#define FRIEND_COLUMNS                                                                   \
	"id,name,my_spool,their_spool,top,back,heard,sent,day,articles,bytes,authors,"   \
	"groups,control,strikes,refused,taken,unwanted,told"

static void
fixed_or_zero(sqlite3_stmt *st, int column, unsigned char *out, size_t len, bool *known)
{
	bool ok = feeddb_fixed(st, column, out, len) == ERR_OK;

	if (known != NULL)
		*known = ok;
}

static enum err
read_friend(sqlite3_stmt *st, struct feed_friend *out)
{
	struct feed_friend f = { 0 };
	struct view name;
	uint64_t *numbers[] = { &f.day_articles, &f.day_bytes, &f.day_authors,
		&f.day_groups, &f.day_control, &f.strikes, &f.refused, &f.taken,
		&f.unwanted };

	f.id = (uint32_t)sqlite3_column_int64(st, 0);
	name = feeddb_blob(st, 1);
	if (!text_name(name) || sqlite3_column_int64(st, 0) < 1 ||
	    sqlite3_column_int64(st, 0) > UINT32_MAX || sqlite3_column_int64(st, 4) < 0 ||
	    sqlite3_column_int64(st, 5) < 0) {
		sqlite3_reset(st);
		return ERR_CORRUPT;
	}
	memcpy(f.name, name.p, name.len);
	fixed_or_zero(st, 2, f.my_spool, SPOOL_ID_LEN, NULL);
	fixed_or_zero(st, 3, f.their_spool, SPOOL_ID_LEN, &f.their_spool_known);
	f.top = (uint64_t)sqlite3_column_int64(st, 4);
	f.back = (uint64_t)sqlite3_column_int64(st, 5);
	f.heard = sqlite3_column_int64(st, 6);
	f.sent = sqlite3_column_int64(st, 7);
	f.day = sqlite3_column_int64(st, 8);
	for (int i = 0; i < 9; i++)
		*numbers[i] = (uint64_t)sqlite3_column_int64(st, 9 + i);
	fixed_or_zero(st, 18, f.told, sizeof f.told, NULL);
	sqlite3_reset(st);
	*out = f;
	return ERR_OK;
}

enum err
feed_friend(struct feed *f, const char *name, struct feed_friend *out)
{
	static const char sql[] = "SELECT " FRIEND_COLUMNS " FROM friend WHERE name=?1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "t", view_str(name))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	return read_friend(st, out);
}

enum err
feed_friend_next(struct feed *f, uint32_t after, struct feed_friend *out)
{
	static const char sql[] =
	    "SELECT " FRIEND_COLUMNS " FROM friend WHERE id>?1 ORDER BY id LIMIT 1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(after))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	return read_friend(st, out);
}

enum err
feed_friend_add(struct feed *f, const char *name, uint32_t *id)
{
	static const char sql[] = "INSERT INTO friend(name) VALUES(?1)";
	enum err e = feeddb_run(f, sql, "t", view_str(name));

	if (e == ERR_OK)
		*id = (uint32_t)sqlite3_last_insert_rowid(f->db);
	return e;
}

enum err
feed_friend_save(struct feed *f, const struct feed_friend *x)
{
	static const char sql[] =
	    "UPDATE friend SET my_spool=?2,their_spool=?3,top=?4,back=?5,heard=?6,sent=?7,"
	    "day=?8,articles=?9,bytes=?10,authors=?11,groups=?12,control=?13,strikes=?14,"
	    "refused=?15,taken=?16,unwanted=?17,told=?18 WHERE id=?1";

	return feeddb_run(f, sql, "ibbiiiiiiiiiiiiiib", I(x->id),
	    BYTES(x->my_spool, SPOOL_ID_LEN),
	    BYTES(x->their_spool, x->their_spool_known ? SPOOL_ID_LEN : 0), I(x->top),
	    I(x->back), x->heard, x->sent, x->day, I(x->day_articles), I(x->day_bytes),
	    I(x->day_authors), I(x->day_groups), I(x->day_control), I(x->strikes),
	    I(x->refused), I(x->taken), I(x->unwanted), BYTES(x->told, sizeof x->told));
}

enum err
feed_friend_cut(struct feed *f, uint32_t id)
{
	static const char *const sql[] = {
		"DELETE FROM friend WHERE id=?1",
		"DELETE FROM exception WHERE friend=?1",
		"DELETE FROM stream_out WHERE friend=?1",
		"DELETE FROM out_range WHERE friend=?1",
		"DELETE FROM stream_in WHERE friend=?1",
		"DELETE FROM carried WHERE friend=?1",
		"DELETE FROM reconciled WHERE friend=?1",
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < sizeof sql / sizeof sql[0] && e == ERR_OK; i++)
		e = feeddb_run(f, sql[i], "i", I(id));
	return e;
}

enum err
feed_wants(struct feed *f, uint32_t id, struct buf *wants, struct buf *policy)
{
	static const char sql[] = "SELECT wants,policy FROM friend WHERE id=?1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(id))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	buf_addv(wants, feeddb_blob(st, 0));
	buf_addv(policy, feeddb_blob(st, 1));
	sqlite3_reset(st);
	return buf_err(wants) ? buf_err(wants) : buf_err(policy);
}

enum err
feed_set_wants(struct feed *f, uint32_t id, struct view wants)
{
	static const char sql[] = "UPDATE friend SET wants=?2 WHERE id=?1";

	return feeddb_run(f, sql, "it", I(id), wants);
}

enum err
feed_set_policy(struct feed *f, uint32_t id, struct view policy)
{
	static const char sql[] = "UPDATE friend SET policy=?2 WHERE id=?1";

	return feeddb_run(f, sql, "it", I(id), policy);
}

/* ---- exceptions ---------------------------------------------------------------------- */

enum { PENDING = 1, FLIGHT = 2, DEFERRED = 3 };

void
feed_state_release(struct feed_state *s)
{
	ranges_release(&s->pending);
	ranges_release(&s->flight);
	ranges_release(&s->deferred);
	*s = (struct feed_state){ 0 };
}

static enum err
read_exception(sqlite3_stmt *st, struct feed_state *s)
{
	struct ranges *const sets[] = { NULL, &s->pending, &s->flight, &s->deferred };
	int64_t state = sqlite3_column_int64(st, 0), retry = sqlite3_column_int64(st, 3);
	int64_t lo = sqlite3_column_int64(st, 1), hi = sqlite3_column_int64(st, 2);

	if (state < PENDING || state > DEFERRED || lo < 1 || hi < lo)
		return ERR_CORRUPT;
	if (state == DEFERRED && retry < s->retry)
		s->retry = retry;
	return ranges_add(sets[state], (uint64_t)lo, (uint64_t)hi);
}

enum err
feed_state_load(struct feed *f, uint32_t id, struct feed_state *out)
{
	static const char sql[] =
	    "SELECT state,lo,hi,retry FROM exception WHERE friend=?1 ORDER BY state,lo";
	struct feed_state s = { .retry = INT64_MAX };
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(id))) != ERR_OK)
		return e;
	while ((e = feeddb_row(st)) == ERR_OK)
		if ((e = read_exception(st, &s)) != ERR_OK)
			break;
	sqlite3_reset(st);
	if (e == ERR_NOTFOUND) {
		*out = s;
		return ERR_OK;
	}
	feed_state_release(&s);
	return e;
}

static enum err
save_ranges(struct feed *f, uint32_t id, int state, const struct ranges *r, int64_t retry)
{
	static const char sql[] = "INSERT INTO exception VALUES(?1,?2,?3,?4,?5)";
	enum err e = ERR_OK;

	for (size_t i = 0; i < r->n && e == ERR_OK; i++)
		e = feeddb_run(f, sql, "iiiii", I(id), I(state), I(r->r[i].lo),
		    I(r->r[i].hi), retry);
	return e;
}

enum err
feed_state_save(struct feed *f, uint32_t id, const struct feed_state *s)
{
	static const char sql[] = "DELETE FROM exception WHERE friend=?1";
	enum err e;

	if ((e = feeddb_run(f, sql, "i", I(id))) != ERR_OK ||
	    (e = save_ranges(f, id, PENDING, &s->pending, 0)) != ERR_OK ||
	    (e = save_ranges(f, id, FLIGHT, &s->flight, 0)) != ERR_OK)
		return e;
	return save_ranges(f, id, DEFERRED, &s->deferred, s->retry);
}

/* ---- authors -------------------------------------------------------------------------- */

enum err
feed_author_known(struct feed *f, const unsigned char key[ARTICLE_KEY_LEN], bool *known)
{
	static const char sql[] = "SELECT 1 FROM author WHERE prefix=?1 AND key=?2";
	sqlite3_stmt *st;
	enum err e;

	e = feeddb_bind(f, &st, sql, "bb", BYTES(key, 10), BYTES(key, ARTICLE_KEY_LEN));
	if (e != ERR_OK)
		return e;
	e = feeddb_row(st);
	*known = e == ERR_OK;
	sqlite3_reset(st);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
feed_author(struct feed *f, const unsigned char key[ARTICLE_KEY_LEN], bool *is_new)
{
	static const char find[] = "SELECT key FROM author WHERE prefix=?1";
	static const char add[] = "INSERT INTO author VALUES(?1,?2)";
	unsigned char pinned[ARTICLE_KEY_LEN];
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, find, "b", BYTES(key, 10))) != ERR_OK)
		return e;
	if ((e = feeddb_row(st)) == ERR_NOTFOUND) {
		*is_new = true;
		return feeddb_run(
		    f, add, "bb", BYTES(key, 10), BYTES(key, ARTICLE_KEY_LEN));
	}
	if (e == ERR_OK)
		e = feeddb_fixed(st, 0, pinned, sizeof pinned);
	sqlite3_reset(st);
	if (e != ERR_OK)
		return e;
	*is_new = false;
	return memcmp(pinned, key, sizeof pinned) == 0 ? ERR_OK : ERR_EXISTS;
}

enum err
feed_check(struct feed *f, spool_trouble_fn *fn, void *ctx, uint64_t *troubles)
{
	static const char sql[] = "PRAGMA quick_check";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "")) != ERR_OK)
		return e;
	while ((e = feeddb_row(st)) == ERR_OK) {
		const char *what = (const char *)sqlite3_column_text(st, 0);

		if (what == NULL || strcmp(what, "ok") == 0)
			continue;
		fn(ctx, what);
		++*troubles;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}
