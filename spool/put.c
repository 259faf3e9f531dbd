#include <string.h>

#include "lib/date.h"
#include "lib/group.h"
#include "lib/wildmat.h"
#include "spool/store.h"

#define DATE_LAST 4294967295 /* 2106: the canonical timestamp's range (design 7) */

/* One put on its way. */
struct putting {
	struct spool *sp;
	const struct spool_put *in;
	const struct article *a;
	unsigned char id[STORE_ID_LEN];
	struct mark *to[GROUPS_FOREIGN_MAX];
	unsigned count, created, flags;
	uint64_t arrival;
};

void
store_id(struct view msgid, unsigned char out[STORE_ID_LEN])
{
	unsigned char h[DIGEST_LEN];

	digest_sha256(msgid, h);
	memcpy(out, h, STORE_ID_LEN);
}

static struct view
id_view(const unsigned char id[STORE_ID_LEN])
{
	return (struct view){ id, STORE_ID_LEN };
}

/* ERR_NOTFOUND: never seen. */
static enum err
look_up(struct putting *p, struct spool_stored *out)
{
	sqlite3_stmt *s;
	struct view content;
	int64_t arrival;
	bool same;
	enum err e;

	if ((e = db_get(&p->sp->db, S_HISTORY, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, id_view(p->id));
	if ((e = db_row(s)) != ERR_OK)
		return e;
	arrival = sqlite3_column_int64(s, 0);
	content = db_blob(s, 1);
	if (content.len != STORE_ID_LEN || arrival < 0) {
		sqlite3_reset(s);
		return ERR_CORRUPT;
	}
	same = memcmp(content.p, p->a->hash, STORE_ID_LEN) == 0;
	sqlite3_reset(s);
	out->result = same ? PUT_DUPLICATE : PUT_DIFFERS;
	if (same)
		out->arrival = (uint64_t)arrival;
	return same ? ERR_OK : store_differs(p->sp, p->id, p->in->ingress, p->in->now);
}

/* ---- groups --------------------------------------------------------------------- */

static bool
chosen(const struct putting *p, const struct mark *k)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->to[i] == k)
			return true;
	return false;
}

static enum err
make_group(struct putting *p, struct view name, char status, struct mark **k)
{
	enum err e;

	if (p->sp->totals.groups >= GROUPS_MAX)
		return ERR_NOTFOUND;
	e = marks_new(&p->sp->marks, &p->sp->db, name, status, p->in->now, k);
	if (e == ERR_OK) {
		p->sp->totals.groups++;
		p->created++;
	}
	return e;
}

static enum err
choose(struct putting *p, struct view name)
{
	struct mark *k = NULL;
	bool may;
	enum err e;

	if (!group_valid(name))
		return ERR_OK;
	e = marks_find(&p->sp->marks, &p->sp->db, name, &k);
	may = !(p->in->flags & PUT_NONEWGROUP) && p->created < p->in->new_groups_max &&
	    (p->in->new_groups.p == NULL || wildmat_match(p->in->new_groups, name));
	if (e == ERR_NOTFOUND && may)
		e = make_group(p, name, 'y', &k);
	if (e == ERR_NOTFOUND)
		return ERR_OK;
	if (e != ERR_OK || chosen(p, k))
		return e;
	if (p->count == GROUPS_FOREIGN_MAX)
		return ERR_TOOBIG;
	p->to[p->count++] = k;
	return ERR_OK;
}

/* Control articles stand in groups of their own, which are made without asking. */
static enum err
choose_control(struct putting *p)
{
	bool cancel = view_casestarts(p->a->control, "cancel");
	struct view name = cancel ? VIEW_LIT("control.cancel") : VIEW_LIT("control");
	enum err e;

	e = marks_find(&p->sp->marks, &p->sp->db, name, &p->to[0]);
	if (e == ERR_NOTFOUND) {
		e = make_group(p, name, 'n', &p->to[0]);
		p->created = 0;
	}
	p->count = e == ERR_OK;
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
choose_groups(struct putting *p)
{
	struct view rest = p->a->newsgroups, name;
	bool control = p->a->control.len > 0;
	enum err e;

	while (article_next_group(&rest, &name)) {
		/* what is posted to local.* never leaves, wherever it is numbered */
		if (group_local(name))
			p->flags |= FLAG_NOFEED;
		if (!control && (e = choose(p, name)) != ERR_OK)
			return e;
	}
	return control ? choose_control(p) : ERR_OK;
}

/* ---- rows ----------------------------------------------------------------------- */

/* The body's frame into sp->frame. A frame that was made elsewhere is taken at its contents,
 * never at its word. */
static enum err
pack(struct putting *p)
{
	struct spool *sp = p->sp;
	struct view plain = p->a->bytes, packed = p->in->packed;

	buf_reset(&sp->frame);
	buf_reset(&sp->text);
	if (packed.len > 0 &&
	    zip_unpack(sp->zip, packed, plain.len, 1, &sp->text) == ERR_OK &&
	    view_eq(buf_view(&sp->text), plain))
		buf_addv(&sp->frame, packed);
	else
		return zip_pack(sp->zip, plain, &sp->frame);
	return buf_err(&sp->frame);
}

static enum err
put_body(struct putting *p)
{
	struct spool *sp = p->sp;
	sqlite3_stmt *s;
	enum err e;

	if ((e = pack(p)) != ERR_OK || (e = db_get(&sp->db, S_BODY_PUT, &s)) != ERR_OK)
		return e;
	sqlite3_bind_int64(s, 1, (int64_t)p->arrival);
	db_bind(s, 2, buf_view(&sp->frame));
	if (p->in->signature.len > 0)
		db_bind(s, 3, p->in->signature);
	else
		sqlite3_bind_null(s, 3);
	return db_run(s);
}

static enum err
put_numbers(struct putting *p)
{
	bool hidden = p->flags & FLAG_HIDDEN;
	struct spool *sp = p->sp;
	enum err e;

	buf_reset(&sp->xref);
	buf_reset(&sp->line);
	article_overview(p->a, p->a->bytes.len, &sp->line);
	if ((e = buf_err(&sp->line)) != ERR_OK)
		return e;
	for (unsigned i = 0; i < p->count; i++) {
		struct mark *k = p->to[i];

		k->high++;
		k->count += !hidden;
		k->dirty = true;
		buf_addvarint(&sp->xref, k->id);
		buf_addvarint(&sp->xref, k->high);
		if ((e = store_number(sp, hidden ? S_HIDDEN_PUT : S_NUMBER_PUT, k->id,
			 k->high, p->arrival)) != ERR_OK)
			return e;
		if (!hidden &&
		    (e = store_overview(sp, k->id, k->high, p->arrival, p->count > 1)) !=
			ERR_OK)
			return e;
	}
	return buf_err(&sp->xref);
}

/* Whether it is hidden from the start. */
static enum err
judge(struct putting *p)
{
	struct judged j = { .article = p->a, .ingress = p->in->ingress };
	unsigned flags = 0;
	enum err e;

	for (unsigned i = 0; i < p->count; i++) {
		j.in[i].name =
		    (struct view){ (const void *)p->to[i]->name, p->to[i]->len };
		j.in[i].status = p->to[i]->status;
	}
	j.groups = p->count;
	if ((e = store_judge(p->sp, &j, &flags)) == ERR_OK)
		p->flags |= flags;
	return e;
}

static enum err
put_article(struct putting *p)
{
	struct spool *sp = p->sp;
	int64_t now = p->in->now, expires = 0;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_ARTICLE_PUT, &s)) != ERR_OK)
		return e;
	if (now > sp->totals.latest)
		sp->totals.latest = now;
	sqlite3_bind_int64(s, 1, (int64_t)p->arrival);
	sqlite3_bind_int64(s, 2, now);
	if (now == sp->totals.latest)
		sqlite3_bind_null(s, 3);
	else
		sqlite3_bind_int64(s, 3, sp->totals.latest);
	sqlite3_bind_int64(s, 4, (int64_t)p->a->bytes.len);
	sqlite3_bind_int64(s, 5, p->in->ingress);
	sqlite3_bind_int64(s, 6, p->flags);
	if (p->a->expires.len > 0 && date_parse(p->a->expires, &expires) == ERR_OK)
		sqlite3_bind_int64(s, 7, expires);
	else
		sqlite3_bind_null(s, 7);
	db_bind(s, 8, id_view(p->id));
	db_bind(s, 9, buf_view(&sp->xref));
	return db_run(s);
}

enum err
store_history(struct spool *sp, const unsigned char id[STORE_ID_LEN], uint64_t arrival,
    const struct article *a)
{
	int64_t date = a->date;
	sqlite3_stmt *s;
	enum err e;

	if ((e = db_get(&sp->db, S_HISTORY_PUT, &s)) != ERR_OK)
		return e;
	db_bind(s, 1, id_view(id));
	sqlite3_bind_int64(s, 2, (int64_t)arrival);
	db_bind(s, 3, id_view(a->hash));
	sqlite3_bind_int64(s, 4, date < 0 ? 0 : date > DATE_LAST ? DATE_LAST : date);
	sqlite3_bind_int64(s, 5, 0);
	return db_run(s);
}

static enum err
put_alias(struct putting *p)
{
	unsigned char id[STORE_ID_LEN];
	sqlite3_stmt *s;
	enum err e;

	if (p->in->alias.len == 0)
		return ERR_OK;
	if ((e = db_get(&p->sp->db, S_ALIAS_PUT, &s)) != ERR_OK)
		return e;
	store_id(p->in->alias, id);
	db_bind(s, 1, id_view(id));
	sqlite3_bind_int64(s, 2, (int64_t)p->arrival);
	return db_run(s);
}

static enum err
put_rows(struct putting *p)
{
	struct spool *sp = p->sp;
	enum err e;

	p->arrival = ++sp->totals.arrival;
	if ((e = judge(p)) != ERR_OK || (e = put_numbers(p)) != ERR_OK ||
	    (e = put_article(p)) != ERR_OK || (e = put_body(p)) != ERR_OK ||
	    (e = store_history(sp, p->id, p->arrival, p->a)) != ERR_OK ||
	    (e = put_alias(p)) != ERR_OK ||
	    (e = store_author(sp, p->a, p->in->now)) != ERR_OK)
		return e;
	sp->totals.history++;
	sp->txn_articles++;
	sp->txn_bytes += p->a->bytes.len;
	return store_count(sp, p->in->ingress, 1, (int64_t)p->a->bytes.len);
}

/* A cancel that came before its article, and whose proof fits it. */
static enum err
apply_waiting(struct putting *p)
{
	bool cancelled = false;
	struct row row;
	enum err e;

	if ((e = store_waited(p->sp, p->a, &cancelled)) != ERR_OK || !cancelled)
		return e;
	if ((e = store_get(p->sp, p->arrival, &row)) != ERR_OK)
		return e;
	return store_remove(p->sp, &row, p->in->now, GONE_CANCELLED);
}

static bool
plausible(const struct spool_put *in)
{
	size_t len = in->signature.len;

	if (in->article->bytes.len > ARTICLE_MAX || in->now == INT64_MIN)
		return false;
	if (!in->article->native)
		return len == 0;
	return in->flags & PUT_UNSIGNED ? len == 0 : len == ARTICLE_SIG_LEN;
}

enum err
spool_put(struct spool *sp, const struct spool_put *in, struct spool_stored *out)
{
	struct putting p = { .sp = sp, .in = in, .a = in->article };
	struct spool_stored done = { 0 };
	enum err e;

	if (!sp->db.writing)
		return ERR_DENIED;
	if (!plausible(in))
		return ERR_SYNTAX;
	store_id(view_str(p.a->msgid), p.id);
	if ((e = look_up(&p, &done)) != ERR_NOTFOUND)
		goto out;
	p.flags = (p.a->native ? FLAG_NATIVE : 0u) |
	    (in->flags & PUT_NOFEED ? FLAG_NOFEED : 0u) |
	    (p.a->native && in->flags & PUT_UNSIGNED ? FLAG_UNSIGNED : 0u) |
	    (p.a->control.len > 0 ? FLAG_CONTROL : 0u);
	if ((e = choose_groups(&p)) != ERR_OK)
		goto out;
	done.created = p.created;
	done.result = p.count == 0 ? PUT_NOGROUP : PUT_STORED;
	if (p.count == 0)
		goto out;
	if ((e = put_rows(&p)) != ERR_OK || (e = apply_waiting(&p)) != ERR_OK ||
	    (e = store_act(sp, p.a, p.arrival, in->now)) != ERR_OK)
		goto out;
	done.arrival = p.arrival;
out:
	if (e == ERR_OK)
		*out = done;
	return e;
}

enum err
spool_set_signature(
    struct spool *sp, uint64_t arrival, const unsigned char sig[ARTICLE_SIG_LEN])
{
	bool alone = !sp->db.writing;
	sqlite3_stmt *s;
	struct row row;
	enum err e;

	if (alone && (e = spool_begin(sp)) != ERR_OK)
		return e;
	if ((e = store_get(sp, arrival, &row)) != ERR_OK)
		goto out;
	if (!(row.flags & FLAG_NATIVE)) {
		e = ERR_DENIED;
		goto out;
	}
	if ((e = db_get(&sp->db, S_BODY_SIGN, &s)) != ERR_OK)
		goto out;
	sqlite3_bind_int64(s, 1, (int64_t)arrival);
	db_bind(s, 2, (struct view){ sig, ARTICLE_SIG_LEN });
	if ((e = db_run(s)) != ERR_OK ||
	    (e = db_get(&sp->db, S_ARTICLE_FLAGS, &s)) != ERR_OK)
		goto out;
	sqlite3_bind_int64(s, 1, (int64_t)arrival);
	sqlite3_bind_int64(s, 2, row.flags & ~(unsigned)FLAG_UNSIGNED);
	e = db_run(s);
out:
	if (alone && e != ERR_OK)
		spool_rollback(sp);
	return alone && e == ERR_OK ? spool_commit(sp) : e;
}
