#include <string.h>

#include "spool/store.h"

/* ---- rows ----------------------------------------------------------------------- */

static bool
read_xref(struct view v, struct spool_meta *m)
{
	uint64_t group, number;

	for (m->groups = 0; v.len > 0; m->groups++) {
		if (m->groups == GROUPS_FOREIGN_MAX ||
		    view_varint(&v, &group) != ERR_OK ||
		    view_varint(&v, &number) != ERR_OK || group > UINT32_MAX ||
		    group == 0 || number > INT64_MAX - 1 || number == 0)
			return false;
		m->in[m->groups].group = (uint32_t)group;
		m->in[m->groups].number = number;
	}
	return true;
}

enum err
store_row(sqlite3_stmt *s, struct row *r)
{
	struct spool_meta *m = &r->meta;
	int64_t arrival = sqlite3_column_int64(s, 0), size = sqlite3_column_int64(s, 2);
	int64_t ingress = sqlite3_column_int64(s, 3), flags = sqlite3_column_int64(s, 4);
	struct view id = db_blob(s, 6), xref = db_blob(s, 7);

	if (arrival < 1 || size < 0 || size > ARTICLE_MAX || ingress < 0 ||
	    ingress > UINT32_MAX || flags < 0 || flags > FLAG_ALL ||
	    id.len != STORE_ID_LEN || !read_xref(xref, m))
		return ERR_CORRUPT;
	m->arrival = (uint64_t)arrival;
	m->received = sqlite3_column_int64(s, 1);
	m->size = (uint32_t)size;
	m->ingress = (uint32_t)ingress;
	m->native = flags & FLAG_NATIVE;
	m->nofeed = flags & FLAG_NOFEED;
	m->unsigned_post = flags & FLAG_UNSIGNED;
	m->control = flags & FLAG_CONTROL;
	m->banned = flags & FLAG_BANNED;
	m->pending = flags & FLAG_PENDING;
	memset(m->idhash, 0, sizeof m->idhash);
	memcpy(m->idhash, id.p, STORE_ID_LEN);
	r->expires = sqlite3_column_int64(s, 5);
	r->flags = (unsigned)flags;
	return ERR_OK;
}

enum err
store_get(struct spool *sp, uint64_t arrival, struct row *out)
{
	sqlite3_stmt *s;
	enum err e;

	if (arrival == 0 || arrival > INT64_MAX)
		return ERR_NOTFOUND;
	if ((e = db_get(&sp->db, S_ARTICLE, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)arrival);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	e = store_row(s, out);
	sqlite3_reset(s);
	return e;
}

enum err
store_text(struct spool *sp, const struct row *row, struct buf *out,
    unsigned char *signature, bool *has_signature)
{
	struct view frame, sig;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_BODY, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)row->meta.arrival);
	if ((e = db_row(s)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_CORRUPT : e;
	frame = db_blob(s, 0);
	sig = db_blob(s, 1);
	if (sig.len != 0 && sig.len != ARTICLE_SIG_LEN)
		e = ERR_CORRUPT;
	else if ((e = zip_unpack(sp->zip, frame, row->meta.size, 1, out)) == ERR_SYNTAX)
		e = ERR_CORRUPT;
	if (e == ERR_OK && signature != NULL && sig.len == ARTICLE_SIG_LEN)
		memcpy(signature, sig.p, ARTICLE_SIG_LEN);
	if (e == ERR_OK && has_signature != NULL)
		*has_signature = sig.len == ARTICLE_SIG_LEN;
	sqlite3_reset(s);
	return e;
}

/* ---- one article ---------------------------------------------------------------- */

static enum err
find_id(struct spool *sp, enum spool_statement statement, struct view msgid,
    uint64_t *arrival)
{
	unsigned char id[STORE_ID_LEN];
	sqlite3_stmt *s;
	int64_t n;
	enum err e;

	store_id(msgid, id);
	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ id, STORE_ID_LEN });
	if ((e = db_row(s)) != ERR_OK)
		return e;
	n = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (n < 0)
		return ERR_CORRUPT;
	*arrival = (uint64_t)n;
	return ERR_OK;
}

enum err
spool_find(struct spool *sp, struct view msgid, uint64_t *arrival)
{
	uint64_t n = 0;
	struct row row;
	enum err e;

	e = find_id(sp, S_HISTORY, msgid, &n);
	if (e == ERR_NOTFOUND) {
		if ((e = find_id(sp, S_ALIAS, msgid, &n)) != ERR_OK)
			return e;
		/* the post itself may be gone, its alias goes later */
		e = store_get(sp, n, &row);
	}
	if (e != ERR_OK)
		return e;
	if (n == 0)
		return ERR_NOTFOUND;
	*arrival = n;
	return ERR_OK;
}

enum err
spool_known(struct spool *sp, struct view msgid, bool *known)
{
	uint64_t n;
	enum err e;

	e = find_id(sp, S_HISTORY, msgid, &n);
	if (e == ERR_NOTFOUND)
		e = find_id(sp, S_ALIAS, msgid, &n);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*known = e == ERR_OK;
	return ERR_OK;
}

enum err
spool_known_prefix(struct spool *sp, const unsigned char *prefix, size_t len, bool *known)
{
	unsigned char lo[16] = { 0 }, hi[16];
	sqlite3_stmt *s;
	enum err e;

	memset(hi, 0xff, sizeof hi);
	memcpy(lo, prefix, len < sizeof lo ? len : sizeof lo);
	memcpy(hi, prefix, len < sizeof hi ? len : sizeof hi);
	if ((e = db_get(&sp->db, S_HISTORY_BETWEEN, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, (struct view){ lo, sizeof lo });
	db_bind(s, 2, (struct view){ hi, sizeof hi });
	e = db_row(s);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*known = e == ERR_OK;
	sqlite3_reset(s);
	return ERR_OK;
}

enum err
spool_find_number(struct spool *sp, uint32_t group, uint64_t number, uint64_t *arrival)
{
	sqlite3_stmt *s;
	int64_t n;
	enum err e;

	if (number > INT64_MAX)
		return ERR_NOTFOUND;
	if ((e = db_get(&sp->db, S_NUMBER, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	n = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (n < 1)
		return ERR_CORRUPT;
	*arrival = (uint64_t)n;
	return ERR_OK;
}

enum err
spool_meta(struct spool *sp, uint64_t arrival, struct spool_meta *out)
{
	struct row row;
	enum err e;

	if ((e = store_get(sp, arrival, &row)) == ERR_OK)
		*out = row.meta;
	return e;
}

enum err
spool_load(struct spool *sp, uint64_t arrival, struct spool_meta *m, struct buf *out,
    bool *has_signature)
{
	struct row row;
	enum err e;

	if ((e = store_get(sp, arrival, &row)) != ERR_OK)
		return e;
	*m = row.meta;
	return store_text(sp, &row, out, NULL, has_signature);
}

enum err
spool_article(struct spool *sp, uint64_t arrival, struct buf *out,
    unsigned char *signature, bool *has_signature)
{
	struct row row;
	enum err e;

	if ((e = store_get(sp, arrival, &row)) != ERR_OK)
		return e;
	return store_text(sp, &row, out, signature, has_signature);
}

/* ---- many articles -------------------------------------------------------------- */

static enum err
metas(struct spool *sp, enum spool_statement statement, uint64_t after, unsigned max,
    spool_meta_fn *fn, void *arg)
{
	sqlite3_stmt *s;
	struct row row;
	enum err e;

	if (after > INT64_MAX)
		return ERR_OK;
	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)after);
	sqlite3_bind_int64(s, 2, max);
	while ((e = db_row(s)) == ERR_OK)
		if ((e = store_row(s, &row)) != ERR_OK || !fn(arg, &row.meta)) {
			sqlite3_reset(s);
			return e;
		}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
spool_arrivals(
    struct spool *sp, uint64_t after, unsigned max, spool_meta_fn *fn, void *arg)
{
	return metas(sp, S_ARTICLE_SCAN, after, max, fn, arg);
}

enum err
spool_unsigned(
    struct spool *sp, uint64_t after, unsigned max, spool_meta_fn *fn, void *arg)
{
	return metas(sp, S_ARTICLE_UNSIGNED, after, max, fn, arg);
}

enum err
spool_pending(
    struct spool *sp, uint64_t after, unsigned max, spool_meta_fn *fn, void *arg)
{
	return metas(sp, S_PENDING, after, max, fn, arg);
}

enum err
spool_last_arrival(struct spool *sp, uint64_t *out)
{
	struct totals t;
	enum err e;

	if ((e = store_totals(sp, &t)) == ERR_OK)
		*out = t.arrival;
	return e;
}

/* The article at or after this arrival, and the latest time seen up to it. */
static enum err
probe(struct spool *sp, uint64_t arrival, uint64_t *at, int64_t *latest)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_ARTICLE_LATEST, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)arrival);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	*at = (uint64_t)sqlite3_column_int64(s, 0);
	*latest = sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	return ERR_OK;
}

/* The clock may have run backwards, but the latest time seen so far never does: the
 * first article where it reaches `when` was itself received then, or one before it
 * that is gone. */
enum err
spool_arrival_since(struct spool *sp, int64_t when, uint64_t *out)
{
	uint64_t low = 1, high, at = 0, found = 0, stride = 8;
	struct totals t;
	int64_t latest = 0;
	enum err e;

	if ((e = store_totals(sp, &t)) != ERR_OK)
		return e;
	for (high = t.arrival + 1; low < high;) {
		uint64_t mid = low + (high - low) / 2;

		/* most ask for what is new: from the end back, in growing strides */
		if (low == 1 && high - low > stride) {
			mid = high - stride;
			stride *= 8;
		}
		e = probe(sp, mid, &at, &latest);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			return e;
		if (e == ERR_NOTFOUND || latest >= when) {
			high = mid;
			if (e == ERR_OK)
				found = at;
		} else
			low = at + 1;
	}
	if (found == 0)
		return ERR_NOTFOUND;
	*out = found;
	return ERR_OK;
}

/* ---- ranges of a group ---------------------------------------------------------- */

/* One row more than asked for tells where to go on. */
static enum err
range(struct spool *sp, enum spool_statement statement, uint32_t group, uint64_t from,
    uint64_t to, unsigned max, sqlite3_stmt **out)
{
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, statement, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, from > INT64_MAX ? INT64_MAX : (int64_t)from);
	sqlite3_bind_int64(s, 3, to > INT64_MAX ? INT64_MAX : (int64_t)to);
	sqlite3_bind_int64(s, 4, (int64_t)max + 1);
	*out = s;
	return ERR_OK;
}

/* Number and arrival of a row; at the row past the end tells to go on there. */
static enum err
range_row(
    sqlite3_stmt *s, unsigned *left, uint64_t *number, uint64_t *arrival, uint64_t *next)
{
	int64_t n = sqlite3_column_int64(s, 0), a = sqlite3_column_int64(s, 1);

	if (n < 1 || a < 1)
		return ERR_CORRUPT;
	*number = (uint64_t)n;
	*arrival = (uint64_t)a;
	if (*left == 0) {
		*next = *number;
		return ERR_NOTFOUND;
	}
	(*left)--;
	return ERR_OK;
}

static uint64_t
after(uint64_t number, uint64_t to)
{
	return number < to ? number + 1 : 0;
}

enum err
spool_over(struct spool *sp, uint32_t group, uint64_t from, uint64_t to, unsigned max,
    spool_over_fn *fn, void *arg, uint64_t *next)
{
	uint64_t number, arrival, go_on = 0;
	struct view line;
	sqlite3_stmt *s;
	enum err e;

	if ((e = range(sp, from == to ? S_OVERVIEW_ONE : S_OVERVIEW_RANGE, group, from,
		 to, max, &s)) != ERR_OK)
		return e;
	while ((e = db_row(s)) == ERR_OK) {
		if ((e = range_row(s, &max, &number, &arrival, &go_on)) != ERR_OK)
			break;
		line = db_blob(s, 3);
		if (!fn(arg, number, arrival, sqlite3_column_int(s, 2) != 0, line)) {
			go_on = after(number, to);
			break;
		}
	}
	sqlite3_reset(s);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*next = go_on;
	return ERR_OK;
}

enum err
spool_numbers(struct spool *sp, uint32_t group, uint64_t from, uint64_t to, unsigned max,
    spool_number_fn *fn, void *arg, uint64_t *next)
{
	uint64_t number, arrival, go_on = 0;
	sqlite3_stmt *s;
	enum err e;

	if ((e = range(sp, S_NUMBER_RANGE, group, from, to, max, &s)) != ERR_OK)
		return e;
	while ((e = db_row(s)) == ERR_OK) {
		if ((e = range_row(s, &max, &number, &arrival, &go_on)) != ERR_OK)
			break;
		if (!fn(arg, number, arrival)) {
			go_on = after(number, to);
			break;
		}
	}
	sqlite3_reset(s);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*next = go_on;
	return ERR_OK;
}

enum err
spool_nearest(struct spool *sp, uint32_t group, uint64_t number, int dir, uint64_t *out)
{
	sqlite3_stmt *s;
	int64_t n;
	enum err e;

	if (number > INT64_MAX)
		number = INT64_MAX;
	if ((e = db_get(&sp->db, dir > 0 ? S_NUMBER_AFTER : S_NUMBER_BEFORE, &s)) !=
	    ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, group);
	sqlite3_bind_int64(s, 2, (int64_t)number);
	if ((e = db_row(s)) != ERR_OK)
		return e;
	n = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (n < 1)
		return ERR_CORRUPT;
	*out = (uint64_t)n;
	return ERR_OK;
}
