/* run/links: how newsd stands with each friend, one line each, while it runs. */
#ifndef CLI_LINKS_H
#define CLI_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* friend NAME state WORD since T heard T next-call T carrier "TEXT" last-error "TEXT"; times in
 * seconds since 1970, - for what there is none of. Keys in any order, others skipped. */
struct links_line {
	struct view name, state, carrier, error; /* carrier, error: may be empty */
	int64_t since, heard, next;              /* 0: none */
};

/* Takes the next line that is one; false at the end. */
bool links_next(struct view *file, struct links_line *out);
/* Nothing is the matter with a friend who is called by hand, or never. */
bool links_silent(const struct links_line *);
/* What a person is told of it, and what to do; one line without its end. */
void links_tell(const struct links_line *, int64_t now, struct buf *out);
void links_machine(const struct links_line *, struct buf *out);

#endif
