#include "cli/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/child.h"
#include "cli/say.h"
#include "lib/wake.h"

/* Where something is mounted, another device begins than in the folder above. */
static bool
mounted(const char *path, const struct stat *st, struct stat *above)
{
	char up[NODE_PATH_MAX + 8];

	if (snprintf(up, sizeof up, "%s/..", path) >= (int)sizeof up ||
	    stat(up, above) != 0)
		return false;
	return st->st_dev != above->st_dev;
}

static int
look(const char *given, const char *path, bool here)
{
	struct stat st, above;

	if (stat(path, &st) != 0)
		return say_failed("stick: cannot look at %s: %s", given, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return say_failed(
		    "stick: %s is not a folder; name the one where the stick "
		    "is mounted",
		    given);
	if (!here && !mounted(path, &st, &above))
		return say_failed(
		    "stick: nothing is mounted at %s: mount the stick there "
		    "first, or say --here if this folder itself is carried",
		    given);
	return DONE;
}

int
cmd_stick(struct call *call)
{
	const char *given = call->cmd->args[0];
	char *path = realpath(given, NULL);
	struct program p;
	int code;

	if (path == NULL)
		return errno == ENOENT
		    ? say_failed(
			  "stick: there is no folder %s: is the stick plugged in and "
			  "mounted?",
			  given)
		    : say_failed("stick: cannot look at %s: %s", given, strerror(errno));
	if ((code = look(given, path, command_has(call->cmd, OPT_HERE))) == DONE) {
		code = FAILED;
		if (child_init(&p, "batcher", "stick", call)) {
			child_options(&p, call->cmd, OPT_BIT(OPT_MACHINE));
			program_arg(&p, path);
			/* what it brought goes on by links at once */
			code = child_run(&p, NULL, NULL);
			wake_node(&call->node);
		}
	}
	free(path);
	return code;
}
