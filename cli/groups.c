/* groups: what there is, what is wanted from friends, what goes to which friend. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/group.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/wildmat.h"
#include "spool/spool.h"

static void
print_people(const struct spool_group *g, struct buf *out)
{
	buf_addf(out, "%-32s %8" PRIu64 "  %" PRIu64 "-%" PRIu64 "  %c  ", g->name,
	    g->count, g->low, g->high, g->status);
	text_show(out, view_str(g->description), sizeof g->description);
	while (out->len > 0 && out->p[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
}

static void
print_machine(const struct spool_group *g, struct buf *out)
{
	buf_addf(out,
	    "group=%s articles=%" PRIu64 " low=%" PRIu64 " high=%" PRIu64
	    " status=%c description=",
	    g->name, g->count, g->low, g->high, g->status);
	text_quote(out, view_str(g->description), sizeof g->description);
}

static int
list(struct call *call)
{
	bool machine = command_has(call->cmd, OPT_MACHINE);
	struct spool *sp = NULL;
	struct spool_group g = { 0 };
	struct buf line = BUF_INIT(4096);
	uint64_t n = 0;
	enum err e;

	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);
	while (
	    e == ERR_OK && (e = spool_group_next(sp, view_str(g.name), &g)) == ERR_OK) {
		if (n++ == 0 && !machine)
			printf("%-32s %8s  %s\n", "group", "articles", "numbers, status");
		buf_reset(&line);
		(machine ? print_machine : print_people)(&g, &line);
		buf_addc(&line, '\n');
		fwrite(line.p, 1, line.len, stdout);
	}
	buf_release(&line);
	spool_close(sp);
	if (e != ERR_NOTFOUND || sp == NULL)
		return say_spool("groups", call->node.dir, e);
	if (n == 0 && !machine)
		puts("No groups yet. `hearsay groups new NAME` makes one; others come "
		     "with the "
		     "articles in them.");
	return DONE;
}

static bool
one_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ')
			return false;
	return true;
}

/* groups new NAME and groups set NAME, with --status and --description */
static int
make_group(struct call *call)
{
	const struct command *c = call->cmd;
	const char *name = c->args[1], *status = command_value(c, OPT_STATUS),
		   *text = command_value(c, OPT_DESCRIPTION);
	bool set = strcmp(c->args[0], "set") == 0;
	struct buf out = BUF_INIT(256);
	struct program p;
	int code;

	if (!group_valid(view_str(name)))
		return say_usage("groups",
		    "%s cannot be a group's name: words joined by dots, as "
		    "local.notes, at most %d bytes",
		    quoted(view_str(name)), GROUP_MAX);
	if (status != NULL && strcmp(status, "y") != 0 && strcmp(status, "n") != 0 &&
	    strcmp(status, "m") != 0)
		return say_usage("groups", "--status is y, n or m");
	if (text != NULL && (strlen(text) > 255 || !one_line(text)))
		return say_usage(
		    "groups", "--description is one line of 255 bytes at most");
	if (set && status == NULL && text == NULL)
		return say_usage("groups", "say what to set: --status or --description");
	if (!child_init(&p, "reader", set ? "--group-set" : "--group-new", call))
		return FAILED;
	program_arg(&p, name);
	if (status != NULL || text != NULL)
		program_arg(&p, status == NULL ? "-" : status);
	if (text != NULL)
		program_arg(&p, text);
	if (!set)
		return child_exec(&p);
	if ((code = child_run(&p, NULL, &out)) == DONE)
		printf("%s is changed\n", name);
	buf_release(&out);
	return code;
}

/* Joins the patterns from argument first on. */
static int
join(const struct command *c, size_t first, struct buf *out)
{
	for (size_t i = first; i < c->nargs; i++) {
		if (!wildmat_valid(view_str(c->args[i])))
			return say_usage("groups",
			    "%s is no wildmat: patterns as comp.*,!comp.binaries.*",
			    quoted(view_str(c->args[i])));
		if (i > first)
			buf_addc(out, ',');
		buf_adds(out, c->args[i]);
	}
	if (buf_err(out) != ERR_OK || !wildmat_valid(buf_view(out)))
		return say_usage("groups", "these are too many patterns together");
	return DONE;
}

/* Shows the value, or sets it when patterns were given. */
static int
edit(struct call *call, const char *path, const char *key, struct view file, size_t first)
{
	/* key and value share one line */
	struct buf value = BUF_INIT(CONF_LINE_MAX - 32), out = BUF_INIT(CONF_MAX);
	enum err e;
	int code;

	if (call->cmd->nargs <= first) {
		struct view v = conf_get(file, key, VIEW_LIT("*"));

		printf("%s %.*s\n", key, (int)v.len, (const char *)v.p);
		return DONE;
	}
	if ((code = join(call->cmd, first, &value)) != DONE)
		goto out;
	conf_set(file, key, buf_view(&value), &out);
	if ((e = buf_err(&out)) == ERR_OK)
		e = fs_write_atomic(path, buf_view(&out), false);
	if (e != ERR_OK)
		code = say_failed("groups: cannot write %s: %s", path, say_why(e));
	else
		printf("%s %.*s\n", key, (int)value.len, (const char *)value.p);
out:
	buf_release(&value);
	buf_release(&out);
	return code;
}

static int
want(struct call *call)
{
	int code = edit(call, NODE_PATH(&call->node, "node.conf"), "groups",
	    buf_view(&call->node.conf), 1);

	if (code == DONE && call->cmd->nargs > 1) {
		wake_node(&call->node);
		puts("That is what this node takes from its friends; they learn it with "
		     "the "
		     "next exchange.");
	}
	return code;
}

static int
send_to(struct call *call)
{
	const char *name = call->cmd->args[1], *path;
	struct buf file = BUF_INIT(CONF_MAX);
	enum err e;
	int code;

	if (!text_name(view_str(name)) ||
	    (access(NODE_PATH(&call->node, "friends/%s", name), F_OK) != 0 &&
		access(NODE_PATH(&call->node, "keys/%s.friend", name), F_OK) != 0))
		return say_failed(
		    "groups: no friend is called %s; `hearsay friends` lists them",
		    quoted(view_str(name)));
	path = NODE_PATH(&call->node, "friends/%s", name);
	if ((e = fs_read(path, &file)) != ERR_OK && e != ERR_NOTFOUND)
		code = say_failed("groups: cannot read %s: %s", path, say_why(e));
	else
		code = edit(call, path, "send", buf_view(&file), 2);
	buf_release(&file);
	return code;
}

static const struct {
	const char *name;
	size_t min, max;
	int (*run)(struct call *);
	const char *usage;
} actions[] = {
	{ "new", 2, 2, make_group,
	    "groups new NAME [--status y|n|m] [--description TEXT]" },
	{ "set", 2, 2, make_group,
	    "groups set NAME [--status y|n|m] [--description TEXT]" },
	{ "want", 1, ARGS_ANY, want, "groups want WILDMAT..." },
	{ "send", 2, ARGS_ANY, send_to, "groups send FRIEND WILDMAT..." },
};

int
cmd_groups(struct call *call)
{
	const struct command *c = call->cmd;

	if (c->nargs == 0)
		return list(call);
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
		if (strcmp(c->args[0], actions[i].name) != 0)
			continue;
		if (c->nargs < actions[i].min || c->nargs > actions[i].max)
			return say_usage(
			    "groups", "write it as: hearsay %s", actions[i].usage);
		return actions[i].run(call);
	}
	return say_usage("groups", "%s is not one of new, set, want, send",
	    quoted(view_str(c->args[0])));
}
