/* What a newsreader posts becomes what the spool stores (RFC 5537 3.5, docs/nntp.md).
 *
 * In ordinary groups: a native article of one of our personas, made from an allow-list of
 * header fields. In local.*: the article as posted, completed. */
#ifndef READER_INJECT_H
#define READER_INJECT_H

#include "reader/persona.h"
#include "spool/spool.h"

#define INJECT_REASON_MAX 400 /* fits the 441 line */

struct inject_env {
	struct spool *spool;
	const struct personas *personas;
	int64_t now;
	/* of the user who posts: name of its persona's file (empty: From names one, else
	 * the standard one posts), wildmats of the groups that exist for it and that it may
	 * post to (empty: all) */
	struct view persona, read, post;
};

struct injected {
	struct buf bytes;       /* the stored form */
	struct article article; /* parsed from bytes */
	struct buf alias;       /* the newsreader's own Message-ID, or empty */
	unsigned flags;         /* PUT_... */
	bool waits;             /* for a moderator: it is not seen before */
	struct buf reason;      /* why it was refused: UTF-8, one line, no newline */
};

void injected_init(struct injected *);
void injected_release(struct injected *);

/* ERR_DENIED: refused, out->reason says why and what to do. Other errors are the spool's
 * or memory's. out is fresh from init; raw has CRLF lines and lives as long. */
enum err inject(const struct inject_env *, struct view raw, struct injected *out);

#endif
