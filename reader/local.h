/* Posts to local.*, which never leave the node: kept as posted (RFC 5537), completed. */
#ifndef READER_LOCAL_H
#define READER_LOCAL_H

#include "reader/draft.h"

/* Appends the article with a Message-ID and a Date when it has none, and with that From
 * instead of its own unless it is empty. ERR_IO: the system has no random bytes. */
enum err local_complete(
    const struct draft *, struct view from, int64_t now, struct buf *out);

#endif
