/* What a person looks for, in words; made safe for the index (docs/search.md).
 *
 *     sourdough starter      both words, anywhere in Subject, From or text
 *     "sourdough starter"    one behind the other
 *     -rye                   without it
 *     from:ana  subject:oven in that header alone; quotes may follow the colon
 *     group:rec.food.*       only in these groups, a wildmat; -group: not in these */
#ifndef SPOOL_QUERY_H
#define SPOOL_QUERY_H

#include <stdbool.h>

#include "lib/buf.h"

#define QUERY_MAX 1024       /* bytes that a person may write */
#define QUERY_WORDS 64       /* words and phrases of one search */
#define QUERY_NAME "search." /* begins the name of a group that is a search */

struct query {
	struct buf match;  /* an expression of the index's own language */
	struct buf groups; /* wildmat that one group must match, empty: any */
	struct buf never;  /* wildmat that no group may match, empty: none */
	struct buf first;  /* the first word looked for, to show where it stands */
};

void query_init(struct query *);
void query_release(struct query *);
/* ERR_SYNTAX: *why is a sentence for the person, and the query is not to be used. */
enum err query_parse(struct view text, struct query *out, const char **why);
/* The same for the name of a group: behind "search." the words are joined by + or dots, a
 * phrase by _, and = may stand for a colon, which newsreaders cannot always keep.
 * ERR_NOTFOUND: the name does not begin so. */
enum err query_parse_group(struct view name, struct query *out, const char **why);
/* Does one of these say that an article in such a group is looked for? */
bool query_wants(const struct query *, struct view group);
bool query_refuses(const struct query *, struct view group);

#endif
