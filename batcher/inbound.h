/* The receiving half of a session: what is wanted, leases, chunks into the spool. */
#ifndef BATCHER_INBOUND_H
#define BATCHER_INBOUND_H

#include "batcher/session.h"

struct inbound;

enum err inbound_new(
    struct batcher *, struct friend *, struct session_counts *, struct inbound **out);
void inbound_free(struct inbound *);

enum err inbound_offer(struct inbound *, struct view body, struct buf *out);
enum err inbound_chunk(struct inbound *, struct view body);
enum err inbound_gone(struct inbound *, struct view body);
bool inbound_full(
    const struct inbound *); /* inbound_work must run before more is taken */
/* So many bytes of a chunk that is not whole are here: it is on its way. */
void inbound_arriving(struct inbound *, size_t part);
/* Stores of what came as much as goes together, acknowledges it, and looks after the leases
 * of others. */
enum err inbound_work(
    struct inbound *, int64_t ms, bool more_input, struct buf *out, bool *acted);
/* The last arrivals before and after what inbound_work just stored: nobody else's came between. */
void inbound_stored(const struct inbound *, uint64_t *before, uint64_t *after);
bool inbound_waits(
    const struct inbound *); /* there is more to store: work again at once */
bool inbound_idle(const struct inbound *); /* nothing wanted is outstanding */
enum err inbound_end(struct inbound *);

#endif
