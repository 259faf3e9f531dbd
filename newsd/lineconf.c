#include "newsd/lineconf.h"

#include <errno.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"

static enum err
read_script(const struct node *n, struct view name, struct buf *out, struct buf *why)
{
	bool whole = name.len > 0 && name.p[0] == '/';
	char path[NODE_PATH_MAX];
	enum err e = ERR_TOOBIG;

	if (name.len < CONF_LINE_MAX - 1) {
		node_path(n, path, "%.*s", (int)name.len, (const char *)name.p);
		if (whole) {
			memcpy(path, name.p, name.len);
			path[name.len] = '\0';
		}
		e = fs_read(path, out);
	}
	if (e != ERR_OK)
		buf_addf(why, "the chat script %.*s cannot be read: %s", (int)name.len,
		    (const char *)name.p, e == ERR_IO ? strerror(errno) : err_text(e));
	return e;
}

enum err
lineconf_load(
    const struct node *n, const char *friend, struct lineconf *out, struct buf *why)
{
	static const char *const keys[2][2] = { { "listen-chat", "listen-chat-script" },
		{ "chat", "chat-script" } };
	const char *const *key = keys[friend != NULL];
	struct view none = { NULL, 0 }, v;
	enum err e = ERR_OK;

	*out = (struct lineconf){ .file = BUF_INIT(CONF_MAX) };
	buf_init(&out->script, CHAT_SCRIPT_MAX);
	if (friend == NULL)
		buf_addv(&out->file, buf_view(&n->conf));
	else if ((e = fs_read(NODE_PATH(n, "friends/%s", friend), &out->file)) != ERR_OK)
		buf_addf(why, "friends/%s cannot be read: %s", friend, err_text(e));
	if (e != ERR_OK || (e = buf_err(&out->file)) != ERR_OK)
		return e;
	if ((v = conf_get(buf_view(&out->file), key[0], none)).len > 0)
		e = read_script(n, v, &out->script, why);
	else
		buf_addv(&out->script, conf_get(buf_view(&out->file), key[1], none));
	v = buf_view(&out->file);
	out->words.phone = conf_get(v, "phone", none);
	out->words.login = conf_get(v, "login", none);
	out->words.password = conf_get(v, "password", none);
	return e;
}

void
lineconf_release(struct lineconf *c)
{
	buf_wipe(&c->file);
	buf_wipe(&c->script);
}
