/* The socket between a worker and the writer: posts one way, answers the other. A frame
 * is u32 length, u64 tag, bytes; the tag names the post, the answer repeats it. New
 * sockets come from the parent over a control socket, as descriptors. */
#ifndef READER_LINK_H
#define READER_LINK_H

#include "lib/buf.h"

#define LINK_HEAD 12
#define LINK_IN_MAX (4u << 20) /* frames that wait in the writer, a worker */

struct frame {
	uint64_t tag;
	struct view bytes;
};

void frame_add(struct buf *, uint64_t tag, struct view bytes);
/* Takes a frame from the front. ERR_MORE. ERR_TOOBIG: over max, the stream is no good. */
enum err frame_next(struct view *in, size_t max, struct frame *out);

/* Sends and receives a descriptor. link_receive: ERR_MORE when there is none now (fd does
 * not block), ERR_NOTFOUND at the end of the control socket. */
enum err link_send(int control, int fd);
enum err link_receive(int control, int flags, int *fd);

/* Reads what waits, without blocking, until in holds LINK_IN_MAX. ERR_NOTFOUND: the other
 * side has gone. */
enum err link_read(int fd, struct buf *in);

#endif
