/* zstd with the shipped dictionary (raw content, lib/dict/), magicless frames without
 * size, checksum or dictionary id. The contexts are kept and used again. */
#ifndef LIB_ZIP_H
#define LIB_ZIP_H

#include "lib/buf.h"

struct zip;

/* level: 1 to 19. ERR_NOMEM. */
enum err zip_new(int level, struct zip **out);
void zip_free(struct zip *);
/* First 4 bytes of SHA-256 of the shipped dictionary, big-endian: its name in chunks. */
uint32_t zip_dict_id(void);
/* The shipped dictionary itself. It never changes: it is part of the formats. */
struct view zip_dict(void);
/* Appends one frame. */
enum err zip_pack(struct zip *, struct view plain, struct buf *out);
/* As zip_pack, without the dictionary. */
enum err zip_pack_plain(struct zip *, struct view plain, struct buf *out);
/* Appends exactly plain_len bytes. ERR_SYNTAX: not one whole frame of that length, with
 * another header than zip_pack's or a window over ZIP_WINDOW; never writes more than
 * plain_len, whatever the frame claims. dict: with or without it. */
enum err zip_unpack(
    struct zip *, struct view frame, size_t plain_len, int dict, struct buf *out);

#define ZIP_WINDOW_LOG 21 /* an article and the dictionary before it, 2 MiB */

#endif
