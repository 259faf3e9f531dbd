/* Small rules about text that every room shares: numbers, letters, UTF-8, quoting.
 * No locale is ever asked. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* Digits only: no sign, no space. ERR_SYNTAX: not a number. ERR_TOOBIG: not within
 * [min, max]. Leading zeros are allowed (RFC 3977 article numbers have them). */
enum err text_num(struct view, uint64_t min, uint64_t max, uint64_t *out);

/* "90d", "12h", "30m", "45s", "2w" or plain seconds, into seconds, at most 100 years. */
enum err text_duration(struct view, int64_t *seconds);
/* "64K", "1500M", "2G" or plain bytes (powers of 1024). */
enum err text_size(struct view, uint64_t *bytes);

int text_lower(int c); /* ASCII */
bool text_isdigit(int c);
bool text_isalnum(int c); /* ASCII */
bool text_isspace(int c); /* space and tab: white space of one line */

struct view text_trim(struct view); /* spaces and tabs off both ends */
/* Takes the next word (run of non-blank bytes); false at the end. */
bool text_word(struct view *rest, struct view *word);
/* Takes the next line; its LF, or CRLF, is consumed and not part of it. False at the end. */
bool text_line(struct view *rest, struct view *line);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_utf8(struct view);
/* Takes one code point; ERR_SYNTAX when invalid. */
enum err text_rune(struct view *, uint32_t *out);

/* Appends v in double quotes with everything that is not printable ASCII escaped as \xNN,
 * at most max bytes of it: the only way foreign bytes reach a log or a terminal. */
void text_quote(struct buf *, struct view v, size_t max);
/* Appends v for a person to read: valid UTF-8 stays, controls and direction marks become '?'. */
void text_show(struct buf *, struct view v, size_t max);

/* A friend's, persona's or file's name: [a-z0-9][a-z0-9-]{0,31}. */
bool text_name(struct view);

void text_hex(struct buf *, struct view);                         /* lower case */
enum err text_unhex(struct view, unsigned char *out, size_t len); /* exactly len bytes */

#endif
