#include "lib/span.h"

#include <string.h>

#include "lib/idsum.h"

void
span_add_number(struct buf *out, uint64_t v)
{
	unsigned char b[10];

	buf_add(out, b, idsum_varint(v, b));
}

static enum err
take_varint(struct view *in, uint64_t *out)
{
	uint64_t v = 0;
	uint8_t b;

	do {
		if (v > UINT64_MAX >> 7 || view_u8(in, &b) != ERR_OK ||
		    (v == 0 && b == 0x80))
			return ERR_SYNTAX;
		v = v << 7 | (b & 0x7f);
	} while (b & 0x80);
	*out = v;
	return ERR_OK;
}

/* *time is the one before, and SPAN_FOREVER when this was the last range that can be. */
static enum err
take_bound(struct view *in, uint64_t *time, struct bound *out)
{
	struct bound b = { .time = SPAN_FOREVER };
	uint64_t delta, len;
	struct view id;

	if (take_varint(in, &delta) != ERR_OK || take_varint(in, &len) != ERR_OK ||
	    len > NEGENTROPY_ID_LEN || view_take(in, len, &id) != ERR_OK)
		return ERR_SYNTAX;
	if (delta > 0 &&
	    (__builtin_add_overflow(*time, delta - 1, &b.time) || b.time == SPAN_FOREVER))
		return ERR_SYNTAX;
	/* some implementations put 32 zero bytes behind the end of time: they say nothing */
	if (delta > 0 && len > 0) {
		b.len = (unsigned)len;
		memcpy(b.id, id.p, len);
	}
	*time = b.time;
	*out = b;
	return ERR_OK;
}

enum err
span_take(struct view *in, uint64_t *time, struct span *out)
{
	uint64_t mode, count = 0;
	size_t len;

	if (*time == SPAN_FOREVER || take_bound(in, time, &out->upper) != ERR_OK ||
	    take_varint(in, &mode) != ERR_OK || mode > LIST)
		return ERR_SYNTAX;
	if (mode == LIST &&
	    (take_varint(in, &count) != ERR_OK || count > in->len / NEGENTROPY_ID_LEN))
		return ERR_SYNTAX;
	out->mode = (enum span_mode)mode;
	len = mode == PRINT ? IDSUM_PRINT_LEN : (size_t)count * NEGENTROPY_ID_LEN;
	return view_take(in, len, &out->payload) == ERR_OK ? ERR_OK : ERR_SYNTAX;
}

void
span_add_bound(struct buf *out, uint64_t *time, const struct bound *b)
{
	if (b->time == SPAN_FOREVER) {
		span_add_number(out, 0);
	} else {
		span_add_number(out, b->time - *time + 1);
		*time = b->time;
	}
	span_add_number(out, b->len);
	buf_add(out, b->id, b->len);
}
