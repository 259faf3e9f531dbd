#include "spool/moderate.h"

#include <string.h>

#include "lib/msgid.h"
#include "lib/text.h"
#include "spool/store.h"

/* ---- bans ----------------------------------------------------------------------- */

static bool
line_of(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] < ' ')
			return false;
	return text_utf8(v);
}

static bool
number_of(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!text_isdigit(v.p[i]))
			return false;
	return v.len > 0 && v.p[0] != '0' && v.len <= 10;
}

/* A key, or an address in small letters. */
static bool
author_of(struct view v)
{
	if (v.len == ARTICLE_KEY_LEN && view_chr(v, '@') == v.len)
		return true;
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || text_lower(v.p[i]) != v.p[i])
			return false;
	return view_chr(v, '@') < v.len;
}

static bool
ban_valid(const struct spool_ban *b)
{
	struct view v = { b->value, b->len };

	if (v.len == 0 || v.len > BAN_VALUE_MAX || !line_of(view_str(b->note)))
		return false;
	switch (b->kind) {
	case BAN_AUTHOR:
		return author_of(v);
	case BAN_THREAD:
		return msgid_valid(v);
	case BAN_GROUP:
		return v.len <= GROUP_MAX && line_of(v);
	case BAN_FRIEND:
		return number_of(v);
	}
	return false;
}

enum err
spool_ban_add(struct spool *sp, const struct spool_ban *b)
{
	sqlite3_stmt *s;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if (!ban_valid(b))
		return ERR_SYNTAX;
	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK)
		return e;
	if (sp->rules.ban_count >= BANS_MAX)
		return ERR_FULL;
	if ((e = db_get(&sp->db, S_BAN_PUT, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, b->kind);
	db_bind(s, 2, (struct view){ b->value, b->len });
	sqlite3_bind_int64(s, 3, b->since);
	db_bind_text(s, 4, view_str(b->note));
	rules_forget(&sp->rules);
	return db_run(s);
}

enum err
spool_ban_drop(struct spool *sp, enum ban_kind kind, struct view value)
{
	sqlite3_stmt *s;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if ((e = db_get(&sp->db, S_BAN_DROP, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, kind);
	db_bind(s, 2, value);
	rules_forget(&sp->rules);
	if ((e = db_run(s)) != ERR_OK)
		return e;
	return sqlite3_changes(sp->db.handle) == 0 ? ERR_NOTFOUND : ERR_OK;
}

enum err
spool_ban_next(struct spool *sp, struct spool_ban *io)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_BAN_NEXT, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, io->kind);
	db_bind(s, 2, (struct view){ io->value, io->len });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	e = rules_read_ban(s, io);
	sqlite3_reset(s);
	return e;
}

/* ---- moderators ----------------------------------------------------------------- */

static enum err
run_moderator(
    struct spool *sp, enum spool_statement statement, const struct spool_moderator *m)
{
	sqlite3_stmt *s;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if (m->wildmat[0] == '\0' || !line_of(view_str(m->wildmat)))
		return ERR_SYNTAX;
	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	db_bind_text(s, 1, view_str(m->wildmat));
	db_bind(s, 2, (struct view){ m->key, ARTICLE_KEY_LEN });
	rules_forget(&sp->rules);
	return db_run(s);
}

enum err
spool_moderator_add(struct spool *sp, const struct spool_moderator *m)
{
	enum err e;

	if ((e = rules_load(&sp->rules, &sp->db)) != ERR_OK)
		return e;
	if (sp->rules.moderator_count >= MODERATORS_MAX)
		return ERR_FULL;
	return run_moderator(sp, S_MODERATOR_PUT, m);
}

enum err
spool_moderator_drop(struct spool *sp, const struct spool_moderator *m)
{
	enum err e = run_moderator(sp, S_MODERATOR_DROP, m);

	if (e != ERR_OK)
		return e;
	return sqlite3_changes(sp->db.handle) == 0 ? ERR_NOTFOUND : ERR_OK;
}

enum err
spool_moderator_next(struct spool *sp, struct spool_moderator *io)
{
	bool first = io->wildmat[0] == '\0';
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_MODERATOR_NEXT, &s)) != ERR_OK)
		return e;
	db_bind_text(s, 1, view_str(io->wildmat));
	db_bind(s, 2, (struct view){ io->key, first ? 0 : ARTICLE_KEY_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	e = rules_read_moderator(s, io);
	sqlite3_reset(s);
	return e;
}

/* A reader's rules may be older than its transaction: it reads them each time. */
static enum err
fresh_rules(struct spool *sp)
{
	if (!sp->db.writing)
		rules_forget(&sp->rules);
	return rules_load(&sp->rules, &sp->db);
}

enum err
spool_moderates(struct spool *sp, const unsigned char key[ARTICLE_KEY_LEN],
    struct view group, bool *yes)
{
	enum err e;

	if ((e = fresh_rules(sp)) == ERR_OK)
		*yes = rules_moderates(&sp->rules, key, group);
	return e;
}

enum err
spool_moderated(struct spool *sp, struct view group, bool *yes)
{
	enum err e;

	if ((e = fresh_rules(sp)) == ERR_OK)
		*yes = rules_moderates(&sp->rules, NULL, group);
	return e;
}

/* ---- judging anew --------------------------------------------------------------- */

static enum err
review_from(struct spool *sp, struct spool_reviewed *io, bool *more)
{
	struct row row;
	sqlite3_stmt *s;
	bool changed;
	enum err e;

	*more = true;
	while (io->looked == 0 || !spool_full(sp)) {
		if ((e = db_get(&sp->db, S_ARTICLE_SCAN, &s)) != ERR_OK)
			return e;
		sqlite3_bind_int64(s, 1, (int64_t)io->at);
		sqlite3_bind_int64(s, 2, 1);
		if ((e = db_row(s)) == ERR_NOTFOUND) {
			*more = false;
			return ERR_OK;
		}
		if (e == ERR_OK)
			e = store_row(s, &row);
		sqlite3_reset(s);
		if (e != ERR_OK || (e = store_rejudge(sp, &row, &changed)) != ERR_OK)
			return e;
		io->at = row.meta.arrival;
		io->looked++;
		io->hidden += changed && !(row.flags & FLAG_HIDDEN);
		io->shown += changed && row.flags & FLAG_HIDDEN;
		sp->txn_articles++;
	}
	return ERR_OK;
}

enum err
spool_review(struct spool *sp, struct spool_reviewed *io, bool *more)
{
	struct spool_reviewed done = *io;
	bool left = false;
	enum err e;

	if ((e = spool_begin(sp)) != ERR_OK)
		return e;
	if ((e = review_from(sp, &done, &left)) != ERR_OK) {
		spool_rollback(sp);
		return e;
	}
	if ((e = spool_commit(sp)) != ERR_OK)
		return e;
	*io = done;
	*more = left;
	return ERR_OK;
}

/* ---- authors -------------------------------------------------------------------- */

static enum err
read_author(sqlite3_stmt *s, struct spool_author *out)
{
	struct view key = db_blob(s, 0), name = db_blob(s, 3);
	struct spool_author a = { 0 };
	int64_t posts = sqlite3_column_int64(s, 1);

	if (key.len != ARTICLE_KEY_LEN || posts < 0 || name.len > DISPLAY_MAX)
		return ERR_CORRUPT;
	memcpy(a.key, key.p, key.len);
	a.posts = (uint64_t)posts;
	a.first = sqlite3_column_int64(s, 2);
	if (name.len > 0)
		memcpy(a.name, name.p, name.len);
	*out = a;
	return ERR_OK;
}

static enum err
find_author(struct spool *sp, enum spool_statement statement, struct view key,
    struct spool_author *out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, key);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	e = read_author(s, out);
	sqlite3_reset(s);
	return e;
}

enum err
store_author(struct spool *sp, const struct article *a, int64_t now)
{
	static const unsigned char none[ARTICLE_KEY_LEN];
	sqlite3_stmt *s;
	enum err e;

	if (!a->native || memcmp(a->author, none, sizeof none) == 0)
		return ERR_OK;
	if ((e = db_get(&sp->db, S_AUTHOR_COUNT, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ a->author, ARTICLE_KEY_LEN });
	sqlite3_bind_int64(s, 2, now == 0 ? 1 : now);
	return db_run(s);
}

enum err
spool_author(
    struct spool *sp, const unsigned char key[ARTICLE_KEY_LEN], struct spool_author *out)
{
	return find_author(sp, S_AUTHOR, (struct view){ key, ARTICLE_KEY_LEN }, out);
}

enum err
spool_author_next(struct spool *sp, bool first, struct spool_author *io)
{
	unsigned char key[ARTICLE_KEY_LEN];

	memcpy(key, io->key, sizeof key);
	return find_author(
	    sp, S_AUTHOR_NEXT, (struct view){ key, first ? 0 : sizeof key }, io);
}

/* What Hearsay-Trust says of those without a name. */
static bool
reserved(struct view name)
{
	return view_caseeqs(name, "self") || view_caseeqs(name, "new") ||
	    view_casestarts(name, "known ");
}

enum err
spool_author_name(
    struct spool *sp, const unsigned char key[ARTICLE_KEY_LEN], struct view name)
{
	sqlite3_stmt *s;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if (name.len > DISPLAY_MAX || (name.len > 0 && !article_display(name)) ||
	    reserved(name))
		return ERR_SYNTAX;
	if ((e = db_get(&sp->db, S_AUTHOR_NAME, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ key, ARTICLE_KEY_LEN });
	db_bind_text(s, 2, name);
	return db_run(s);
}
