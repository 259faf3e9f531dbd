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
#include "lib/text.h"
#include "lib/wake.h"

#define EVERY_MIN 10 /* seconds, as newsd has it */

static bool
arrival_ok(struct view v, const char **why)
{
	*why = "nothing may follow on-arrival";
	return v.len == 0;
}

static bool
every_ok(struct view v, const char **why)
{
	int64_t seconds;

	*why = "write it as every 15m; at least 10s";
	return text_duration(v, &seconds) == ERR_OK && seconds >= EVERY_MIN;
}

/* Numbers within a field's bounds, or *, between , - and /; newsd judges the rest. */
static bool
field_ok(struct view v, unsigned min, unsigned max)
{
	bool step = false, more = true;
	uint64_t n;
	size_t end;

	while (more) {
		for (end = 0; end < v.len && text_isdigit(v.p[end]); end++)
			;
		if (end > 0) {
			if (text_num(view_slice(v, 0, end), step ? 1 : min, max, &n) !=
			    ERR_OK)
				return false;
		} else if (step || v.len == 0 || v.p[0] != '*')
			return false;
		else
			end = 1;
		more = end < v.len;
		if (more && view_chr(VIEW_LIT(",-/"), v.p[end]) == 3)
			return false;
		step = more && v.p[end] == '/';
		v = view_slice(v, end + 1, v.len);
	}
	return true;
}

static bool
cron_ok(struct view v, const char **why)
{
	static const struct {
		unsigned min, max;
	} fields[] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
	struct view field;

	*why = "cron takes five fields: minute hour day month weekday; numbers, lists, "
	       "ranges, steps and *";
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (!text_word(&v, &field) ||
		    !field_ok(field, fields[i].min, fields[i].max))
			return false;
	return text_trim(v).len == 0;
}

static bool
minute_ok(struct view v)
{
	uint64_t h, m;

	return v.len == 5 && v.p[2] == ':' &&
	    text_num(view_slice(v, 0, 2), 0, 24, &h) == ERR_OK &&
	    text_num(view_slice(v, 3, 2), 0, h == 24 ? 0 : 59, &m) == ERR_OK;
}

static bool
window_ok(struct view v, const char **why)
{
	*why = "write it as window 01:00-05:30";
	return v.len == 11 && v.p[5] == '-' && minute_ok(view_slice(v, 0, 5)) &&
	    minute_ok(view_slice(v, 6, 5)) && !view_eqs(view_slice(v, 0, 5), "24:00") &&
	    !view_eq(view_slice(v, 0, 5), view_slice(v, 6, 5));
}

/* A small letter at the end is a unit of time, all else a size. */
static bool
budget_ok(struct view v, const char **why)
{
	uint64_t bytes;
	int64_t seconds;
	int last = v.len > 0 ? v.p[v.len - 1] : 0;

	*why = "write a size a day, such as budget 20M, or a time, such as budget 10m";
	if (last >= 'a' && last <= 'z')
		return text_duration(v, &seconds) == ERR_OK && seconds > 0;
	return text_size(v, &bytes) == ERR_OK && bytes > 0;
}

static const char *const keys[] = { "call", "window", "budget", NULL };

/* A word that begins a line; call may be said before it or not. */
static const struct rule {
	const char *word, *line;
	bool (*ok)(struct view, const char **why);
} rules[] = {
	{ "on-arrival", "call on-arrival", arrival_ok },
	{ "every", "call every", every_ok },
	{ "cron", "call cron", cron_ok },
	{ "window", "window", window_ok },
	{ "budget", "budget", budget_ok },
};
#define RULES (sizeof rules / sizeof rules[0])

static const struct rule *
find_rule(struct view word)
{
	for (size_t i = 0; i < RULES; i++)
		if (view_eqs(word, rules[i].word))
			return &rules[i];
	return NULL;
}

static int
add_rule(const struct rule *r, struct view value, struct buf *out)
{
	const char *why = "";

	if (!r->ok(value, &why))
		return say_usage("when", "%s %s: %s", r->word, quoted(value), why);
	buf_addf(out, "%s%s", r->line, value.len > 0 ? " " : "");
	buf_addv(out, value);
	buf_addc(out, '\n');
	return buf_err(out) == ERR_OK ? DONE
				      : say_usage("when", "these are too many together");
}

/* Quoted or not: the lines are told apart by the words that begin them. */
static int
parse(struct view words, struct buf *out)
{
	const struct rule *r = NULL, *next;
	struct buf value = BUF_INIT(CONF_LINE_MAX - 32);
	struct view word;
	int code = DONE;

	while (code == DONE && text_word(&words, &word)) {
		if (view_eqs(word, "call"))
			continue;
		if ((next = find_rule(word)) != NULL) {
			if (r != NULL)
				code = add_rule(r, buf_view(&value), out);
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
		code = add_rule(r, buf_view(&value), out);
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
