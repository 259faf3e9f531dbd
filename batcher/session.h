/* One exchange with one friend, without any I/O (docs/exchange.md): plain bytes in, plain
 * bytes out, and work on the databases in between. Authentication is done before. */
#ifndef BATCHER_SESSION_H
#define BATCHER_SESSION_H

#include "batcher/batcher.h"
#include "batcher/due.h"
#include "batcher/record.h"

struct session;

struct session_counts {
	uint64_t offered, sent, sent_bytes, had; /* had: the friend had it already */
	uint64_t packed;                         /* bytes of sent_bytes as zstd frames */
	uint64_t articles, duplicates, refused, deferred;
	unsigned paired;
};

/* root_id: the root that the other proved to hold; caller: whether we called under epoch. */
enum err session_new(struct batcher *, struct friend *, const unsigned char root_id[16],
    bool caller, uint32_t epoch, struct session **out);
void session_free(struct session *);

/* Takes whole records from the front of in; what is left is the start of one. ERR_SYNTAX: the
 * other does what the protocol does not allow; the session must end. */
enum err session_input(struct session *, struct view *in);
/* Does what is due at this time (monotonic ms): stores what came, offers, sends. */
enum err session_work(struct session *, int64_t ms, bool more_input);
/* The link is gone, or the session over: what was settled is kept. */
enum err session_end(struct session *);

struct buf *session_output(struct session *); /* plain bytes to send; consume them */
/* What was said and waits for the line; whether more is to be said when nothing does. */
void session_unsent(struct session *, size_t);
bool session_held(const struct session *);
bool session_over(const struct session *);  /* BYE both ways */
bool session_again(const struct session *); /* paired: begin anew under the new root */
int session_patience(
    const struct session *); /* ms until session_work has something to do */
const struct session_counts *session_counted(const struct session *);

#endif
