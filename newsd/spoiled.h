/* Frames that came damaged, kept until parity comes for them or others push them out. */
#ifndef NEWSD_SPOILED_H
#define NEWSD_SPOILED_H

#include "newsd/frame.h"

#define SPOILED_MAX 32 /* of a second and more at 115,200 bps */

struct spoiled {
	size_t part_len; /* of the last one: the flag behind it may have been none */
	unsigned char part[FRAME_RAW_MAX];
	size_t next; /* slot of the next one */
	struct {
		size_t len; /* 0: free */
		unsigned char plain[FRAME_PLAIN_MAX];
	} slot[SPOILED_MAX];
};

/* What a repair frame says beside where. */
struct parity {
	size_t len; /* of the payload */
	unsigned t;
	uint32_t crc; /* frame_seal of the payload */
	struct view bytes;
};

void parity_write(
    struct view payload, unsigned t, uint32_t session, uint64_t offset, struct buf *out);
enum err parity_read(struct view, struct parity *out);

/* What stood between two flags and was no frame. */
void spoiled_keep(struct spoiled *, struct view raw);
/* Looks for the payload at offset and repairs it into out. ERR_OK: out[0..len) is right.
 * ERR_CRYPTO: it was there, too damaged. ERR_NOTFOUND: nothing like it was there. */
enum err spoiled_repair(struct spoiled *, uint32_t session, uint64_t offset,
    const struct parity *, unsigned char out[FRAME_PLAIN_MAX]);

#endif
