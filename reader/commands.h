/* The commands of a session: one table, and what the files that hold them share. */
#ifndef READER_COMMANDS_H
#define READER_COMMANDS_H

#include "reader/column.h"
#include "reader/session.h"

#define ARGS_MAX 16 /* words after the keyword; XPAT alone takes more than four */

struct args {
	struct view v[ARGS_MAX];
	size_t n;
	struct view rest; /* of the line, behind the first argument */
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

/* RFC 3977 3.2.1: what the address alone decides, and what a user can change. */
#define FEED_FORBIDDEN "502 This address may not feed; `feed ADDR` in node.conf allows it"
#define LOGIN_NEEDED "480 Log in first: AUTHINFO USER"

/* Is it the name of a search, and of no group of the spool? */
bool search_named(struct session *, struct view name);
/* Can it be looked for? */
bool search_valid(struct session *, struct view name);
/* Takes the search; then is called when it is whole, in s->job.found, unless it was answered
 * with 411 instead. It may keep it by search_enter, which makes it the session's group. */
void search_begin(struct session *, struct view name, session_found_fn *then);
void search_enter(struct session *);

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
void capabilities_feed(struct session *);
command_fn cmd_list, cmd_newgroups, cmd_newnews, cmd_xgtitle;
command_fn cmd_starttls, cmd_compress;
command_fn cmd_authinfo;
#define AUTH_TRIES 3 /* wrong passwords that end a session */
void auth_capabilities(struct session *);
/* Nobody has logged in, and somebody has to. */
bool auth_needed(const struct session *);
/* Is it a command for those, too? */
bool auth_free(struct view command);
/* reader-auth's answer, reader/verdict.h; empty: there is none. */
void auth_answer(struct session *, struct view answer);
/* Whether they would be taken now, for CAPABILITIES. */
bool may_starttls(const struct session *);
bool may_compress(const struct session *);
/* Appends the LIST keywords that work, for CAPABILITIES. */
void list_keywords(const struct session *, struct buf *out);

#endif
