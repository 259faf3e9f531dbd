/* A way to a friend, as one line of the friend's file says it (docs/link.md, Carriers). */
#ifndef LIB_CARRIER_H
#define LIB_CARRIER_H

#include "lib/address.h"

enum carrier_kind {
	CARRIER_TCP,
	CARRIER_SOCKS5,
	CARRIER_EXEC,
	CARRIER_DIR,
	CARRIER_SERIAL,
	CARRIER_LEARNED, /* from a token or from the friend, not from the person */
	CARRIER_KINDS
};

#define CARRIERS_MAX 16 /* of one friend */

struct carrier {
	enum carrier_kind kind;
	struct address at;    /* tcp, socks5, learned */
	struct address proxy; /* socks5, numeric */
	char *text;           /* exec: command and arguments; dir: absolute path;
		   serial: lib/serial.h */
};

/* ERR_NOTFOUND: the key is no carrier's. ERR_SYNTAX with *why, a phrase. */
enum err carrier_parse(
    struct view key, struct view value, struct carrier *out, const char **why);
/* As a person says it in one word, KEY:VALUE; none that is learned. ERR_SYNTAX, *why. */
enum err carrier_word(struct view, struct carrier *out, const char **why);
/* Whether it may stand in a token: tcp:HOST:PORT, at most HINT_MAX bytes. */
enum err carrier_hint(struct view, const char **why);
void carrier_release(struct carrier *);
/* As it stands in the file, key and value. */
void carrier_write(const struct carrier *, struct buf *);
/* Whether anything is dialled or started for it: all but dir. */
bool carrier_dialled(const struct carrier *);
/* What was learned is dialled only by the class that the person chose, or if none was. */
bool carrier_learned_allowed(const struct carrier *list, size_t n);
/* Whether this endpoint may be dialled for this carrier. */
bool carrier_allows(
    const struct carrier *, const struct endpoint *, bool private_allowed);

#endif
