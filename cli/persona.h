/* The name that stands under a person's articles. */
#ifndef CLI_PERSONA_H
#define CLI_PERSONA_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/node.h"

/* A display name that From can carry (article_display), and not empty. why says what is
 * wrong, else it is NULL. */
bool persona_display(struct view, const char **why);
/* Its short name, [a-z0-9-]: the first word in lower case, Latin letters without accents;
 * "me" when nothing is left of it. */
void persona_short(struct view display, struct buf *out);
/* Appends "Ana Lima <ana.KEY@hearsay.invalid>" of a persona of this node.
 * ERR_NOTFOUND: no such persona. ERR_CORRUPT: its file is damaged. */
enum err persona_from(const struct node *, struct view name, struct buf *out);
/* Gives it another display name, and the short name that belongs to it; the key stays.
 * ERR_NOTFOUND, ERR_IO (errno), ERR_FULL: nothing was changed. */
enum err persona_rename(const struct node *, struct view name, struct view display);
/* Its display name alone. */
enum err persona_named(const struct node *, struct view name, struct buf *out);

#endif
