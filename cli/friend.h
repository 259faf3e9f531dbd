/* What the person's own file about a friend, friends/NAME, says. */
#ifndef CLI_FRIEND_H
#define CLI_FRIEND_H

#include <stdbool.h>

#include "cli/verb.h"
#include "lib/limits.h"

/* DONE when this is a friend; else it is said, and the code answered. */
int friend_check(const char *verb, const struct node *, const char *name);
/* Appends friends/NAME; one that is missing is empty. ERR_IO, ERR_TOOBIG. */
enum err friend_read(const struct node *, const char *name, struct buf *out);

/* How newsd may call (docs/link.md). */
struct friend_ways {
	unsigned carriers; /* tcp, socks5, exec and dir lines */
	unsigned learned;  /* learned addresses that are dialled */
	struct buf near;   /* the first learned one that is not dialled unasked: */
	bool onion;        /* a proxy's, else one in a private network */
};
enum err friend_ways(const struct node *, const char *name, struct friend_ways *out);
void friend_ways_release(struct friend_ways *);

/* Names of all friends, sorted; empty when there are none. Release with friend_list_free. */
struct friend_list {
	char (*names)[NAME_MAX_LEN + 1];
	size_t n;
};
enum err friend_list(const struct node *, struct friend_list *out);
void friend_list_free(struct friend_list *);

#endif
