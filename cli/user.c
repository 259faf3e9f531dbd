/* user: who may log in to the gateway, with which persona and rights. */
#include "cli/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/child.h"
#include "cli/persona.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/password.h"
#include "lib/text.h"
#include "lib/wildmat.h"

#define WILDMAT_LEN 1024 /* as reader takes it */

static const char *
path_of(const struct node *n, char out[NODE_PATH_MAX], const char *name)
{
	return node_path(n, out, "gateway/users/%s", name);
}

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- the list ------------------------------------------------------------------- */

static void
print_user(const char *name, struct view file, bool machine)
{
	static const char *const keys[] = { "persona", "read", "post", "feed" };
	static const char *const without[] = { "-", "*", "*", "no" };

	printf(machine ? "user=%s" : "%-12s", name);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct buf shown = BUF_INIT(4 * WILDMAT_LEN);

		text_show(
		    &shown, conf_get(file, keys[i], view_str(without[i])), WILDMAT_LEN);
		printf(machine ? " %s=\"%s\"" : "  %s %s", keys[i], buf_cstr(&shown));
		buf_release(&shown);
	}
	putchar('\n');
}

static int
list(struct call *call)
{
	bool machine = command_has(call->cmd, OPT_MACHINE);
	DIR *d = opendir(NODE_PATH(&call->node, "gateway/users"));
	struct dirent *ent;
	char path[NODE_PATH_MAX];
	unsigned n = 0;
	enum err e;

	if (d == NULL && errno != ENOENT)
		return say_failed(
		    "user: %s/gateway/users: %s", call->node.dir, strerror(errno));
	while (d != NULL && (ent = readdir(d)) != NULL) {
		struct buf file = BUF_INIT(CONF_MAX);

		if (!text_name(view_str(ent->d_name)))
			continue;
		n++;
		if ((e = fs_read(path_of(&call->node, path, ent->d_name), &file)) ==
		    ERR_OK)
			print_user(ent->d_name, buf_view(&file), machine);
		else
			say_failed("user: %s: %s", path, say_why(e));
		buf_wipe(&file);
	}
	if (d != NULL)
		closedir(d);
	if (n == 0 && !machine)
		puts("No users: nobody can log in. `hearsay user add NAME` makes one.");
	return DONE;
}

/* ---- passwords ------------------------------------------------------------------ */

/* Why it cannot be one, or NULL. */
static const char *
unfit(struct view v)
{
	struct view rest = v, word;
	unsigned words = 0;

	if (v.len < PASSWORD_MIN)
		return "it is shorter than 8 characters";
	if (v.len > PASSWORD_MAX)
		return "it is longer than 128 bytes";
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] < ' ' || v.p[i] == 0x7f)
			return "it has control characters";
	while (text_word(&rest, &word))
		words++;
	/* AUTHINFO PASS is a command line, whose words the gateway counts */
	return words > 12 ? "it has more than 12 words" : NULL;
}

/* Twice from a person, one line from a program. */
static int
ask_password(const char *name, struct buf *out)
{
	struct buf again = BUF_INIT(2 * LINE_MAX_NNTP), question = BUF_INIT(128);
	const char *why;
	int code = FAILED;

	buf_reserve(out, out->cap);
	buf_reserve(&again, again.cap);
	buf_addf(&question, "Password of %s:", name);
	if (ask_secret(buf_cstr(&question), out) != ERR_OK)
		code = say_failed("user: no password was given; nothing was changed");
	else if ((why = unfit(buf_view(out))) != NULL)
		code = say_failed("user: that cannot be the password: %s", why);
	else if (!ask_possible())
		code = DONE;
	else if (ask_secret("The same again:", &again) != ERR_OK ||
	    !view_eq(buf_view(out), buf_view(&again)))
		code = say_failed("user: the two are not the same; nothing was changed");
	else
		code = DONE;
	buf_wipe(&again);
	buf_release(&question);
	return code;
}

/* Writes the user's file with its password line anew. */
static int
write_user(struct call *call, const char *name, struct view before, struct view password)
{
	struct buf hash = BUF_INIT(PASSWORD_TEXT_MAX), out = BUF_INIT(CONF_MAX);
	char path[NODE_PATH_MAX];
	enum err e = password_hash(password, &hash);

	if (e == ERR_OK) {
		conf_set(before, "password", buf_view(&hash), &out);
		e = buf_err(&out);
	}
	if (e == ERR_OK &&
	    (e = fs_mkdir(NODE_PATH(&call->node, "gateway"), 0700)) == ERR_OK)
		e = fs_mkdir(NODE_PATH(&call->node, "gateway/users"), 0700);
	if (e == ERR_OK)
		e = fs_write_atomic(
		    path_of(&call->node, path, name), buf_view(&out), true);
	buf_wipe(&hash);
	buf_wipe(&out);
	return e == ERR_OK ? DONE
			   : say_failed("user: cannot write %s/gateway/users/%s: %s",
				 call->node.dir, name, say_why(e));
}

/* ---- verbs ---------------------------------------------------------------------- */

/* Which one --persona means: one that is there, by name; else the user's own, for which it
 * is the name that others read. */
static const char *
persona_of(struct call *call, const char *name)
{
	const char *asked = command_value(call->cmd, OPT_PERSONA);

	if (asked != NULL && text_name(view_str(asked)) &&
	    there(NODE_PATH(&call->node, "personas/%s", asked)))
		return asked;
	return name;
}

/* Makes it when it is not there. */
static int
give_persona(struct call *call, const char *name)
{
	const char *asked = command_value(call->cmd, OPT_PERSONA), *why;
	const char *persona = persona_of(call, name);
	struct program p;

	if (there(NODE_PATH(&call->node, "personas/%s", persona)))
		return asked == NULL || strcmp(asked, persona) == 0
		    ? DONE
		    : say_failed("user: there is a persona %s already, with another name "
				 "for others; leave --persona out to use it",
			  persona);
	if (asked != NULL && !persona_display(view_str(asked), &why))
		return say_usage(
		    "user", "--persona %s: %s", quoted(view_str(asked)), why);
	if (!child_init(&p, "batcher", "setup", call))
		return FAILED;
	program_arg(&p, "--persona");
	program_arg(&p, persona);
	program_arg(&p, "--display");
	program_arg(&p, asked != NULL ? asked : name);
	return child_run(&p, NULL, NULL);
}

/* The lines of the options; USAGE when one is no good. */
static int
rights(struct call *call, const char *name, struct buf *out)
{
	static const enum opt opts[] = { OPT_READ, OPT_POST };
	static const char *const keys[] = { "read", "post" };

	buf_addf(out, "persona %s\n", persona_of(call, name));
	for (size_t i = 0; i < sizeof opts / sizeof opts[0]; i++) {
		const char *value = command_value(call->cmd, opts[i]);

		if (value == NULL)
			continue;
		if (!wildmat_valid(view_str(value)) || strlen(value) > WILDMAT_LEN)
			return say_usage("user",
			    "--%s %s: groups are needed, as comp.*,!comp.os.*", keys[i],
			    quoted(view_str(value)));
		buf_addf(out, "%s %s\n", keys[i], value);
	}
	if (command_has(call->cmd, OPT_FEED))
		buf_adds(out, "feed yes\n");
	return DONE;
}

static int
add(struct call *call, const char *name)
{
	struct buf lines = BUF_INIT(CONF_MAX), password = BUF_INIT(2 * LINE_MAX_NNTP);
	char path[NODE_PATH_MAX];
	int code;

	if (there(path_of(&call->node, path, name)))
		code = say_failed("user: there is a user %s already; `hearsay user "
				  "passwd %s` gives a new password",
		    name, name);
	else if ((code = rights(call, name, &lines)) == DONE &&
	    (code = ask_password(name, &password)) == DONE &&
	    (code = give_persona(call, name)) == DONE)
		code = write_user(call, name, buf_view(&lines), buf_view(&password));
	if (code == DONE)
		printf("%s can log in. Outside this machine newsreaders must use TLS: "
		       "see `hearsay gateway`.\n",
		    name);
	buf_wipe(&password);
	buf_release(&lines);
	return code;
}

static int
passwd(struct call *call, const char *name)
{
	struct buf file = BUF_INIT(CONF_MAX), password = BUF_INIT(2 * LINE_MAX_NNTP);
	char path[NODE_PATH_MAX];
	enum err e = fs_read(path_of(&call->node, path, name), &file);
	int code;

	if (e != ERR_OK)
		code = say_failed(
		    "user: %s: %s; `hearsay user` lists who there is", path, say_why(e));
	else if ((code = ask_password(name, &password)) == DONE)
		code = write_user(call, name, buf_view(&file), buf_view(&password));
	if (code == DONE)
		printf("%s has a new password.\n", name);
	buf_wipe(&password);
	buf_wipe(&file);
	return code;
}

static int
drop(struct call *call, const char *name)
{
	char path[NODE_PATH_MAX];
	enum err e;

	if (!there(path_of(&call->node, path, name)))
		return say_failed(
		    "user: there is no user %s; `hearsay user` lists who there is", name);
	if ((e = fs_erase(path)) != ERR_OK)
		return say_failed("user: cannot remove %s: %s", path, say_why(e));
	printf("%s cannot log in any more. The persona and its articles stay.\n", name);
	return DONE;
}

int
cmd_user(struct call *call)
{
	static const struct {
		const char *name;
		int (*run)(struct call *, const char *name);
	} todo[] = { { "add", add }, { "passwd", passwd }, { "remove", drop } };
	char *const *args = call->cmd->args;

	if (call->cmd->nargs == 0)
		return list(call);
	for (size_t i = 0; i < sizeof todo / sizeof todo[0]; i++) {
		if (strcmp(args[0], todo[i].name) != 0)
			continue;
		if (call->cmd->nargs != 2)
			return say_usage("user", "%s wants one NAME", args[0]);
		if (!text_name(view_str(args[1])))
			return say_usage("user",
			    "%s is no user's name: a-z, 0-9 and -, at most 32",
			    quoted(view_str(args[1])));
		return todo[i].run(call, args[1]);
	}
	return say_usage("user",
	    "%s is not something to do with users: say add, passwd "
	    "or remove",
	    quoted(view_str(args[0])));
}
