#include "newsd/socks.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/log.h"

#define VERSION 5
#define NO_AUTHENTICATION 0
#define NO_METHOD 0xff
#define CONNECT 1

enum address_type { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

static void
set_state(struct socks *s, enum socks_state to)
{
	static const char *const names[] = { "method", "reply", "address", "ready",
		"failed" };

	log_at(LOG_DEBUG, "socks %s -> %s", names[s->state], names[to]);
	s->state = to;
}

void
socks_begin(struct socks *s, const struct address *to, struct buf *out)
{
	*s = (struct socks){ .to = *to };
	buf_addc(out, VERSION);
	buf_addc(out, 1);
	buf_addc(out, NO_AUTHENTICATION);
}

size_t
socks_wants(const struct socks *s)
{
	switch (s->state) {
	case SOCKS_METHOD:
		return 2;
	case SOCKS_REPLY:
		return 5; /* with the first byte of the address: a name's length */
	case SOCKS_ADDRESS:
		return s->rest < 22 ? s->rest : 22;
	case SOCKS_READY:
	case SOCKS_FAILED:
		break;
	}
	return 0;
}

static void
request(const struct address *to, struct buf *out)
{
	unsigned char bits[16];
	bool v6 = strchr(to->host, ':') != NULL;

	buf_addc(out, VERSION);
	buf_addc(out, CONNECT);
	buf_addc(out, 0);
	if (to->numeric) {
		inet_pton(v6 ? AF_INET6 : AF_INET, to->host, bits);
		buf_addc(out, v6 ? TYPE_IPV6 : TYPE_IPV4);
		buf_add(out, bits, v6 ? 16 : 4);
	} else {
		buf_addc(out, TYPE_NAME);
		buf_addc(out, (int)strlen(to->host));
		buf_adds(out, to->host);
	}
	buf_addu16(out, to->port);
}

static enum err
failed(struct socks *s, enum err e)
{
	set_state(s, SOCKS_FAILED);
	return e;
}

static enum err
on_method(struct socks *s, const unsigned char *p, struct buf *out)
{
	if (p[0] != VERSION)
		return failed(s, ERR_SYNTAX);
	if (p[1] != NO_AUTHENTICATION) {
		s->reply = NO_METHOD;
		return failed(s, p[1] == NO_METHOD ? ERR_DENIED : ERR_SYNTAX);
	}
	request(&s->to, out);
	set_state(s, SOCKS_REPLY);
	return ERR_MORE;
}

static enum err
on_reply(struct socks *s, const unsigned char *p)
{
	if (p[0] != VERSION || p[2] != 0)
		return failed(s, ERR_SYNTAX);
	if (p[1] != 0) {
		s->reply = p[1];
		return failed(s, ERR_DENIED);
	}
	switch (p[3]) {
	case TYPE_IPV4:
		s->rest = 4 - 1 + 2;
		break;
	case TYPE_IPV6:
		s->rest = 16 - 1 + 2;
		break;
	case TYPE_NAME:
		s->rest = p[4] + 2u;
		break;
	default:
		return failed(s, ERR_SYNTAX);
	}
	set_state(s, SOCKS_ADDRESS);
	return ERR_MORE;
}

enum err
socks_input(struct socks *s, struct view *in, struct buf *out)
{
	struct view v;
	enum err e;

	if (s->state == SOCKS_READY || s->state == SOCKS_FAILED)
		return ERR_SYNTAX;
	if ((e = view_take(in, socks_wants(s), &v)) != ERR_OK) {
		/* a refusal may be cut short after its code */
		if (s->state == SOCKS_REPLY && in->len >= 2 && in->p[0] == VERSION &&
		    in->p[1] != 0) {
			s->reply = in->p[1];
			return failed(s, ERR_DENIED);
		}
		return e;
	}
	if (s->state == SOCKS_METHOD)
		return on_method(s, v.p, out);
	if (s->state == SOCKS_REPLY)
		return on_reply(s, v.p);
	if ((s->rest -= v.len) > 0)
		return ERR_MORE;
	set_state(s, SOCKS_READY);
	return ERR_OK;
}
