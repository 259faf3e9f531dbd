/* The group that a session is in: one of the spool's, or what a search found. */
#ifndef READER_PLACE_H
#define READER_PLACE_H

#include "reader/session.h"

#define PLACE_FOUND UINT32_MAX /* session.group of a search; no group has that id */

/* Goes to a group; first: its first article, or 0. The search is the session's now. */
void place_group(struct session *, const struct spool_group *, uint64_t first);
void place_found(struct session *, struct found *);
/* To none. */
void place_leave(struct session *);

/* As those of spool/spool.h, in that group. */
enum err place_find(struct session *, uint64_t number, uint64_t *arrival);
enum err place_nearest(struct session *, uint64_t number, int dir, uint64_t *out);
enum err place_numbers(struct session *, uint64_t from, uint64_t to, unsigned max,
    spool_number_fn *, void *, uint64_t *next);
enum err place_over(struct session *, uint64_t from, uint64_t to, unsigned max,
    spool_over_fn *, void *, uint64_t *next);
/* Message-ID of the article of that number. */
enum err place_msgid(struct session *, uint64_t number, char out[MSGID_MAX + 1]);

/* wildmat of the groups that this session may read, empty: all. */
struct view place_readable(const struct session *);

#endif
