/* What a friend was asked for and has not sent, in the order of asking: it may send that, in
 * this order, and nothing else (docs/exchange.md). */
#ifndef BATCHER_WANTED_H
#define BATCHER_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define WANTED_ID 12

struct wanted_item {
	uint32_t offer;
	uint16_t index;
	bool gone; /* the friend said so */
	bool held; /* not asked for yet: so much was asked for already */
	unsigned char id[WANTED_ID];
};

struct wanted {
	struct wanted_item *item;
	size_t head, end, room;
	size_t count; /* without those that are gone */
};

void wanted_release(struct wanted *);
enum err wanted_add(struct wanted *, const struct wanted_item *);
/* ERR_NOTFOUND: it was not asked for, or came. */
enum err wanted_gone(struct wanted *, uint32_t offer, uint16_t index);
/* Takes the oldest into out. ERR_NOTFOUND: nothing is wanted. */
enum err wanted_take(struct wanted *, struct wanted_item *out);

#endif
