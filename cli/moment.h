/* Moments as people write and read them. */
#ifndef CLI_MOMENT_H
#define CLI_MOMENT_H

#include "lib/buf.h"

/* "3d" or "2h" before now, "2026-11-01", or "2026-11-01 18:00", both UTC. ERR_SYNTAX. */
enum err moment_parse(struct view, int64_t now, int64_t *out);
/* "2026-11-01 18:00"; a moment that no calendar has is its number of seconds. */
void moment_write(int64_t, struct buf *out);
/* How far away: "12 s", "5 min", "3 h", "4 days". */
void moment_distance(int64_t seconds, struct buf *out);

#endif
