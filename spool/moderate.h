/* Whom and what this node does not want to see, who moderates which groups, and what is
 * known of authors. All of it is this node's own: nothing here travels, but for a
 * moderator's approval, which is an article.
 *
 * What a rule takes from sight is hidden, not removed: its numbers are kept, OVER, LISTGROUP
 * and ARTICLE do not know it, and when the rule goes it stands where it stood. What a ban
 * hides is not fed on; what waits for a moderator is, for the moderator must get it.
 *
 * An article in a group of status m in which this node knows a moderator waits until it
 * is by a moderator of that group, or until a moderator's control article
 * "approve <its id>" came, earlier or later. Cancels by a moderator act in those groups. */
#ifndef SPOOL_MODERATE_H
#define SPOOL_MODERATE_H

#include "spool/spool.h"

#define BAN_VALUE_MAX (MSGID_MAX + 1)
#define BAN_NOTE_MAX 200
#define BANS_MAX 10000     /* every article is compared with all of them */
#define MODERATORS_MAX 256 /* groups times moderators */

enum ban_kind {
	BAN_AUTHOR = 'a', /* an author key (32 bytes), or a foreign From address */
	BAN_THREAD = 't', /* Message-ID: it and all that refer to it */
	BAN_GROUP = 'g',  /* wildmat: articles whose groups all match */
	BAN_FRIEND = 'f', /* number of a friend (exchange.db), in decimal */
};

struct spool_ban {
	enum ban_kind kind;
	unsigned char value[BAN_VALUE_MAX];
	size_t len;
	int64_t since;
	char note[BAN_NOTE_MAX + 1]; /* UTF-8, one line: why, for oneself */
};

/* In a transaction; spool_review makes it felt by what is here already. A second one of
 * the same value replaces the note. ERR_SYNTAX: no such value. ERR_FULL: BANS_MAX. */
enum err spool_ban_add(struct spool *, const struct spool_ban *);
/* ERR_NOTFOUND. */
enum err spool_ban_drop(struct spool *, enum ban_kind, struct view value);
/* The next one after this, in order of kind and value; the zero struct to start.
 * ERR_NOTFOUND at the end. */
enum err spool_ban_next(struct spool *, struct spool_ban *io);

struct spool_moderator {
	char wildmat[GROUP_MAX + 1];
	unsigned char key[ARTICLE_KEY_LEN];
};

enum err spool_moderator_add(struct spool *, const struct spool_moderator *);
enum err spool_moderator_drop(struct spool *, const struct spool_moderator *);
enum err spool_moderator_next(struct spool *, struct spool_moderator *io);
/* Does the key moderate the group here? */
enum err spool_moderates(struct spool *, const unsigned char key[ARTICLE_KEY_LEN],
    struct view group, bool *yes);
/* Is anybody known to moderate the group here? */
enum err spool_moderated(struct spool *, struct view group, bool *yes);

/* One step, a transaction of its own, of judging anew what is here; io is zero at first
 * and counts; *more tells to call again. */
struct spool_reviewed {
	uint64_t looked, hidden, shown;
	uint64_t at; /* the next step begins after this arrival */
};
enum err spool_review(struct spool *, struct spool_reviewed *io, bool *more);
/* Articles that wait for a moderator, in order of arrival, as spool_arrivals does. */
enum err spool_pending(
    struct spool *, uint64_t after, unsigned max, spool_meta_fn *, void *);

/* ---- authors ---------------------------------------------------------------------- */

struct spool_author {
	unsigned char key[ARTICLE_KEY_LEN];
	uint64_t posts;             /* native articles of it that ever came here */
	int64_t first;              /* when the first one came; 0: none did */
	char name[DISPLAY_MAX + 1]; /* that this node's owner gave; "" is none */
};

/* ERR_NOTFOUND: nothing of it ever came, and it has no name. */
enum err spool_author(
    struct spool *, const unsigned char key[ARTICLE_KEY_LEN], struct spool_author *out);
/* In a transaction. An empty name takes it away. ERR_SYNTAX: no display name
 * (lib/article.h), or one that Hearsay-Trust uses itself: self, new, known... */
enum err spool_author_name(
    struct spool *, const unsigned char key[ARTICLE_KEY_LEN], struct view name);
/* The next one after io->key; *first to start. ERR_NOTFOUND at the end. */
enum err spool_author_next(struct spool *, bool first, struct spool_author *io);

#endif
