#include "reader/import_reason.h"

#include <assert.h>

static const struct {
	const char *name, *text;
} own[REASON_COUNT_OF - FAULT_COUNT] = {
	[REASON_EMPTY - FAULT_COUNT] = { "empty", "an empty file" },
	[REASON_UNKNOWN - FAULT_COUNT] = { "unknown",
	    "neither an article, an mbox nor an rnews batch" },
	[REASON_COUNT - FAULT_COUNT] = { "batch-count",
	    "an rnews count that is not the article's length" },
	[REASON_JUNK -
	    FAULT_COUNT] = { "batch-junk", "bytes in a batch that belong to no article" },
	[REASON_LINE - FAULT_COUNT] = { "batch-line", "an unknown #! line" },
	[REASON_BZIP2 - FAULT_COUNT] = { "bzip2", "packed by bzip2: unpack it first" },
	[REASON_DAMAGED - FAULT_COUNT] = { "damaged", "packed bytes that do not unpack" },
	[REASON_BOMB - FAULT_COUNT] = { "unpacked-size",
	    "unpacks to more than 4 GiB: unpack it first" },
	[REASON_NESTED - FAULT_COUNT] = { "nested", "packed too often" },
	[REASON_NOGROUP -
	    FAULT_COUNT] = { "no-group", "a new group over the limit of groups" },
	[REASON_UNREADABLE - FAULT_COUNT] = { "unreadable", "cannot be read" },
};

const char *
reason_name(unsigned reason)
{
	assert(reason < REASON_COUNT_OF);
	return reason < FAULT_COUNT ? fault_name((enum fault)reason)
				    : own[reason - FAULT_COUNT].name;
}

const char *
reason_text(unsigned reason)
{
	assert(reason < REASON_COUNT_OF);
	return reason < FAULT_COUNT ? fault_text((enum fault)reason)
				    : own[reason - FAULT_COUNT].text;
}

unsigned
reason_of_batch(enum rnews_bad bad)
{
	static const unsigned reasons[] = {
		[RNEWS_COUNT] = REASON_COUNT,
		[RNEWS_LONG] = REASON_COUNT,
		[RNEWS_WRONG] = REASON_COUNT,
		[RNEWS_BIG] = FAULT_TOOBIG,
		[RNEWS_JUNK] = REASON_JUNK,
		[RNEWS_BZIP2] = REASON_BZIP2,
		[RNEWS_UNKNOWN] = REASON_LINE,
	};

	return reasons[bad];
}
