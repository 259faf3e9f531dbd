/* Connections of a worker: sockets around sessions. A turn reads once, steps once and
 * writes once, then the others have theirs. */
#ifndef READER_CONN_H
#define READER_CONN_H

#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "reader/session.h"

struct conn_pool;

struct conn {
	struct conn_pool *pool;
	int fd;
	uint64_t
	    tag; /* never used again, so a late answer cannot reach another session */
	struct event read, write;
	struct session session;
	struct buf in; /* came, but the session was not ready for it */
	size_t sent;   /* of session.out */
	bool eof;
	TAILQ_ENTRY(conn) all, post;
};
TAILQ_HEAD(conn_list, conn);

struct conn_pool {
	struct event_base *base;
	struct session_env *env;
	const struct access_rules *rules;
	struct conn_list list;
	size_t count, max;
	unsigned served; /* connections that had a turn; the owner resets it */
	uint64_t tags;
	unsigned char *scratch; /* one read */
};

enum err conn_pool_init(struct conn_pool *, struct event_base *, struct session_env *,
    const struct access_rules *);
void conn_pool_release(struct conn_pool *);
/* Takes the socket over and greets; refuses with 400 when there are too many. */
void conn_new(struct conn_pool *, int fd, const struct sockaddr *peer);
/* NULL when it has gone. */
struct conn *conn_find(struct conn_pool *, uint64_t tag);
/* One that waits for the writer, or NULL. */
struct conn *conn_posting(struct conn_pool *);
void conn_posted(struct conn *, struct view answer);

#endif
