/* Borrowed bytes (struct view) and owned bytes (struct buf).
 *
 * A view is a pointer and a length into memory that somebody else owns; it is not
 * NUL-terminated and is not kept past the call that it was given to, unless a header
 * says that its owner lives longer.
 *
 * A buf owns its bytes and has a cap from birth. Appends stick: after one that failed
 * (ERR_TOOBIG over the cap, ERR_NOMEM) all later ones do nothing, so a message is built
 * in a row and buf_err asked once. Numbers are big-endian. */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct view {
	const unsigned char *p;
	size_t len;
};

struct buf {
	unsigned char *p;
	size_t len;
	size_t room; /* allocated */
	size_t cap;  /* never more than this */
	enum err e;
};

#define BUF_INIT(max)                                                                    \
	{                                                                                \
		.cap = (max)                                                             \
	}
#define VIEW_LIT(s) ((struct view){ (const unsigned char *)(s), sizeof(s) - 1 })

void buf_init(struct buf *, size_t cap);
void buf_release(struct buf *);
/* Release after overwriting, for secrets. Growing leaves copies behind: reserve first. */
void buf_wipe(struct buf *);
void buf_reset(struct buf *); /* empty again, error forgotten, memory kept */
enum err buf_err(const struct buf *);
struct view buf_view(const struct buf *);

void buf_add(struct buf *, const void *, size_t);
void buf_addv(struct buf *, struct view);
void buf_adds(struct buf *, const char *);
void buf_addc(struct buf *, int byte);
void buf_addu16(struct buf *, uint16_t);
void buf_addu24(struct buf *, uint32_t); /* above 2^24-1: ERR_TOOBIG */
void buf_addu32(struct buf *, uint32_t);
void buf_addu64(struct buf *, uint64_t);
void buf_addvarint(struct buf *, uint64_t); /* LEB128: 7 bits a byte, low first */
void buf_addnum(struct buf *, uint64_t);    /* decimal digits */
void buf_addf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends n uninitialized bytes and returns where they start; NULL when the buf failed. */
unsigned char *buf_grow(struct buf *, size_t n);
/* Makes room for n more bytes without adding them: one allocation instead of many. */
void buf_reserve(struct buf *, size_t n);
/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *, size_t n);
/* Cuts the buf down to n bytes (n <= len). */
void buf_truncate(struct buf *, size_t n);
/* Adds a NUL past the end (not counted) so that p can be used as a C string; the result
 * lives until the next append. NULL when the buf failed. */
const char *buf_cstr(struct buf *);

struct view view_str(const char *);
bool view_eq(struct view, struct view);
bool view_eqs(struct view, const char *);
bool view_caseeqs(struct view, const char *); /* ASCII letters only, any locale */
bool view_caseeq(struct view, struct view);
bool view_starts(struct view, const char *);
bool view_casestarts(struct view, const char *);
int view_cmp(struct view, struct view); /* bytewise, as memcmp; a prefix sorts first */
struct view view_slice(struct view, size_t from, size_t len); /* clamped to the view */
/* Index of the byte or of the string, or len when absent. */
size_t view_chr(struct view, int byte);
size_t view_find(struct view, const char *);

/* Each takes from the front: ERR_MORE and nothing consumed when too short. */
enum err view_take(struct view *, size_t n, struct view *out);
enum err view_u8(struct view *, uint8_t *out);
enum err view_u16(struct view *, uint16_t *out);
enum err view_u24(struct view *, uint32_t *out);
enum err view_u32(struct view *, uint32_t *out);
enum err view_u64(struct view *, uint64_t *out);
/* ERR_SYNTAX: not the shortest spelling, or over 64 bits. */
enum err view_varint(struct view *, uint64_t *out);

#endif
