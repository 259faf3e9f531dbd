#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "cli/nearest.h"
#include "lib/log.h"

static const struct option_row rows[OPT_COUNT] = {
	[OPT_DIR] = { "-C", "DIR", false,
	    "the node's folder (else $HEARSAY_DIR, ~/.hearsay)" },
	[OPT_HELP] = { "--help", NULL, true, "what a verb does, with an example" },
	[OPT_VERSION] = { "--version", NULL, true, "which Hearsay this is" },
	[OPT_MACHINE] = { "-m", NULL, true, "for programs: stable key=value lines" },
	[OPT_YES] = { "--yes", NULL, true, "ask nothing, take the defaults" },
	[OPT_PERSONA] = { "--persona", "NAME", false,
	    "the name that others read: \"Ana Lima\"" },
	[OPT_LISTEN] = { "--listen", "ADDR:PORT", true,
	    "where newsreaders connect; port 0: any free one; may be repeated" },
	[OPT_LISTEN_TLS] = { "--listen-tls", "ADDR:PORT", true,
	    "the same, in TLS from the first byte; may be repeated; none: nowhere" },
	[OPT_NOTE] = { "--note", "TEXT", false, "why, for yourself" },
	[OPT_STATUS] = { "--status", "y|n|m", false,
	    "takes posts, takes none, is moderated (default y)" },
	[OPT_DESCRIPTION] = { "--description", "TEXT", false,
	    "one line about the group" },
	[OPT_GROUP] = { "--group", "NAME", false, "make this newsgroup at once" },
	[OPT_ADDRESS] = { "--address", "tcp:HOST:PORT", true,
	    "where your friend can reach you; may be repeated; none: nowhere" },
	[OPT_EXPIRES] = { "--expires", "AGE", false,
	    "how long it can be used: 7d, 12h (default 7d)" },
	[OPT_QR] = { "--qr", NULL, true, "draw the token for a camera, too" },
	[OPT_FILE] = { "--file", "FILE", false,
	    "write the token there, readable to you alone" },
	[OPT_AS] = { "--as", "NAME", false,
	    "what you call this friend; it is never told" },
	[OPT_REVOKE] = { "--revoke", "ID", false, "make an invitation worthless" },
	[OPT_OK] = { "--ok", NULL, true, "the words were the same: remember it" },
	[OPT_HERE] = { "--here", NULL, true, "any folder, not only a mounted stick" },
	[OPT_FORMAT] = { "--format", "rnews|mbox", false,
	    "how to write them (default rnews)" },
	[OPT_GROUPS] = { "--groups", "WILDMAT", false, "only articles of these groups" },
	[OPT_ACTIVE] = { "--active", "FILE", false,
	    "INN's active file: marks and status" },
	[OPT_NEWSGROUPS] = { "--newsgroups", "FILE", false,
	    "INN's newsgroups file: descriptions" },
	[OPT_LOCAL] = { "--local", NULL, true,
	    "for this node only, nothing for friends" },
	[OPT_REPAIR] = { "--repair", NULL, true, "build anew what can be built anew" },
	[OPT_VERBOSE] = { "-v", NULL, true, "name three of each kind that is refused" },
	[OPT_LINK] = { "--link", "ADDR:PORT|serial:DEVICE,SPEED", true,
	    "where friends can call this node; may be repeated; none: nowhere" },
	[OPT_WAIT] = { "--wait", NULL, true, "wait while another call is under way" },
	[OPT_ALL] = { "--all", NULL, true, "every friend who has an address" },
	[OPT_QUIET] = { "-q", NULL, true, "say nothing when all went well" },
	[OPT_VIA] = { "--via", "FRIEND", false, "who brought it" },
	[OPT_SINCE] = { "--since", "TIME", false,
	    "as 3d, 2h, 2026-11-01 or \"2026-11-01 18:00\" (UTC)" },
	[OPT_READ] = { "--read", "WILDMAT", false, "groups that exist for the user" },
	[OPT_POST] = { "--post", "WILDMAT", false, "groups that the user may post to" },
	[OPT_FEED] = { "--feed", NULL, true, "may bring articles, as a server does" },
};

const struct option_row *
option_row(enum opt o)
{
	return &rows[o];
}

static enum opt
look_up(const char *word, size_t len)
{
	if (len == 2 && strncmp(word, "-h", 2) == 0)
		return OPT_HELP;
	for (enum opt o = 0; o < OPT_COUNT; o++)
		if (strlen(rows[o].name) == len && strncmp(rows[o].name, word, len) == 0)
			return o;
	return OPT_COUNT;
}

static enum err
unknown(const char *word, struct buf *why)
{
	const char *names[OPT_COUNT], *near;

	for (enum opt o = 0; o < OPT_COUNT; o++)
		names[o] = rows[o].name;
	buf_addf(why, "there is no option %s", quoted(view_str(word)));
	if ((near = nearest(word, names, OPT_COUNT)) != NULL)
		buf_addf(why, "; did you mean %s?", near);
	return ERR_SYNTAX;
}

/* Takes the option that argv[*i] is, and its value. */
static enum err
take_option(char **argv, int argc, int *i, struct command *out, struct buf *why)
{
	char *word = argv[*i], *eq = word[1] == '-' ? strchr(word, '=') : NULL,
	     *value = NULL;
	enum opt o = look_up(word, eq != NULL ? (size_t)(eq - word) : strlen(word));

	if (o == OPT_COUNT)
		return unknown(word, why);
	if (!rows[o].many && command_has(out, o)) {
		buf_addf(why, "%s is given twice", rows[o].name);
		return ERR_SYNTAX;
	}
	if (rows[o].value == NULL && eq != NULL) {
		buf_addf(why, "%s takes no value", rows[o].name);
		return ERR_SYNTAX;
	}
	if (rows[o].value != NULL) {
		value = eq != NULL ? eq + 1 : *i + 1 < argc ? argv[++*i] : NULL;
		if (value == NULL || value[0] == '\0') {
			buf_addf(why, "%s needs a value: %s %s", rows[o].name,
			    rows[o].name, rows[o].value);
			return ERR_SYNTAX;
		}
	}
	out->given[out->ngiven++] = (struct given){ o, value };
	return ERR_OK;
}

enum err
command_parse(int argc, char **argv, struct command *out, struct buf *why)
{
	struct command c = { 0 };
	bool options = true;
	enum err e = ERR_OK;

	c.args = calloc((size_t)argc + 1, sizeof *c.args);
	c.given = calloc((size_t)argc + 1, sizeof *c.given);
	if (c.args == NULL || c.given == NULL)
		e = ERR_NOMEM;
	for (int i = 1; i < argc && e == ERR_OK; i++) {
		char *word = argv[i];

		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && word[0] == '-' && word[1] != '\0')
			e = take_option(argv, argc, &i, &c, why);
		else if (c.verb == NULL)
			c.verb = word;
		else
			c.args[c.nargs++] = word;
	}
	if (e != ERR_OK)
		command_release(&c);
	else
		*out = c;
	return e;
}

void
command_release(struct command *c)
{
	if (c == NULL)
		return;
	free(c->args);
	free(c->given);
	*c = (struct command){ 0 };
}

bool
command_has(const struct command *c, enum opt o)
{
	for (size_t i = 0; i < c->ngiven; i++)
		if (c->given[i].opt == o)
			return true;
	return false;
}

const char *
command_value(const struct command *c, enum opt o)
{
	for (size_t i = 0; i < c->ngiven; i++)
		if (c->given[i].opt == o)
			return c->given[i].value;
	return NULL;
}

enum opt
command_stray(const struct command *c, uint64_t allowed)
{
	for (size_t i = 0; i < c->ngiven; i++)
		if ((OPT_BIT(c->given[i].opt) & allowed) == 0)
			return c->given[i].opt;
	return OPT_COUNT;
}
