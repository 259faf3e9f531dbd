/* A chat script, read: what newsd/chat plays. */
#ifndef NEWSD_SCRIPT_H
#define NEWSD_SCRIPT_H

#include "newsd/chat.h"

#define SCRIPT_ITEMS 256
#define SCRIPT_STRING_MAX 512 /* of one string, decoded */

enum script_kind {
	SCRIPT_EXPECT,
	SCRIPT_SEND,
	SCRIPT_ABORT,
	SCRIPT_CLEAR_ABORT,
	SCRIPT_TIMEOUT,
	SCRIPT_SAY,
	SCRIPT_IGNORED
};

/* What is sent, in pairs of bytes: kind, value. */
enum script_op { OP_BYTE, OP_SECOND, OP_TENTH, OP_BREAK };

struct script_item {
	enum script_kind kind;
	bool
	    sub; /* an expect or send between two -: for when the one before did not come */
	bool hidden; /* not for the transcript */
	uint32_t number;
	struct view text; /* in the script's text: EXPECT and so on bytes, SEND ops */
};

struct script {
	struct script_item items[SCRIPT_ITEMS];
	size_t n;
	struct buf text;
};

/* ERR_SYNTAX: *why, a phrase. Release in any case. */
enum err script_read(
    struct script *, struct view, const struct chat_words *, const char **why);
void script_release(struct script *);

#endif
