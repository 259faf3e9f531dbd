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
enum err persona_load(const struct node *, const char *name, struct persona *out);
void persona_release(struct persona *);

/* All personas with a key here; *out is an array for free(). */
enum err persona_all(const struct node *, struct persona **out, size_t *count);

#endif
