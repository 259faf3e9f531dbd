/* moderate: whom and what one does not want to see, and what waits for a moderator. */
#include "cli/cmd.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/child.h"
#include "cli/moment.h"
#include "cli/persona.h"
#include "cli/say.h"
#include "cli/who.h"
#include "lib/conf.h"
#include "lib/b32.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/msgid.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "spool/feed.h"

static const struct {
	const char *name;
	enum ban_kind kind;
} kinds[] = {
	{ "author", BAN_AUTHOR },
	{ "thread", BAN_THREAD },
	{ "group", BAN_GROUP },
	{ "friend", BAN_FRIEND },
};

/* ---- what there is -------------------------------------------------------------- */

/* A friend's number as its name, as far as it still has one. */
static void
write_friend(struct call *call, struct view number, struct buf *out)
{
	struct feed_friend f = { 0 };
	struct feed *feed = NULL;
	uint64_t n = 0;
	bool found = false;

	if (text_num(number, 1, UINT32_MAX, &n) == ERR_OK &&
	    feed_open(NODE_PATH(&call->node, "exchange.db"), false, &feed) == ERR_OK)
		while (!found && feed_friend_next(feed, f.id, &f) == ERR_OK)
			found = f.id == n;
	feed_close(feed);
	if (found)
		buf_adds(out, f.name);
	else
		buf_addf(out, "#%" PRIu64, n);
}

static void
write_value(struct call *call, const struct spool_ban *b, struct buf *out)
{
	struct view v = { b->value, b->len };

	if (b->kind == BAN_FRIEND)
		write_friend(call, v, out);
	else if (b->kind == BAN_AUTHOR && view_chr(v, '@') == v.len)
		who_write(b->value, out);
	else
		text_show(out, v, sizeof b->value);
}

static const char *
kind_name(enum ban_kind kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "?";
}

static enum err
print_bans(struct call *call, struct spool *sp, bool machine)
{
	struct spool_ban b = { 0 };
	enum err e;

	while ((e = spool_ban_next(sp, &b)) == ERR_OK) {
		struct buf value = BUF_INIT(1024), note = BUF_INIT(1024),
			   when = BUF_INIT(64);

		write_value(call, &b, &value);
		text_show(&note, view_str(b.note), BAN_NOTE_MAX);
		moment_write(b.since, &when);
		if (machine)
			printf("ban=%s value=\"%s\" since=%" PRId64 "\n",
			    kind_name(b.kind), buf_cstr(&value), b.since);
		else
			printf("banned     %-6s  %s  since %s%s%s\n", kind_name(b.kind),
			    buf_cstr(&value), buf_cstr(&when), note.len > 0 ? ": " : "",
			    buf_cstr(&note));
		buf_release(&value);
		buf_release(&note);
		buf_release(&when);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
print_moderators(struct spool *sp, bool machine)
{
	struct spool_moderator m = { { 0 }, { 0 } };
	struct buf key = BUF_INIT(64);
	enum err e;

	while ((e = spool_moderator_next(sp, &m)) == ERR_OK) {
		buf_reset(&key);
		who_write(m.key, &key);
		printf(machine ? "moderator=%s groups=%s\n" : "moderator  %s  of %s\n",
		    buf_cstr(&key), m.wildmat);
	}
	buf_release(&key);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

struct waiting {
	struct spool *sp;
	uint64_t n;
	bool show, machine;
	enum err e;
};

static bool
print_waiting(void *arg, const struct spool_meta *m)
{
	struct waiting *w = arg;
	struct buf text = BUF_INIT(ARTICLE_MAX), line = BUF_INIT(4096);
	struct article a;
	enum fault why;
	bool is_signed;

	w->n++;
	if (w->show &&
	    (w->e = spool_article(w->sp, m->arrival, &text, NULL, &is_signed)) ==
		ERR_OK &&
	    article_parse(buf_view(&text), &a, &why) == ERR_OK) {
		if (w->machine) {
			buf_addf(&line, "waits=%s subject=", a.msgid);
			text_quote(&line, a.subject, 200);
		} else {
			buf_addf(&line, "%s\n  ", a.msgid);
			text_show(&line, a.from, 200);
			buf_adds(&line, "\n  ");
			text_show(&line, a.newsgroups, 200);
			buf_adds(&line, ": ");
			text_show(&line, a.subject, 200);
		}
		puts(buf_cstr(&line));
	}
	buf_release(&text);
	buf_release(&line);
	return w->e == ERR_OK;
}

static int
list(struct call *call)
{
	struct waiting w = { .machine = command_has(call->cmd, OPT_MACHINE) };
	enum err e;

	w.show = call->cmd->nargs > 0;
	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &w.sp);
	if (e == ERR_OK && !w.show)
		e = print_bans(call, w.sp, w.machine);
	if (e == ERR_OK && !w.show)
		e = print_moderators(w.sp, w.machine);
	if (e == ERR_OK)
		e = spool_pending(w.sp, 0, 10000, print_waiting, &w);
	spool_close(w.sp);
	e = e == ERR_OK ? w.e : e;
	if (e != ERR_OK)
		return say_spool("moderate", call->node.dir, e);
	if (w.machine)
		printf("waiting=%" PRIu64 "\n", w.n);
	else
		printf("%" PRIu64 " article%s for a moderator%s\n", w.n,
		    w.n == 1 ? " waits" : "s wait",
		    w.n > 0 && !w.show ? "; `hearsay moderate pending` shows them" : "");
	return DONE;
}

/* ---- bans ------------------------------------------------------------------------ */

static int
friend_number(struct call *call, const char *name, struct buf *out)
{
	struct feed_friend f;
	struct feed *feed = NULL;
	enum err e;

	if (name[0] == '#') {
		buf_adds(out, name + 1);
		return DONE;
	}
	e = feed_open(NODE_PATH(&call->node, "exchange.db"), false, &feed);
	if (e == ERR_OK)
		e = feed_friend(feed, name, &f);
	feed_close(feed);
	if (e == ERR_OK)
		buf_addnum(out, f.id);
	else if (e == ERR_NOTFOUND)
		return say_failed(
		    "moderate: no friend is called %s; `hearsay friends` lists "
		    "them",
		    quoted(view_str(name)));
	else
		return say_failed("moderate: cannot read %s/exchange.db: %s",
		    call->node.dir, say_why(e));
	return DONE;
}

/* What the spool knows it by. */
static int
value_of(struct call *call, enum ban_kind kind, const char *text, struct buf *out)
{
	struct view v = view_str(text);

	switch (kind) {
	case BAN_FRIEND:
		return friend_number(call, text, out);
	case BAN_AUTHOR:
		if (view_chr(v, '@') < v.len && !msgid_valid(v) &&
		    view_find(v, "@hearsay.invalid") == v.len) {
			buf_addv(out, v);
			return DONE;
		}
		return who_of(call, "moderate", text, out);
	case BAN_THREAD:
		if (!view_starts(v, "<"))
			buf_addf(out, "<%s>", text);
		else
			buf_addv(out, v);
		return msgid_valid(buf_view(out))
		    ? DONE
		    : say_usage("moderate", "%s is no Message-ID", quoted(v));
	case BAN_GROUP:
		buf_addv(out, v);
		return wildmat_valid(v)
		    ? DONE
		    : say_usage("moderate", "%s is no wildmat", quoted(v));
	}
	return FAILED;
}

/* Runs a reader's tool that judges all anew, and says what came of it. */
static int
judge(struct program *p)
{
	struct buf out = BUF_INIT(256);
	struct view hidden, shown;
	int code = child_run(p, NULL, &out);

	if (code == DONE) {
		struct view all = buf_view(&out);
		size_t at = view_find(all, " shown="), head = strlen("hidden="),
		       mid = strlen(" shown=");

		hidden = view_slice(all, head, at - head);
		shown = view_slice(all, at + mid, view_chr(all, '\n') - at - mid);
		printf("%.*s hidden, %.*s shown again.\n", (int)hidden.len,
		    (const char *)hidden.p, (int)shown.len, (const char *)shown.p);
	}
	buf_release(&out);
	return code;
}

static int
ban(struct call *call)
{
	const struct command *c = call->cmd;
	bool undo = strcmp(c->args[0], "unban") == 0;
	const char *note = command_value(c, OPT_NOTE);
	struct buf value = BUF_INIT(BAN_VALUE_MAX + 2);
	struct program p;
	size_t i;
	int code;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (c->nargs == 3 && strcmp(c->args[1], kinds[i].name) == 0)
			break;
	if (i == sizeof kinds / sizeof kinds[0])
		return say_usage("moderate",
		    "write it as: hearsay moderate %s author WHO, thread MESSAGE-ID, group "
		    "WILDMAT, or friend NAME",
		    c->args[0]);
	if ((code = value_of(call, kinds[i].kind, c->args[2], &value)) != DONE)
		goto out;
	code = FAILED;
	if (!child_init(&p, "reader", undo ? "--unban" : "--ban", call))
		goto out;
	program_arg(&p, kinds[i].name);
	program_arg(&p, buf_cstr(&value));
	if (note != NULL && !undo)
		program_arg(&p, note);
	code = judge(&p);
out:
	buf_release(&value);
	return code;
}

/* ---- moderators ------------------------------------------------------------------ */

static int
moderator(struct call *call)
{
	const struct command *c = call->cmd;
	bool drop = strcmp(c->args[0], "no-moderator") == 0;
	struct buf key = BUF_INIT(64);
	struct program p;
	int code;

	if (c->nargs != 3 || !wildmat_valid(view_str(c->args[1])))
		return say_usage("moderate",
		    "write it as: hearsay moderate %s WILDMAT WHO", c->args[0]);
	if ((code = who_of(call, "moderate", c->args[2], &key)) != DONE)
		goto out;
	code = FAILED;
	if (!child_init(&p, "reader", "--moderator", call))
		goto out;
	program_arg(&p, drop ? "drop" : "add");
	program_arg(&p, c->args[1]);
	program_arg(&p, buf_cstr(&key));
	code = judge(&p);
out:
	buf_release(&key);
	return code;
}

/* The From of the persona of ours that moderates one of the article's groups. */
static enum err
our_moderator(
    struct call *call, struct spool *sp, const struct spool_meta *m, struct buf *from)
{
	DIR *d = opendir(NODE_PATH(&call->node, "personas"));
	enum err e = d == NULL ? ERR_IO : ERR_OK;
	struct dirent *ent;

	while (e == ERR_OK && from->len == 0 && (ent = readdir(d)) != NULL) {
		struct buf file = BUF_INIT(CONF_MAX);
		unsigned char key[ARTICLE_KEY_LEN];
		struct spool_group g;
		bool yes = false;

		if (text_name(view_str(ent->d_name)) &&
		    fs_read(NODE_PATH(&call->node, "personas/%s", ent->d_name), &file) ==
			ERR_OK &&
		    b32_decode_id(conf_get(buf_view(&file), "key", VIEW_LIT("")), key,
			sizeof key) == ERR_OK)
			for (unsigned i = 0; i < m->groups && !yes && e == ERR_OK; i++)
				if ((e = spool_group_by_id(sp, m->in[i].group, &g)) ==
				    ERR_OK)
					e = spool_moderates(
					    sp, key, view_str(g.name), &yes);
		if (yes)
			e = persona_from(&call->node, view_str(ent->d_name), from);
		buf_release(&file);
	}
	if (d != NULL)
		closedir(d);
	return e == ERR_OK && from->len == 0 ? ERR_DENIED : e;
}

static enum err
compose(struct call *call, struct spool *sp, struct view msgid, struct buf *out)
{
	struct buf text = BUF_INIT(ARTICLE_MAX), from = BUF_INIT(512);
	struct spool_meta m;
	struct article a;
	uint64_t arrival = 0;
	enum fault why;
	bool is_signed;
	enum err e;

	if ((e = spool_find(sp, msgid, &arrival)) != ERR_OK ||
	    (e = spool_meta(sp, arrival, &m)) != ERR_OK ||
	    (e = spool_article(sp, arrival, &text, NULL, &is_signed)) != ERR_OK ||
	    (e = our_moderator(call, sp, &m, &from)) != ERR_OK)
		goto out;
	if (article_parse(buf_view(&text), &a, &why) != ERR_OK) {
		e = ERR_CORRUPT;
		goto out;
	}
	buf_addf(out, "From: %s\nNewsgroups: ", buf_cstr(&from));
	article_unfold(a.newsgroups, out);
	buf_addf(out, "\nSubject: approve\nControl: approve %s\n\nApproved.\n", a.msgid);
	e = buf_err(out);
out:
	buf_release(&text);
	buf_release(&from);
	return e;
}

static int
approve(struct call *call)
{
	const struct command *c = call->cmd;
	struct buf post = BUF_INIT(HEADER_MAX), id = BUF_INIT(MSGID_MAX + 2);
	struct spool *sp = NULL;
	struct program p;
	struct view in;
	int code = FAILED;
	enum err e;

	if (c->nargs != 2)
		return say_usage(
		    "moderate", "write it as: hearsay moderate approve MESSAGE-ID");
	buf_addf(&id, c->args[1][0] == '<' ? "%s" : "<%s>", c->args[1]);
	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);
	if (e == ERR_OK)
		e = compose(call, sp, buf_view(&id), &post);
	spool_close(sp);
	if (e == ERR_NOTFOUND && sp != NULL)
		code = say_failed("moderate: no article %s here", quoted(buf_view(&id)));
	else if (e == ERR_DENIED)
		code =
		    say_failed("moderate: no persona of yours moderates a group of that "
			       "article; `hearsay moderate` lists who does");
	else if (e != ERR_OK)
		code = say_spool("moderate", call->node.dir, e);
	else if (child_init(&p, "reader", "--post", call)) {
		in = buf_view(&post);
		code = child_run(&p, &in, NULL);
	}
	buf_release(&post);
	buf_release(&id);
	return code;
}

static const struct {
	const char *name;
	int (*run)(struct call *);
} actions[] = {
	{ "ban", ban },
	{ "unban", ban },
	{ "moderator", moderator },
	{ "no-moderator", moderator },
	{ "pending", list },
	{ "approve", approve },
};

int
cmd_moderate(struct call *call)
{
	const struct command *c = call->cmd;

	if (c->nargs == 0)
		return list(call);
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(c->args[0], actions[i].name) == 0)
			return actions[i].run(call);
	return say_usage("moderate",
	    "%s is not one of ban, unban, pending, approve, moderator, no-moderator",
	    quoted(view_str(c->args[0])));
}
