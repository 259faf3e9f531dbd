/* Records of the exchange (docs/exchange.md): type u8, length u24, body. */
#ifndef BATCHER_RECORD_H
#define BATCHER_RECORD_H

#include "lib/buf.h"
#include "lib/limits.h"

enum record_type {
	RECORD_HELLO = 1,
	RECORD_OFFER = 2,
	RECORD_WANT = 3,
	RECORD_LATER = 4,
	RECORD_CHUNK = 5,
	RECORD_ACK = 6,
	RECORD_DONE = 7,
	RECORD_BYE = 8,
	RECORD_RECON = 9,
	RECORD_GONE = 10,
};

#define RECORD_MAX CHUNK_MAX
#define RECORD_HEAD 4

struct record {
	uint8_t type;
	struct view body;
};

void record_add(struct buf *, uint8_t type, struct view body);
/* Takes the next record. ERR_MORE: not whole yet. ERR_TOOBIG: over RECORD_MAX. */
enum err record_next(struct view *rest, struct record *out);

#endif
