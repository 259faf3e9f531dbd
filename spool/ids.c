#include <string.h>

#include "spool/store.h"

/* A row says nothing until its sizes and numbers are those that we write. */
static enum err
read_id(sqlite3_stmt *s, struct spool_known_id *out)
{
	struct view id = db_blob(s, 0);
	int64_t arrival = sqlite3_column_int64(s, 1), date = sqlite3_column_int64(s, 2);

	if (id.len != STORE_ID_LEN || arrival < 0 || date < 0 || date > UINT32_MAX)
		return ERR_CORRUPT;
	memcpy(out->id, id.p, STORE_ID_LEN);
	out->arrival = (uint64_t)arrival;
	out->date = (uint32_t)date;
	return ERR_OK;
}

enum err
spool_ids(struct spool *sp, struct view after, unsigned max, spool_ids_fn *fn, void *arg)
{
	struct spool_known_id k;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_HISTORY_DATES, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, after);
	sqlite3_bind_int64(s, 2, max);
	while ((e = db_row(s)) == ERR_OK)
		if ((e = read_id(s, &k)) != ERR_OK || !fn(arg, &k)) {
			sqlite3_reset(s);
			return e;
		}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}
