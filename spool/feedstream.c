/* exchange.db: envelopes sent and received, and the files of ours they lie in. */
#include "spool/feed.h"

#include <string.h>

#include "spool/feeddb.h"

#define I(x) ((int64_t)(x))
#define BYTES(p, n) ((struct view){ (p), (n) })

/* Stream numbers are random 64-bit numbers: kept as 8 bytes, SQLite's are signed. */
struct number {
	unsigned char b[8];
};

static struct number
number(uint64_t n)
{
	struct number k;

	for (int i = 8; i-- > 0; n >>= 8)
		k.b[i] = (unsigned char)n;
	return k;
}

static uint64_t
number_of(struct view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.len && i < 8; i++)
		n = n << 8 | v.p[i];
	return n;
}

enum err
feed_stream_add(struct feed *f, const struct feed_stream *s)
{
	static const char sql[] =
	    "INSERT INTO stream_out(friend,stream,file,root,epoch,told,pairing,articles)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)";
	struct number k = number(s->stream);

	return feeddb_run(f, sql, "ibibibbi", I(s->friend), BYTES(k.b, 8), I(s->file),
	    BYTES(s->root, 16), I(s->epoch), BYTES(s->told, 16), BYTES(s->pairing, 16),
	    I(s->articles));
}

enum err
feed_stream_range(struct feed *f, uint32_t friend, uint64_t stream, unsigned chunk,
    uint64_t lo, uint64_t hi)
{
	static const char sql[] =
	    "INSERT INTO out_range SELECT ?1,?2,?3,"
	    "(SELECT count(*) FROM out_range WHERE friend=?1 AND stream=?2 AND chunk=?3),?4,?5";
	struct number k = number(stream);

	return feeddb_run(
	    f, sql, "ibiii", I(friend), BYTES(k.b, 8), I(chunk), I(lo), I(hi));
}

/* Columns 0 and 1 of a row; a database may hold anything. */
static enum err
read_range(sqlite3_stmt *st, struct range *out)
{
	int64_t lo = sqlite3_column_int64(st, 0), hi = sqlite3_column_int64(st, 1);

	if (lo < 1 || hi < lo)
		return ERR_CORRUPT;
	*out = (struct range){ (uint64_t)lo, (uint64_t)hi };
	return ERR_OK;
}

#define STREAM_COLUMNS "friend,stream,file,root,epoch,told,pairing,articles,acked"

static enum err
read_stream(sqlite3_stmt *st, struct feed_stream *out)
{
	struct feed_stream s = { 0 };
	enum err e;

	s.friend = (uint32_t)sqlite3_column_int64(st, 0);
	s.stream = number_of(feeddb_blob(st, 1));
	s.file = (uint64_t)sqlite3_column_int64(st, 2);
	s.epoch = (uint32_t)sqlite3_column_int64(st, 4);
	s.articles = (uint64_t)sqlite3_column_int64(st, 7);
	s.acked = sqlite3_column_int(st, 8) != 0;
	if ((e = feeddb_fixed(st, 3, s.root, 16)) != ERR_OK ||
	    (e = feeddb_fixed(st, 5, s.told, 16)) != ERR_OK ||
	    (e = feeddb_fixed(st, 6, s.pairing, 16)) != ERR_OK)
		return e;
	*out = s;
	return ERR_OK;
}

enum err
feed_stream(struct feed *f, uint32_t friend, uint64_t stream, struct feed_stream *out)
{
	static const char sql[] =
	    "SELECT " STREAM_COLUMNS " FROM stream_out WHERE friend=?1 AND stream=?2";
	struct number k = number(stream);
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "ib", I(friend), BYTES(k.b, 8))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	e = read_stream(st, out);
	sqlite3_reset(st);
	return e;
}

enum err
feed_file_streams(struct feed *f, uint64_t file, feed_stream_fn *fn, void *ctx)
{
	static const char sql[] =
	    "SELECT " STREAM_COLUMNS " FROM stream_out WHERE file=?1";
	struct feed_stream s;
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(file))) != ERR_OK)
		return e;
	while ((e = feeddb_row(st)) == ERR_OK)
		if ((e = read_stream(st, &s)) != ERR_OK || (e = fn(ctx, &s)) != ERR_OK)
			break;
	sqlite3_reset(st);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
feed_stream_acked(struct feed *f, uint32_t friend, uint64_t stream)
{
	static const char ack[] =
	    "UPDATE stream_out SET acked=1 WHERE friend=?1 AND stream=?2";
	static const char paid[] =
	    "UPDATE stream_in SET owed=0 WHERE friend=?1 AND stream IN"
	    " (SELECT incoming FROM carried WHERE friend=?1 AND outgoing=?2)";
	static const char gone[] = "DELETE FROM carried WHERE friend=?1 AND outgoing=?2";
	struct number k = number(stream);
	struct view v = BYTES(k.b, 8);
	enum err e;

	if ((e = feeddb_run(f, ack, "ib", I(friend), v)) != ERR_OK ||
	    (e = feeddb_run(f, paid, "ib", I(friend), v)) != ERR_OK)
		return e;
	return feeddb_run(f, gone, "ib", I(friend), v);
}

enum err
feed_stream_drop(struct feed *f, uint32_t friend, uint64_t stream)
{
	static const char *const sql[] = {
		"DELETE FROM out_range WHERE friend=?1 AND stream=?2",
		"DELETE FROM carried WHERE friend=?1 AND outgoing=?2",
		"DELETE FROM stream_out WHERE friend=?1 AND stream=?2",
	};
	struct number k = number(stream);
	enum err e = ERR_OK;

	for (size_t i = 0; i < 3 && e == ERR_OK; i++)
		e = feeddb_run(f, sql[i], "ib", I(friend), BYTES(k.b, 8));
	return e;
}

enum err
feed_stream_arrivals(
    struct feed *f, uint32_t friend, uint64_t stream, int chunk, struct ranges *out)
{
	static const char sql[] =
	    "SELECT lo,hi FROM out_range WHERE friend=?1 AND stream=?2"
	    " AND (?3<0 OR chunk=?3) ORDER BY chunk,seq";
	struct number k = number(stream);
	sqlite3_stmt *st;
	struct range r;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "ibi", I(friend), BYTES(k.b, 8), I(chunk))) !=
	    ERR_OK)
		return e;
	while ((e = feeddb_row(st)) == ERR_OK)
		if ((e = read_range(st, &r)) != ERR_OK ||
		    (e = ranges_add(out, r.lo, r.hi)) != ERR_OK)
			break;
	sqlite3_reset(st);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
feed_stream_nth(struct feed *f, uint32_t friend, uint64_t stream, unsigned chunk,
    unsigned index, uint64_t *arrival)
{
	static const char sql[] =
	    "SELECT lo,hi FROM out_range WHERE friend=?1 AND stream=?2"
	    " AND chunk=?3 ORDER BY seq";
	struct number k = number(stream);
	uint64_t left = index;
	sqlite3_stmt *st = NULL;
	struct range r = { 0 };
	enum err e;

	e = feeddb_bind(f, &st, sql, "ibi", I(friend), BYTES(k.b, 8), I(chunk));
	while (e == ERR_OK && (e = feeddb_row(st)) == ERR_OK) {
		if ((e = read_range(st, &r)) != ERR_OK || left <= r.hi - r.lo)
			break;
		left -= r.hi - r.lo + 1;
	}
	if (e == ERR_OK)
		*arrival = r.lo + left;
	sqlite3_reset(st);
	return e;
}

enum err
feed_acked_streams(struct feed *f, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint64_t *count, uint64_t *lowest)
{
	static const char sql[] =
	    "SELECT count(DISTINCT s.stream), min(r.lo) FROM stream_out s LEFT JOIN out_range r"
	    " ON r.friend=s.friend AND r.stream=s.stream"
	    " WHERE s.friend=?1 AND s.root=?2 AND s.epoch>=?3 AND s.acked=1";
	sqlite3_stmt *st;
	enum err e;

	e = feeddb_bind(f, &st, sql, "ibi", I(friend), BYTES(root, 16), I(epoch));
	if (e != ERR_OK || (e = feeddb_row(st)) != ERR_OK)
		return e;
	*count = (uint64_t)sqlite3_column_int64(st, 0);
	*lowest = (uint64_t)sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return ERR_OK;
}

enum err
feed_streams_forget(
    struct feed *f, uint32_t friend, const unsigned char root[16], uint32_t below)
{
	static const char ranges[] =
	    "DELETE FROM out_range WHERE friend=?1 AND stream IN (SELECT stream FROM stream_out"
	    " WHERE friend=?1 AND root=?2 AND epoch<?3 AND acked=1)";
	static const char streams[] =
	    "DELETE FROM stream_out WHERE friend=?1 AND root=?2 AND epoch<?3 AND acked=1";
	enum err e;

	e = feeddb_run(f, ranges, "ibi", I(friend), BYTES(root, 16), I(below));
	if (e != ERR_OK)
		return e;
	return feeddb_run(f, streams, "ibi", I(friend), BYTES(root, 16), I(below));
}

enum err
feed_streams_trim(struct feed *f, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint32_t keep)
{
	static const char sql[] =
	    "DELETE FROM stream_out WHERE friend=?1 AND stream IN"
	    " (SELECT s.stream FROM stream_out s LEFT JOIN out_range r"
	    " ON r.friend=s.friend AND r.stream=s.stream"
	    " WHERE s.friend=?1 AND s.root=?2 AND s.epoch>=?3 AND s.acked=1"
	    " GROUP BY s.stream ORDER BY min(r.lo) IS NULL, min(r.lo) LIMIT -1 OFFSET ?4)";
	static const char ranges[] =
	    "DELETE FROM out_range WHERE friend=?1 AND stream NOT IN"
	    " (SELECT stream FROM stream_out WHERE friend=?1)";
	enum err e;

	e = feeddb_run(f, sql, "ibii", I(friend), BYTES(root, 16), I(epoch), I(keep));
	if (e != ERR_OK)
		return e;
	return feeddb_run(f, ranges, "i", I(friend));
}

/* ---- received ------------------------------------------------------------------------- */

#define IN_COLUMNS "friend,stream,root,epoch,chunks,taken,status,owed,details"

static enum err
read_in(sqlite3_stmt *st, struct feed_in *out)
{
	struct feed_in in = { 0 };
	enum err e;

	in.friend = (uint32_t)sqlite3_column_int64(st, 0);
	in.stream = number_of(feeddb_blob(st, 1));
	in.epoch = (uint32_t)sqlite3_column_int64(st, 3);
	in.chunks = (uint16_t)sqlite3_column_int(st, 4);
	in.taken = (uint16_t)sqlite3_column_int(st, 5);
	in.status = (uint8_t)sqlite3_column_int(st, 6);
	in.owed = (uint8_t)sqlite3_column_int(st, 7);
	if ((e = feeddb_fixed(st, 2, in.root, 16)) == ERR_OK)
		*out = in;
	return e;
}

enum err
feed_in(struct feed *f, uint32_t friend, uint64_t stream, struct feed_in *out)
{
	static const char sql[] =
	    "SELECT " IN_COLUMNS " FROM stream_in WHERE friend=?1 AND stream=?2";
	struct number k = number(stream);
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "ib", I(friend), BYTES(k.b, 8))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	e = read_in(st, out);
	sqlite3_reset(st);
	return e;
}

enum err
feed_in_save(struct feed *f, const struct feed_in *in, struct view details)
{
	static const char sql[] =
	    "INSERT OR REPLACE INTO stream_in VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)";
	struct number k = number(in->stream);

	return feeddb_run(f, sql, "ibbiiiiib", I(in->friend), BYTES(k.b, 8),
	    BYTES(in->root, 16), I(in->epoch), I(in->chunks), I(in->taken), I(in->status),
	    I(in->owed), details);
}

enum err
feed_in_count(struct feed *f, uint32_t friend, const unsigned char root[16],
    uint32_t epoch, uint64_t *count)
{
	static const char sql[] =
	    "SELECT count(*) FROM stream_in WHERE friend=?1 AND root=?2 AND epoch=?3"
	    " AND status=0";
	sqlite3_stmt *st;
	enum err e;

	e = feeddb_bind(f, &st, sql, "ibi", I(friend), BYTES(root, 16), I(epoch));
	if (e != ERR_OK || (e = feeddb_row(st)) != ERR_OK)
		return e;
	*count = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return ERR_OK;
}

enum err
feed_in_forget(
    struct feed *f, uint32_t friend, const unsigned char root[16], uint32_t below)
{
	static const char sql[] =
	    "DELETE FROM stream_in WHERE friend=?1 AND root=?2 AND epoch<?3 AND owed=0";

	return feeddb_run(f, sql, "ibi", I(friend), BYTES(root, 16), I(below));
}

enum err
feed_owed(struct feed *f, uint32_t friend, unsigned max, feed_in_fn *fn, void *ctx)
{
	static const char sql[] = "SELECT " IN_COLUMNS " FROM stream_in WHERE friend=?1"
				  " AND owed>0 ORDER BY owed DESC LIMIT ?2";
	struct feed_in in;
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "ii", I(friend), I(max))) != ERR_OK)
		return e;
	while ((e = feeddb_row(st)) == ERR_OK)
		if ((e = read_in(st, &in)) != ERR_OK ||
		    (e = fn(ctx, &in, feeddb_blob(st, 8))) != ERR_OK)
			break;
	sqlite3_reset(st);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err
feed_carried(struct feed *f, uint32_t friend, uint64_t out, uint64_t in)
{
	static const char sql[] = "INSERT OR IGNORE INTO carried VALUES(?1,?2,?3)";
	struct number k = number(out), l = number(in);

	return feeddb_run(f, sql, "ibb", I(friend), BYTES(k.b, 8), BYTES(l.b, 8));
}

bool
feed_carries(struct feed *f, uint32_t friend, uint64_t out, uint64_t in)
{
	static const char sql[] =
	    "SELECT 1 FROM carried WHERE friend=?1 AND outgoing=?2 AND incoming=?3";
	struct number k = number(out), l = number(in);
	sqlite3_stmt *st;

	if (feeddb_bind(f, &st, sql, "ibb", I(friend), BYTES(k.b, 8), BYTES(l.b, 8)) !=
		ERR_OK ||
	    feeddb_row(st) != ERR_OK)
		return false;
	sqlite3_reset(st);
	return true;
}

bool
feed_carries_loud(struct feed *f, uint32_t friend, uint64_t out)
{
	static const char sql[] =
	    "SELECT 1 FROM carried c JOIN stream_in i ON i.friend=c.friend AND"
	    " i.stream=c.incoming WHERE c.friend=?1 AND c.outgoing=?2 AND i.owed=2 LIMIT 1";
	struct number k = number(out);
	sqlite3_stmt *st;

	if (feeddb_bind(f, &st, sql, "ib", I(friend), BYTES(k.b, 8)) != ERR_OK ||
	    feeddb_row(st) != ERR_OK)
		return false;
	sqlite3_reset(st);
	return true;
}

/* ---- files ------------------------------------------------------------------------------ */

enum err
feed_file_add(struct feed *f, struct feed_file *io)
{
	static const char sql[] = "INSERT INTO file(name,temporary) VALUES(?1,?2)";
	enum err e =
	    feeddb_run(f, sql, "tt", view_str(io->name), view_str(io->temporary));

	if (e == ERR_OK)
		io->id = (uint64_t)sqlite3_last_insert_rowid(f->db);
	return e;
}

enum err
feed_file_whole(struct feed *f, const struct feed_file *x)
{
	static const char sql[] = "UPDATE file SET size=?2,hash=?3,whole=?4 WHERE id=?1";

	return feeddb_run(f, sql, "iibi", I(x->id), I(x->size),
	    BYTES(x->hash, DIGEST_LEN), I(x->whole));
}

#define FILE_COLUMNS "id,name,temporary,size,hash,whole"

static enum err
read_file(sqlite3_stmt *st, struct feed_file *out)
{
	struct feed_file x = { 0 };
	struct view a = feeddb_blob(st, 1), b = feeddb_blob(st, 2);
	enum err e = ERR_CORRUPT;

	if (a.len <= NAME_MAX_LEN && b.len <= NAME_MAX_LEN) {
		x.id = (uint64_t)sqlite3_column_int64(st, 0);
		memcpy(x.name, a.p, a.len);
		memcpy(x.temporary, b.p, b.len);
		x.size = (uint64_t)sqlite3_column_int64(st, 3);
		x.whole = sqlite3_column_int(st, 5) != 0 &&
		    feeddb_fixed(st, 4, x.hash, DIGEST_LEN) == ERR_OK;
		*out = x;
		e = ERR_OK;
	}
	sqlite3_reset(st);
	return e;
}

enum err
feed_file(struct feed *f, const char *name, struct feed_file *out)
{
	static const char sql[] =
	    "SELECT " FILE_COLUMNS " FROM file WHERE name=?1 OR temporary=?1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "t", view_str(name))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	return read_file(st, out);
}

enum err
feed_file_by_id(struct feed *f, uint64_t id, struct feed_file *out)
{
	static const char sql[] = "SELECT " FILE_COLUMNS " FROM file WHERE id=?1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(id))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	return read_file(st, out);
}

enum err
feed_file_drop(struct feed *f, uint64_t id)
{
	static const char streams[] = "UPDATE stream_out SET file=0 WHERE file=?1";
	static const char file[] = "DELETE FROM file WHERE id=?1";
	enum err e;

	if ((e = feeddb_run(f, streams, "i", I(id))) != ERR_OK)
		return e;
	return feeddb_run(f, file, "i", I(id));
}
