/* The words of an article for the search: RFC 2047 headers, MIME parts of text, quoted-printable
 * and base64 undone; attachments, uuencoded and yEnc parts left out. All of it is UTF-8, and
 * whatever comes in, something comes out: it is for finding, never shown as the article.
 *
 * Text in other character sets than UTF-8 and ISO-8859-1 (Windows-1252) is read as these. */
#ifndef READER_PLAINTEXT_H
#define READER_PLAINTEXT_H

#include "spool/search.h"

#define PLAINTEXT_MAX                                                                    \
	(256u << 10)        /* of a body; what a longer one says later is not found */
#define PLAINTEXT_DEPTH 8   /* parts in parts */
#define PLAINTEXT_PARTS 100 /* of one article */

struct plaintext {
	struct buf subject, from, groups, body;
	struct buf bytes; /* of a part, decoded, before its character set */
};

void plaintext_init(struct plaintext *);
void plaintext_release(struct plaintext *);
/* Stored bytes, of either form; what was in it before is forgotten. */
void plaintext_read(struct plaintext *, struct view article);
/* The same for the index; the first argument is a struct plaintext. */
search_text_fn plaintext_words;
/* Appends a header's value as a person reads it, on one line. */
void plaintext_header(struct view value, struct buf *out);

#endif
