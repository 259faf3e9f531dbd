/* address: by which ways a friend is called, in the friend's file. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli/address.h"
#include "cli/friend.h"
#include "cli/lines.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"

static bool
tcp_ok(struct view v, const char **why)
{
	struct address a;

	if (address_parse(v, &a, why) != ERR_OK)
		return false;
	*why = "port 0 is nowhere";
	return a.port != 0;
}

/* The name of the friend's host is the proxy's to look up; its own would be ours. */
static bool
socks5_ok(struct view v, const char **why)
{
	size_t slash = view_chr(v, '/');
	struct address a;

	*why = "write it as socks5:PROXY:PORT/HOST:PORT";
	if (slash == v.len || address_parse(view_slice(v, 0, slash), &a, why) != ERR_OK)
		return false;
	*why = "the proxy is given as a numeric address and a port";
	if (!a.numeric || a.port == 0)
		return false;
	return tcp_ok(view_slice(v, slash + 1, v.len), why);
}

static bool
exec_ok(struct view v, const char **why)
{
	*why = "a command is missing";
	return text_trim(v).len > 0;
}

static bool
dir_ok(struct view v, const char **why)
{
	*why = "the folder's path begins with /";
	return v.len > 0 && v.p[0] == '/';
}

static const char *const keys[] = { "tcp", "socks5", "exec", "dir", NULL };
static bool (*const checks[])(
    struct view, const char **) = { tcp_ok, socks5_ok, exec_ok, dir_ok };

/* "tcp:HOST:PORT" as "tcp HOST:PORT". */
static int
add_carrier(const char *arg, struct buf *out)
{
	struct view v = view_str(arg), key, value;
	size_t colon = view_chr(v, ':');
	const char *why = "";

	key = view_slice(v, 0, colon);
	value = text_trim(view_slice(v, colon + 1, v.len));
	for (size_t i = 0; keys[i] != NULL && colon < v.len; i++) {
		if (!view_eqs(key, keys[i]))
			continue;
		if (!checks[i](value, &why))
			return say_usage("address", "%s: %s", quoted(v), why);
		buf_addf(out, "%s ", keys[i]);
		buf_addv(out, value);
		buf_addc(out, '\n');
		return buf_err(out) == ERR_OK
		    ? DONE
		    : say_usage("address", "these are too many together");
	}
	return say_usage("address",
	    "%s: write it as tcp:HOST:PORT, socks5:PROXY:PORT/HOST:PORT, exec:COMMAND "
	    "or dir:PATH",
	    quoted(v));
}

static int
show(const char *name, struct view file)
{
	struct conf_line line;
	unsigned number = 0, n = 0;
	enum err e;

	while (conf_next(&file, &number, &line, &e)) {
		bool learned = view_eqs(line.key, "learned");

		if (!learned && !lines_key(keys, line.key))
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
	struct buf text = BUF_INIT(CONF_MAX / 2);
	int code = DONE;
	enum err e;

	for (size_t i = 1; i < c->nargs && code == DONE && !none; i++)
		code = add_carrier(c->args[i], &text);
	if (code == DONE && (e = lines_write(path, keys, buf_view(&text))) != ERR_OK)
		code = say_failed("address: cannot write %s: %s", path, say_why(e));
	if (code == DONE)
		wake_node(&call->node);
	buf_release(&text);
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
