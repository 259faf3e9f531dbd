/* The verbs about friends: batcher does them, these ask what only a person can answer. */
#include "cli/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/child.h"
#include "cli/friend.h"
#include "cli/link.h"
#include "cli/qr.h"
#include "cli/reach.h"
#include "cli/say.h"
#include "lib/carrier.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"

/* A token with every hint at its longest has about 1,900 characters. */
#define TOKEN_TEXT_MAX 4096
#define OUTPUT_MAX (64u << 10)
#define QR_MAX (256u << 10)

static int
check_name(const char *verb, const char *name)
{
	if (text_name(view_str(name)))
		return DONE;
	return say_usage(verb,
	    "%s cannot be a friend's name: use a-z, 0-9 and -, at most %d "
	    "of them",
	    quoted(view_str(name)), NAME_MAX_LEN);
}

/* ---- invite ----------------------------------------------------------------------- */

static bool
no_address(const char *value)
{
	return strcmp(value, "none") == 0;
}

static int
check_invite(const struct command *c, int64_t *expires)
{
	const char *age = command_value(c, OPT_EXPIRES),
		   *file = command_value(c, OPT_FILE);
	const char *why;
	int code;

	if ((code = check_name("invite", c->args[0])) != DONE)
		return code;
	for (size_t i = 0; i < c->ngiven; i++)
		if (c->given[i].opt == OPT_ADDRESS && !no_address(c->given[i].value) &&
		    carrier_hint(view_str(c->given[i].value), &why) != ERR_OK)
			return say_usage("invite", "--address %s: %s",
			    quoted(view_str(c->given[i].value)), why);
	if (age != NULL &&
	    (text_duration(view_str(age), expires) != ERR_OK || *expires <= 0))
		return say_usage("invite", "--expires %s: write it as 7d, 12h or 30m",
		    quoted(view_str(age)));
	/* asked before the invitation exists, and never overwritten */
	if (file != NULL && access(file, F_OK) == 0)
		return say_failed("invite: %s is there already: name another file", file);
	return DONE;
}

/* The token is the last line; what stands before it is for the person. */
static struct view
last_line(struct view all, struct view *before)
{
	size_t end = all.len, start;

	while (end > 0 && (all.p[end - 1] == '\n' || all.p[end - 1] == '\r'))
		end--;
	for (start = end; start > 0 && all.p[start - 1] != '\n'; start--)
		;
	*before = view_slice(all, 0, start);
	return view_slice(all, start, end - start);
}

static void
print_qr(struct view token)
{
	struct buf text = BUF_INIT(TOKEN_TEXT_MAX + 1), picture = BUF_INIT(QR_MAX);
	enum err e = ERR_NOMEM;

	buf_addv(&text, token);
	if (buf_cstr(&text) != NULL)
		e = qr_draw((const char *)text.p, isatty(STDOUT_FILENO), &picture);
	if (e == ERR_OK)
		fwrite(picture.p, 1, picture.len, stdout);
	else
		say_failed(
		    "invite: the token does not fit a picture (%s); it follows as text",
		    err_text(e));
	buf_wipe(&text);
	buf_wipe(&picture);
}

/* True when the token lies in the file and need not be printed. */
static bool
write_token(const char *file, struct view token)
{
	struct buf line = BUF_INIT(TOKEN_TEXT_MAX + 1);
	enum err e;

	buf_addv(&line, token);
	buf_addc(&line, '\n');
	e = buf_err(&line);
	if (e == ERR_OK)
		e = fs_write_atomic(file, buf_view(&line), true);
	buf_wipe(&line);
	if (e != ERR_OK)
		say_failed("invite: cannot write %s: %s; the token follows as text", file,
		    say_why(e));
	else
		printf("The token is in %s, readable to you alone: delete it when your "
		       "friend has it.\n",
		    file);
	return e == ERR_OK;
}

static int
show_token(const struct command *c, struct view output)
{
	const char *file = command_value(c, OPT_FILE);
	struct view before, token = last_line(output, &before);
	bool filed = false;

	fwrite(before.p, 1, before.len, stdout);
	if (token.len == 0 || token.len > TOKEN_TEXT_MAX)
		return say_failed("invite: batcher gave no token");
	if (command_has(c, OPT_QR))
		print_qr(token);
	if (file != NULL)
		filed = write_token(file, token);
	if (!filed)
		printf("%.*s\n", (int)token.len, (const char *)token.p);
	return file != NULL && !filed ? FAILED : DONE;
}

static void
offer(void *arg, const char *carrier)
{
	printf("In the token: %s\n", carrier);
	program_arg(arg, "--address");
	program_arg(arg, carrier);
}

/* Those that were given, else those where newsd listens. */
static void
addresses(struct call *call, struct program *p)
{
	const struct command *c = call->cmd;

	if (!command_has(c, OPT_ADDRESS))
		link_offer(&call->node, offer, p);
	for (size_t i = 0; i < c->ngiven; i++)
		if (c->given[i].opt == OPT_ADDRESS && !no_address(c->given[i].value)) {
			program_arg(p, "--address");
			program_arg(p, c->given[i].value);
		}
}

int
cmd_invite(struct call *call)
{
	const struct command *c = call->cmd;
	struct buf output = BUF_INIT(OUTPUT_MAX), seconds = BUF_INIT(32);
	int64_t expires = INVITE_EXPIRES;
	struct program p;
	int code;

	if ((code = check_invite(c, &expires)) != DONE)
		goto out;
	code = FAILED;
	if (!child_init(&p, "batcher", "invite", call))
		goto out;
	child_args(&p, c, 0);
	addresses(call, &p);
	buf_addnum(&seconds, (uint64_t)expires);
	program_arg(&p, "--expires");
	program_arg(&p, buf_cstr(&seconds));
	if ((code = child_run(&p, NULL, &output)) == DONE) {
		/* newsd hears of who may call now */
		wake_node(&call->node);
		code = show_token(c, buf_view(&output));
	} else
		fwrite(output.p, 1, output.len, stdout);
out:
	buf_release(&seconds);
	buf_wipe(&output);
	return code;
}

/* ---- join ------------------------------------------------------------------------- */

/* A word on the command line is a file when there is one of that name; what could only be
 * a path is never taken for a token. */
static int
token_argument(char *arg, struct buf *token)
{
	size_t len = strlen(arg);
	enum err e;

	if (strchr(arg, '/') == NULL && strchr(arg, '.') == NULL &&
	    access(arg, F_OK) != 0) {
		buf_add(token, arg, len);
		/* other users see the command line: let them see it no longer */
		explicit_bzero(arg, len);
		return buf_err(token) == ERR_OK
		    ? DONE
		    : say_usage("join", "that is too long for a token");
	}
	if ((e = fs_read(arg, token)) == ERR_OK)
		return DONE;
	if (e == ERR_TOOBIG)
		return say_failed("join: %s is too long for a token", arg);
	return say_failed("join: cannot read %s: %s", arg, say_why(e));
}

static int
token_read(const struct command *c, struct buf *token)
{
	char *arg = c->nargs > 0 ? c->args[0] : NULL;
	enum err e;

	if (arg != NULL && strcmp(arg, "-") != 0)
		return token_argument(arg, token);
	if (arg != NULL || !ask_possible())
		e = fs_readfd(STDIN_FILENO, token);
	else
		e = ask_secret(
		    "The token that your friend gave you (it is not shown):", token);
	if (e == ERR_TOOBIG)
		return say_failed("join: that is too long for a token");
	if ((e != ERR_OK && e != ERR_MORE) || text_trim(buf_view(token)).len == 0)
		return say_usage("join",
		    "there is no token: give it as an argument, a file, or "
		    "on stdin with -");
	return DONE;
}

/* Never a friend's name unasked: it is the person's own word for this friend. */
static int
name_read(const struct command *c, struct buf *name)
{
	const char *as = command_value(c, OPT_AS);
	bool taken = c->nargs > 0 && strcmp(c->args[0], "-") == 0;

	if (as != NULL)
		buf_adds(name, as);
	else if (taken || !ask_possible() ||
	    ask_line("What do you call this friend (a-z, 0-9, -)? It is never told to "
		     "anybody.",
		NULL, name) != ERR_OK)
		return say_usage("join", "say --as NAME: what you call this friend");
	if (buf_cstr(name) == NULL)
		return say_usage("join", "that name is too long");
	return check_name("join", (const char *)name->p);
}

/* What batcher says of carrying a stick stands only where no call can be made. */
static int
joined(struct call *call, const char *name, struct view told)
{
	bool calls = reach_possible(call, name);
	struct view line;

	while (text_line(&told, &line))
		if (!calls || !view_starts(line, "Joining "))
			printf("%.*s\n", (int)line.len, (const char *)line.p);
	fflush(stdout);
	return calls ? reach_joined(call, name) : DONE;
}

int
cmd_join(struct call *call)
{
	struct buf token = BUF_INIT(TOKEN_TEXT_MAX), name = BUF_INIT(4 * NAME_MAX_LEN);
	struct buf told = BUF_INIT(OUTPUT_MAX);
	struct program p;
	struct view input;
	int code;

	/* the name first: a token that was typed for nothing would be typed again */
	if ((code = name_read(call->cmd, &name)) != DONE ||
	    (code = token_read(call->cmd, &token)) != DONE)
		goto out;
	code = FAILED;
	if (!child_init(&p, "batcher", "join", call))
		goto out;
	program_arg(&p, "--as");
	program_arg(&p, (const char *)name.p);
	input = buf_view(&token);
	if ((code = child_run(&p, &input, &told)) == DONE) {
		wake_node(&call->node);
		code = joined(call, (const char *)name.p, buf_view(&told));
	} else
		fwrite(told.p, 1, told.len, stdout);
out:
	buf_release(&told);
	buf_wipe(&token);
	buf_release(&name);
	return code;
}

/* ---- the others -------------------------------------------------------------------- */

static int
pass_on(struct call *call, const char *verb, unsigned options)
{
	struct program p;

	if (!child_init(&p, "batcher", verb, call))
		return FAILED;
	child_options(&p, call->cmd, options);
	child_args(&p, call->cmd, 0);
	return child_exec(&p);
}

int
cmd_invites(struct call *call)
{
	return pass_on(call, "invites", OPT_BIT(OPT_MACHINE) | OPT_BIT(OPT_REVOKE));
}

int
cmd_friends(struct call *call)
{
	int code =
	    call->cmd->nargs > 0 ? check_name("friends", call->cmd->args[0]) : DONE;

	return code == DONE ? pass_on(call, "friends", OPT_BIT(OPT_MACHINE)) : code;
}

int
cmd_verify(struct call *call)
{
	int code = check_name("verify", call->cmd->args[0]);

	return code == DONE
	    ? pass_on(call, "verify", OPT_BIT(OPT_OK) | OPT_BIT(OPT_MACHINE))
	    : code;
}

int
cmd_cut(struct call *call)
{
	const char *name = call->cmd->args[0];
	int code = friend_check("cut", &call->node, name);

	if (code != DONE)
		return code;
	if (!command_has(call->cmd, OPT_YES)) {
		if (!ask_possible())
			return say_usage(
			    "cut", "say --yes: the keys of %s are erased for good", name);
		fprintf(stderr,
		    "The keys of %s are erased for good; nothing more comes from or goes "
		    "to "
		    "%s. Nobody is told.\n",
		    name, name);
		if (!ask_yes("Cut this friend? (yes/no)"))
			return say_failed("cut: nothing was changed");
	}
	return pass_on(call, "cut", 0);
}
