/* batcher: spool to sealed batches and back. It holds all friendship and author keys and
 * never touches the network. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "batcher/command.h"
#include "batcher/verifier.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/text.h"

/* Which folder beside the node's own a verb works in. */
enum place { PLACE_NONE, PLACE_FOLDER, PLACE_FILES, PLACE_OUTPUT, PLACE_LINK };

struct verb {
	const char *name;
	int least, most; /* arguments */
	enum place place;
	bool takes; /* articles from friends */
	int (*run)(struct batcher *, const struct arguments *);
	const char *help;
};

static const struct verb verbs[] = {
	{ "stick", 1, 1, PLACE_FOLDER, true, command_stick,
	    "[-m] DIR: take from it, put on it" },
	{ "pack", 1, FRIENDS_MAX, PLACE_OUTPUT, false, command_pack,
	    "[-m] -o FILE FRIEND...: what these friends lack, as one file" },
	{ "unpack", 1, 10000, PLACE_FILES, true, command_unpack,
	    "[-m] FILE...: take what is for us" },
	{ "sign", 0, 0, PLACE_NONE, false, command_sign, "sign local posts" },
	{ "invite", 1, 1, PLACE_NONE, false, command_invite,
	    "NAME [--address CARRIER]... [--expires SECONDS]" },
	{ "join", 0, 0, PLACE_NONE, false, command_join, "--as NAME: token on stdin" },
	{ "invites", 0, 0, PLACE_NONE, false, command_invites, "[-m] [--revoke ID]" },
	{ "friends", 0, 1, PLACE_NONE, false, command_friends, "[-m] [NAME]" },
	{ "verify", 1, 1, PLACE_NONE, false, command_verify, "[-m] NAME [--ok]" },
	{ "cut", 1, 1, PLACE_NONE, false, command_cut, "NAME" },
	{ "status", 0, 0, PLACE_NONE, false, command_status, "[-m]" },
	{ "exchange", 1, 1, PLACE_LINK, true, command_exchange,
	    "NAME --caller|--answerer [--bytes N] [--seconds N] [--speed BPS]: speak "
	    "with a friend on stdin and stdout" },
	{ "persona-new", 2, 2, PLACE_NONE, false, command_persona_new, "NAME DISPLAY" },
	{ "persona-export", 1, 1, PLACE_NONE, false, command_persona_export,
	    "NAME: 24 words, and the file that they open, on stdout" },
	{ "persona-import", 0, 0, PLACE_NONE, false, command_persona_import,
	    "24 words in a line and the file behind them on stdin" },
	{ "check", 0, 0, PLACE_NONE, false, command_check, "[-m]" },
};
#define VERBS (sizeof verbs / sizeof verbs[0])

static void
help(void)
{
	printf(
	    "batcher: spool to sealed batches and back; `hearsay` runs it for you.\n\n");
	printf("  batcher setup -C DIR --persona NAME --display TEXT\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  batcher %s -C DIR %s\n", verbs[i].name, verbs[i].help);
}

static bool
take_flag(struct arguments *a, const char *arg)
{
	static const char *const names[] = { "-m", "--ok", "--yes", "--repair",
		"--caller", "--answerer" };
	bool *const flags[] = { &a->machine, &a->ok, &a->yes, &a->repair, &a->caller,
		&a->answerer };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(arg, names[i]) == 0) {
			*flags[i] = true;
			return true;
		}
	return false;
}

static bool
take_text(struct arguments *a, const char *arg, const char *value, const char **dir)
{
	static const char *const names[] = { "-C", "--persona", "--display", "--as",
		"--revoke", "-o" };
	const char **const texts[] = { dir, &a->persona, &a->display, &a->as, &a->revoke,
		&a->output };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(arg, names[i]) == 0) {
			*texts[i] = value;
			return true;
		}
	if (strcmp(arg, "--address") == 0) {
		if (a->addresses == ADDRESSES_MAX)
			die_usage("more than %d addresses", ADDRESSES_MAX);
		a->address[a->addresses++] = value;
		return true;
	}
	if (strcmp(arg, "--bytes") == 0) {
		if (text_num(view_str(value), 1, INT64_MAX, &a->bytes) != ERR_OK)
			die_usage("--bytes %s: not a number", quoted(view_str(value)));
		return true;
	}
	if (strcmp(arg, "--seconds") == 0) {
		uint64_t n;

		if (text_num(view_str(value), 1, 1u << 30, &n) != ERR_OK)
			die_usage("--seconds %s: not a number", quoted(view_str(value)));
		a->seconds = (int64_t)n;
		return true;
	}
	if (strcmp(arg, "--expires") == 0) {
		if (text_duration(view_str(value), &a->expires) != ERR_OK ||
		    a->expires <= 0)
			die_usage("--expires %s: not a time", quoted(view_str(value)));
		return true;
	}
	if (strcmp(arg, "--speed") == 0) {
		uint64_t speed;

		if (text_num(view_str(value), 1, UINT32_MAX, &speed) != ERR_OK)
			die_usage(
			    "--speed %s: not bits a second", quoted(view_str(value)));
		a->speed = (uint32_t)speed;
		return true;
	}
	return false;
}

static void
parse(int argc, char **argv, struct arguments *a, const char **dir)
{
	bool words = false;

	a->words = calloc((size_t)argc + 1, sizeof *a->words);
	a->expires = INVITE_EXPIRES;
	if (a->words == NULL)
		die("out of memory");
	for (int i = 2; i < argc; i++) {
		if (words || argv[i][0] != '-' || argv[i][1] == '\0')
			a->words[a->count++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			words = true;
		else if (take_flag(a, argv[i]))
			continue;
		else if (i + 1 < argc && take_text(a, argv[i], argv[i + 1], dir))
			i++;
		else
			die_usage("%s: unknown, or without its value",
			    quoted(view_str(argv[i])));
	}
}

/* The node's folder to write, and where the stick or the files are. */
static void
enter_sandbox(const struct verb *v, const struct node *node, const struct arguments *a)
{
	struct sandbox_path paths[64];
	char folder[NODE_PATH_MAX];
	size_t n = 0;
	enum err e;

	paths[n++] = (struct sandbox_path){ node->dir, true };
	paths[n++] = (struct sandbox_path){ "/dev/urandom", false };
	if (v->place == PLACE_FOLDER)
		paths[n++] = (struct sandbox_path){ a->words[0], true };
	for (int i = 0; v->place == PLACE_FILES && i < a->count && n < 64; i++)
		paths[n++] = (struct sandbox_path){ a->words[i], false };
	if (v->place == PLACE_OUTPUT && a->output != NULL) {
		const char *slash = strrchr(a->output, '/');

		snprintf(folder, sizeof folder, "%.*s",
		    slash == NULL ? 1 : (int)(slash - a->output + (slash == a->output)),
		    slash == NULL ? "." : a->output);
		paths[n++] = (struct sandbox_path){ folder, true };
	}
	if ((e = sandbox_enter(SANDBOX_BATCHER, paths, n)) == ERR_NOTFOUND)
		die("%s: not found",
		    v->place == PLACE_NONE ? node->dir : quoted(view_str(a->words[0])));
	else if (e != ERR_OK)
		die("cannot enter the sandbox: %s", strerror(errno));
}

static int
run(const struct verb *v, struct node *node, const struct arguments *a)
{
	struct batcher *b = calloc(1, sizeof *b);
	struct verifier *verifier = NULL;
	int code;
	enum err e;

	if (b == NULL)
		die("out of memory");
	if (a->count < v->least || a->count > v->most)
		die_usage("%s: %s", v->name, v->help);
	if (v->takes)
		verifier = verifier_start();
	enter_sandbox(v, node, a);
	e = v->place == PLACE_LINK ? batcher_open_for(node, a->words[0], b)
				   : batcher_open(node, b);
	if (e != ERR_OK)
		code = e == ERR_BUSY ? 75 : 1;
	else {
		b->verifier = verifier;
		b->speed = a->speed;
		code = v->run(b, a);
		if (b->damaged && code == 0)
			code = 1;
		batcher_close(b);
	}
	verifier_free(verifier);
	free(b);
	return code;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct node node = { 0 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *dir = NULL;
	int code = -1;
	enum err e;

	log_setup("batcher", LOG_INFO);
	sigaction(SIGPIPE, &ignore, NULL); /* a link that ends is an error like others */
	sigaction(SIGCHLD, &ignore, NULL); /* nobody waits for the verifier */
	prctl(
	    PR_SET_DUMPABLE, 0); /* no core file with keys, no ptrace by the same user */
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		help();
		return argc < 2 ? 2 : 0;
	}
	crypto_init();
	parse(argc, argv, &a, &dir);
	if (node_locate(dir, &node) != ERR_OK)
		die("no node folder: say -C DIR");
	if ((e = node_load(&node)) != ERR_OK)
		die("%s: %s: run `hearsay setup` first", node.dir, err_text(e));
	if (strcmp(argv[1], "setup") == 0)
		code = command_setup(&node, &a);
	for (size_t i = 0; i < VERBS && code < 0; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			code = run(&verbs[i], &node, &a);
	if (code < 0)
		die_usage("%s: no such verb", quoted(view_str(argv[1])));
	if (fflush(stdout) != 0 && code == 0)
		code = 1;
	node_release(&node);
	free(a.words);
	return code;
}
