/* chat-test, line-test: trying a serial line by hand. */
#include "cli/cmd.h"

#include "cli/child.h"
#include "cli/friend.h"

static int
run(struct call *call, const char *verb, const char *option)
{
	const char *name = call->cmd->args[0];
	struct program p;
	int code;

	if ((code = friend_check(verb, &call->node, name)) != DONE)
		return code;
	if (!child_init(&p, "newsd", NULL, call))
		return FAILED;
	program_arg(&p, option);
	program_arg(&p, name);
	return child_exec(&p);
}

int
cmd_chat_test(struct call *call)
{
	return run(call, "chat-test", "--chat-test");
}

int
cmd_line_test(struct call *call)
{
	return run(call, "line-test", "--line-test");
}
