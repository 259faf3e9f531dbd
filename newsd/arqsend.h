/* The sending half of newsd/arq.h: what was written, in pieces that are under way, lost or
 * arrived. Offsets are of the stream; its end is one more byte that exists in numbers only,
 * so that it is acknowledged as bytes are.
 *
 * All that goes on the line has a running number. A serial line does not reorder: what has
 * a lower number than something that has arrived, and has not, is lost. */
#ifndef NEWSD_ARQSEND_H
#define NEWSD_ARQSEND_H

#include "newsd/frame.h"

#define ARQSEND_WINDOW                                                                   \
	(31u << 10)        /* under half of 2^16, so that 16 bits name an offset */
#define ARQSEND_PIECES 640 /* of 64 bytes and a few */

struct piece {
	uint64_t from, to; /* the end's byte included */
	uint64_t number;
	uint64_t gone_ms;      /* when its last byte has left */
	uint64_t delivered;    /* arqsend.delivered, when it went out */
	uint64_t delivered_ms; /* and since when that was so */
	uint32_t load;         /* of it on the line, about */
	bool arrived, lost, again;
	bool sent;        /* as a whole, cut like this: it may have come damaged */
	bool hopeless;    /* no parity helps */
	uint8_t repairs;  /* how often parity was sent for it, since then */
	uint8_t strength; /* wrong bytes a codeword that it is for; 0: sent as a whole */
	bool starved;     /* nothing was waiting behind it: says nothing about the rate */
};

struct arqsend {
	struct buf data;    /* from una on */
	uint64_t una, next; /* first not arrived, first never sent */
	uint64_t end;       /* behind the last that was written */
	bool fin;           /* no more will be written */
	uint64_t numbers;   /* of what went on the line so far */
	size_t in_flight;   /* bytes of pieces that are neither arrived nor lost */
	uint64_t delivered; /* bytes that left the line, arrived or proven lost */
	uint64_t delivered_ms;
	size_t n, lost;
	uint64_t reach; /* the last acknowledgement says nothing beyond: it was full */
	struct piece p[ARQSEND_PIECES]; /* by offset, from una to next without a gap */
};

/* What an acknowledgement taught. */
struct outcome {
	uint64_t arrived_bytes; /* newly, of payload */
	uint32_t arrived, lost; /* pieces */
	uint32_t repaired;      /* of those that arrived, by parity */
	uint32_t lost_bytes;
	struct piece latest; /* of those that newly arrived, the one sent last */
};

void arqsend_init(struct arqsend *, size_t cap);
void arqsend_release(struct arqsend *);
size_t arqsend_write(struct arqsend *, struct view);
/* Whether arqsend_take would find something: lost pieces always, new ones if fresh. */
bool arqsend_ready(const struct arqsend *, size_t window, bool fresh);
/* The next piece to send, at most size bytes of payload; its number and state are set. What
 * is lost goes first, as parity (strength) if repair and it may help. */
struct piece *arqsend_take(
    struct arqsend *, size_t size, bool fresh, bool repair, uint64_t now_ms);
/* Parity for the piece at the offset with these low bits came, and did not help; there: but
 * damaged bytes of it are there. False: for no such piece. */
bool arqsend_unfit(
    struct arqsend *, uint16_t low, bool there, uint64_t now_ms, struct outcome *out);
/* Its payload, and whether the end stands behind it. */
struct view arqsend_payload(const struct arqsend *, const struct piece *, bool *fin);
/* All below next and within the ranges has arrived; adds to *out. False: they name what
 * was never sent. */
bool arqsend_arrived(struct arqsend *, uint64_t next, const struct range *, size_t n,
    uint64_t now_ms, struct outcome *out);
/* Something with this number has arrived: what went before it and did not is lost, as far
 * as the last acknowledgement reached. */
void arqsend_prove(
    struct arqsend *, uint64_t number, uint64_t now_ms, struct outcome *out);
/* Bytes that never went out, the end's included. */
uint64_t arqsend_unsent(const struct arqsend *);
/* Everything and the end have arrived. */
bool arqsend_done(const struct arqsend *);

#endif
