/* The commands of a session: one table, and what the files that hold them share. */
#ifndef READER_COMMANDS_H
#define READER_COMMANDS_H

#include "reader/column.h"
#include "reader/session.h"

#define ARGS_MAX 16 /* words after the keyword; XPAT alone takes more than four */

struct args {
	struct view v[ARGS_MAX];
	size_t n;
};

/* Runs one command line, without its line end. */
void commands_run(struct session *, struct view line);

/* Does it answer by session_answer alone, so that it need not wait for what the writer
 * owes? */
bool commands_stream(struct view line);

/* What an argument names: a message-id, or the numbers from..to (from > to: none). */
struct spec {
	struct view msgid; /* len 0: numbers */
	uint64_t from, to;
};
/* "<id>", "5", "5-", "5-9". ERR_SYNTAX. Numbers over 63 bits name nothing that exists. */
enum err spec_parse(struct view, bool range, struct spec *out);

/* RFC 3977 3.2.1: what the address alone decides. */
#define FEED_FORBIDDEN "502 This address may not feed; `feed ADDR` in node.conf allows it"

/* Answers 403 and logs: the spool could not be read. */
void reply_trouble(struct session *, const char *what, enum err);
void reply_syntax(struct session *);
/* 412 or 420 when there is no group or no current article. */
bool has_group(struct session *);
bool has_current(struct session *);

typedef void command_fn(struct session *, const struct args *);

command_fn cmd_article, cmd_head, cmd_body, cmd_stat, cmd_group, cmd_listgroup, cmd_next,
    cmd_last;
command_fn cmd_over, cmd_hdr, cmd_xhdr, cmd_xpat;
command_fn cmd_ihave, cmd_check, cmd_takethis;
void mode_stream(struct session *);
/* Adds the lines of CAPABILITIES that a feed looks for. */
void feed_capabilities(struct session *);
command_fn cmd_list, cmd_newgroups, cmd_newnews, cmd_xgtitle;
command_fn cmd_starttls, cmd_compress;
/* Whether they would be taken now, for CAPABILITIES. */
bool may_starttls(const struct session *);
bool may_compress(const struct session *);
/* Appends the LIST keywords that work, for CAPABILITIES. */
void list_keywords(const struct session *, struct buf *out);

#endif
