/* Keeping one program alive: it is started again with back-off when it dies, and its
 * stdout is passed through untouched. */
#ifndef NEWSD_SUPERVISE_H
#define NEWSD_SUPERVISE_H

#include <event2/event.h>

#include "lib/node.h"
#include "lib/program.h"

struct supervise;

/* Back-off: doubled from the first to the last, forgotten after a life of that length. */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_LAST_MS 30000
#define BACKOFF_FORGET_MS 60000
/* A program that was told to end and does not is killed after this long. */
#define END_MS 10000

/* Told once, when the program is gone for good: after supervise_end, or when it ended
 * before it ever said anything (code is its exit code then, else 0). */
typedef void supervise_done_fn(void *, int code);

/* Starts `name -C DIR`. */
enum err supervise_new(struct event_base *, const struct node *, const char *name,
    supervise_done_fn *, void *, struct supervise **out);
void supervise_free(struct supervise *);
/* Ends it by SIGTERM, and waits for that in the loop. Twice is harmless. */
void supervise_end(struct supervise *);
/* Looks whether it died: to be called after SIGCHLD. */
void supervise_reap(struct supervise *);

#endif
