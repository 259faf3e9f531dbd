/* link/roots.seen: which openings were used already. One record a root, in a file that never
 * shrinks and whose records never move, so that several newsd (--stdio beside the one of
 * `hearsay up`) can use it at once, under its lock.
 *
 *     root id 16 | highest counter u64 | the 64 below it, bitmap u64      zeros: a free one */
#ifndef NEWSD_SEEN_H
#define NEWSD_SEEN_H

#include "newsd/opening.h"

#define ROOT_ID_LEN 16
#define SEEN_RECORD 32

/* Opens the file, made when missing. */
enum err seen_open(const char *path, int *fd);
/* Finds the record of a root, adding one where there is none: before the sandbox. */
enum err seen_find(int fd, const unsigned char root[ROOT_ID_LEN], uint32_t *record);
/* Frees the records of all roots but these n (16 bytes each). */
enum err seen_forget(int fd, const unsigned char *roots, size_t n);
/* Marks the counter, durably. ERR_EXISTS: seen before. ERR_CORRUPT: the record is another
 * root's. */
enum err seen_burn(
    int fd, const unsigned char root[ROOT_ID_LEN], uint32_t record, uint64_t counter);

#endif
