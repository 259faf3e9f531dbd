#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/say.h"
#include "lib/log.h"

#define NAME_WIDTH 10
#define OPTION_WIDTH 26

static const char before[] =
    "hearsay: news among friends, over anything that moves bytes.\n"
    "\n"
    "usage: hearsay [-C DIR] VERB [options]\n"
    "\n";

static const char after[] =
    "\n"
    "First day:  hearsay setup       answers a few questions and makes your node\n"
    "            hearsay up          serves news to your newsreader; leave it running\n"
    "            hearsay invite bob  prints a token; bob says: hearsay join --as you\n"
    "            hearsay stick DIR   fills a stick; carry it to bob, who says the same\n"
    "Or by network: hearsay setup --link ADDR:PORT, and hearsay invite bob --address\n"
    "            tcp:HOST:PORT; bob's join calls you, and hearsay when keeps calling\n"
    "\n"
    "`hearsay help VERB` explains one verb, with an example. Options stand before or\n"
    "after the verb. The node is in -C DIR, else $HEARSAY_DIR, else ~/.hearsay.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 75 try again later.\n";

void
help_all(void)
{
	fputs(before, stdout);
	for (size_t i = 0; i < verb_count(); i++)
		printf(
		    "  %-*s %s\n", NAME_WIDTH, verb_row(i)->name, verb_row(i)->summary);
	fputs(after, stdout);
}

static void
option_line(enum opt o)
{
	const struct option_row *row = option_row(o);
	char left[64];

	snprintf(left, sizeof left, "%s%s%s", row->name, row->value != NULL ? " " : "",
	    row->value != NULL ? row->value : "");
	printf("  %-*s %s\n", OPTION_WIDTH, left, row->help);
}

void
help_verb(const struct verb *v)
{
	printf("hearsay %s: %s\n\n", v->name, v->summary);
	printf("usage: hearsay [-C DIR] %s%s%s\n\n", v->name, v->synopsis[0] ? " " : "",
	    v->synopsis);
	fputs(v->help, stdout);
	if (v->opts != 0)
		fputs("\nOptions:\n", stdout);
	for (enum opt o = 0; o < OPT_COUNT; o++)
		if ((v->opts & OPT_BIT(o)) != 0)
			option_line(o);
	printf("\nExample:\n%s", v->example);
}

int
cmd_help(struct call *call)
{
	const char *name = call->cmd->nargs > 0 ? call->cmd->args[0] : NULL, *near;
	const struct verb *v;

	if (name == NULL) {
		help_all();
		return DONE;
	}
	if ((v = verb_find(name)) != NULL) {
		help_verb(v);
		return DONE;
	}
	near = verb_near(name);
	return say_usage(NULL, "there is no verb %s%s%s%s", quoted(view_str(name)),
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}
