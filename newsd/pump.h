/* One call on an open serial line: the chat, then bytes between the line and a stream, by
 * the ARQ (docs/arq.md). A process of its own, sandboxed before it reads the line. */
#ifndef NEWSD_PUMP_H
#define NEWSD_PUMP_H

#include "newsd/chat.h"
#include "newsd/serialport.h"

enum pump_kind {
	PUMP_CALL,
	PUMP_ANSWER,
	PUMP_CHAT_TEST, /* the chat alone, its transcript on stdout */
	PUMP_LINE_TEST  /* no stream: newsd/linetest */
};

/* Exit codes. */
enum {
	PUMP_DONE = 0,
	PUMP_BROKEN = 1,   /* a call that stood broke */
	PUMP_REFUSED = 75, /* nobody was reached */
	PUMP_DEAF = 76 /* nor was a sound heard that makes sense: another speed may do */
};

struct pump_start {
	enum pump_kind kind;
	const struct serial *serial;
	uint32_t speed; /* 0: unknown */
	int in, out;    /* of the device */
	int above;      /* our end of the stream; -1 in a test */
	int offer;      /* its other end, for CONTROL_LINE_UP; -1: it is in place */
	int control;    /* to the parent; its end ends us while nobody is reached; -1 */
	bool *busy;     /* shared: a call stands; NULL */
	bool patient;   /* offer the stream only when the friend answered */
	struct view script; /* empty: none */
	const struct chat_words *words;
};

/* What went wrong is one line on stderr. */
_Noreturn void pump_run(const struct pump_start *);

#endif
