/* Who may log in, and what for: files gateway/users/NAME, readable to their owner alone,
 * with the lines `password scrypt:...`, and where they differ from what everybody may:
 * `persona NAME`, `read WILDMAT`, `post WILDMAT`, `feed yes`. */
#ifndef READER_USERS_H
#define READER_USERS_H

#include "lib/limits.h"
#include "lib/node.h"
#include "lib/password.h"

#define USERS_MAX 256
#define USER_WILDMAT_MAX 1024

struct user {
	char name[NAME_MAX_LEN + 1];
	char persona[NAME_MAX_LEN + 1];  /* its file; empty: the standard one */
	char read[USER_WILDMAT_MAX + 1]; /* groups that exist for it; empty: all */
	char post[USER_WILDMAT_MAX + 1]; /* of these, where it may post; empty: all */
	bool feed;
	char password[PASSWORD_TEXT_MAX + 1]; /* empty where nobody checks it */
};

struct users {
	struct user *list;
	size_t count;
};

/* Reads the folder; no folder is no user. A file that is no good is logged, and its user
 * cannot log in. Nothing else fails but for ERR_NOMEM and ERR_IO. */
enum err users_load(const struct node *, struct users *out);
void users_release(struct users *); /* wipes */
/* NULL: no such user. */
const struct user *users_find(const struct users *, struct view name);
/* Is a group one of a user's wildmat? */
bool user_group(const char *wildmat, struct view group);

/* From one process of the gateway to another; without passwords unless they are wanted.
 * users_unpack replaces what is there. ERR_SYNTAX. */
void users_pack(const struct users *, bool passwords, struct buf *out);
enum err users_unpack(struct view, struct users *);
void users_forget_passwords(struct users *);

#endif
