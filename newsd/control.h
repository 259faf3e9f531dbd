/* What newsd's parent and its link worker say to each other (docs/link.md, Processes):
 * ten bytes and at most one descriptor, over a SOCK_SEQPACKET pair. */
#ifndef NEWSD_CONTROL_H
#define NEWSD_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define CONTROL_LEN 10
#define CONTROL_ALL UINT32_MAX  /* every friend */
#define CONTROL_NONE UINT32_MAX /* as a value: no time, no carrier */

/* worker -> parent */
enum {
	CONTROL_EXCHANGE = 1, /* code: role; + descriptor */
	CONTROL_COMMAND,      /* value: which carrier */
	CONTROL_STICK,        /* value: which carrier */
	CONTROL_STATE,        /* code: enum link_state; value: seconds to the next call */
	CONTROL_CARRIER,      /* code: enum trouble; value: which carrier */
	CONTROL_GAVE_UP,      /* no carrier came up, or the link was lost */
	CONTROL_KEEP,         /* code: role; + descriptor: for the next worker */
	CONTROL_AGAIN,        /* was being called: for the next worker */
};

/* parent -> worker */
enum {
	CONTROL_ENDED = 1, /* code: batcher's exit code */
	CONTROL_STREAM,    /* what COMMAND asked for, + descriptor; none: it failed */
	CONTROL_CALL,      /* now */
	CONTROL_WAKE,      /* something arrived in the spool */
	CONTROL_TAKE,      /* code: role; value: flags below; + descriptor: was KEEP */
	CONTROL_END,       /* KEEP what stands, and end */
};
/* a line's process -> parent: a call stands, + descriptor: its stream; value: bits a second */
#define CONTROL_LINE_UP 32
/* either way, of friend CONTROL_ALL: + descriptor of one who has not proved to be a friend */
#define CONTROL_STRANGER 16
#define CONTROL_TAKE_BUSY 1u /* batcher runs on it: ENDED follows */
#define CONTROL_TAKE_NEW 2u  /* the friend's roots changed: there is something to say */

enum link_role { ROLE_CALLER, ROLE_ANSWERER, ROLES };
/* CALLING: the first exchange of our call, which is to show that it is the friend. */
enum link_state { STATE_DOWN, STATE_DIALLING, STATE_CALLING, STATE_UP, STATES };

/* Why a carrier did not come up, or a link ended. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_REFUSED,
	TROUBLE_TIMEOUT,
	TROUBLE_UNREACHABLE,
	TROUBLE_NO_NAME,
	TROUBLE_NOT_ALLOWED,
	TROUBLE_PROXY,
	TROUBLE_PROXY_REFUSED,
	TROUBLE_COMMAND,
	TROUBLE_MUTE,
	TROUBLE_SILENT,
	TROUBLE_NOBODY,
	TROUBLE_EXCHANGE,
	TROUBLE_BUSY,
	TROUBLE_LOST,
	TROUBLE_BUDGET,
	TROUBLE_WINDOW,
	TROUBLE_NO_KEYS,
	TROUBLE_NO_CARRIER,
	TROUBLE_OWN,
	TROUBLE_LINE,      /* serial; what its process says tells more */
	TROUBLE_LINE_MUTE, /* it stood, and nobody answered on it */
	TROUBLE_LINE_LOST,
	TROUBLES
};
const char *trouble_text(enum trouble);
/* Whether what a line's process or a command says belongs behind it. */
bool trouble_told(enum trouble);

struct control {
	uint8_t kind, code;
	uint32_t friend, value;
};

void control_write(const struct control *, unsigned char out[CONTROL_LEN]);
void control_read(const unsigned char in[CONTROL_LEN], struct control *out);

/* Whether the worker may say this: kind, code, and a descriptor where one belongs. */
bool control_sane(const struct control *, bool descriptor);

/* fd -1: none; it stays the caller's. The worker waits for room, the parent never does:
 * ERR_BUSY. */
enum err control_send(int sock, const struct control *, int fd, bool wait);
/* ERR_MORE: nothing there. ERR_NOTFOUND: the other side is gone. ERR_SYNTAX: a message
 * that is none. *fd is -1 where none came; it is close-on-exec. */
enum err control_receive(int sock, struct control *, int *fd);

#endif
