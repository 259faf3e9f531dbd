/* A posted article taken apart: its known header fields, unfolded, and its body. */
#ifndef READER_DRAFT_H
#define READER_DRAFT_H

#include "lib/article.h"

enum field {
	F_FROM,
	F_NEWSGROUPS,
	F_SUBJECT,
	F_DATE,
	F_MESSAGE_ID,
	F_REFERENCES,
	F_REPLY_TO,
	F_FOLLOWUP_TO,
	F_SUPERSEDES,
	F_CONTROL,
	F_DISTRIBUTION,
	F_EXPIRES,
	F_KEYWORDS,
	F_SUMMARY,
	F_MIME_VERSION,
	F_CONTENT_TYPE,
	F_CONTENT_TRANSFER_ENCODING,
	F_CONTENT_LANGUAGE,
	F_CONTENT_DISPOSITION,
	F_CANCEL_LOCK,
	F_CANCEL_KEY,
	F_APPROVED,
	F_PATH,
	F_XREF,
	F_INJECTION_INFO,
	F_COUNT
};

struct draft {
	struct view head; /* as posted, with the CRLF of its last line */
	struct view body;
	struct view value[F_COUNT]; /* one line each, trimmed; p NULL when absent */
	struct buf text;            /* owns the values */
};

const char *field_name(enum field);
void draft_init(struct draft *);
void draft_release(struct draft *);
/* Takes raw apart. *why is a phrase for the 441 line on ERR_SYNTAX; field (may be
 * F_COUNT) says which header it is about. */
enum err draft_parse(
    struct draft *, struct view raw, const char **why, enum field *field);

#endif
