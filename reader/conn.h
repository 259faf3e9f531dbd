/* Connections of a worker: sockets around sessions. A turn reads once, steps once and
 * writes once, then the others have theirs.
 *
 * What all connections together hold is bounded: over POOL_BYTES the one that has been
 * waiting for its client longest is closed. Who keeps a line, a handshake or an answer half
 * done for longer than the limits allow is closed, too; who is idle keeps next to nothing. */
#ifndef READER_CONN_H
#define READER_CONN_H

#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "reader/peers.h"
#include "reader/session.h"
#include "reader/transport.h"

#define CONN_IDLE 86400        /* seconds; newsreaders stay connected and say nothing */
#define CONN_PATIENCE_POST 30  /* times patience: 1 MiB at 9600 baud takes 20 minutes */
#define POOL_BYTES (24u << 20) /* in buffers of all: the process stays below 64 MB */

struct conn_pool;

struct conn {
	struct conn_pool *pool;
	int fd;
	int place; /* peers_enter's */
	uint64_t
	    tag; /* never used again, so a late answer cannot reach another session */
	struct event read, write;
	struct session session;
	struct transport line;
	struct buf in;    /* came, but the session was not ready for it */
	size_t sent;      /* of session.out, or of line.out */
	size_t weight;    /* of its buffers, as far as the pool knows */
	int64_t moved;    /* when bytes last went either way, ms */
	int64_t begun;    /* when what is half done began, ms; 0: nothing is */
	unsigned counted; /* commands, when begun was looked at */
	bool eof, unread /* line may have plain bytes */, resting;
	TAILQ_ENTRY(conn) all, post;
};
TAILQ_HEAD(conn_list, conn);

struct conn_limits {
	uint32_t connections;  /* further ones are told 400 */
	uint32_t address;      /* connections of one, not of loopback */
	uint32_t address_rate; /* new ones of it a minute */
	int64_t
	    patience; /* seconds for a line, a handshake, to read what was asked for */
};

struct conn_pool {
	struct event_base *base;
	struct session_env *env;
	struct transport_env *transport;
	const struct access_rules *rules;
	struct peers peers;
	struct conn_list list;
	struct event *sweep;
	size_t count, max;
	int64_t patience; /* ms */
	size_t bytes;     /* in buffers, about */
	unsigned served;  /* connections that had a turn; the owner resets it */
	unsigned refused;
	uint64_t tags;
	unsigned char *scratch; /* one read */
};

/* The pool keeps what it is given; max is less than the limit where descriptors are few. */
enum err conn_pool_init(struct conn_pool *, struct event_base *, struct session_env *,
    struct transport_env *, const struct access_rules *, const struct conn_limits *);
void conn_pool_release(struct conn_pool *);
/* Takes the socket over and greets, behind a handshake where it is tls; refuses with 400
 * when there are too many. */
void conn_new(struct conn_pool *, int fd, const struct sockaddr *peer, bool tls);
/* NULL when it has gone. */
struct conn *conn_find(struct conn_pool *, uint64_t tag);
/* One that waits for the writer, or NULL. */
struct conn *conn_due(struct conn_pool *);
/* The writer's answer to its oldest article; conn_turn sends it on. */
void conn_answered(struct conn *, struct view answer);
/* Reads, steps and writes what it can; may free it. */
void conn_turn(struct conn *);
/* Its offer was taken from SESSION_HAND; the writer has gone. Each has its turn in it. */
void conn_handed(struct conn *);
void conn_lost(struct conn *);
/* One that waits for reader-auth, or NULL; the answer, session_logged_in's, and its turn. */
struct conn *conn_asking(struct conn_pool *);
void conn_logged_in(struct conn *, struct view answer);

#endif
