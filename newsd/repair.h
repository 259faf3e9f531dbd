/* Repair of bytes that came changed (docs/arq.md): a few bytes of Reed-Solomon parity, sent
 * when a frame is known to have come damaged, instead of all of it again. The payload is
 * dealt out to codewords byte by byte, so that a burst hits each of them a little. Whether
 * the result is right only a checksum can say. */
#ifndef NEWSD_REPAIR_H
#define NEWSD_REPAIR_H

#include "lib/buf.h"

#define REPAIR_MAX 1024 /* bytes of payload */
#define REPAIR_T_MAX 16 /* wrong bytes that one codeword can have */
#define REPAIR_PARITY_MAX (2 * REPAIR_T_MAX * 5)

/* Bytes of parity for so long a payload when t wrong bytes a codeword are to be found. */
size_t repair_size(size_t len, unsigned t);
void repair_parity(struct view payload, unsigned t, struct buf *out);
/* Corrects in place. False: too many are wrong, p is unchanged or worse. */
bool repair_apply(unsigned char *p, size_t len, unsigned t, struct view parity);

#endif
