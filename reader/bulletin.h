/* What the node's owner writes for newsreaders: the files of gateway/ that LIST shows
 * (RFC 3977 7.6.5, RFC 6048). The parent reads them; workers get them whole. */
#ifndef READER_BULLETIN_H
#define READER_BULLETIN_H

#include <stdbool.h>

#include "lib/node.h"

#define BULLETIN_MAX (60u << 10) /* one file: shown in one turn */

enum bulletin_kind {
	BULLETIN_MOTD,          /* text */
	BULLETIN_SUBSCRIPTIONS, /* a group a line: for who is new here */
	BULLETIN_DISTRIBUTIONS, /* name and description */
	BULLETIN_DISTRIB_PATS,  /* weight:wildmat:distribution */
	BULLETIN_MODERATORS,    /* wildmat:address, where %s is the group */
	BULLETINS
};

struct bulletins {
	struct {
		bool there;
		struct buf text; /* lines with CRLF, as LIST shows them */
	} of[BULLETINS];
};

void bulletins_init(struct bulletins *);
void bulletins_release(struct bulletins *);
/* Its file in gateway/. */
const char *bulletin_file(enum bulletin_kind);
bool bulletin_is_file(const char *name);

/* Appends what LIST shows of a file: UTF-8 without controls; but for motd lines that are
 * empty or begin with # are left out. ERR_SYNTAX: *line says which one is wrong. */
enum err bulletin_parse(
    enum bulletin_kind, struct view file, struct buf *out, unsigned *line);

/* Reads all of them. One that is no good is logged and stays as it was in b. */
void bulletins_load(const struct node *, struct bulletins *b);

/* All of them as one string of bytes, and back. ERR_SYNTAX: not what pack wrote. */
void bulletins_pack(const struct bulletins *, struct buf *out);
enum err bulletins_unpack(struct view, struct bulletins *b);
#define BULLETINS_PACKED_MAX (BULLETINS * (BULLETIN_MAX + 8))

#endif
