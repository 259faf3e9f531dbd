/* A modem on an open serial line: its chat, and hanging up. */
#ifndef NEWSD_MODEM_H
#define NEWSD_MODEM_H

#include "newsd/chat.h"

struct modem {
	int in, out;    /* of the device, non-blocking */
	int watch;      /* readable or gone: nobody wants the call any more; -1: none */
	int transcript; /* where what goes on is written; -1: nowhere */
};

/* Plays the script. *speed: what the modem told, else untouched; rest: what came behind.
 * With words in why: ERR_DENIED, what ABORT names came. ERR_NOTFOUND: what was expected
 * did not come. ERR_IO: the device is gone. ERR_MORE: nobody waits for it any more. */
enum err modem_chat(const struct modem *, struct view script, const struct chat_words *,
    uint32_t *speed, struct buf *rest, struct buf *why);
/* DTR, and where that is not known to have done it, +++ and ATH. */
void modem_hang_up(const struct modem *);

#endif
