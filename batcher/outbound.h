/* The sending half of a session: offers, chunks, and what was released. */
#ifndef BATCHER_OUTBOUND_H
#define BATCHER_OUTBOUND_H

#include "batcher/session.h"

struct outbound;

enum err outbound_new(
    struct batcher *, struct friend *, struct session_counts *, struct outbound **out);
void outbound_free(struct outbound *);

enum err outbound_want(struct outbound *, struct view body);
enum err outbound_later(struct outbound *, struct view body);
enum err outbound_ack(struct outbound *, struct view body);
/* What arrived between these two is the friend's own: nothing of it is due. */
void outbound_theirs(struct outbound *, uint64_t before, uint64_t after);
/* Something new in the spool? Then it is gathered when all before it is done. */
enum err outbound_look(struct outbound *);
/* What is due changed beside the spool: look again. */
void outbound_again(struct outbound *);
/* Offers, packs, and settles what was released. */
enum err outbound_work(struct outbound *, int64_t ms, struct buf *out, bool *acted);
/* So much of what was said waits for the line: on a slow one, what is small and comes later
 * goes before what is large, so no chunk is made while another one waits. */
void outbound_unsent(struct outbound *, size_t);
bool outbound_held(const struct outbound *);    /* a chunk waits for that */
bool outbound_offered(const struct outbound *); /* all that is due was offered */
bool outbound_idle(const struct outbound *);    /* nothing offered, wanted or in flight */
enum err outbound_end(struct outbound *);

#endif
