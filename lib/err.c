#include "lib/err.h"

#include <stddef.h>

static const char *const texts[ERR_COUNT] = {
	[ERR_OK] = "success",
	[ERR_MORE] = "ends too early",
	[ERR_SYNTAX] = "is malformed",
	[ERR_TOOBIG] = "is too big",
	[ERR_NOMEM] = "out of memory",
	[ERR_IO] = "input/output error",
	[ERR_NOTFOUND] = "not found",
	[ERR_EXISTS] = "already exists",
	[ERR_CRYPTO] = "does not verify",
	[ERR_VERSION] = "was written by a newer Hearsay",
	[ERR_BUSY] = "is in use by another process",
	[ERR_FULL] = "no room left",
	[ERR_CORRUPT] = "is damaged",
	[ERR_DENIED] = "is not permitted",
};

const char *
err_text(enum err e)
{
	if ((unsigned)e >= ERR_COUNT || texts[e] == NULL)
		return "unknown error";
	return texts[e];
}
