#include "spool/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/wildmat.h"
#include "spool/schema.h"

#define ADDRESS_MAX 320 /* RFC 5321: 64, @, 255 */

void
rules_forget(struct rules *r)
{
	free(r->bans);
	free(r->moderators);
	*r = (struct rules){ 0 };
}

enum err
rules_read_ban(sqlite3_stmt *s, struct spool_ban *out)
{
	struct view value = db_blob(s, 1), note = db_blob(s, 3);
	struct spool_ban b = { .since = sqlite3_column_int64(s, 2) };
	int64_t kind = sqlite3_column_int64(s, 0);

	if (value.len == 0 || value.len > sizeof b.value || note.len > BAN_NOTE_MAX ||
	    (kind != BAN_AUTHOR && kind != BAN_THREAD && kind != BAN_GROUP &&
		kind != BAN_FRIEND))
		return ERR_CORRUPT;
	b.kind = (enum ban_kind)kind;
	b.len = value.len;
	memcpy(b.value, value.p, value.len);
	if (note.len > 0)
		memcpy(b.note, note.p, note.len);
	*out = b;
	return ERR_OK;
}

enum err
rules_read_moderator(sqlite3_stmt *s, struct spool_moderator *out)
{
	struct view wildmat = db_blob(s, 0), key = db_blob(s, 1);
	struct spool_moderator m = { 0 };

	if (wildmat.len == 0 || wildmat.len > GROUP_MAX || key.len != ARTICLE_KEY_LEN)
		return ERR_CORRUPT;
	memcpy(m.wildmat, wildmat.p, wildmat.len);
	memcpy(m.key, key.p, key.len);
	*out = m;
	return ERR_OK;
}

/* Room for one more at the end. */
static enum err
grow(struct spool_ban **bans, size_t n, size_t *room)
{
	size_t more = *room == 0 ? 16 : 2 * *room;
	struct spool_ban *p;

	if (n < *room)
		return ERR_OK;
	if (n >= BANS_MAX)
		return ERR_CORRUPT;
	if ((p = reallocarray(*bans, more, sizeof *p)) == NULL)
		return ERR_NOMEM;
	*bans = p;
	*room = more;
	return ERR_OK;
}

static enum err
load_bans(struct rules *r, struct db *db)
{
	struct spool_ban *bans = NULL;
	size_t n = 0, room = 0;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(db, S_BANS, &s)) != ERR_OK)
		return e;
	while ((e = db_row(s)) == ERR_OK) {
		if ((e = grow(&bans, n, &room)) != ERR_OK ||
		    (e = rules_read_ban(s, &bans[n])) != ERR_OK)
			break;
		r->threads = r->threads || bans[n].kind == BAN_THREAD;
		r->groups = r->groups || bans[n].kind == BAN_GROUP;
		r->authors = r->authors || bans[n].kind == BAN_AUTHOR;
		n++;
	}
	sqlite3_reset(s);
	if (e != ERR_NOTFOUND) {
		free(bans);
		return e;
	}
	r->bans = bans;
	r->ban_count = n;
	return ERR_OK;
}

static enum err
load_moderators(struct rules *r, struct db *db)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(db, S_MODERATORS, &s)) != ERR_OK)
		return e;
	while ((e = db_row(s)) == ERR_OK) {
		if (r->moderators == NULL &&
		    (r->moderators = calloc(MODERATORS_MAX, sizeof *r->moderators)) ==
			NULL)
			e = ERR_NOMEM;
		else if (r->moderator_count == MODERATORS_MAX)
			e = ERR_CORRUPT;
		else
			e = rules_read_moderator(s, &r->moderators[r->moderator_count]);
		if (e != ERR_OK) {
			sqlite3_reset(s);
			return e;
		}
		r->moderator_count++;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
rules_load(struct rules *r, struct db *db)
{
	struct rules fresh = { .loaded = true };
	enum err e;

	if (r->loaded)
		return ERR_OK;
	if ((e = load_bans(&fresh, db)) != ERR_OK ||
	    (e = load_moderators(&fresh, db)) != ERR_OK) {
		rules_forget(&fresh);
		return e;
	}
	*r = fresh;
	return ERR_OK;
}

static bool
has(const struct rules *r, enum ban_kind kind, struct view value)
{
	for (size_t i = 0; i < r->ban_count; i++)
		if (r->bans[i].kind == kind && r->bans[i].len == value.len &&
		    memcmp(r->bans[i].value, value.p, value.len) == 0)
			return true;
	return false;
}

/* Native: the key. Foreign: the address alone, in small letters. */
static bool
author_banned(const struct rules *r, const struct article *a)
{
	unsigned char low[ADDRESS_MAX];
	struct view from = a->from;
	size_t at = view_chr(from, '<'), end;

	if (a->native)
		return has(r, BAN_AUTHOR, (struct view){ a->author, ARTICLE_KEY_LEN });
	if (at < from.len) {
		from = view_slice(from, at + 1, from.len);
		end = view_chr(from, '>');
	} else {
		from = text_trim(from);
		for (end = 0; end < from.len && from.p[end] > ' ' && from.p[end] != '(';)
			end++;
	}
	if (end == 0 || end > sizeof low)
		return false;
	for (size_t i = 0; i < end; i++)
		low[i] = (unsigned char)text_lower(from.p[i]);
	return has(r, BAN_AUTHOR, (struct view){ low, end });
}

static bool
thread_banned(const struct rules *r, const struct article *a)
{
	struct view rest = a->references, id;

	if (has(r, BAN_THREAD, view_str(a->msgid)))
		return true;
	while (article_next_ref(&rest, &id))
		if (has(r, BAN_THREAD, id))
			return true;
	return false;
}

static bool
group_banned(const struct rules *r, struct view name)
{
	for (size_t i = 0; i < r->ban_count; i++)
		if (r->bans[i].kind == BAN_GROUP &&
		    wildmat_match(
			(struct view){ r->bans[i].value, r->bans[i].len }, name))
			return true;
	return false;
}

static bool
groups_banned(const struct rules *r, const struct judged *j)
{
	for (unsigned i = 0; i < j->groups; i++)
		if (!group_banned(r, j->in[i].name))
			return false;
	return j->groups > 0;
}

static bool
friend_banned(const struct rules *r, uint32_t ingress)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%u", (unsigned)ingress);

	return ingress != 0 &&
	    has(r, BAN_FRIEND, (struct view){ (const void *)text, (size_t)n });
}

bool
rules_banned(const struct rules *r, const struct judged *j)
{
	if (r->ban_count == 0)
		return false;
	return friend_banned(r, j->ingress) ||
	    (r->authors && author_banned(r, j->article)) ||
	    (r->threads && thread_banned(r, j->article)) ||
	    (r->groups && groups_banned(r, j));
}

bool
rules_moderates(const struct rules *r, const unsigned char *key, struct view group)
{
	for (size_t i = 0; i < r->moderator_count; i++) {
		const struct spool_moderator *m = &r->moderators[i];

		if ((key == NULL || memcmp(m->key, key, ARTICLE_KEY_LEN) == 0) &&
		    wildmat_match(view_str(m->wildmat), group))
			return true;
	}
	return false;
}

bool
rules_pending(
    const struct rules *r, const struct judged *j, rules_approved_fn *approved, void *arg)
{
	const struct article *a = j->article;

	if (r->moderator_count == 0 || a->control.len > 0)
		return false;
	for (unsigned i = 0; i < j->groups; i++) {
		struct view name = j->in[i].name;

		if (j->in[i].status != 'm' || !rules_moderates(r, NULL, name))
			continue;
		if (a->native && rules_moderates(r, a->author, name))
			continue;
		if (!approved(arg, name))
			return true;
	}
	return false;
}
