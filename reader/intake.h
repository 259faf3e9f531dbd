/* The lines of an article as a client sends them, up to the one dot that ends them (RFC
 * 3977 3.1.1): dots unstuffed, in bounded memory, whatever comes. */
#ifndef READER_INTAKE_H
#define READER_INTAKE_H

#include "lib/buf.h"
#include "lib/limits.h"

struct intake {
	struct buf bytes; /* CRLF lines; empty once there is a fault */
	const char
	    *fault; /* why the article cannot be taken: a phrase. NULL: none so far */
	enum { INTAKE_START, INTAKE_DOT, INTAKE_DOT_CR, INTAKE_TEXT, INTAKE_CR } at;
};

void intake_init(struct intake *);
void intake_release(struct intake *);
/* For the next article. The fault, if any, is there from the start: it is read past. */
void intake_begin(struct intake *, const char *fault);
/* Consumes bytes up to the end of the article, which sets *done: how many. Only CRLF.CRLF
 * is the end. */
size_t intake_take(struct intake *, struct view, bool *done);

#endif
