/* The node's folder: where everything lies (docs/node.md).
 *
 *     node.conf           key value lines              friends/NAME    policy and addresses
 *     keys/NAME.friend    0600, batcher and hearsay    keys/NAME.persona
 *     personas/NAME       public half of a persona     gateway/        the reader's own
 *     spool.db            articles                     exchange.db     batcher's state
 *     tmp/ run/ link/ */
#ifndef LIB_NODE_H
#define LIB_NODE_H

#include "lib/buf.h"

#define NODE_PATH_MAX 4096

struct node {
	char dir[NODE_PATH_MAX - 256]; /* absolute, no slash at the end */
	struct buf conf;               /* node.conf as read */
};

/* Which folder: option, else $HEARSAY_DIR, else ~/.hearsay, else /var/lib/hearsay for a
 * user without a home. ERR_TOOBIG: path too long. */
enum err node_locate(const char *option, struct node *out);
/* Reads node.conf. ERR_NOTFOUND: not set up yet. */
enum err node_load(struct node *);
void node_release(struct node *);

/* Path of a file in the folder: node_path(n, out, "keys/%s.friend", name). Returns out. */
#define NODE_PATH(n, ...) node_path((n), (char[NODE_PATH_MAX]){ 0 }, __VA_ARGS__)
const char *node_path(const struct node *, char out[NODE_PATH_MAX], const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct view node_get(const struct node *, const char *key, const char *fallback);

#endif
