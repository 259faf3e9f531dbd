/* A process that serves newsreaders: many sessions in one libevent loop. Reads the spool,
 * gives posts to the writer. */
#ifndef READER_WORKER_H
#define READER_WORKER_H

#include "reader/access.h"
#include "reader/claims.h"
#include "reader/front.h"
#include "reader/persona.h"

#define WORKER_BUSY 4     /* sessions served in one turn: then another is asked for */
#define WORKER_ACCEPTS 16 /* connections taken in one turn */
#define WORKER_RETIRE 60  /* seconds without a session after which a spare one ends */

struct worker_start {
	const struct node *node;
	const struct access_rules *rules;
	struct personas *personas;   /* replaced when the parent says so */
	struct claims *claims;       /* shared by all */
	struct front *front;         /* addresses are shared, and do not block */
	struct bulletins *bulletins; /* replaced likewise */
	int control;                 /* links come in, bytes go out: r ready, b busy */
	bool spare;                  /* may retire */
};

/* Runs until control ends, or it retires. Returns the exit code. */
int worker_run(const struct worker_start *);

#endif
