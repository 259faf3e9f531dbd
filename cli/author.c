/* author: who writes here, and the names that one gives them. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/child.h"
#include "cli/moment.h"
#include "cli/say.h"
#include "cli/who.h"
#include "lib/log.h"
#include "lib/text.h"

static void
print(const struct spool_author *a, bool machine)
{
	struct buf key = BUF_INIT(64), when = BUF_INIT(64),
		   name = BUF_INIT(4 * DISPLAY_MAX);

	who_write(a->key, &key);
	if (a->first != 0)
		moment_write(a->first, &when);
	else
		buf_adds(&when, "-");
	if (machine) {
		text_quote(&name, view_str(a->name), DISPLAY_MAX);
		printf("author=%s posts=%" PRIu64 " first=%" PRId64 " name=%s\n",
		    buf_cstr(&key), a->posts, a->first, buf_cstr(&name));
	} else {
		text_show(&name, view_str(a->name), DISPLAY_MAX);
		printf("%s  %6" PRIu64 "  %-16s  %s\n", buf_cstr(&key), a->posts,
		    buf_cstr(&when), buf_cstr(&name));
	}
	buf_release(&key);
	buf_release(&when);
	buf_release(&name);
}

static int
list(struct call *call)
{
	bool machine = command_has(call->cmd, OPT_MACHINE);
	struct spool_author a = { 0 };
	struct spool *sp = NULL;
	uint64_t n = 0;
	enum err e;

	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);
	while (e == ERR_OK && (e = spool_author_next(sp, n == 0, &a)) == ERR_OK) {
		if (n++ == 0 && !machine)
			printf("%-52s  %6s  %-16s  %s\n", "author key", "posts",
			    "first (UTC)", "your name for it");
		print(&a, machine);
	}
	spool_close(sp);
	if (e != ERR_NOTFOUND || sp == NULL)
		return say_spool("author", call->node.dir, e);
	if (n == 0 && !machine)
		puts("Nobody has written here yet but people from outside, who have no "
		     "keys.");
	return DONE;
}

int
who_of(struct call *call, const char *verb, const char *text, struct buf *out)
{
	unsigned char key[ARTICLE_KEY_LEN];
	struct spool *sp = NULL;
	enum err e;

	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);
	if (e == ERR_OK)
		e = who_key(sp, view_str(text), key);
	spool_close(sp);
	if (sp == NULL)
		return say_spool(verb, call->node.dir, e);
	if (e == ERR_OK)
		who_write(key, out);
	else if (e == ERR_EXISTS)
		return say_failed(
		    "%s: more than one author is called %s; `hearsay author` "
		    "has their keys",
		    verb, quoted(view_str(text)));
	else if (e == ERR_NOTFOUND)
		return say_failed(
		    "%s: no author %s here; `hearsay author` lists them, and a "
		    "Message-ID of theirs will do, too",
		    verb, quoted(view_str(text)));
	else
		return say_spool(verb, call->node.dir, e);
	return DONE;
}

/* author name WHO [NAME] */
static int
name(struct call *call)
{
	const struct command *c = call->cmd;
	struct buf key = BUF_INIT(64);
	struct program p;
	int code;

	if (c->nargs < 2 || c->nargs > 3)
		return say_usage("author", "write it as: hearsay author name WHO [NAME]");
	if (c->nargs == 3 &&
	    (strlen(c->args[2]) > DISPLAY_MAX || !article_display(view_str(c->args[2]))))
		return say_usage("author",
		    "%s cannot be a name: at most %d bytes, none of @ < > \" ( ) , : ; [ ] \\",
		    quoted(view_str(c->args[2])), DISPLAY_MAX);
	if ((code = who_of(call, "author", c->args[1], &key)) != DONE)
		goto out;
	code = FAILED;
	if (!child_init(&p, "reader", "--author-name", call))
		goto out;
	program_arg(&p, buf_cstr(&key));
	if (c->nargs == 3)
		program_arg(&p, c->args[2]);
	code = child_run(&p, NULL, NULL);
	if (code == DONE && c->nargs == 3)
		printf("%s is %s to you; readers show it as Hearsay-Trust.\n",
		    buf_cstr(&key), c->args[2]);
	else if (code == DONE)
		printf("%s has no name any more.\n", buf_cstr(&key));
out:
	buf_release(&key);
	return code;
}

int
cmd_author(struct call *call)
{
	const struct command *c = call->cmd;

	if (c->nargs == 0)
		return list(call);
	if (strcmp(c->args[0], "name") == 0)
		return name(call);
	return say_usage("author", "%s is not: name", quoted(view_str(c->args[0])));
}
