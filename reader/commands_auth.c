/* AUTHINFO USER and PASS (RFC 4643), and what nobody may who has not logged in. */
#include "reader/commands.h"

#include <string.h>

#include "lib/text.h"
#include "reader/verdict.h"

#define OFFERED NULL

/* Why no user can log in now, or OFFERED. */
static const char *
no_login(const struct session *s)
{
	if (s->access.user[0] != '\0')
		return "502 You have logged in already";
	if (s->env->login == NULL)
		return s->access.login ? "403 Nobody can log in now, try again later"
				       : "502 There are no users here, nor need of them";
	/* RFC 8054 2.2.2: lengths of what is compressed tell about what is in it */
	if (s->carrier.deflate)
		return "502 Not after COMPRESS";
	if (!s->access.clear && !s->carrier.tls)
		return "483 Passwords are taken in TLS alone: STARTTLS first";
	return OFFERED;
}

/* RFC 4643 2.1: without arguments where it would be taken after STARTTLS. */
void
auth_capabilities(struct session *s)
{
	if (s->env->login == NULL || s->access.user[0] != '\0')
		return;
	if (no_login(s) == OFFERED)
		session_reply(s, "AUTHINFO USER");
	else
		session_reply(s, "AUTHINFO");
}

bool
auth_needed(const struct session *s)
{
	return s->access.login && s->access.user[0] == '\0';
}

bool
auth_free(struct view command)
{
	/* the commands of a feed ask for its right themselves */
	static const char *const names[] = { "AUTHINFO", "CAPABILITIES", "CHECK", "DATE",
		"HELP", "IHAVE", "MODE", "QUIT", "STARTTLS", "TAKETHIS" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (view_caseeqs(command, names[i]))
			return true;
	return false;
}

static void
user(struct session *s, struct view name)
{
	/* what could be nobody's name is asked for a password like any other */
	s->login_user[0] = '\0';
	if (text_name(name)) {
		memcpy(s->login_user, name.p, name.len);
		s->login_user[name.len] = '\0';
	}
	s->named = true;
	session_reply(s, "381 And the password: AUTHINFO PASS");
}

static void
pass(struct session *s, struct view password)
{
	s->secret = true;
	if (!s->named) {
		session_reply(s, "482 AUTHINFO USER comes first");
		return;
	}
	s->named = false;
	session_begin_login(s);
	if (!s->env->login(
		s->env->post_arg, s, view_str(s->login_user), text_trim(password)))
		session_logged_in(s, (struct view){ 0 });
}

void
cmd_authinfo(struct session *s, const struct args *args)
{
	bool is_user = view_caseeqs(args->v[0], "USER");
	bool is_pass = view_caseeqs(args->v[0], "PASS");
	const char *why = no_login(s);

	if (view_caseeqs(args->v[0], "SASL") && args->n > 1)
		session_reply(s, "503 No SASL mechanism is known here, USER alone");
	else if ((!is_user && !is_pass) || args->n < 2)
		reply_syntax(s);
	else if (why != OFFERED) {
		s->secret = true;
		session_reply(s, why);
	} else if (is_user)
		user(s, text_trim(args->rest));
	else
		pass(s, args->rest);
}

/* A group that the user does not see is not selected any more. */
static void
entered(struct session *s)
{
	if (!access_reads(&s->access, view_str(s->group_name))) {
		s->group = 0;
		s->group_name[0] = '\0';
		s->current = 0;
	}
	session_reply(s, "281 Welcome");
}

void
auth_answer(struct session *s, struct view answer)
{
	enum verdict v;

	if (verdict_read(answer, &v, &s->access) != ERR_OK || v == VERDICT_BUSY)
		session_reply(
		    s, "403 The password could not be checked, try again later");
	else if (v == VERDICT_IN)
		entered(s);
	else if (++s->wrong < AUTH_TRIES)
		session_reply(s, "481 No such user, or another password");
	else {
		session_reply(
		    s, "481 No such user, or another password; three times: bye");
		session_close(s);
	}
}
