/* IHAVE (RFC 3977 6.3.2), MODE STREAM, CHECK and TAKETHIS (RFC 4644): articles that
 * another server of this machine or site brings. */
#include "reader/commands.h"

#include "lib/msgid.h"

/* A line of code, id and text, in its turn. */
static void
reply_id(struct session *s, const char *code, struct view msgid, const char *text)
{
	struct buf line = BUF_INIT(LINE_MAX_NNTP);

	buf_adds(&line, code);
	buf_addv(&line, msgid);
	buf_adds(&line, text);
	session_answer(s, buf_view(&line));
	buf_release(&line);
}

/* A user's right may help who has to log in anyway; nothing helps the others. */
static const char *
forbidden(const struct session *s)
{
	return auth_needed(s) ? LOGIN_NEEDED : FEED_FORBIDDEN;
}

static bool
may_feed(struct session *s)
{
	if (session_may_feed(s))
		return true;
	session_reply(s, forbidden(s));
	return false;
}

/* Does the node know the id, also of what is gone again? */
static bool
have(struct session *s, struct view msgid, bool *known)
{
	enum err e = spool_known(s->env->spool, msgid, known);

	if (e != ERR_OK)
		reply_trouble(s, "CHECK", e);
	return e == ERR_OK;
}

void
cmd_ihave(struct session *s, const struct args *args)
{
	struct view id = args->v[0];
	bool known;

	if (!msgid_valid(id)) {
		reply_syntax(s);
		return;
	}
	if (!may_feed(s) || !have(s, id, &known))
		return;
	if (known)
		session_reply(s, "435 It is here");
	else if (!claims_take(s->env->claims, id, s->number))
		session_reply(s, "436 Another feed is sending it, try again later");
	else {
		session_reply(s, "335 Send it, end it with a dot on a line of its own");
		session_begin_offer(s, INTO_IHAVE, id, NULL);
	}
}

void
cmd_check(struct session *s, const struct args *args)
{
	struct view id = args->v[0];
	bool known;

	if (!msgid_valid(id)) {
		reply_syntax(s);
		return;
	}
	if (!may_feed(s) || !have(s, id, &known))
		return;
	if (known)
		reply_id(s, "438 ", id, "");
	else if (!claims_take(s->env->claims, id, s->number))
		reply_id(s, "431 ", id, "");
	else
		reply_id(s, "238 ", id, "");
}

/* The article follows at once, so it is read whatever the answer will be. */
void
cmd_takethis(struct session *s, const struct args *args)
{
	struct view id = args->v[0];
	bool valid = args->n == 1 && msgid_valid(id);

	if (!valid)
		session_begin_offer(
		    s, INTO_TAKETHIS, (struct view){ 0 }, "501 Syntax error");
	else if (!session_may_feed(s))
		session_begin_offer(s, INTO_TAKETHIS, id, forbidden(s));
	else {
		(void)claims_take(s->env->claims, id, s->number);
		session_begin_offer(s, INTO_TAKETHIS, id, NULL);
	}
}

void
mode_stream(struct session *s)
{
	if (may_feed(s))
		session_reply(s, "203 Streaming permitted");
}

void
capabilities_feed(struct session *s)
{
	if (!session_may_feed(s))
		return;
	session_reply(s, "IHAVE");
	session_reply(s, "STREAMING");
}
