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
/* Appends one frame. */
enum err zip_pack(struct zip *, struct view plain, struct buf *out);
/* Appends exactly plain_len bytes. ERR_SYNTAX: not one whole frame of that length; never
 * writes more than plain_len, whatever the frame claims. dict: with or without it. */
enum err zip_unpack(struct zip *, struct view frame, size_t plain_len, int dict, struct buf *out);

#endif
