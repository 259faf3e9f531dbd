/* The receiving half of newsd/arq.h: pieces in any order become the stream. */
#ifndef NEWSD_ARQRECEIVE_H
#define NEWSD_ARQRECEIVE_H

#include "newsd/frame.h"

#define ARQRECEIVE_RING 65536 /* by the low 16 bits of the offset */
#define ARQRECEIVE_RANGES 128 /* holes beyond that wait for their repetition */
#define ARQRECEIVE_SLOW 32768 /* unread: the other end is told to hold */
#define ARQRECEIVE_MAX                                                                   \
	(128u << 10) /* slow, and all that was under way when it was told */

struct arqreceive {
	struct buf data; /* in order, unread */
	uint64_t next;   /* first that is missing; behind the end's byte when all came */
	uint64_t fin_at; /* offset of the end's byte; UINT64_MAX: not known */
	struct range r[ARQRECEIVE_RANGES]; /* beyond next, ascending, with gaps between */
	size_t n;
	uint64_t latest; /* offset of what came last */
	unsigned char *ring;
};

/* ERR_NOMEM. */
enum err arqreceive_init(struct arqreceive *);
void arqreceive_release(struct arqreceive *);
/* Takes a payload; bytes that are new in order: *more. ERR_OK also for what is there
 * already. ERR_FULL: not taken, for now. ERR_SYNTAX: contradicts the end that was told. */
enum err arqreceive_put(
    struct arqreceive *, uint64_t at, struct view, bool fin, size_t *more);
/* What to acknowledge beyond next: the range that grew last is among them. */
size_t arqreceive_ranges(
    const struct arqreceive *, struct range out[FRAME_ACK_RANGES_MAX]);
size_t arqreceive_read(struct arqreceive *, unsigned char *p, size_t room);
bool arqreceive_slow(const struct arqreceive *);
/* The end has come and all before it. */
bool arqreceive_done(const struct arqreceive *);

#endif
