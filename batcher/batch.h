/* The content of a chunk (docs/seal.md): its reference's name, its plain length, one zstd
 * frame of whole items; and the items. */
#ifndef BATCHER_BATCH_H
#define BATCHER_BATCH_H

#include "lib/buf.h"
#include "lib/zip.h"

/* Unknown even types are skipped, unknown odd ones deferred. */
enum item_type {
	ITEM_ARTICLE = 1,
	ITEM_ACK = 2,
	ITEM_JOIN = 3,
	ITEM_PREKEY = 4,
	ITEM_CONFIRM = 5,
	ITEM_STATE = 6,
	ITEM_WANT = 8,
	ITEM_CAPS = 10,
	ITEM_ADDRESS = 12,
};

struct item {
	uint64_t type;
	struct view bytes;
};

void item_add(struct buf *, uint64_t type, struct view bytes);
/* Takes the next item; ERR_MORE at the end or when the last one is cut: see rest->len. */
enum err item_next(struct view *rest, struct item *out);

/* An article item: flags u8 (1: the author's signature, 64 bytes, follows; other bits are
 * zero in version 1), then the article's bytes. */
void item_add_article(struct buf *, struct view article, const unsigned char *signature);
struct item_article {
	struct view article;
	struct view signature; /* 64 bytes or empty */
};
enum err item_article(struct view bytes, struct item_article *out);
size_t item_article_size(size_t article, bool has_signature);

/* Appends the chunk content that carries these items. */
enum err batch_pack(struct zip *, struct view items, struct buf *out);
/* Appends the items to out. ERR_VERSION: an unknown reference. ERR_SYNTAX, ERR_TOOBIG. */
enum err batch_unpack(struct zip *, struct view content, struct buf *out);

#endif
