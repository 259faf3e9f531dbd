/* The socket between a worker and the writer: articles one way, answers the other; and that
 * between a worker and reader-auth. A frame is u32 length, u64 tag, u8 kind, but for an
 * answer u8 length and name, of an offer u32 length and packed, then bytes; the tag names the
 * session, the answer repeats it. New sockets come from the parent over a control socket, as
 * descriptors. */
#ifndef READER_LINK_H
#define READER_LINK_H

#include "lib/buf.h"
#include "lib/limits.h"

#define LINK_HEAD 13
#define LINK_IN_MAX (4u << 20) /* frames that wait in the writer, a worker */

enum frame_kind {
	FRAME_ANSWER, /* bytes: the answer, as reader/poster.h has it */
	FRAME_POST,  /* name: grant and user, or empty; bytes: what a newsreader posted */
	FRAME_OFFER, /* name: its Message-ID; bytes: an article that a feed brought, in
		       * stored form; packed: the same, as spool_put has it, or empty */
	FRAME_LOGIN, /* to reader-auth; name: the user; bytes: address, password */
	FRAME_KINDS
};

#define GIFT_MAX (2u << 20) /* bytes of a file in memory */

/* What comes over a control socket, as a descriptor. */
enum link_gift {
	GIFT_LINK,        /* a socket between a worker and the writer */
	GIFT_LOGIN,       /* a socket between a worker and reader-auth, whole frames */
	GIFT_CERTIFICATE, /* a file in memory: what front_pem has read */
	GIFT_BULLETINS,   /* likewise: bulletins_pack */
	GIFT_USERS,       /* the same: users_pack */
	GIFT_PERSONAS,    /* the same: what personas_pack has written */
	GIFT_COUNT
};

struct frame {
	uint64_t tag;
	enum frame_kind kind;
	struct view name;   /* not of FRAME_ANSWER */
	struct view packed; /* of FRAME_OFFER */
	struct view bytes;
};

void frame_add(struct buf *, const struct frame *);
/* Takes a frame from the front. ERR_MORE. The stream is no good: ERR_TOOBIG, more bytes
 * than max, or packed ones; ERR_SYNTAX, another kind. */
enum err frame_next(struct view *in, size_t max, struct frame *out);

/* Sends and receives a descriptor. link_receive: ERR_MORE when there is none now (fd does
 * not block), ERR_NOTFOUND at the end of the control socket. */
enum err link_send(int control, enum link_gift, int fd);
enum err link_receive(int control, int flags, enum link_gift *, int *fd);
/* The same for bytes, in a file in memory; link_take appends them and closes fd. */
enum err link_give(int control, enum link_gift, struct view);
enum err link_take(int fd, struct buf *out);

/* Reads what waits, without blocking, until in holds LINK_IN_MAX. ERR_NOTFOUND: the other
 * side has gone. */
enum err link_read(int fd, struct buf *in);

#endif
