#include "newsd/spoiled.h"

#include <string.h>

#include "newsd/repair.h"

#define ACKS_MAX (3 + FRAME_ACK_RANGES_MAX * 6)

void
parity_write(
    struct view payload, unsigned t, uint32_t session, uint64_t offset, struct buf *out)
{
	buf_addu16(out, (uint16_t)payload.len);
	buf_addc(out, (int)t);
	buf_addu32(out, frame_seal(payload, session, offset));
	repair_parity(payload, t, out);
}

enum err
parity_read(struct view v, struct parity *out)
{
	uint16_t len = 0;
	uint8_t t = 0;
	uint32_t crc = 0;
	enum err e;

	if ((e = view_u16(&v, &len)) != ERR_OK || (e = view_u8(&v, &t)) != ERR_OK ||
	    (e = view_u32(&v, &crc)) != ERR_OK)
		return e;
	if (len == 0 || len > REPAIR_MAX || t == 0 || t > REPAIR_T_MAX ||
	    v.len != repair_size(len, t))
		return ERR_SYNTAX;
	*out = (struct parity){ .len = len, .t = t, .crc = crc, .bytes = v };
	return ERR_OK;
}

static void
keep(struct spoiled *s, struct view raw)
{
	size_t len;

	if (frame_read(raw, FRAME_NOISE, s->slot[s->next].plain, &len) != ERR_OK)
		len = 0;
	s->slot[s->next].len = len;
	if (len > 0)
		s->next = (s->next + 1) % SPOILED_MAX;
}

void
spoiled_keep(struct spoiled *s, struct view raw)
{
	keep(s, raw);
	/* a byte that became a flag has cut a frame in two */
	if (s->part_len > 0 && s->part_len + 1 + raw.len <= sizeof s->part) {
		s->part[s->part_len++] = FRAME_FLAG;
		memcpy(s->part + s->part_len, raw.p, raw.len);
		s->part_len += raw.len;
		keep(s, (struct view){ s->part, s->part_len });
		return;
	}
	memcpy(s->part, raw.p, raw.len);
	s->part_len = raw.len;
}

static bool
says(const unsigned char *plain, uint64_t offset)
{
	return plain[1] == (unsigned char)(offset >> 8) &&
	    plain[2] == (unsigned char)offset;
}

/* The payload stands before the CRC, whatever acknowledgements stand before it. */
static bool
fits(size_t plain, size_t payload)
{
	size_t rest = FRAME_HEAD + FRAME_CRC;

	return plain >= payload + rest && plain <= payload + rest + ACKS_MAX;
}

enum err
spoiled_repair(struct spoiled *s, uint32_t session, uint64_t offset,
    const struct parity *p, unsigned char out[FRAME_PLAIN_MAX])
{
	enum err e = ERR_NOTFOUND;

	for (size_t i = 1; i <= SPOILED_MAX; i++) {
		size_t k = (s->next + SPOILED_MAX - i) % SPOILED_MAX;
		const unsigned char *plain = s->slot[k].plain;
		size_t len = s->slot[k].len;

		if (!fits(len, p->len))
			continue;
		memcpy(out, plain + len - FRAME_CRC - p->len, p->len);
		if (repair_apply(out, p->len, p->t, p->bytes) &&
		    frame_seal((struct view){ out, p->len }, session, offset) == p->crc) {
			s->slot[k].len = 0;
			return ERR_OK;
		}
		if (says(plain, offset))
			e = ERR_CRYPTO;
	}
	return e;
}
