#include "lib/carrier.h"

#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "lib/serial.h"
#include "lib/text.h"

typedef enum err parse_fn(struct view, struct carrier *, const char **);

static enum err
parse_tcp(struct view v, struct carrier *c, const char **why)
{
	enum err e;

	if ((e = address_parse(v, &c->at, why)) != ERR_OK)
		return e;
	if (c->at.port == 0) {
		*why = "port 0 is nowhere";
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

static enum err
parse_socks5(struct view v, struct carrier *c, const char **why)
{
	size_t slash = view_chr(v, '/');
	enum err e;

	if (slash == v.len) {
		*why = "write it as PROXY:PORT/HOST:PORT";
		return ERR_SYNTAX;
	}
	if ((e = address_parse(view_slice(v, 0, slash), &c->proxy, why)) != ERR_OK)
		return e;
	/* its name would be a question to a name server, which a proxy is to save us */
	if (!c->proxy.numeric || c->proxy.port == 0) {
		*why = "the proxy is given as a numeric address and a port";
		return ERR_SYNTAX;
	}
	return parse_tcp(view_slice(v, slash + 1, v.len), c, why);
}

static enum err
copy_text(struct view v, struct carrier *c)
{
	if ((c->text = strndup((const char *)v.p, v.len)) == NULL)
		return ERR_NOMEM;
	return ERR_OK;
}

static enum err
parse_exec(struct view v, struct carrier *c, const char **why)
{
	(void)why;
	return copy_text(v, c);
}

static enum err
parse_dir(struct view v, struct carrier *c, const char **why)
{
	if (v.p[0] != '/') {
		*why = "the folder's path begins with /";
		return ERR_SYNTAX;
	}
	return copy_text(v, c);
}

static enum err
parse_serial(struct view v, struct carrier *c, const char **why)
{
	struct serial s;
	enum err e = serial_parse(v, &s, why);

	return e == ERR_OK ? copy_text(v, c) : e;
}

static const struct {
	const char *key;
	parse_fn *parse;
} kinds[CARRIER_KINDS] = {
	[CARRIER_TCP] = { "tcp", parse_tcp },
	[CARRIER_SOCKS5] = { "socks5", parse_socks5 },
	[CARRIER_EXEC] = { "exec", parse_exec },
	[CARRIER_DIR] = { "dir", parse_dir },
	[CARRIER_SERIAL] = { "serial", parse_serial },
	[CARRIER_LEARNED] = { "learned", parse_tcp },
};

/* What no line of a file can hold, or not in one spelling. */
static const char *
no_value(struct view v)
{
	if (v.len == 0)
		return "nothing stands behind it";
	if (view_chr(v, '\0') < v.len || view_chr(v, '\n') < v.len ||
	    view_chr(v, '\r') < v.len)
		return "it is more than one line";
	return text_trim(v).len == v.len ? NULL : "blanks stand around it";
}

enum err
carrier_parse(struct view key, struct view value, struct carrier *out, const char **why)
{
	struct carrier c = { 0 };
	enum err e;

	for (unsigned k = 0; k < CARRIER_KINDS; k++) {
		if (!view_eqs(key, kinds[k].key))
			continue;
		c.kind = (enum carrier_kind)k;
		if ((*why = no_value(value)) != NULL)
			return ERR_SYNTAX;
		if ((e = kinds[k].parse(value, &c, why)) == ERR_OK)
			*out = c;
		return e;
	}
	return ERR_NOTFOUND;
}

enum err
carrier_word(struct view v, struct carrier *out, const char **why)
{
	size_t colon = view_chr(v, ':');
	struct view key = view_slice(v, 0, colon);
	enum err e = ERR_NOTFOUND;

	if (colon < v.len && !view_eqs(key, kinds[CARRIER_LEARNED].key))
		e = carrier_parse(key, view_slice(v, colon + 1, v.len), out, why);
	if (e != ERR_NOTFOUND)
		return e;
	*why = "write it as tcp:HOST:PORT, socks5:PROXY:PORT/HOST:PORT, exec:COMMAND, "
	       "serial:DEVICE,SPEED or dir:PATH";
	return ERR_SYNTAX;
}

enum err
carrier_hint(struct view v, const char **why)
{
	struct carrier c;
	enum err e;

	/* its length first: nothing else is worth a word then */
	*why = "it is longer than 128 bytes";
	if (v.len > HINT_MAX)
		return ERR_SYNTAX;
	*why = "only tcp:HOST:PORT can stand in a token";
	if (!view_starts(v, "tcp:"))
		return ERR_SYNTAX;
	if ((e = carrier_word(v, &c, why)) == ERR_OK)
		carrier_release(&c);
	return e;
}

void
carrier_release(struct carrier *c)
{
	if (c != NULL)
		free(c->text);
}

void
carrier_write(const struct carrier *c, struct buf *out)
{
	buf_addf(out, "%s ", kinds[c->kind].key);
	if (c->text != NULL) {
		buf_adds(out, c->text);
		return;
	}
	if (c->kind == CARRIER_SOCKS5) {
		address_write(&c->proxy, out);
		buf_addc(out, '/');
	}
	address_write(&c->at, out);
}

bool
carrier_dialled(const struct carrier *c)
{
	return c->kind != CARRIER_DIR;
}

bool
carrier_learned_allowed(const struct carrier *list, size_t n)
{
	bool chosen = false;

	for (size_t i = 0; i < n; i++) {
		if (list[i].kind == CARRIER_TCP)
			return true;
		chosen = chosen || list[i].kind != CARRIER_LEARNED;
	}
	return !chosen;
}

bool
carrier_allows(const struct carrier *c, const struct endpoint *e, bool private_allowed)
{
	if (c->kind != CARRIER_LEARNED)
		return true; /* the person wrote it */
	switch (endpoint_class(e)) {
	case ADDRESS_PUBLIC:
		return true;
	case ADDRESS_PRIVATE:
		return private_allowed;
	case ADDRESS_NEIGHBOUR:
	case ADDRESS_LOOPBACK:
	case ADDRESS_NOWHERE:
		return false;
	}
	return false;
}
