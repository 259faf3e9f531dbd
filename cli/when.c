/* when: at what times a friend is called, in the friend's file. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli/friend.h"
#include "cli/lines.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/schedule.h"
#include "lib/text.h"
#include "lib/wake.h"

static const char *const keys[] = { "call", "window", "budget", NULL };

/* A word that begins a line; call may be said before it or not. */
static const struct rule {
	const char *word, *key;
	bool said; /* the word is part of the line */
} rules[] = {
	{ "on-arrival", "call", true },
	{ "every", "call", true },
	{ "cron", "call", true },
	{ "window", "window", false },
	{ "budget", "budget", false },
};
#define RULES (sizeof rules / sizeof rules[0])

/* The lines so far, and what newsd would make of them. */
struct said {
	struct schedule schedule;
	struct buf *lines;
};

static const struct rule *
find_rule(struct view word)
{
	for (size_t i = 0; i < RULES; i++)
		if (view_eqs(word, rules[i].word))
			return &rules[i];
	return NULL;
}

static int
add_rule(const struct rule *r, struct view rest, struct said *s)
{
	struct buf value = BUF_INIT(CONF_LINE_MAX);
	const char *why = "";
	int code = DONE;

	if (r->said)
		buf_adds(&value, r->word);
	if (r->said && rest.len > 0)
		buf_addc(&value, ' ');
	buf_addv(&value, rest);
	if (schedule_line(&s->schedule, view_str(r->key), buf_view(&value), &why) !=
	    ERR_OK)
		code = say_usage("when", "%s %s: %s", r->word, quoted(rest), why);
	buf_addf(s->lines, "%s ", r->key);
	buf_addv(s->lines, buf_view(&value));
	buf_addc(s->lines, '\n');
	if (code == DONE && (buf_err(&value) != ERR_OK || buf_err(s->lines) != ERR_OK))
		code = say_usage("when", "these are too many together");
	buf_release(&value);
	return code;
}

/* Quoted or not: the lines are told apart by the words that begin them. */
static int
parse(struct view words, struct buf *out)
{
	const struct rule *r = NULL, *next;
	struct said said = { .lines = out };
	struct buf value = BUF_INIT(CONF_LINE_MAX - 32);
	struct view word;
	int code = DONE;

	while (code == DONE && text_word(&words, &word)) {
		if (view_eqs(word, "call"))
			continue;
		if ((next = find_rule(word)) != NULL) {
			if (r != NULL)
				code = add_rule(r, buf_view(&value), &said);
			r = next;
			buf_reset(&value);
		} else if (r == NULL) {
			code = say_usage("when",
			    "%s: write it as on-arrival, every 15m, cron M H D M W, "
			    "window 01:00-05:30 or budget 20M",
			    quoted(word));
		} else {
			if (value.len > 0)
				buf_addc(&value, ' ');
			buf_addv(&value, word);
		}
	}
	if (code == DONE && r != NULL)
		code = add_rule(r, buf_view(&value), &said);
	buf_release(&value);
	return code;
}

static int
set(struct call *call, const char *name)
{
	const struct command *c = call->cmd;
	const char *path = NODE_PATH(&call->node, "friends/%s", name);
	struct buf words = BUF_INIT(CONF_MAX / 2), text = BUF_INIT(CONF_MAX / 2);
	int code = DONE;
	enum err e;

	for (size_t i = 1; i < c->nargs; i++) {
		buf_adds(&words, c->args[i]);
		buf_addc(&words, ' ');
	}
	if (buf_err(&words) != ERR_OK)
		code = say_usage("when", "these are too many together");
	else if (!view_eqs(text_trim(buf_view(&words)), "none"))
		code = parse(buf_view(&words), &text);
	if (code == DONE && (e = lines_write(path, keys, buf_view(&text))) != ERR_OK)
		code = say_failed("when: cannot write %s: %s", path, say_why(e));
	if (code == DONE)
		wake_node(&call->node);
	buf_release(&words);
	buf_release(&text);
	return code;
}

static int
show(const char *name, struct view file)
{
	struct conf_line line;
	unsigned number = 0, n = 0;
	enum err e;

	while (conf_next(&file, &number, &line, &e)) {
		if (!lines_key(keys, line.key))
			continue;
		n++;
		printf("%.*s %.*s\n", (int)line.key.len, (const char *)line.key.p,
		    (int)line.value.len, (const char *)line.value.p);
	}
	if (n == 0)
		printf("%s is called when you say `hearsay call %s`, and may call you; "
		       "`hearsay when %s on-arrival` keeps a link standing.\n",
		    name, name, name);
	return DONE;
}

int
cmd_when(struct call *call)
{
	const char *name = call->cmd->args[0];
	struct buf file = BUF_INIT(CONF_MAX);
	int code = friend_check("when", &call->node, name);
	enum err e;

	if (code == DONE && call->cmd->nargs > 1)
		code = set(call, name);
	if (code == DONE && (e = friend_read(&call->node, name, &file)) != ERR_OK)
		code = say_failed("when: cannot read %s/friends/%s: %s", call->node.dir,
		    name, say_why(e));
	if (code == DONE)
		code = show(name, buf_view(&file));
	buf_release(&file);
	return code;
}
