/* What a friend is owed beside articles: pairing items, acknowledgements, changed wants. */
#ifndef BATCHER_OWED_H
#define BATCHER_OWED_H

#include "batcher/batcher.h"

#define OWED_OVERHEAD 4096u /* of an envelope, beside its articles and acknowledgements */

/* A CONFIRM rides along until the friend was heard under the root that it made, and again
 * when the friend says that it no longer holds it. */
bool owed_confirm(const struct ring *, const struct root *);

/* Is control worth an envelope of its own, beside those that already lie in this place? */
enum err owed_control(struct batcher *, struct friend *,
    const struct feed_stream *present, size_t count, bool *due);
/* Room that control and the first envelope's frame may need. */
enum err owed_room(struct batcher *, const struct friend *, uint64_t *out);

/* True while an envelope that is not acknowledged carries what the friend should still
 * hear beside articles. */
bool owed_still(struct batcher *, const struct friend *, const struct feed_stream *);

#endif
