/* persona: the names that one writes under. */
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
#include "lib/text.h"

#define FILE_MAX 4096
#define WORDS_MAX 1024

static int
list(struct call *call)
{
	bool machine = command_has(call->cmd, OPT_MACHINE);
	struct view standard = node_get(&call->node, "persona", "");
	DIR *d = opendir(NODE_PATH(&call->node, "personas"));
	struct dirent *ent;

	if (d == NULL)
		return say_failed("persona: cannot read %s/personas: %s", call->node.dir,
		    strerror(errno));
	while ((ent = readdir(d)) != NULL) {
		struct buf from = BUF_INIT(512);
		struct view name = view_str(ent->d_name);
		bool first = view_eq(standard, name);

		if (text_name(name) && persona_from(&call->node, name, &from) == ERR_OK)
			printf(machine ? "persona=%s from=\"%s\" standard=%s\n"
				       : "%-16s %s%s\n",
			    ent->d_name, buf_cstr(&from),
			    machine ? (first ? "yes" : "no")
				    : (first ? "   (the standard one)" : ""));
		buf_release(&from);
	}
	closedir(d);
	return DONE;
}

static bool
exists(struct call *call, const char *name)
{
	return text_name(view_str(name)) &&
	    access(NODE_PATH(&call->node, "personas/%s", name), F_OK) == 0;
}

static int
missing(const char *name)
{
	return say_failed(
	    "persona: no persona is called %s; `hearsay persona` lists them",
	    quoted(view_str(name)));
}

/* persona new "Ana Lima" */
static int new (struct call *call)
{
	const char *display = call->cmd->args[1], *why = NULL;
	struct buf name = BUF_INIT(NAME_MAX_LEN + 1), from = BUF_INIT(512);
	struct program p;
	int code = FAILED;

	if (!persona_display(view_str(display), &why))
		return say_usage("persona", "%s: %s", quoted(view_str(display)), why);
	persona_short(view_str(display), &name);
	if (buf_cstr(&name) == NULL)
		return say_failed("persona: %s", say_why(ERR_NOMEM));
	if (exists(call, buf_cstr(&name)))
		code =
		    say_failed("persona: there is a persona %s already; begin the name "
			       "with another word",
			buf_cstr(&name));
	else if (child_init(&p, "batcher", "persona-new", call)) {
		program_arg(&p, buf_cstr(&name));
		program_arg(&p, display);
		code = child_run(&p, NULL, NULL);
	}
	if (code == DONE && persona_from(&call->node, buf_view(&name), &from) == ERR_OK)
		printf("%s\nA newsreader that sends this From posts as %s. Keep a copy: "
		       "hearsay persona export %s FILE\n",
		    buf_cstr(&from), buf_cstr(&name), buf_cstr(&name));
	buf_release(&name);
	buf_release(&from);
	return code;
}

/* persona use NAME */
static int
use(struct call *call)
{
	const char *name = call->cmd->args[1];
	struct buf out = BUF_INIT(CONF_MAX);
	int code = DONE;
	enum err e;

	if (!exists(call, name))
		return missing(name);
	conf_set(buf_view(&call->node.conf), "persona", view_str(name), &out);
	if ((e = buf_err(&out)) == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(&call->node, "node.conf"), buf_view(&out), false);
	if (e != ERR_OK)
		code = say_failed(
		    "persona: cannot write %s/node.conf: %s", call->node.dir, say_why(e));
	else
		printf("Posts whose From names no persona of this node are %s's from now "
		       "on.\n",
		    name);
	buf_release(&out);
	return code;
}

/* persona export NAME FILE */
static int export(struct call *call)
{
	const char *name = call->cmd->args[1], *path = call->cmd->args[2];
	struct buf out = BUF_INIT(FILE_MAX + WORDS_MAX);
	struct view rest, words;
	struct program p;
	int code = FAILED;
	enum err e;

	if (!exists(call, name))
		return missing(name);
	if (access(path, F_OK) == 0)
		return say_failed(
		    "persona: %s is there already: name another file", path);
	if (!child_init(&p, "batcher", "persona-export", call))
		return FAILED;
	program_arg(&p, name);
	buf_reserve(&out, FILE_MAX);
	if ((code = child_run(&p, NULL, &out)) != DONE)
		goto out;
	rest = buf_view(&out);
	if (!text_line(&rest, &words) || rest.len == 0)
		e = ERR_SYNTAX;
	else
		e = fs_write_atomic(path, rest, true);
	if (e != ERR_OK) {
		code = say_failed("persona: cannot write %s: %s", path, say_why(e));
		goto out;
	}
	fprintf(stderr,
	    "%s is written. These words open it, and nothing else does. Write them down "
	    "on paper\nand keep them away from the file; who has both writes as %s.\n\n",
	    path, name);
	printf("%.*s\n", (int)words.len, (const char *)words.p);
out:
	buf_wipe(&out);
	return code;
}

/* persona import FILE: the words are asked for, or come on stdin. */
static int
import(struct call *call)
{
	const char *path = call->cmd->args[1];
	struct buf in = BUF_INIT(FILE_MAX + WORDS_MAX), file = BUF_INIT(FILE_MAX),
		   name = BUF_INIT(256);
	struct program p;
	struct view v;
	int code = FAILED;
	enum err e;

	buf_reserve(&in, FILE_MAX);
	if ((e = fs_read(path, &file)) != ERR_OK)
		return say_failed("persona: cannot read %s: %s", path, say_why(e));
	if (ask_secret("The 24 words:", &in) != ERR_OK) {
		code = say_failed("persona: no words, nothing was changed");
		goto out;
	}
	buf_addc(&in, '\n');
	buf_addv(&in, buf_view(&file));
	if (!child_init(&p, "batcher", "persona-import", call))
		goto out;
	v = buf_view(&in);
	if ((code = child_run(&p, &v, &name)) == DONE)
		printf(
		    "%.*s is a persona of this node now; `hearsay persona use` makes it "
		    "the standard one.\n",
		    (int)view_chr(buf_view(&name), '\n'), (const char *)name.p);
out:
	buf_wipe(&in);
	buf_release(&file);
	buf_release(&name);
	return code;
}

static const struct {
	const char *name;
	size_t args;
	int (*run)(struct call *);
	const char *usage;
} actions[] = {
	{ "new", 2, new, "persona new DISPLAY-NAME" },
	{ "use", 2, use, "persona use NAME" },
	{ "export", 3, export, "persona export NAME FILE" },
	{ "import", 2, import, "persona import FILE" },
};

int
cmd_persona(struct call *call)
{
	const struct command *c = call->cmd;

	if (c->nargs == 0)
		return list(call);
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
		if (strcmp(c->args[0], actions[i].name) != 0)
			continue;
		if (c->nargs != actions[i].args)
			return say_usage(
			    "persona", "write it as: hearsay %s", actions[i].usage);
		return actions[i].run(call);
	}
	return say_usage("persona", "%s is not one of new, use, export, import",
	    quoted(view_str(c->args[0])));
}
