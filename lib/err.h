/* What a fallible function answers. 0 is success; nothing else is.
 *
 * ERR_MORE and ERR_SYNTAX are the two answers of a parser: feed more, or never valid.
 * ERR_BUSY is the one error that time alone may cure. */
#ifndef LIB_ERR_H
#define LIB_ERR_H

enum err {
	ERR_OK = 0,
	ERR_MORE,     /* input is a proper prefix of something valid */
	ERR_SYNTAX,   /* input can never become valid */
	ERR_TOOBIG,   /* over a limit of lib/limits.h, or over a buffer's cap */
	ERR_NOMEM,    /* no memory */
	ERR_IO,       /* the system refused to read or write; errno says why */
	ERR_NOTFOUND, /* no such thing */
	ERR_EXISTS,   /* already there */
	ERR_CRYPTO,   /* does not verify, does not open */
	ERR_VERSION,  /* written by a newer Hearsay */
	ERR_BUSY,     /* locked by another process */
	ERR_FULL,     /* no space left, or a quota reached */
	ERR_CORRUPT,  /* our own data is damaged */
	ERR_DENIED,   /* not permitted */
	ERR_COUNT
};

/* A short English phrase, e.g. "does not verify". Never NULL. */
const char *err_text(enum err);

#endif
