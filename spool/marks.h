/* The groups' marks of one writing process: read once, written once a transaction. They
 * are dropped when another process has committed, and after a rollback. */
#ifndef SPOOL_MARKS_H
#define SPOOL_MARKS_H

#include "lib/limits.h"
#include "spool/db.h"

struct mark {
	uint32_t id;
	uint64_t low, high, count;
	char status; /* y n m */
	bool dirty;
	bool aged; /* age is that of this step of expiry */
	int64_t age;
	size_t len;
	char name[GROUP_MAX + 1];
};

struct marks {
	struct mark **all;
	size_t count, room;
	uint32_t *by_name, *by_id; /* index in all + 1; 0: free */
	size_t slots;              /* a power of two */
};

/* ERR_NOTFOUND. The mark lives until marks_forget. */
enum err marks_find(struct marks *, struct db *, struct view name, struct mark **out);
enum err marks_by_id(struct marks *, struct db *, uint32_t id, struct mark **out);
enum err marks_new(struct marks *, struct db *, struct view name, char status,
    int64_t now, struct mark **out);
enum err marks_flush(struct marks *, struct db *);
void marks_forget(struct marks *);

#endif
