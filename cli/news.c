/* The verbs that reader and newsd do: the articles of this node. */
#include "cli/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"

int
cmd_up(struct call *call)
{
	struct program p;

	return child_init(&p, "newsd", NULL, call) ? child_exec(&p) : FAILED;
}

static uint64_t
quota_of(const struct node *n, const char *friend)
{
	struct buf file = BUF_INIT(CONF_MAX);
	struct view none = { 0 };
	uint64_t quota = QUOTA_ARTICLES;

	if (fs_read(NODE_PATH(n, "friends/%s", friend), &file) == ERR_OK &&
	    text_num(conf_get(buf_view(&file), "quota-articles", none), 1, UINT32_MAX,
		&quota) != ERR_OK)
		quota = QUOTA_ARTICLES;
	buf_release(&file);
	return quota;
}

/* The fewest articles a day that a friend takes; 0 without friends. What a friend grants
 * us is not known here, so what we grant it stands for that. */
static uint64_t
smallest_quota(const struct node *n)
{
	DIR *d = opendir(NODE_PATH(n, "friends"));
	struct dirent *ent;
	uint64_t least = 0, quota;

	if (d == NULL)
		return 0;
	while ((ent = readdir(d)) != NULL) {
		if (!text_name(view_str(ent->d_name)))
			continue;
		quota = quota_of(n, ent->d_name);
		if (least == 0 || quota < least)
			least = quota;
	}
	closedir(d);
	return least;
}

int
cmd_import(struct call *call)
{
	uint64_t quota = smallest_quota(&call->node);
	struct buf number = BUF_INIT(32);
	struct program p;

	if (!child_init(&p, "reader", "--import", call))
		return FAILED;
	if (quota > 0 && !command_has(call->cmd, OPT_LOCAL)) {
		buf_addnum(&number, quota);
		program_arg(&p, "--warn-over");
		program_arg(&p, buf_cstr(&number));
		buf_release(&number);
	}
	child_options(&p, call->cmd,
	    OPT_BIT(OPT_GROUPS) | OPT_BIT(OPT_ACTIVE) | OPT_BIT(OPT_NEWSGROUPS) |
		OPT_BIT(OPT_LOCAL) | OPT_BIT(OPT_YES) | OPT_BIT(OPT_VERBOSE) |
		OPT_BIT(OPT_MACHINE));
	child_args(&p, call->cmd, 0);
	return child_exec(&p);
}

int
cmd_export(struct call *call)
{
	const char *format = command_value(call->cmd, OPT_FORMAT);
	struct program p;

	if (format != NULL && strcmp(format, "rnews") != 0 && strcmp(format, "mbox") != 0)
		return say_usage("export", "--format %s: it is rnews or mbox",
		    quoted(view_str(format)));
	for (size_t i = 0; i < call->cmd->nargs; i++)
		if (!wildmat_valid(view_str(call->cmd->args[i])))
			return say_usage("export",
			    "%s is no wildmat, as comp.*,!comp.binaries.*",
			    quoted(view_str(call->cmd->args[i])));
	if (!child_init(&p, "reader", "--export", call))
		return FAILED;
	child_options(&p, call->cmd, OPT_BIT(OPT_FORMAT));
	child_args(&p, call->cmd, 0);
	return child_exec(&p);
}

int
cmd_post(struct call *call)
{
	struct program p;

	if (!child_init(&p, "reader", "--post", call))
		return FAILED;
	child_args(&p, call->cmd, 0);
	return child_exec(&p);
}

int
cmd_expire(struct call *call)
{
	struct program p;

	return child_init(&p, "reader", "--expire", call) ? child_exec(&p) : FAILED;
}

/* Both are checked though one has trouble. */
int
cmd_check(struct call *call)
{
	int articles = FAILED, exchange = FAILED;
	struct program p;

	if (child_init(&p, "reader", "--check", call)) {
		child_options(&p, call->cmd, OPT_BIT(OPT_REPAIR));
		articles = child_run(&p, NULL, NULL);
	}
	if (child_init(&p, "batcher", "check", call)) {
		child_options(&p, call->cmd, OPT_BIT(OPT_REPAIR));
		exchange = child_run(&p, NULL, NULL);
	}
	return articles != DONE ? articles : exchange;
}
