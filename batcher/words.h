/* Words that two people read aloud to each other (hearsay verify), ten bits a word.
 * Sorted, no homophones, no two alike in their first four letters. Both people need the
 * same list, whatever their releases: it never changes. */
#ifndef BATCHER_WORDS_H
#define BATCHER_WORDS_H

#include "lib/buf.h"

#define WORDS 1024
#define WORD_BITS 10

/* i < WORDS. Three to seven lower case letters; static. */
const char *word(unsigned i);

/* Appends n words for the first 10 * n bits of bits, most significant first, joined by
 * single spaces. bits must hold that many: a shorter view is a bug. */
void words_add(struct buf *out, struct view bits, unsigned n);

/* The way back: exactly n words (a multiple of four), in any case, each as far as its first
 * four letters, blanks between; 10 * n bits. ERR_SYNTAX. */
enum err words_read(struct view text, unsigned n, unsigned char *bits);

#endif
