#include <stddef.h>

#include "lib/article.h"

static const struct {
	const char *name, *text;
} faults[FAULT_COUNT] = {
	[FAULT_NONE] = { "none", "nothing is wrong" },
	[FAULT_TOOBIG] = { "too-big", "the article is over 1 MiB" },
	[FAULT_HEADERBIG] = { "header-big", "the header, or a line of it, is too long" },
	[FAULT_NUL] = { "nul", "a NUL byte" },
	[FAULT_BARE_CR] = { "bare-cr", "a CR without LF" },
	[FAULT_BARE_LF] = { "bare-lf", "a LF without CR" },
	[FAULT_NO_BODY] = { "no-body", "no empty line after the header" },
	[FAULT_UNENDED] = { "unended", "the last line has no end" },
	[FAULT_HEADER] = { "header", "a header line that is none" },
	[FAULT_DOUBLED] = { "doubled", "a header that may stand once stands twice" },
	[FAULT_MISSING] = { "missing",
	    "one of From, Date, Message-ID, Newsgroups, Subject is missing" },
	[FAULT_FROM] = { "from", "From or Reply-To is not a valid address" },
	[FAULT_DATE] = { "date", "the date is not valid" },
	[FAULT_MSGID] = { "msgid", "the Message-ID is not valid" },
	[FAULT_GROUPS] = { "groups", "no valid newsgroup, or an invalid one" },
	[FAULT_CROSSPOST] = { "crosspost", "too many newsgroups" },
	[FAULT_LOCAL_MIX] = { "local-mix", "local.* together with other newsgroups" },
	[FAULT_RESERVED] = { "reserved", "hearsay.invalid in an article from elsewhere" },
	[FAULT_REFERENCES] = { "references", "References are not valid" },
	[FAULT_CONTROL] = { "control", "Control or Supersedes is not valid" },
	[FAULT_ORDER] = { "order",
	    "a header that is not allowed, misplaced or misspelt" },
	[FAULT_UTF8] = { "utf8", "the header is not UTF-8" },
	[FAULT_AUTHOR] = { "author",
	    "the author key is not valid or does not match From" },
	[FAULT_SIGNATURE] = { "signature", "the signature does not verify" },
	[FAULT_TRACE] = { "trace", "a trace header that should be gone" },
};

const char *
fault_name(enum fault f)
{
	return f < FAULT_COUNT ? faults[f].name : "unknown";
}

const char *
fault_text(enum fault f)
{
	return f < FAULT_COUNT ? faults[f].text : "unknown";
}
