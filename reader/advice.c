#include "reader/advice.h"

const char *
advice_spool(enum err e)
{
	switch (e) {
	case ERR_NOTFOUND:
		return ": `hearsay setup` makes it";
	case ERR_VERSION:
		return ": install that one; nothing was changed";
	case ERR_BUSY:
		return ": try again";
	case ERR_CORRUPT:
		return ": `hearsay check --repair` builds anew what can be";
	case ERR_FULL:
		return ": make room on the disk, or `hearsay expire`";
	default:
		return "";
	}
}
