#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "reader/export.h"
#include "reader/import.h"
#include "reader/server.h"
#include "reader/stdio.h"
#include "reader/tools.h"

static int
serve(const struct node *node, const struct words *words)
{
	if (words->n != 0)
		die_usage("%s is one argument too many", quoted(view_str(words->v[0])));
	return server_run(node);
}

static int
serve_stdio(const struct node *node, const struct words *words)
{
	if (words->n != 0)
		die_usage("--stdio takes no argument");
	return stdio_run(node);
}

/* What the reader can do; the first is done when nothing is asked. */
static const struct mode {
	const char *name;
	tool_fn *run;
	bool bare; /* needs no node.conf */
	const char *help;
} modes[] = {
	{ "--serve", serve, false, "serve newsreaders (done when nothing is asked)" },
	{ "--stdio", serve_stdio, false, "one session on stdin and stdout" },
	{ "--create", tool_create, true, "make spool.db" },
	{ "--post", tool_post, false, "[FILE]  post an article" },
	{ "--group-new", tool_group_new, false,
	    "NAME [STATUS [DESCRIPTION]]  make a newsgroup" },
	{ "--group-set", tool_group_set, false, "NAME STATUS|- [DESCRIPTION]" },
	{ "--expire", tool_expire, false, "remove what is due" },
	{ "--check", tool_check, false, "[--repair]  verify the spool" },
	{ "--ban", tool_ban, false, "KIND VALUE [NOTE]  hide what matches" },
	{ "--unban", tool_unban, false, "KIND VALUE  show it again" },
	{ "--moderator", tool_moderator, false, "add|drop WILDMAT KEY" },
	{ "--author-name", tool_author_name, false, "KEY [NAME]  name an author" },
	{ "--search", tool_search, false, "[-m] TEXT  find articles" },
	{ "--purge", tool_purge, false,
	    "[--look] INGRESS SINCE  remove what it brought" },
};

/* These read their own options. */
static const struct {
	const char *name;
	int (*run)(int, char **);
} mains[] = {
	{ "--import", import_main },
	{ "--export", export_main },
};

static void
help(void)
{
	printf("usage: reader [-C DIR] [MODE] [ARGUMENT...]\n"
	       "       reader --import|--export [--help] ...\n");
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		printf("  %-13s %s\n", modes[i].name, modes[i].help);
}

static const struct mode *
find_mode(const char *word)
{
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(word, modes[i].name) == 0)
			return &modes[i];
	return NULL;
}

/* The mode and -C DIR in any order, then the words; -- ends the options. */
static const struct mode *
options(int argc, char **argv, const char **dir, struct words *words)
{
	const struct mode *mode = NULL, *m;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0) {
			help();
			exit(0);
		}
		if (strcmp(argv[i], "-C") == 0) {
			if (++i == argc)
				die_usage("-C wants a folder");
			*dir = argv[i];
		} else if ((m = find_mode(argv[i])) != NULL && mode == NULL)
			mode = m;
		else if (mode != NULL)
			break; /* an option of the mode */
		else
			die_usage("%s: no such option", quoted(view_str(argv[i])));
	}
	words->v = argv + i;
	words->n = (size_t)(argc - i);
	return mode == NULL ? &modes[0] : mode;
}

int
main(int argc, char **argv)
{
	struct node node = { 0 };
	struct words words = { 0 };
	const struct mode *mode;
	const char *dir = NULL;
	int code;
	enum err e;

	log_setup("reader", getenv("HEARSAY_DEBUG") != NULL ? LOG_DEBUG : LOG_INFO);
	for (size_t i = 0; argc > 1 && i < sizeof mains / sizeof mains[0]; i++)
		if (strcmp(argv[1], mains[i].name) == 0)
			return mains[i].run(argc - 2, argv + 2);
	mode = options(argc, argv, &dir, &words);
	if ((e = node_locate(dir, &node)) != ERR_OK)
		die("%s: %s", dir == NULL ? "the node's folder" : dir, err_text(e));
	e = node_load(&node);
	if (e != ERR_OK && !(mode->bare && e == ERR_NOTFOUND))
		die("%s/node.conf: %s%s", node.dir, err_text(e),
		    e == ERR_NOTFOUND ? "; `hearsay setup` makes a node" : "");
	code = mode->run(&node, &words);
	node_release(&node);
	return code;
}
