#include "reader/commands.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/date.h"
#include "lib/log.h"
#include "lib/msgid.h"
#include "lib/text.h"

static command_fn cmd_capabilities, cmd_date, cmd_help, cmd_mode, cmd_post, cmd_quit;

static const struct command {
	const char *name;
	size_t min, max; /* arguments */
	command_fn *run;
	const char *help;
} commands[] = {
	{ "ARTICLE", 0, 1, cmd_article, "[message-id|number]" },
	{ "AUTHINFO", 1, ARGS_MAX, cmd_authinfo, "USER name|PASS password" },
	{ "BODY", 0, 1, cmd_body, "[message-id|number]" },
	{ "CAPABILITIES", 0, 1, cmd_capabilities, "[keyword]" },
	{ "CHECK", 1, 1, cmd_check, "message-id" },
	{ "COMPRESS", 1, 1, cmd_compress, "DEFLATE" },
	{ "DATE", 0, 0, cmd_date, "" },
	{ "GROUP", 1, 1, cmd_group, "newsgroup" },
	{ "HDR", 1, 2, cmd_hdr, "header [message-id|range]" },
	{ "HEAD", 0, 1, cmd_head, "[message-id|number]" },
	{ "HELP", 0, 0, cmd_help, "" },
	{ "IHAVE", 1, 1, cmd_ihave, "message-id" },
	{ "LAST", 0, 0, cmd_last, "" },
	{ "LIST", 0, 2, cmd_list, "[keyword [wildmat]]" },
	{ "LISTGROUP", 0, 2, cmd_listgroup, "[newsgroup [range]]" },
	{ "MODE", 1, 1, cmd_mode, "READER|STREAM" },
	{ "NEWGROUPS", 2, 4, cmd_newgroups, "[yy]yymmdd hhmmss [GMT]" },
	{ "NEWNEWS", 3, 5, cmd_newnews, "wildmat [yy]yymmdd hhmmss [GMT]" },
	{ "NEXT", 0, 0, cmd_next, "" },
	{ "OVER", 0, 1, cmd_over, "[message-id|range]" },
	{ "POST", 0, 0, cmd_post, "" },
	{ "QUIT", 0, 0, cmd_quit, "" },
	{ "STARTTLS", 0, 0, cmd_starttls, "" },
	{ "STAT", 0, 1, cmd_stat, "[message-id|number]" },
	{ "TAKETHIS", 0, ARGS_MAX, cmd_takethis, "message-id" },
	{ "XGTITLE", 0, 1, cmd_xgtitle, "[wildmat]" },
	{ "XHDR", 1, 2, cmd_xhdr, "header [message-id|range]" },
	{ "XOVER", 0, 1, cmd_over, "[range]" },
	{ "XPAT", 3, ARGS_MAX, cmd_xpat, "header message-id|range pattern..." },
};

void
reply_syntax(struct session *s)
{
	session_reply(s, "501 Syntax error");
}

void
reply_trouble(struct session *s, const char *what, enum err e)
{
	log_at(LOG_ERROR, "session command=%s error=\"%s\"", what, err_text(e));
	session_reply(s, "403 The spool cannot be read");
}

bool
has_group(struct session *s)
{
	if (s->group == 0)
		session_reply(s, "412 No newsgroup selected");
	return s->group != 0;
}

bool
has_current(struct session *s)
{
	if (!has_group(s))
		return false;
	if (s->current == 0)
		session_reply(s, "420 No current article");
	return s->current != 0;
}

/* Words of the line; false when there are more than args holds. */
static bool
split(struct view line, struct view *name, struct args *args)
{
	struct view word;

	args->n = 0;
	if (!text_word(&line, name))
		*name = (struct view){ 0 };
	while (text_word(&line, &word)) {
		if (args->n == ARGS_MAX)
			return false;
		args->v[args->n++] = word;
		if (args->n == 1)
			args->rest = line;
	}
	return true;
}

void
commands_run(struct session *s, struct view line)
{
	struct args args = { 0 };
	struct view name = { 0 };
	bool fits = split(line, &name, &args);

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct command *c = &commands[i];

		if (!view_caseeqs(name, c->name))
			continue;
		if (!fits || args.n < c->min || args.n > c->max)
			reply_syntax(s);
		else if (auth_needed(s) && !auth_free(name))
			session_reply(s, LOGIN_NEEDED);
		else
			c->run(s, &args);
		return;
	}
	s->unknown++;
	session_reply(s, "500 Unknown command");
}

bool
commands_stream(struct view line)
{
	static const char *const streams[] = { "CHECK", "TAKETHIS", "MODE" };
	struct view word;

	if (!text_word(&line, &word))
		return false;
	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
		if (view_caseeqs(word, streams[i]))
			return true;
	return false;
}

/* A number, where one over 63 bits becomes the largest: no article has it. */
static enum err
number(struct view v, uint64_t *out)
{
	enum err e = text_num(v, 0, INT64_MAX, out);

	if (e == ERR_TOOBIG)
		*out = INT64_MAX;
	return e == ERR_TOOBIG ? ERR_OK : e;
}

enum err
spec_parse(struct view v, bool range, struct spec *out)
{
	struct spec sp = { 0 };
	size_t dash = view_chr(v, '-');
	enum err e;

	if (v.len > 0 && v.p[0] == '<') {
		if (!msgid_valid(v))
			return ERR_SYNTAX;
		sp.msgid = v;
		*out = sp;
		return ERR_OK;
	}
	if ((e = number(view_slice(v, 0, dash), &sp.from)) != ERR_OK)
		return e;
	sp.to = sp.from;
	if (dash < v.len) {
		if (!range)
			return ERR_SYNTAX;
		sp.to = INT64_MAX;
		if (dash + 1 < v.len &&
		    (e = number(view_slice(v, dash + 1, v.len), &sp.to)) != ERR_OK)
			return e;
	}
	*out = sp;
	return ERR_OK;
}

/* RFC 3977 9.8: what may stand behind CAPABILITIES; none of them changes the answer */
static bool
keyword(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!text_isalnum(v.p[i]) && v.p[i] != '.' && v.p[i] != '-')
			return false;
	return v.len >= 3 && text_isalnum(v.p[0]) && !text_isdigit(v.p[0]);
}

static void
cmd_capabilities(struct session *s, const struct args *args)
{
	if (args->n > 0 && !keyword(args->v[0])) {
		reply_syntax(s);
		return;
	}
	session_reply(s, "101 Capabilities follow");
	session_reply(s, "VERSION 2");
	session_reply(s, "IMPLEMENTATION Hearsay");
	session_reply(s, "READER");
	if (session_may_post(s) && !auth_needed(s))
		session_reply(s, "POST");
	session_reply(s, "OVER MSGID");
	session_reply(s, "HDR");
	buf_adds(&s->out, "LIST");
	list_keywords(s, &s->out);
	session_reply(s, "");
	session_reply(s, "NEWNEWS");
	if (may_starttls(s))
		session_reply(s, "STARTTLS");
	auth_capabilities(s);
	if (may_compress(s))
		session_reply(s, "COMPRESS DEFLATE");
	capabilities_feed(s);
	session_reply(s, ".");
}

static void
cmd_date(struct session *s, const struct args *args)
{
	(void)args;
	buf_adds(&s->out, "111 ");
	date_compact(&s->out, clock_now());
	session_reply(s, "");
}

static void
cmd_help(struct session *s, const struct args *args)
{
	(void)args;
	session_reply(s, "100 Help follows");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		buf_addf(&s->out, "  %s%s%s", commands[i].name,
		    commands[i].help[0] != '\0' ? " " : "", commands[i].help);
		session_reply(s, "");
	}
	session_reply(s, ".");
}

static void
cmd_mode(struct session *s, const struct args *args)
{
	if (view_caseeqs(args->v[0], "STREAM"))
		mode_stream(s);
	else if (!view_caseeqs(args->v[0], "READER"))
		reply_syntax(s);
	else if (session_may_post(s))
		session_reply(s, "200 Posting allowed");
	else
		session_reply(s, "201 Reading only");
}

static void
cmd_post(struct session *s, const struct args *args)
{
	(void)args;
	if (!session_may_post(s)) {
		session_reply(s, "440 Posting not permitted");
		return;
	}
	session_reply(s, "340 Send the article, end it with a dot on a line of its own");
	session_begin_post(s);
}

static void
cmd_quit(struct session *s, const struct args *args)
{
	(void)args;
	session_reply(s, "205 Bye");
	session_close(s);
}
