#include <string.h>

#include "lib/group.h"
#include "lib/text.h"
#include "spool/store.h"

#define HIGH_MAX (1ull << 53) /* so that every client's numbers hold it */

static enum err
read_group(sqlite3_stmt *s, struct spool_group *out)
{
	struct spool_group g = { 0 };
	int64_t id = sqlite3_column_int64(s, 0), low = sqlite3_column_int64(s, 2),
		high = sqlite3_column_int64(s, 3), count = sqlite3_column_int64(s, 4);
	struct view name = db_blob(s, 1), status = db_blob(s, 5), text = db_blob(s, 7);

	if (id < 1 || id > UINT32_MAX || low < 1 || high < 0 || low > high + 1 ||
	    count < 0 || name.len == 0 || name.len > GROUP_MAX || status.len != 1 ||
	    text.len >= sizeof g.description || memchr(name.p, 0, name.len) != NULL)
		return ERR_CORRUPT;
	g.id = (uint32_t)id;
	g.low = (uint64_t)low;
	g.high = (uint64_t)high;
	g.count = (uint64_t)count;
	g.status = (char)status.p[0];
	g.created = sqlite3_column_int64(s, 6);
	memcpy(g.name, name.p, name.len);
	if (text.len > 0)
		memcpy(g.description, text.p, text.len);
	*out = g;
	return ERR_OK;
}

static enum err
one_group(sqlite3_stmt *s, struct spool_group *out)
{
	enum err e;

	if ((e = db_row(s)) != ERR_OK)
		return e;
	e = read_group(s, out);
	sqlite3_reset(s);
	return e;
}

static enum err
by_name(struct spool *sp, enum spool_statement statement, struct view name,
    struct spool_group *out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = store_flush(sp)) != ERR_OK ||
	    (e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	db_bind_text(s, 1, name);
	return one_group(s, out);
}

enum err
spool_group(struct spool *sp, struct view name, struct spool_group *out)
{
	return by_name(sp, S_GROUP, name, out);
}

enum err
spool_group_next(struct spool *sp, struct view after, struct spool_group *out)
{
	return by_name(sp, S_GROUP_NEXT, after, out);
}

enum err
spool_group_by_id(struct spool *sp, uint32_t id, struct spool_group *out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = store_flush(sp)) != ERR_OK ||
	    (e = db_get(&sp->db, S_GROUP_ID, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, id);
	return one_group(s, out);
}

enum err
spool_group_new(struct spool *sp, struct view name, int64_t now)
{
	struct mark *k;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if (!group_valid(name))
		return ERR_SYNTAX;
	if ((e = marks_find(&sp->marks, &sp->db, name, &k)) != ERR_NOTFOUND)
		return e == ERR_OK ? ERR_EXISTS : e;
	if (sp->totals.groups >= GROUPS_MAX)
		return ERR_FULL;
	if ((e = marks_new(&sp->marks, &sp->db, name, 'y', now, &k)) == ERR_OK)
		sp->totals.groups++;
	return e;
}

static bool
plain_line(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] < ' ' && v.p[i] != '\t')
			return false;
	return text_utf8(v);
}

enum err
spool_group_set(struct spool *sp, struct view name, char status, struct view description,
    uint64_t high)
{
	struct spool_group g;
	struct mark *k;
	sqlite3_stmt *s;
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if ((status != 'y' && status != 'n' && status != 'm') || high > HIGH_MAX ||
	    description.len >= sizeof g.description || !plain_line(description))
		return ERR_SYNTAX;
	if ((e = spool_group(sp, name, &g)) != ERR_OK ||
	    (e = marks_find(&sp->marks, &sp->db, name, &k)) != ERR_OK)
		return e;
	if (description.p == NULL)
		description = view_str(g.description);
	k->status = status;
	if (high > k->high) {
		/* empty: low stays one above high (RFC 3977 6.1.1.2) */
		if (k->count == 0)
			k->low = high + 1;
		k->high = high;
		k->dirty = true;
	}
	if ((e = db_get(&sp->db, S_GROUP_SET, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, g.id);
	sqlite3_bind_text(s, 2, &status, 1, SQLITE_STATIC);
	db_bind_text(s, 3, description);
	return db_run(s);
}
