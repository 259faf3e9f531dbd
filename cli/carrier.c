/* address: by which ways a friend is called, in the friend's file. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli/friend.h"
#include "cli/lines.h"
#include "cli/say.h"
#include "lib/carrier.h"
#include "lib/conf.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/wake.h"

static const char *const keys[] = { "tcp", "socks5", "exec", "serial", "dir", NULL };
/* of the serial ones */
static const char *const modem_keys[] = { "phone", "chat", "chat-script", NULL };

/* "phone:NUMBER" as "phone NUMBER"; false: it is none of these. */
static bool
add_modem(const char *arg, struct buf *out)
{
	struct view v = view_str(arg);
	size_t colon = view_chr(v, ':');

	if (colon + 1 >= v.len || !lines_key(modem_keys, view_slice(v, 0, colon)) ||
	    view_chr(v, '\n') < v.len)
		return false;
	buf_addv(out, view_slice(v, 0, colon));
	buf_addc(out, ' ');
	buf_addv(out, view_slice(v, colon + 1, v.len));
	buf_addc(out, '\n');
	return true;
}

/* "tcp:HOST:PORT" as "tcp HOST:PORT". */
static int
add_carrier(const char *arg, struct buf *out)
{
	struct view v = view_str(arg);
	const char *why = "";
	struct carrier c;

	if (carrier_word(v, &c, &why) != ERR_OK)
		return say_usage("address", "%s: %s", quoted(v), why);
	carrier_write(&c, out);
	buf_addc(out, '\n');
	carrier_release(&c);
	return buf_err(out) == ERR_OK
	    ? DONE
	    : say_usage("address", "these are too many together");
}

static int
show(const char *name, struct view file)
{
	struct conf_line line;
	unsigned number = 0, n = 0;
	enum err e;

	while (conf_next(&file, &number, &line, &e)) {
		bool learned = view_eqs(line.key, "learned");

		if (!learned && !lines_key(keys, line.key) &&
		    !lines_key(modem_keys, line.key))
			continue;
		n++;
		printf("%.*s:%.*s%s%s\n", (int)line.key.len, (const char *)line.key.p,
		    (int)line.value.len, (const char *)line.value.p,
		    learned ? "  # told by " : "", learned ? name : "");
	}
	if (n == 0)
		printf("No address of %s is known: hearsay address %s tcp:HOST:PORT\n",
		    name, name);
	return DONE;
}

static int
set(struct call *call, const char *name)
{
	const struct command *c = call->cmd;
	bool none = c->nargs == 2 && strcmp(c->args[1], "none") == 0;
	const char *path = NODE_PATH(&call->node, "friends/%s", name);
	struct buf text = BUF_INIT(CONF_MAX / 2), modem = BUF_INIT(CONF_MAX / 2);
	int code = DONE;
	enum err e = ERR_OK;

	if (c->nargs - 1 > CARRIERS_MAX)
		code = say_usage("address", "there are too many of them");
	for (size_t i = 1; i < c->nargs && code == DONE && !none; i++)
		if (!add_modem(c->args[i], &modem))
			code = add_carrier(c->args[i], &text);
	/* of each kind what is given replaces what there is */
	if (code == DONE && (none || modem.len > 0))
		e = lines_write(path, modem_keys, buf_view(&modem));
	if (code == DONE && e == ERR_OK && (none || text.len > 0))
		e = lines_write(path, keys, buf_view(&text));
	if (code == DONE && e != ERR_OK)
		code = say_failed("address: cannot write %s: %s", path, say_why(e));
	if (code == DONE)
		wake_node(&call->node);
	buf_release(&text);
	buf_release(&modem);
	return code;
}

int
cmd_address(struct call *call)
{
	const char *name = call->cmd->args[0];
	struct buf file = BUF_INIT(CONF_MAX);
	int code = friend_check("address", &call->node, name);
	enum err e;

	if (code == DONE && call->cmd->nargs > 1)
		code = set(call, name);
	if (code == DONE && (e = friend_read(&call->node, name, &file)) != ERR_OK)
		code = say_failed("address: cannot read %s/friends/%s: %s",
		    call->node.dir, name, say_why(e));
	if (code == DONE)
		code = show(name, buf_view(&file));
	buf_release(&file);
	return code;
}
