/* The processes of newsd's parent for serial lines: one that answers on each device of
 * node.conf, and one for each call under way. */
#ifndef NEWSD_LINES_H
#define NEWSD_LINES_H

#include <event2/event.h>

#include "lib/node.h"
#include "newsd/friendlist.h"

struct lines;

/* A call stands: fd is the receiver's. friend "": somebody called. */
typedef void lines_up_fn(void *, const char *friend, int fd);
/* What a line's process says, for a person: one line. */
typedef void lines_said_fn(void *, const char *friend, struct view);
/* A call is over; up: it stood. */
typedef void lines_ended_fn(void *, const char *friend, bool up, int code);

struct lines_calls {
	lines_up_fn *up;
	lines_said_fn *said;
	lines_ended_fn *ended;
	void *arg;
};

struct lines *lines_new(
    struct event_base *, const struct node *, const struct lines_calls *);
/* Ends those that answer; calls end when their streams do. */
void lines_free(struct lines *);
/* Answers on these and on no others; anew where what is said about it (chat) is another. */
void lines_listen(struct lines *, char *const *specs, size_t n, struct view chat);
/* Calls a friend. An older call that does not stand yet is ended. */
enum err lines_call(struct lines *, const char *friend, const char *spec);
/* Whether a process still works on a call of ours to this friend. */
bool lines_calling(const struct lines *, const char *friend);
#define SPEED_UNKNOWN 9600
/* Bits a second of the line behind a stream, a guess where nobody told; 0: it is no line. */
uint32_t lines_speed(const struct lines *, int stream);
/* Looks which ended: after SIGCHLD. */
void lines_reap(struct lines *);

#endif
