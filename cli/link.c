#include "cli/link.h"

#include <stdio.h>
#include <string.h>

#include "cli/lines.h"
#include "cli/say.h"
#include "lib/carrier.h"
#include "lib/conf.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/serial.h"
#include "lib/wake.h"

/* Where newsd and reader listen, and what friends are told: node.conf's by options. */
static const struct kind {
	enum opt opt;
	bool friends; /* else newsreaders */
	const char *key, *option;
} kinds[] = {
	{ OPT_LINK, true, "link", "--link" },
	{ OPT_ADDRESS, true, "address", "--address" },
	{ OPT_LISTEN, false, "listen", "--listen" },
	{ OPT_LISTEN_TLS, false, "listen-tls", "--listen-tls" },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static const char serial_word[] = "serial:";

static bool
none(const char *value)
{
	return strcmp(value, "none") == 0;
}

static bool
value_ok(const struct kind *k, struct view v, const char **why)
{
	struct address a;
	struct serial s;

	if (k->opt == OPT_ADDRESS)
		return carrier_hint(v, why) == ERR_OK;
	if (k->opt == OPT_LINK && view_starts(v, serial_word))
		return serial_parse(view_slice(v, sizeof serial_word - 1, v.len), &s,
			   why) == ERR_OK;
	return address_listen(v, &a, why) == ERR_OK;
}

static int
check_kind(const struct command *c, const struct kind *k)
{
	const char *why = "";
	size_t n = 0;
	bool off = false;

	for (size_t i = 0; i < c->ngiven; i++) {
		const char *value = c->given[i].value;

		if (c->given[i].opt != k->opt)
			continue;
		n++;
		off = off || none(value);
		if (!none(value) && !value_ok(k, view_str(value), &why))
			return say_usage("setup", "%s %s: %s", k->option,
			    quoted(view_str(value)), why);
	}
	if (off && n > 1)
		return say_usage("setup", "%s none stands alone", k->option);
	return DONE;
}

int
link_check(const struct command *c)
{
	int code = DONE;

	for (size_t i = 0; i < KINDS && code == DONE; i++)
		code = check_kind(c, &kinds[i]);
	return code;
}

/* "tcp:" is for the command line and the token. */
static void
given_lines(const struct command *c, const struct kind *k, struct buf *out)
{
	for (size_t i = 0; i < c->ngiven; i++) {
		const char *value = c->given[i].value;

		/* without any listen line there would be the usual one */
		if (c->given[i].opt == k->opt && (!none(value) || k->opt == OPT_LISTEN))
			buf_addf(out, "%s %s\n", k->key,
			    value + (k->opt == OPT_ADDRESS ? strlen("tcp:") : 0));
	}
}

static void
present_lines(const struct node *n, const char *key, struct buf *out)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, key))
			buf_addf(out, "%s %.*s\n", key, (int)line.value.len,
			    (const char *)line.value.p);
}

static int
change_kind(struct call *call, const struct kind *k, bool *changed)
{
	struct buf now = BUF_INIT(CONF_MAX), then = BUF_INIT(CONF_MAX);
	const char *const keys[] = { k->key, NULL };
	bool differ;
	enum err e = ERR_OK;

	present_lines(&call->node, k->key, &now);
	given_lines(call->cmd, k, &then);
	differ = !view_eq(buf_view(&now), buf_view(&then));
	if (buf_err(&now) != ERR_OK || buf_err(&then) != ERR_OK)
		e = ERR_TOOBIG;
	else if (differ)
		e = lines_write(
		    NODE_PATH(&call->node, "node.conf"), keys, buf_view(&then));
	buf_release(&now);
	buf_release(&then);
	if (e == ERR_OK && differ)
		e = node_load(&call->node);
	*changed = *changed || differ;
	return e == ERR_OK ? DONE
			   : say_failed("setup: cannot write %s/node.conf: %s",
				 call->node.dir, say_why(e));
}

int
link_change(struct call *call, bool *linked, bool *moved)
{
	int code = DONE;

	*linked = *moved = false;
	for (size_t i = 0; i < KINDS && code == DONE; i++)
		if (command_has(call->cmd, kinds[i].opt))
			code = change_kind(
			    call, &kinds[i], kinds[i].friends ? linked : moved);
	if (*linked)
		wake_node(&call->node);
	return code;
}

void
link_tell(const struct node *n)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, "link") && view_starts(line.value, serial_word))
			printf(
			    "Friends can call this node on the serial line %.*s while it is "
			    "up.\n",
			    (int)line.value.len - (int)sizeof serial_word + 1,
			    (const char *)line.value.p + sizeof serial_word - 1);
		else if (view_eqs(line.key, "link"))
			printf("Friends can call this node at %.*s while it is up.\n",
			    (int)line.value.len, (const char *)line.value.p);
}

/* Why an address of ours is no use to a friend elsewhere; NULL when it is. */
static const char *
useless(struct view value)
{
	struct address a;
	const char *why;

	if (address_parse(value, &a, &why) != ERR_OK)
		return why;
	if (a.port == 0)
		return "the port is not fixed";
	switch (address_class(&a)) {
	case ADDRESS_NOWHERE:
		return "it stands for all addresses of this machine, and names none";
	case ADDRESS_LOOPBACK:
		return "only this machine reaches it";
	case ADDRESS_NEIGHBOUR:
		return "only machines on the same wire reach it";
	case ADDRESS_PUBLIC:
	case ADDRESS_PRIVATE:
		break;
	}
	return NULL;
}

static void
give(struct view value, link_fn *fn, void *arg)
{
	struct buf carrier = BUF_INIT(CONF_LINE_MAX);

	buf_adds(&carrier, "tcp:");
	buf_addv(&carrier, value);
	if (buf_cstr(&carrier) != NULL)
		fn(arg, (const char *)carrier.p);
	buf_release(&carrier);
}

void
link_offer(const struct node *n, link_fn *fn, void *arg)
{
	bool chosen = conf_has(buf_view(&n->conf), "address");
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	const char *why;
	enum err e;

	while (conf_next(&rest, &number, &line, &e)) {
		if (!view_eqs(line.key, chosen ? "address" : "link") ||
		    view_starts(line.value, serial_word))
			continue;
		if (chosen || (why = useless(line.value)) == NULL)
			give(line.value, fn, arg);
		else
			fprintf(stderr,
			    "hearsay: link %.*s does not go into the token: %s; say "
			    "--address tcp:HOST:PORT if your friend can reach you\n",
			    (int)line.value.len, (const char *)line.value.p, why);
	}
}
