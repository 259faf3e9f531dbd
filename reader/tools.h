/* What `hearsay` has the reader do to the spool beside serving it. Each returns an exit
 * code: 0 done, 1 failed, 2 wrong usage, 75 busy, try again. */
#ifndef READER_TOOLS_H
#define READER_TOOLS_H

#include "lib/node.h"

struct words {
	char **v;
	size_t n;
};

typedef int tool_fn(const struct node *, const struct words *);

tool_fn tool_create;    /* makes spool.db */
tool_fn tool_post;      /* [FILE]: posts an article from there or stdin, prints its id */
tool_fn tool_group_new; /* NAME [STATUS|- [DESCRIPTION]] */
tool_fn tool_expire;    /* by node.conf's expire, spool and history lines */
tool_fn tool_check;     /* [--repair] */
tool_fn tool_search;    /* [-m] TEXT: shows what holds these words */
tool_fn tool_purge;     /* [--look] INGRESS SINCE: what this friend brought since */

/* These judge all articles anew and print hidden=N shown=N. */
tool_fn tool_ban; /* author KEY|ADDRESS, thread ID, group WILDMAT, friend NUMBER [NOTE] */
tool_fn tool_unban;     /* the same without note */
tool_fn tool_moderator; /* add|drop WILDMAT KEY */
tool_fn tool_group_set; /* NAME STATUS|- [DESCRIPTION] */

tool_fn tool_author_name; /* KEY [NAME] */

#endif
