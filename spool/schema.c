#include "spool/schema.h"

#include "spool/spool.h"

#define APPLICATION 0x48727379 /* "Hrsy" */
#define PAGE_SIZE 8192         /* docs/spool.md has the figures */

/* What is scanned for feeds (article, number) stands apart from what is large (body). */
#define SQL_ALIAS                                                                        \
	"CREATE TABLE alias(id BLOB PRIMARY KEY, arrival INTEGER NOT NULL) WITHOUT "     \
	"ROWID"
#define SQL_DIFFERING                                                                    \
	"CREATE TABLE differing(id BLOB PRIMARY KEY, copies INTEGER NOT NULL,"           \
	" latest INTEGER NOT NULL, ingress INTEGER NOT NULL) WITHOUT ROWID"
/* As SQLite writes a column that is added to a table. */
#define HISTORY_WHY "why INTEGER NOT NULL DEFAULT 0"
#define SQL_PURGE                                                                        \
	"CREATE TABLE purge(id INTEGER PRIMARY KEY, ingress INTEGER NOT NULL,"           \
	" since INTEGER NOT NULL, gone INTEGER NOT NULL)"

/* What a ban or a missing approval takes from sight stands in hidden instead of number. */
#define SQL_HIDDEN                                                                       \
	"CREATE TABLE hidden(grp INTEGER, num INTEGER, arrival INTEGER NOT NULL,"        \
	" PRIMARY KEY(grp, num)) WITHOUT ROWID"
#define SQL_BAN                                                                          \
	"CREATE TABLE ban(kind INTEGER, value BLOB, since INTEGER NOT NULL,"             \
	" note TEXT NOT NULL, PRIMARY KEY(kind, value)) WITHOUT ROWID"
#define SQL_MODERATOR                                                                    \
	"CREATE TABLE moderator(wildmat TEXT, key BLOB, PRIMARY KEY(wildmat, key))"      \
	" WITHOUT ROWID"
#define SQL_APPROVAL                                                                     \
	"CREATE TABLE approval(id BLOB, key BLOB, since INTEGER NOT NULL,"               \
	" PRIMARY KEY(id, key)) WITHOUT ROWID"
#define SQL_AUTHOR                                                                       \
	"CREATE TABLE author(key BLOB PRIMARY KEY, posts INTEGER NOT NULL,"              \
	" first INTEGER NOT NULL, name TEXT NOT NULL) WITHOUT ROWID"
#define SQL_PENDING                                                                      \
	"CREATE INDEX article_pending ON article(arrival) WHERE flags & 32 != 0"

static const char *const objects[] = {
	"CREATE TABLE meta(one INTEGER PRIMARY KEY, id BLOB NOT NULL, arrival INTEGER "
	"NOT NULL,"
	" latest INTEGER NOT NULL, groups INTEGER NOT NULL, articles INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, history INTEGER NOT NULL, differing INTEGER NOT NULL)",
	"CREATE TABLE ingress(id INTEGER PRIMARY KEY, articles INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL)",
	"CREATE TABLE article(arrival INTEGER PRIMARY KEY, received INTEGER NOT NULL,"
	" latest INTEGER, size INTEGER NOT NULL, ingress INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, expires INTEGER, id BLOB NOT NULL, xref BLOB NOT NULL)",
	"CREATE INDEX article_unsigned ON article(arrival) WHERE flags & 4 != 0",
	"CREATE TABLE body(arrival INTEGER PRIMARY KEY, frame BLOB NOT NULL, signature "
	"BLOB)",
	"CREATE TABLE history(id BLOB PRIMARY KEY, arrival INTEGER NOT NULL,"
	" content BLOB NOT NULL, date INTEGER NOT NULL, gone INTEGER NOT NULL, " HISTORY_WHY
	") WITHOUT ROWID",
	SQL_ALIAS,
	"CREATE TABLE waiting(target BLOB, proof BLOB, arrival INTEGER NOT NULL,"
	" since INTEGER NOT NULL, PRIMARY KEY(target, proof)) WITHOUT ROWID",
	"CREATE TABLE grp(id INTEGER PRIMARY KEY, name TEXT NOT NULL, low INTEGER NOT "
	"NULL,"
	" high INTEGER NOT NULL, count INTEGER NOT NULL, status TEXT NOT NULL,"
	" created INTEGER NOT NULL, description TEXT NOT NULL)",
	"CREATE UNIQUE INDEX grp_name ON grp(name)",
	"CREATE TABLE number(grp INTEGER, num INTEGER, arrival INTEGER NOT NULL,"
	" PRIMARY KEY(grp, num)) WITHOUT ROWID",
	"CREATE TABLE overview(grp INTEGER, num INTEGER, arrival INTEGER NOT NULL,"
	" crossposted INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY(grp, num))"
	" WITHOUT ROWID",
	SQL_DIFFERING,
	SQL_PURGE,
	SQL_HIDDEN,
	SQL_BAN,
	SQL_MODERATOR,
	SQL_APPROVAL,
	SQL_AUTHOR,
	SQL_PENDING,
};

/* Version 0 was never released: it had no table of the newsreaders' own ids. Version 1 did
 * not remember which ids came with other content, version 2 not why an article went;
 * version 3 knew neither bans nor moderators nor authors. */
static const struct db_step steps[] = {
	{ 0, SQL_ALIAS },
	{ 1, SQL_DIFFERING },
	{ 2, "ALTER TABLE history ADD COLUMN " HISTORY_WHY "; " SQL_PURGE },
	{ 3,
	    SQL_HIDDEN ";" SQL_BAN ";" SQL_MODERATOR ";" SQL_APPROVAL ";" SQL_AUTHOR
		       ";" SQL_PENDING },
};

#define ARTICLE                                                                          \
	"SELECT arrival, received, size, ingress, flags, expires, id, xref FROM "        \
	"article "
#define GROUP "SELECT id, name, low, high, count, status, created, description FROM grp "

static const char *const statements[S_STATEMENTS] = {
	[S_META] =
	    "SELECT id, arrival, latest, groups, articles, bytes, history, differing"
	    " FROM meta WHERE one = 1",
	[S_META_SET] =
	    "UPDATE meta SET arrival = ?1, latest = ?2, groups = ?3, articles = ?4,"
	    " bytes = ?5, history = ?6, differing = ?7 WHERE one = 1",
	[S_INGRESS_ADD] =
	    "INSERT INTO ingress VALUES(?1, ?2, ?3) ON CONFLICT(id) DO UPDATE SET"
	    " articles = articles + ?2, bytes = bytes + ?3",
	[S_INGRESS_ALL] =
	    "SELECT id, articles, bytes FROM ingress WHERE bytes > 0 ORDER BY id",
	[S_HISTORY] =
	    "SELECT arrival, content, date, gone, why FROM history WHERE id = ?1",
	[S_HISTORY_BETWEEN] = "SELECT 1 FROM history WHERE id BETWEEN ?1 AND ?2 LIMIT 1",
	[S_HISTORY_PUT] = "INSERT OR REPLACE INTO history VALUES(?1, ?2, ?3, ?4, ?5, 0)",
	[S_HISTORY_GONE] =
	    "UPDATE history SET arrival = 0, gone = ?2, why = ?3 WHERE id = ?1",
	[S_HISTORY_SCAN] = "SELECT id, arrival, gone FROM history WHERE id >= ?1"
			   " ORDER BY id LIMIT ?2",
	[S_HISTORY_AFTER] =
	    "SELECT id, arrival FROM history WHERE id > ?1 ORDER BY id LIMIT ?2",
	[S_HISTORY_DATES] =
	    "SELECT id, arrival, date FROM history WHERE id > ?1 ORDER BY id LIMIT ?2",
	[S_HISTORY_DROP] = "DELETE FROM history WHERE id = ?1",
	[S_ALIAS] = "SELECT arrival FROM alias WHERE id = ?1",
	[S_ALIAS_PUT] = "INSERT OR IGNORE INTO alias VALUES(?1, ?2)",
	[S_ALIAS_EXPIRE] =
	    "DELETE FROM alias WHERE NOT EXISTS"
	    " (SELECT 1 FROM article WHERE article.arrival = alias.arrival)",
	[S_ARTICLE] = ARTICLE "WHERE arrival = ?1",
	[S_ARTICLE_PUT] =
	    "INSERT INTO article VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[S_ARTICLE_FLAGS] = "UPDATE article SET flags = ?2 WHERE arrival = ?1",
	[S_ARTICLE_XREF] = "UPDATE article SET xref = ?2 WHERE arrival = ?1",
	[S_ARTICLE_DROP] = "DELETE FROM article WHERE arrival = ?1",
	[S_ARTICLE_SCAN] = ARTICLE "WHERE arrival > ?1 ORDER BY arrival LIMIT ?2",
	[S_ARTICLE_UNSIGNED] =
	    ARTICLE "WHERE flags & 4 != 0 AND arrival > ?1 ORDER BY arrival LIMIT ?2",
	[S_ARTICLE_LATEST] = "SELECT arrival, coalesce(latest, received) FROM article"
			     " WHERE arrival >= ?1 ORDER BY arrival LIMIT 1",
	[S_BODY] = "SELECT frame, signature FROM body WHERE arrival = ?1",
	[S_BODY_PUT] = "INSERT INTO body VALUES(?1, ?2, ?3)",
	[S_BODY_SIGN] = "UPDATE body SET signature = ?2 WHERE arrival = ?1",
	[S_BODY_DROP] = "DELETE FROM body WHERE arrival = ?1",
	[S_BODY_SCAN] =
	    "SELECT arrival FROM body WHERE arrival > ?1 ORDER BY arrival LIMIT ?2",
	[S_NUMBER] = "SELECT arrival FROM number WHERE grp = ?1 AND num = ?2",
	[S_NUMBER_PUT] = "INSERT INTO number VALUES(?1, ?2, ?3)",
	[S_NUMBER_DROP] = "DELETE FROM number WHERE grp = ?1 AND num = ?2",
	[S_NUMBER_RANGE] = "SELECT num, arrival FROM number WHERE grp = ?1 AND num >= ?2"
			   " AND num <= ?3 ORDER BY num LIMIT ?4",
	[S_NUMBER_AFTER] = "SELECT num FROM number WHERE grp = ?1 AND num >= ?2"
			   " ORDER BY num LIMIT 1",
	[S_LOW_AFTER] =
	    "SELECT min(n) FROM (SELECT min(num) AS n FROM number WHERE grp = ?1 AND"
	    " num >= ?2 UNION ALL SELECT min(num) FROM hidden WHERE grp = ?1 AND"
	    " num >= ?2) WHERE n IS NOT NULL",
	[S_NUMBER_BEFORE] = "SELECT num FROM number WHERE grp = ?1 AND num <= ?2"
			    " ORDER BY num DESC LIMIT 1",
	[S_NUMBER_SCAN] =
	    "SELECT grp, num, arrival FROM number WHERE (grp, num) > (?1, ?2)"
	    " ORDER BY grp, num LIMIT ?3",
	[S_NUMBER_COUNT] =
	    "SELECT count(*), min(num), max(num) FROM number WHERE grp = ?1",
	[S_OVERVIEW] = "SELECT arrival, crossposted, line FROM overview WHERE grp = ?1"
		       " AND num = ?2",
	[S_OVERVIEW_PUT] = "INSERT OR REPLACE INTO overview VALUES(?1, ?2, ?3, ?4, ?5)",
	[S_OVERVIEW_DROP] = "DELETE FROM overview WHERE grp = ?1 AND num = ?2",
	[S_OVERVIEW_ONE] = "SELECT num, arrival, crossposted, line FROM overview"
			   " WHERE grp = ?1 AND num = ?2",
	[S_OVERVIEW_RANGE] = "SELECT num, arrival, crossposted, line FROM overview"
			     " WHERE grp = ?1 AND num >= ?2 AND num <= ?3 ORDER BY num"
			     " LIMIT ?4",
	[S_OVERVIEW_SCAN] = "SELECT grp, num, arrival FROM overview"
			    " WHERE (grp, num) > (?1, ?2) ORDER BY grp, num LIMIT ?3",
	[S_GROUP] = GROUP "WHERE name = ?1",
	[S_GROUP_ID] = GROUP "WHERE id = ?1",
	[S_GROUP_NEXT] = GROUP "WHERE name > ?1 ORDER BY name LIMIT 1",
	[S_GROUP_NEW] = "INSERT INTO grp VALUES(NULL, ?1, 1, 0, 0, ?2, ?3, '')",
	[S_GROUP_MARKS] = "UPDATE grp SET low = ?2, high = ?3, count = ?4 WHERE id = ?1",
	[S_GROUP_SET] = "UPDATE grp SET status = ?2, description = ?3 WHERE id = ?1",
	[S_WAITING] = "SELECT proof, arrival FROM waiting WHERE target = ?1",
	[S_WAITING_PUT] = "INSERT OR IGNORE INTO waiting VALUES(?1, ?2, ?3, ?4)",
	[S_WAITING_DROP] = "DELETE FROM waiting WHERE target = ?1",
	[S_WAITING_COUNT] = "SELECT count(*) FROM waiting WHERE target = ?1",
	[S_WAITING_EXPIRE] = "DELETE FROM waiting WHERE since <= ?1",
	[S_DIFFERING] = "SELECT copies, latest, ingress FROM differing WHERE id = ?1",
	[S_DIFFERING_ADD] =
	    "INSERT INTO differing VALUES(?1, 1, ?2, ?3) ON CONFLICT(id) DO UPDATE SET"
	    " copies = copies + 1, latest = ?2, ingress = ?3",
	[S_DIFFERING_EXPIRE] = "DELETE FROM differing WHERE NOT EXISTS"
			       " (SELECT 1 FROM history WHERE history.id = differing.id)",
	[S_PURGE] = "SELECT ingress, since FROM purge WHERE id = ?1",
	[S_PURGE_FIND] =
	    "SELECT id FROM purge WHERE ingress = ?1 AND since = ?2 AND gone = ?3",
	[S_PURGE_ADD] = "INSERT INTO purge VALUES(NULL, ?1, ?2, ?3)",
	[S_PURGE_EXPIRE] = "DELETE FROM purge WHERE gone <= ?1",
	[S_HIDDEN] = "SELECT arrival FROM hidden WHERE grp = ?1 AND num = ?2",
	[S_HIDDEN_PUT] = "INSERT INTO hidden VALUES(?1, ?2, ?3)",
	[S_HIDDEN_DROP] = "DELETE FROM hidden WHERE grp = ?1 AND num = ?2",
	[S_HIDDEN_SCAN] =
	    "SELECT grp, num, arrival FROM hidden WHERE (grp, num) > (?1, ?2)"
	    " ORDER BY grp, num LIMIT ?3",
	[S_HIDDEN_COUNT] =
	    "SELECT count(*), min(num), max(num) FROM hidden WHERE grp = ?1",
	[S_BANS] = "SELECT kind, value, since, note FROM ban ORDER BY kind, value",
	[S_BAN_NEXT] = "SELECT kind, value, since, note FROM ban"
		       " WHERE (kind, value) > (?1, ?2) ORDER BY kind, value LIMIT 1",
	[S_BAN_PUT] = "INSERT OR REPLACE INTO ban VALUES(?1, ?2, ?3, ?4)",
	[S_BAN_DROP] = "DELETE FROM ban WHERE kind = ?1 AND value = ?2",
	[S_MODERATORS] = "SELECT wildmat, key FROM moderator ORDER BY wildmat, key",
	[S_MODERATOR_NEXT] = "SELECT wildmat, key FROM moderator"
			     " WHERE (wildmat, key) > (?1, ?2)"
			     " ORDER BY wildmat, key LIMIT 1",
	[S_MODERATOR_PUT] = "INSERT OR IGNORE INTO moderator VALUES(?1, ?2)",
	[S_MODERATOR_DROP] = "DELETE FROM moderator WHERE wildmat = ?1 AND key = ?2",
	[S_APPROVAL] = "SELECT key FROM approval WHERE id = ?1",
	[S_APPROVAL_PUT] = "INSERT OR IGNORE INTO approval VALUES(?1, ?2, ?3)",
	[S_APPROVAL_EXPIRE] = "DELETE FROM approval WHERE since <= ?1 AND NOT EXISTS"
			      " (SELECT 1 FROM history WHERE history.id = approval.id)",
	[S_PENDING] =
	    ARTICLE "WHERE flags & 32 != 0 AND arrival > ?1 ORDER BY arrival LIMIT ?2",
	[S_AUTHOR] = "SELECT key, posts, first, name FROM author WHERE key = ?1",
	[S_AUTHOR_NEXT] = "SELECT key, posts, first, name FROM author WHERE key > ?1"
			  " ORDER BY key LIMIT 1",
	[S_AUTHOR_COUNT] = "INSERT INTO author VALUES(?1, 1, ?2, '')"
			   " ON CONFLICT(key) DO UPDATE SET posts = posts + 1,"
			   " first = CASE first WHEN 0 THEN ?2 ELSE first END",
	[S_AUTHOR_NAME] = "INSERT INTO author VALUES(?1, 0, 0, ?2)"
			  " ON CONFLICT(key) DO UPDATE SET name = ?2",
	[S_TOTALS] = "SELECT count(*), coalesce(sum(size), 0), coalesce(max(arrival), 0)"
		     " FROM article",
	[S_TOTALS_HISTORY] = "SELECT count(*) FROM history",
	[S_INGRESS_CLEAR] = "DELETE FROM ingress",
	[S_INGRESS_FILL] = "INSERT INTO ingress SELECT ingress, count(*), sum(size)"
			   " FROM article GROUP BY ingress",
	[S_INGRESS_WRONG] =
	    "SELECT count(*) FROM ("
	    "SELECT * FROM (SELECT ingress, count(*), sum(size) FROM article"
	    " GROUP BY ingress EXCEPT SELECT id, articles, bytes FROM ingress)"
	    " UNION ALL SELECT * FROM (SELECT id, articles, bytes FROM ingress"
	    " WHERE articles != 0 OR bytes != 0 EXCEPT"
	    " SELECT ingress, count(*), sum(size) FROM article GROUP BY ingress))",
	[S_GROUPS] = "SELECT count(*) FROM grp",
	[S_COUNTS] = "SELECT (SELECT count(*) FROM article WHERE flags & 4 != 0),"
		     " (SELECT page_count FROM pragma_page_count()),"
		     " (SELECT page_size FROM pragma_page_size())",
};

const struct db_schema spool_schema = {
	.application = APPLICATION,
	.version = SPOOL_VERSION,
	.page_size = PAGE_SIZE,
	.objects = objects,
	.object_count = sizeof objects / sizeof objects[0],
	.steps = steps,
	.step_count = sizeof steps / sizeof steps[0],
	.statements = statements,
	.statement_count = S_STATEMENTS,
};

const char *const spool_schema_init =
    "INSERT INTO meta VALUES(1, randomblob(16), 0, -9223372036854775807, 0, 0, 0, 0, 0)";
