/* link/NAME.count: what must outlive a worker about one friend: the counter of our last
 * opening, and what the schedule has to remember. One record, written in place. */
#ifndef NEWSD_COUNT_H
#define NEWSD_COUNT_H

#include "lib/schedule.h"

/* Opens the file, made when missing. */
enum err count_open(const char *path, int *fd);
/* The next counter, stored durably before it is told. */
enum err count_next(int fd, uint64_t wall_ms, uint64_t *counter);
/* All of the past but what failed. An empty or torn file is the zero past. */
enum err count_load(int fd, struct schedule_past *out);
enum err count_save(int fd, const struct schedule_past *);

#endif
