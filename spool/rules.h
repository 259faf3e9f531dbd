/* The bans and moderators of one writing process: read once, dropped when another process
 * has committed and after a rollback, as marks are. */
#ifndef SPOOL_RULES_H
#define SPOOL_RULES_H

#include "lib/article.h"
#include "spool/db.h"
#include "spool/moderate.h"

struct rules {
	bool loaded;
	struct spool_ban *bans;
	size_t ban_count;
	struct spool_moderator *moderators;
	size_t moderator_count;
	bool threads, groups, authors; /* whether there is such a ban */
};

enum err rules_load(struct rules *, struct db *);
void rules_forget(struct rules *);
/* From a row of S_BANS... or S_MODERATORS.... ERR_CORRUPT. */
enum err rules_read_ban(sqlite3_stmt *, struct spool_ban *out);
enum err rules_read_moderator(sqlite3_stmt *, struct spool_moderator *out);

/* What an article is judged by. */
struct judged {
	const struct article *article;
	uint32_t ingress;
	struct {
		struct view name;
		char status;
	} in[GROUPS_FOREIGN_MAX];
	unsigned groups;
};

bool rules_banned(const struct rules *, const struct judged *);
/* Does the key moderate this group; with key NULL: does anybody? */
bool rules_moderates(const struct rules *, const unsigned char *key, struct view group);
/* Is a moderator's word missing for one of its groups? approved answers whether a
 * moderator of that group gave it. */
typedef bool rules_approved_fn(void *, struct view group);
bool rules_pending(
    const struct rules *, const struct judged *, rules_approved_fn *, void *);

#endif
