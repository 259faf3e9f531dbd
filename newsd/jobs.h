/* Programs that newsd's parent runs for links: batcher, and the commands of exec: carriers.
 * One of each kind a friend. */
#ifndef NEWSD_JOBS_H
#define NEWSD_JOBS_H

#include <event2/event.h>

#include "lib/node.h"
#include "newsd/budget.h"
#include "newsd/control.h"

/* of batcher exchange: not one byte came from the other end; none that proves the friend */
#define EXIT_SILENT 69
#define EXIT_NOBODY 76
#define EXIT_SPENT 79 /* the day's budget ended it */

enum job_kind { JOB_EXCHANGE, JOB_STICK, JOB_COMMAND, JOB_KINDS };

struct jobs;

/* Told once a job: its exit code, or 128 and the signal; of a command also the last line of
 * its stderr. */
typedef void job_done_fn(
    void *, enum job_kind, const char *friend, int code, struct view said);

struct jobs *jobs_new(struct event_base *, const struct node *, job_done_fn *, void *);
/* Ends all of them without waiting. */
void jobs_free(struct jobs *);

/* `batcher exchange` on the descriptor, which stays the caller's; speed: bits a second of
 * a serial line, else 0. ERR_BUSY: one runs. */
enum err jobs_exchange(struct jobs *, const char *friend, enum link_role,
    const struct budget *, uint32_t speed, int fd);
/* `batcher stick -m PATH`. */
enum err jobs_stick(struct jobs *, const char *friend, const char *path);
/* A command, words split at blanks, no shell; *fd is its stdin and stdout. What it says on
 * stderr is logged. An older one for this friend is ended. */
enum err jobs_command(struct jobs *, const char *friend, const char *command, int *fd);

/* How a command ended, for a person: without double quotes. */
#define JOBS_WORDS_MAX 256
void jobs_words(int code, struct view said, struct buf *out);
bool jobs_running(const struct jobs *, enum job_kind, const char *friend);
/* NULL: every friend's. */
void jobs_end(struct jobs *, enum job_kind, const char *friend);
/* Looks which ended: after SIGCHLD. */
void jobs_reap(struct jobs *);

#endif
