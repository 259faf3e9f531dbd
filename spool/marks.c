#include "spool/marks.h"

#include <stdlib.h>
#include <string.h>

#include "spool/schema.h"

/* FNV-1a: names come from strangers, but a slow table costs only their own article. */
static size_t
hash(struct view v)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < v.len; i++)
		h = (h ^ v.p[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static size_t
hash_id(uint32_t id)
{
	return (size_t)id * 2654435761u >> 7;
}

static void
link_slot(uint32_t *slots, size_t n, size_t h, size_t i)
{
	while (slots[h & (n - 1)] != 0)
		h++;
	slots[h & (n - 1)] = (uint32_t)i + 1;
}

static void
link_mark(struct marks *m, size_t i)
{
	const struct mark *k = m->all[i];

	link_slot(m->by_name, m->slots,
	    hash((struct view){ (const void *)k->name, k->len }), i);
	link_slot(m->by_id, m->slots, hash_id(k->id), i);
}

/* Room for one more, the tables at most half full. */
static enum err
grow(struct marks *m)
{
	size_t room = m->room == 0 ? 64 : m->room * 2;
	struct mark **all;
	uint32_t *names, *ids;

	if (m->count < m->room)
		return ERR_OK;
	if ((all = realloc(m->all, room * sizeof *all)) == NULL)
		return ERR_NOMEM;
	m->all = all;
	names = calloc(room * 2, sizeof *names);
	ids = calloc(room * 2, sizeof *ids);
	if (names == NULL || ids == NULL) {
		free(names);
		free(ids);
		return ERR_NOMEM;
	}
	free(m->by_name);
	free(m->by_id);
	m->by_name = names;
	m->by_id = ids;
	m->room = room;
	m->slots = room * 2;
	for (size_t i = 0; i < m->count; i++)
		link_mark(m, i);
	return ERR_OK;
}

static enum err
add(struct marks *m, const struct mark *k, struct mark **out)
{
	struct mark *copy;
	enum err e;

	if ((e = grow(m)) != ERR_OK)
		return e;
	if ((copy = malloc(sizeof *copy)) == NULL)
		return ERR_NOMEM;
	*copy = *k;
	m->all[m->count++] = copy;
	link_mark(m, m->count - 1);
	*out = copy;
	return ERR_OK;
}

static enum err
load(struct marks *m, sqlite3_stmt *s, struct mark **out)
{
	struct mark k = { 0 };
	struct view name, status;
	int64_t id;
	enum err e;

	if ((e = db_row(s)) != ERR_OK)
		return e;
	id = sqlite3_column_int64(s, 0);
	name = db_blob(s, 1);
	k.low = (uint64_t)sqlite3_column_int64(s, 2);
	k.high = (uint64_t)sqlite3_column_int64(s, 3);
	k.count = (uint64_t)sqlite3_column_int64(s, 4);
	status = db_blob(s, 5);
	if (id < 1 || id > UINT32_MAX || name.len > GROUP_MAX || name.len == 0 ||
	    k.high > INT64_MAX - 1 || k.low > k.high + 1 || k.count > INT64_MAX ||
	    status.len != 1) {
		sqlite3_reset(s);
		return ERR_CORRUPT;
	}
	k.id = (uint32_t)id;
	k.status = (char)status.p[0];
	k.len = name.len;
	memcpy(k.name, name.p, name.len);
	sqlite3_reset(s);
	return add(m, &k, out);
}

enum err
marks_find(struct marks *m, struct db *db, struct view name, struct mark **out)
{
	sqlite3_stmt *s;
	enum err e;

	if (m->slots != 0)
		for (size_t h = hash(name); m->by_name[h & (m->slots - 1)] != 0; h++) {
			struct mark *k = m->all[m->by_name[h & (m->slots - 1)] - 1];

			if (k->len == name.len &&
			    memcmp(k->name, name.p, name.len) == 0) {
				*out = k;
				return ERR_OK;
			}
		}
	if ((e = db_get(db, S_GROUP, &s)) != ERR_OK)
		return e;
	db_bind_text(s, 1, name);
	return load(m, s, out);
}

enum err
marks_by_id(struct marks *m, struct db *db, uint32_t id, struct mark **out)
{
	sqlite3_stmt *s;
	enum err e;

	if (m->slots != 0)
		for (size_t h = hash_id(id); m->by_id[h & (m->slots - 1)] != 0; h++) {
			struct mark *k = m->all[m->by_id[h & (m->slots - 1)] - 1];

			if (k->id == id) {
				*out = k;
				return ERR_OK;
			}
		}
	if ((e = db_get(db, S_GROUP_ID, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, id);
	return load(m, s, out);
}

enum err
marks_new(struct marks *m, struct db *db, struct view name, char status, int64_t now,
    struct mark **out)
{
	struct mark k = { .low = 1, .status = status, .len = name.len };
	sqlite3_stmt *s;
	int64_t id;
	enum err e;

	if (name.len == 0 || name.len > GROUP_MAX)
		return ERR_SYNTAX;
	if ((e = db_get(db, S_GROUP_NEW, &s)) != ERR_OK)
		return e;
	db_bind_text(s, 1, name);
	sqlite3_bind_text(s, 2, &status, 1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, now);
	if ((e = db_run(s)) != ERR_OK)
		return e;
	id = sqlite3_last_insert_rowid(db->handle);
	if (id < 1 || id > UINT32_MAX)
		return ERR_CORRUPT;
	k.id = (uint32_t)id;
	memcpy(k.name, name.p, name.len);
	return add(m, &k, out);
}

enum err
marks_flush(struct marks *m, struct db *db)
{
	sqlite3_stmt *s;
	enum err e;

	for (size_t i = 0; i < m->count; i++) {
		struct mark *k = m->all[i];

		if (!k->dirty)
			continue;
		if ((e = db_get(db, S_GROUP_MARKS, &s)) != ERR_OK)
			return e;
		sqlite3_bind_int64(s, 1, k->id);
		sqlite3_bind_int64(s, 2, (int64_t)k->low);
		sqlite3_bind_int64(s, 3, (int64_t)k->high);
		sqlite3_bind_int64(s, 4, (int64_t)k->count);
		if ((e = db_run(s)) != ERR_OK)
			return e;
		k->dirty = false;
	}
	return ERR_OK;
}

void
marks_forget(struct marks *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->all[i]);
	free(m->all);
	free(m->by_name);
	free(m->by_id);
	*m = (struct marks){ 0 };
}
