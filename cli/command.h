/* A command line taken apart: options stand before or after the verb, in any order; `--`
 * ends them; `-` alone is an argument. Nothing is looked up or judged but the options. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

enum opt {
	OPT_DIR,
	OPT_HELP,
	OPT_VERSION,
	OPT_MACHINE,
	OPT_YES,
	OPT_PERSONA,
	OPT_LISTEN,
	OPT_GROUP,
	OPT_ADDRESS,
	OPT_EXPIRES,
	OPT_QR,
	OPT_FILE,
	OPT_AS,
	OPT_REVOKE,
	OPT_OK,
	OPT_HERE,
	OPT_FORMAT,
	OPT_GROUPS,
	OPT_ACTIVE,
	OPT_NEWSGROUPS,
	OPT_LOCAL,
	OPT_REPAIR,
	OPT_VERBOSE,
	OPT_LINK,
	OPT_WAIT,
	OPT_ALL,
	OPT_QUIET,
	OPT_VIA,
	OPT_SINCE,
	OPT_LISTEN_TLS,
	OPT_NOTE,
	OPT_STATUS,
	OPT_DESCRIPTION,
	OPT_READ,
	OPT_POST,
	OPT_FEED,
	OPT_COUNT
};
#define OPT_BIT(o) (1ull << (o))

struct option_row {
	const char *name;  /* with its dashes */
	const char *value; /* what it takes, as help shows it; NULL: nothing */
	bool many;         /* may stand more than once */
	const char *help;
};

const struct option_row *option_row(enum opt);

struct given {
	enum opt opt;
	char *value; /* points into argv; NULL when it takes none */
};

struct command {
	char *verb; /* NULL: none */
	char **args;
	size_t nargs;
	struct given *given; /* in order */
	size_t ngiven;
};

/* out's strings point into argv. ERR_SYNTAX: why says what is wrong, for a person. */
enum err command_parse(int argc, char **argv, struct command *out, struct buf *why);
void command_release(struct command *);

bool command_has(const struct command *, enum opt);
/* The value of the first; NULL when not given. */
const char *command_value(const struct command *, enum opt);
/* First option given that is not in the set; OPT_COUNT when all are. */
enum opt command_stray(const struct command *, uint64_t allowed);

#endif
