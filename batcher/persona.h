/* Personas: an author key each, keys/NAME.persona (secret) and personas/NAME (public). */
#ifndef BATCHER_PERSONA_H
#define BATCHER_PERSONA_H

#include "lib/article.h"
#include "lib/keys.h"
#include "lib/node.h"

struct persona {
	char name[NAME_MAX_LEN + 1];
	struct key key;
	unsigned char pub[ARTICLE_KEY_LEN];
};

/* Writes both files. ERR_EXISTS. ERR_SYNTAX: a name or display that From cannot have. */
enum err persona_create(
    const struct node *, const char *name, struct view display, struct persona *out);
/* The same with a key that was made elsewhere: p's key, public half and name. */
enum err persona_adopt(const struct node *, const struct persona *p, struct view display);
/* Appends the display name of its public file. ERR_NOTFOUND, ERR_CORRUPT. */
enum err persona_display(const struct node *, const char *name, struct buf *out);
enum err persona_load(const struct node *, const char *name, struct persona *out);
void persona_release(struct persona *);

/* All personas with a key here; *out is an array for free(). */
enum err persona_all(const struct node *, struct persona **out, size_t *count);

#endif
