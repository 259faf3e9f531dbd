/* INN's active file (group, high mark, low mark, status) and newsgroups file (group,
 * description), put into the spool. */
#ifndef READER_IMPORT_ACTIVE_H
#define READER_IMPORT_ACTIVE_H

#include "spool/spool.h"

#define ACTIVE_FILE_MAX (64u << 20) /* either file; the largest known active has 5 MB */
#define ACTIVE_HIGH_MAX 2147483647u /* RFC 3977 6: article numbers fit in 31 bits */

struct import_groups {
	struct spool *spool;
	struct view wanted;  /* wildmat; p NULL: all */
	unsigned new_groups; /* how many more may be created */
	uint64_t set;        /* groups that have their mark and status */
	uint64_t created;
	uint64_t described;
	uint64_t left_out; /* lines that could not be used */
	/* Told of each line that is left out. */
	void (*trouble)(void *arg, const char *path, unsigned line, const char *why);
	void *arg;
};

/* Creates the groups of an active file, keeps their new numbers above its high marks, and
 * sets status y, n or m (x becomes n). INN's own junk and to.*, alias and j groups are
 * left out. ERR_NOTFOUND, ERR_TOOBIG, ERR_IO (errno): the file. *spool tells that the
 * error is the spool's. */
enum err import_active(struct import_groups *, const char *path, bool *spool);
/* Sets the descriptions of groups that exist. */
enum err import_newsgroups(struct import_groups *, const char *path, bool *spool);

#endif
