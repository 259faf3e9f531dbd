/* The first words on a serial line (SYN, docs/arq.md): printable ASCII, so that they pass
 * where nothing else does, and behind them bytes that show what the path does to bytes. */
#ifndef NEWSD_GREETING_H
#define NEWSD_GREETING_H

#include "lib/buf.h"

/* What the path did to the bytes behind the words. */
enum greeting_path {
	GREETING_CLEAN,
	GREETING_SEVEN_BITS, /* bit 8 is gone */
	GREETING_FLOW,       /* 11 and 13 are gone, nothing else */
	GREETING_CHANGED     /* noise, or a path that changes bytes */
};

#define GREETING_HALF 0x01  /* half duplex is wanted */
#define GREETING_TEST 0x02  /* a line test: no stream */
#define GREETING_SEVEN 0x04 /* "your bit 8 does not arrive here" */
#define GREETING_EATEN 0x08 /* "some of your bytes never arrive here as they were sent" */
#define GREETING_AGAIN                                                                   \
	0x10 /* "say yours once more": noise, or a path that changes bytes? */
#define GREETING_FLAGS 0x1f

struct greeting {
	bool answer;
	uint8_t flags;
	uint8_t number; /* of this greeting, counted from 1, stays at 255 */
	uint8_t heard;  /* number of the first greeting heard; 0: none yet */
	uint32_t session, other;
	/* only of one that was read: */
	enum greeting_path path;
	struct view tail; /* as it came, lives as long as raw */
};

/* Appends it, with the closing flag. */
void greeting_write(const struct greeting *, struct buf *out);
/* What stood between two flags. ERR_SYNTAX: no greeting. ERR_VERSION: of a newer one. */
enum err greeting_read(struct view raw, struct greeting *out);
/* The first byte of the tail that the path changed, for a message; -1: none. */
int greeting_changed(struct view tail);

#endif
