/* `newsd --line`: one serial device, as a process of its own. It opens and locks the device
 * and lets a sandboxed child (newsd/pump) do what is done on it; whatever becomes of that,
 * the device is given back as it was. */
#ifndef NEWSD_LINE_H
#define NEWSD_LINE_H

#include "lib/node.h"
#include "newsd/pump.h"

struct line_options {
	enum pump_kind kind;
	const char *spec; /* lib/serial.h; NULL: the first serial carrier of the friend */
	const char *friend; /* whose chat is played; NULL: answering */
};

/* Exit code: 0 done, 75 nobody was reached, 1 a call broke. stdin is the parent's control
 * socket, but in the tests. Answering ends when the parent does. */
int line_run(const struct node *, const struct line_options *);

/* Answers on stdin and stdout, which are a terminal: behind a getty. They become the stream
 * that comes over the ARQ, until line_stdio_end, which gives the terminal back. */
struct line_stdio {
	int in, out; /* the terminal */
	int pid;
	struct termios before;
};
enum err line_stdio_begin(struct line_stdio *);
void line_stdio_end(struct line_stdio *);

#endif
