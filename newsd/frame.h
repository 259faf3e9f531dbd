/* Frames of a serial line (docs/arq.md): bytes that may hold anything become bytes without
 * 7E, 11 and 13, ended by 7E, with a CRC-32C over them, over who sent them and over
 * where in its stream the sender stood. Any garbage between two frames is a bad frame. */
#ifndef NEWSD_FRAME_H
#define NEWSD_FRAME_H

#include "lib/buf.h"

#define FRAME_FLAG 0x7e
#define FRAME_HEAD 3 /* type and offset */
#define FRAME_CRC 4
#define FRAME_BLOCK                                                                      \
	344 /* plain bytes behind one mask: three of them hold 1024 and the rest */
#define FRAME_SHORT 83         /* always have a mask: each byte rules out three of 252 */
#define FRAME_PLAIN_MAX 1152   /* head, acknowledgements, 1024 of payload, CRC */
#define FRAME_RAW_MAX 1400     /* with masks, and XON/XOFF that others sent between */
#define FRAME_COST 12          /* what a frame costs beside its payload, about */
#define FRAME_ACK_RANGES_MAX 8 /* ranges of an acknowledgement */

enum frame_kind {
	FRAME_DATA,   /* payload at offset */
	FRAME_ACK,    /* nothing but acknowledgements */
	FRAME_POLL,   /* u8 number: acknowledge at once */
	FRAME_POLLED, /* u8 number: everything before that poll has arrived or is lost */
	FRAME_TEST,
	FRAME_ECHO,
	FRAME_TURN,   /* half duplex: the line is yours */
	FRAME_END,    /* a reason in words */
	FRAME_REPAIR, /* parity for the payload at offset, which came damaged */
	FRAME_UNFIT,  /* it did not help */
	FRAME_KINDS
};

/* Bits of the type beside the kind. */
#define FRAME_ACKS 0x80 /* acknowledgements stand before the payload */
#define FRAME_HOLD 0x40 /* nothing new now: the reader there is slow */
#define FRAME_FIN 0x20  /* the stream ends behind this payload */

struct range {
	uint64_t from, to; /* to: behind the last */
};

uint32_t frame_crc32c(uint32_t before, struct view); /* before: 0 to begin */

/* Of bytes of this sender there in its stream. */
uint32_t frame_seal(struct view, uint32_t session, uint64_t offset);

/* Appends the frame of plain (type, offset, what the kind has), with its closing flag. */
void frame_write(struct view plain, uint32_t session, uint64_t offset, struct buf *out);
/* Who may have put 11 and 13 between the bytes of a frame. */
enum frame_flow {
	FRAME_FLOW, /* flow control on the way: they are passed over */
	FRAME_NOISE /* noise: they stand for other bytes */
};
/* What stood between two flags, as plain with its CRC; *len >= FRAME_HEAD + FRAME_CRC.
 * ERR_SYNTAX: no frame. */
enum err frame_read(
    struct view raw, enum frame_flow, unsigned char plain[FRAME_PLAIN_MAX], size_t *len);
/* Whether the CRC at the end of plain is of this sender, there in its stream. */
bool frame_verify(struct view plain, uint32_t session, uint64_t offset);

/* Collects what comes between flags. Zero: nothing yet. */
struct deframer {
	size_t n;
	bool over; /* too long, the rest is skipped */
	unsigned char raw[FRAME_RAW_MAX];
};

/* Consumes from *in until a frame is whole: true, and *raw lives until the next call. False:
 * all consumed. Too long ones come as an empty raw. */
bool deframer_next(struct deframer *, struct view *in, struct view *raw);

/* Acknowledgements in a frame: u16 next expected, u8 count, of each range the gap before it
 * and its length less 1, as varints. */
void frame_add_acks(struct buf *, uint64_t next, const struct range *, size_t n);
/* Takes them from the front; near is a full offset within 32 KiB of next. */
enum err frame_take_acks(struct view *, uint64_t near, uint64_t *next,
    struct range ranges[FRAME_ACK_RANGES_MAX], size_t *n);
/* The full offset with these low 16 bits that is nearest to near; ERR_SYNTAX: below 0. */
enum err frame_full(uint16_t low, uint64_t near, uint64_t *full);

#endif
