/* Answers in the order of their commands (RFC 3977 3.5), while articles of a feed are
 * with the writer: what is known already waits behind what the writer still owes. */
#ifndef READER_REPLIES_H
#define READER_REPLIES_H

#include "lib/buf.h"

enum reply_to { REPLY_IHAVE, REPLY_TAKETHIS };

struct replies {
	struct buf queue;
	size_t at;    /* where the first one begins */
	size_t owed;  /* by the writer */
	size_t bytes; /* of articles that are with it */
};

void replies_init(struct replies *);
void replies_release(struct replies *);
/* Too much is under way: no more commands now. */
bool replies_full(const struct replies *);
/* A line without CRLF; goes behind what is owed, else right into out. */
void replies_line(struct replies *, struct view line, struct buf *out);
/* An article of that many bytes went to the writer. */
void replies_owe(struct replies *, enum reply_to, struct view msgid, size_t bytes);
/* The oldest that is owed: false when there is none. msgid lives until the next call. */
bool replies_owed(const struct replies *, enum reply_to *, struct view *msgid);
/* It is answered by this line, and what waited behind it follows into out. */
void replies_settle(struct replies *, struct view line, struct buf *out);

#endif
