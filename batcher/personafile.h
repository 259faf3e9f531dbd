/* A persona to keep or to take elsewhere: a sealed file, and the 24 words that alone open
 * it (docs/persona.md). Neither is worth anything without the other. */
#ifndef BATCHER_PERSONAFILE_H
#define BATCHER_PERSONAFILE_H

#include "batcher/persona.h"

#define PERSONAFILE_WORDS 24
#define PERSONAFILE_MAX 4096

/* Appends the file's text, and the words in one line. Random: no two are alike. */
enum err personafile_seal(
    const struct persona *, struct view display, struct buf *file, struct buf *words);
/* out's key, public half and name, and the display name are those of the file.
 * ERR_SYNTAX: no such file, or the words are not 24 of the list, or mistyped.
 * ERR_CRYPTO: these words do not open this file. ERR_VERSION: of a newer Hearsay. */
enum err personafile_open(
    struct view file, struct view words, struct persona *out, struct buf *display);

/* The same with the words' secret given, for test vectors: 29 bytes. */
#define PERSONAFILE_SECRET_LEN 29
enum err personafile_seal_with(const unsigned char secret[PERSONAFILE_SECRET_LEN],
    const struct persona *, struct view display, struct buf *file, struct buf *words);

#endif
