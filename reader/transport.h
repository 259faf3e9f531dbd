/* The bytes of a connection between its line and its session: as they are, in TLS
 * (RFC 4642), deflated (RFC 8054), or both, TLS outside. No socket: what came from the line
 * goes in by transport_input, plain bytes come out by transport_read; what is to be said
 * goes in by transport_write, and what is to be sent stands in out.
 *
 * Compression of answers begins afresh at each write, by one compressor for all: a
 * connection keeps nothing of it. What an idle one keeps of the client's compression is
 * its history alone, 32 KiB at most. */
#ifndef READER_TRANSPORT_H
#define READER_TRANSPORT_H

#include "lib/buf.h"

struct ssl_st;
struct ssl_ctx_st;
struct bio_method_st;
struct z_stream_s;

#define TRANSPORT_READ_MAX (16u << 10) /* given to transport_input at a time */
#define TRANSPORT_PIECE (64u << 10)    /* given to transport_write at a time */

/* What the connections of a process share. */
struct transport_env {
	struct ssl_ctx_st *tls; /* NULL: no certificate is set up */
	struct bio_method_st *line;
	struct z_stream_s *deflate; /* made at its first use */
	struct buf packed;          /* work space */
};

/* Takes a certificate (its chain may follow) and its key, both PEM. ERR_SYNTAX: one of them
 * is none. ERR_CRYPTO: they are not a pair, or too weak. What was there before stays on
 * failure; connections that use it go on with it. */
enum err transport_env_certificate(
    struct transport_env *, struct view cert, struct view key);
void transport_env_release(struct transport_env *);

struct transport {
	struct transport_env *env;
	struct ssl_st *tls; /* NULL: none */
	bool open;          /* the handshake is done */
	bool deflate;
	struct z_stream_s *inflate; /* NULL while it rests */
	bool between;               /* two of the client's blocks */
	struct buf history;         /* what a resting one needs to go on */
	struct buf in, packed;      /* from the line; deflated, opened */
	size_t taken;               /* of in */
	struct buf out;
};

void transport_init(struct transport *, struct transport_env *);
void transport_release(struct transport *);
/* From now on. TLS comes before DEFLATE or not at all. ERR_NOTFOUND: no certificate. */
enum err transport_start_tls(struct transport *);
/* waiting: what came behind the command, which is deflated already. */
void transport_start_deflate(struct transport *, struct view waiting);

/* False: bytes of the line are the session's, and neither reading nor writing is needed. */
bool transport_coded(const struct transport *);
/* False: a handshake is under way, nothing can be written yet. */
bool transport_ready(const struct transport *);

/* At most TRANSPORT_READ_MAX, when the last ones were read to ERR_MORE. */
enum err transport_input(struct transport *, struct view);
/* Up to room plain bytes, however much there is. ERR_MORE: the line must bring more; out may
 * hold a handshake's next part. ERR_NOTFOUND: the client said goodbye. ERR_CRYPTO or
 * ERR_SYNTAX: send out, then close. */
enum err transport_read(struct transport *, unsigned char *p, size_t room, size_t *n);
/* Ready ones only: up to TRANSPORT_PIECE, complete at the other side when out has gone. */
enum err transport_write(struct transport *, struct view);
/* The last word of TLS. */
void transport_close(struct transport *);
/* Gives back what can be made again. Where the client stopped within a compressed block,
 * that stays. */
void transport_rest(struct transport *);

#endif
