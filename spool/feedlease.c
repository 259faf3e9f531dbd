/* exchange.db: what exchanges over a link need. Leases: one row an article asked for, one a
 * friend who was asked, with the deadline (`pid` in both is the friend's number: there is one
 * exchange a friend). And when a friend was last reconciled with. */
#include "spool/feed.h"

#include <string.h>
#include <time.h>

#include "spool/feeddb.h"

#define I(x) ((int64_t)(x))
#define LEASE_MS 20000 /* no deadline lies farther ahead: a reboot leaves none alive */

static int64_t
boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum err
feed_lease(
    struct feed *f, const unsigned char id[FEED_LEASE_ID], uint32_t friend, bool *ours)
{
	static const char find[] = "SELECT l.pid, h.deadline FROM lease l JOIN holder h"
				   " ON h.pid=l.pid WHERE l.id=?1";
	static const char take[] = "INSERT OR REPLACE INTO lease VALUES(?1,?2)";
	struct view v = { id, FEED_LEASE_ID };
	int64_t holder, left;
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, find, "b", v)) != ERR_OK)
		return e;
	if ((e = feeddb_row(st)) == ERR_OK) {
		holder = sqlite3_column_int64(st, 0);
		left = sqlite3_column_int64(st, 1) - boot_ms();
		sqlite3_reset(st);
		if (holder != I(friend) && left > 0 && left <= LEASE_MS) {
			*ours = false;
			return ERR_OK;
		}
	} else if (e != ERR_NOTFOUND)
		return e;
	*ours = true;
	return feeddb_run(f, take, "bi", v, I(friend));
}

enum err
feed_lease_hold(struct feed *f, uint32_t friend)
{
	static const char sql[] = "INSERT OR REPLACE INTO holder VALUES(?1,?1,?2)";

	return feeddb_run(f, sql, "ii", I(friend), boot_ms() + LEASE_MS);
}

enum err
feed_lease_drop(struct feed *f, uint32_t friend)
{
	static const char leases[] = "DELETE FROM lease WHERE pid=?1 OR pid NOT IN"
				     " (SELECT pid FROM holder)";
	static const char holder[] = "DELETE FROM holder WHERE pid=?1 OR deadline<?2";
	enum err e;

	if ((e = feeddb_run(f, holder, "ii", I(friend), boot_ms())) != ERR_OK)
		return e;
	return feeddb_run(f, leases, "i", I(friend));
}

enum err
feed_lease_holder(struct feed *f, uint32_t after, uint32_t *friend)
{
	static const char sql[] =
	    "SELECT pid FROM holder WHERE pid>?1 ORDER BY pid LIMIT 1";
	sqlite3_stmt *st;
	enum err e;

	if ((e = feeddb_bind(f, &st, sql, "i", I(after))) != ERR_OK ||
	    (e = feeddb_row(st)) != ERR_OK)
		return e;
	*friend = (uint32_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return ERR_OK;
}

/* Both spools: with another one the comparison means nothing. */
static void
both_spools(const struct feed_friend *x, unsigned char out[2 * SPOOL_ID_LEN])
{
	memcpy(out, x->my_spool, SPOOL_ID_LEN);
	memcpy(out + SPOOL_ID_LEN, x->their_spool, SPOOL_ID_LEN);
}

enum err
feed_reconciled(struct feed *f, const struct feed_friend *x, int64_t *ran)
{
	static const char sql[] =
	    "SELECT ran FROM reconciled WHERE friend=?1 AND spool=?2";
	unsigned char spools[2 * SPOOL_ID_LEN];
	sqlite3_stmt *st;
	enum err e;

	both_spools(x, spools);
	e = feeddb_bind(
	    f, &st, sql, "ib", I(x->id), (struct view){ spools, sizeof spools });
	if (e != ERR_OK || (e = feeddb_row(st)) != ERR_OK)
		return e;
	*ran = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return ERR_OK;
}

enum err
feed_set_reconciled(struct feed *f, const struct feed_friend *x, int64_t ran)
{
	static const char sql[] = "INSERT OR REPLACE INTO reconciled VALUES(?1,?2,?3)";
	unsigned char spools[2 * SPOOL_ID_LEN];

	both_spools(x, spools);
	return feeddb_run(
	    f, sql, "ibi", I(x->id), (struct view){ spools, sizeof spools }, ran);
}
