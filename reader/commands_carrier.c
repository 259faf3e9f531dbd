/* STARTTLS (RFC 4642) and COMPRESS (RFC 8054): what carries the session changes once the
 * answer is out. TLS comes first, then AUTHINFO, then DEFLATE. */
#include "reader/commands.h"

#define OFFERED NULL

/* Why not, or OFFERED. */
static const char *
no_tls(const struct session *s)
{
	const struct session_carrier *c = &s->carrier;

	if (c->tls)
		return "502 TLS is on already";
	if (c->deflate)
		return "502 Not after COMPRESS";
	/* RFC 4642 2.1 */
	if (s->access.user[0] != '\0')
		return "502 Not after AUTHINFO";
	/* 580 would be true, too, but some newsreaders ask although it is not offered, and
	 * go on without it after a plain refusal */
	return c->tls_offer ? OFFERED : "502 TLS is not set up here";
}

static const char *
no_deflate(const struct session *s)
{
	if (s->carrier.deflate)
		return "502 Compression is on already";
	return s->carrier.deflate_offer ? OFFERED : "403 Compression cannot be had here";
}

bool
may_starttls(const struct session *s)
{
	return no_tls(s) == OFFERED;
}

bool
may_compress(const struct session *s)
{
	return no_deflate(s) == OFFERED;
}

void
cmd_starttls(struct session *s, const struct args *args)
{
	const char *why = no_tls(s);

	(void)args;
	session_reply(s, why != OFFERED ? why : "382 Begin TLS");
	if (why == OFFERED)
		session_begin_switch(s, SESSION_TLS);
}

void
cmd_compress(struct session *s, const struct args *args)
{
	const char *why = no_deflate(s);

	if (why == OFFERED && !view_caseeqs(args->v[0], "DEFLATE"))
		why = "503 DEFLATE is the only compression";
	session_reply(s, why != OFFERED ? why : "206 Compressed from here on");
	if (why == OFFERED)
		session_begin_switch(s, SESSION_DEFLATE);
}
