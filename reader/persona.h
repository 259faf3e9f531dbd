/* The public halves of the personas whose posts this reader takes: files personas/NAME
 * with the lines `key` (the author key in base32 or hexadecimal), `display`, and `name`
 * where it differs from the file's. */
#ifndef READER_PERSONA_H
#define READER_PERSONA_H

#include "lib/article.h"
#include "lib/node.h"

#define PERSONAS_MAX 64

struct persona {
	char file[NAME_MAX_LEN + 1]; /* name of its file */
	char name[NAME_MAX_LEN + 1];
	char display[DISPLAY_MAX + 1];
	char address[128]; /* name.KEY@hearsay.invalid */
	unsigned char key[ARTICLE_KEY_LEN];
};

struct personas {
	struct persona *list;
	size_t count;
	size_t standard; /* index of the one that posts when From names none */
};

/* Reads the folder; no folder is no persona. node.conf's `persona NAME` picks the
 * standard one, else the first by name. ERR_NOTFOUND: there is no such persona.
 * ERR_SYNTAX: a file is malformed; bad is its name (NAME_MAX_LEN + 1 bytes). */
enum err personas_load(const struct node *, struct personas *out, char *bad);
void personas_release(struct personas *);
/* To another process of this program, which cannot read the folder. Unpacking replaces what
 * was there; ERR_SYNTAX leaves it. */
void personas_pack(const struct personas *, struct buf *out);
enum err personas_unpack(struct view, struct personas *);
#define PERSONAS_PACKED (8 + PERSONAS_MAX * sizeof(struct persona))

/* From one process of the gateway to another. personas_unpack replaces what is there.
 * ERR_SYNTAX. */
void personas_pack(const struct personas *, struct buf *out);
enum err personas_unpack(struct view, struct personas *);

/* NULL when there is none. */
const struct persona *persona_standard(const struct personas *);
/* Whose address stands in a From value, in any letter case. */
const struct persona *persona_from(const struct personas *, struct view from);
/* By the name of its file. */
const struct persona *persona_named(const struct personas *, struct view file);
const struct persona *persona_by_key(const struct personas *, const unsigned char *key);

#endif
