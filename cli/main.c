/* hearsay: the person's command. It asks, explains, and runs the other programs; it holds
 * no seal and writes no article. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/log.h"

#define VERSION "0.1"
#define ALWAYS (OPT_BIT(OPT_DIR) | OPT_BIT(OPT_HELP) | OPT_BIT(OPT_VERSION))

static int
wrong_count(const struct verb *v, const struct command *c)
{
	if (c->nargs < v->min)
		return say_usage(v->name, "%s needs more: hearsay %s %s", v->name,
		    v->name, v->synopsis);
	return say_usage(v->name, "%s does not take %s: hearsay %s %s", v->name,
	    quoted(view_str(c->args[v->max])), v->name, v->synopsis);
}

static int
no_node(struct call *call, enum err e)
{
	const char *dir = command_value(call->cmd, OPT_DIR);

	struct buf option = BUF_INIT(2 * NODE_PATH_MAX);

	if (e != ERR_NOTFOUND)
		return say_failed(
		    "cannot read %s/node.conf: %s", call->node.dir, say_why(e));
	if (dir != NULL) {
		buf_adds(&option, " -C ");
		say_word(&option, dir);
	}
	if (buf_cstr(&option) != NULL)
		say_failed("no node at %s yet: run hearsay%s setup", call->node.dir,
		    (const char *)option.p);
	buf_release(&option);
	return FAILED;
}

/* keys/ belongs to whoever ran setup. What somebody else, root too, writes beside it would
 * shut that one out. */
static int
somebody_elses(const struct node *n)
{
	struct stat st;

	if (stat(NODE_PATH(n, "keys"), &st) != 0 || st.st_uid == geteuid())
		return DONE;
	return say_failed("%s belongs to user %u, and you are %u: say it as "
			  "`sudo -u '#%u' hearsay ...`",
	    n->dir, (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)st.st_uid);
}

/* A slip of the pen in node.conf would silently do nothing. */
static void
doubt_settings(const struct node *n)
{
	static const char *const known[] = { "persona", "listen", "groups", "expire",
		"history", "spool", "link", "address", "listen-tls", "login",
		"connections", "address-connections", "address-rate", "patience", "feed",
		"feed-groups" };
	enum { KNOWN = sizeof known / sizeof known[0] };
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e = ERR_OK;

	while (conf_next(&rest, &number, &line, &e)) {
		size_t i = 0;

		while (i < KNOWN && !view_eqs(line.key, known[i]))
			i++;
		if (i == KNOWN)
			say_failed("careful: %s/node.conf:%u: there is no setting %s; "
				   "see hearsay.conf(5)",
			    n->dir, line.number, quoted(line.key));
	}
}

static int
run(const struct verb *v, const struct command *c)
{
	struct call call = { .cmd = c };
	enum opt stray = command_stray(c, v->opts | ALWAYS);
	int code;
	enum err e;

	if (stray != OPT_COUNT)
		return say_usage(
		    v->name, "%s does not take %s", v->name, option_row(stray)->name);
	if (c->nargs < v->min || c->nargs > v->max)
		return wrong_count(v, c);
	if ((e = node_locate(command_value(c, OPT_DIR), &call.node)) != ERR_OK)
		return say_usage(
		    NULL, "the node's folder cannot be that: %s", err_text(e));
	if (v->node && (e = node_load(&call.node)) != ERR_OK)
		code = no_node(&call, e);
	else if ((code = somebody_elses(&call.node)) == DONE) {
		doubt_settings(&call.node);
		code = v->run(&call);
	}
	node_release(&call.node);
	return code;
}

static int
dispatch(const struct command *c)
{
	const struct verb *v = c->verb != NULL ? verb_find(c->verb) : NULL;
	const char *near;

	if (c->verb == NULL && command_has(c, OPT_VERSION)) {
		puts("hearsay " VERSION);
		return DONE;
	}
	if (c->verb == NULL && command_has(c, OPT_HELP)) {
		help_all();
		return DONE;
	}
	if (c->verb == NULL)
		return say_usage(NULL,
		    "say what to do: `hearsay setup` makes your node, "
		    "`hearsay --help` lists all verbs");
	if (v == NULL) {
		near = verb_near(c->verb);
		return say_usage(NULL, "there is no verb %s%s%s%s",
		    quoted(view_str(c->verb)), near != NULL ? "; did you mean " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
	}
	if (command_has(c, OPT_HELP)) {
		help_verb(v);
		return DONE;
	}
	return run(v, c);
}

int
main(int argc, char **argv)
{
	struct command c = { 0 };
	struct buf why = BUF_INIT(4096);
	int code;

	log_setup("hearsay", LOG_INFO);
	if (command_parse(argc, argv, &c, &why) != ERR_OK) {
		code = say_usage(
		    NULL, "%s", buf_cstr(&why) != NULL ? (const char *)why.p : "?");
		goto out;
	}
	code = dispatch(&c);
	if (fflush(stdout) != 0 && code == DONE)
		code = say_failed("cannot write to stdout");
out:
	command_release(&c);
	buf_release(&why);
	return code;
}
