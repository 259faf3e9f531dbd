#include "batcher/record.h"

void
record_add(struct buf *b, uint8_t type, struct view body)
{
	buf_addc(b, type);
	buf_addu24(b, (uint32_t)body.len);
	buf_addv(b, body);
}

enum err
record_next(struct view *rest, struct record *out)
{
	struct view v = *rest;
	struct record r;
	uint32_t len;
	enum err e;

	if ((e = view_u8(&v, &r.type)) != ERR_OK || (e = view_u24(&v, &len)) != ERR_OK)
		return e;
	if (len > RECORD_MAX)
		return ERR_TOOBIG;
	if ((e = view_take(&v, len, &r.body)) != ERR_OK)
		return e;
	*rest = v;
	*out = r;
	return ERR_OK;
}
