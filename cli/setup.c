#include "cli/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/child.h"
#include "cli/link.h"
#include "cli/persona.h"
#include "cli/say.h"
#include "cli/slrn.h"
#include "lib/address.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/group.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/text.h"

#define DISPLAY_DEFAULT "Someone"
#define LISTEN_DEFAULT "127.0.0.1:1119"
#define GROUP_DEFAULT "local.test"
#define ANSWER_MAX 512
#define ASK_AGAIN 3

/* What a folder is before setup looks into it. */
enum state {
	STATE_NEW,    /* missing, or empty */
	STATE_OTHERS, /* holds something that is no node */
	STATE_CLOSED, /* cannot be read: errno says why */
	STATE_HALF,   /* a setup that was cut short: the next one completes it */
	STATE_WHOLE,
};

struct answers {
	struct buf display, listen, group; /* group: empty for none */
};

static bool
display_ok(struct view v, const char **why)
{
	return persona_display(v, why);
}

static bool
listen_ok(struct view v, const char **why)
{
	struct address a;

	return address_listen(v, &a, why) == ERR_OK;
}

static bool
group_ok(struct view v, const char **why)
{
	*why = "a group's name is words joined by dots, as local.test";
	return v.len == 0 || view_eqs(v, "-") || group_valid(v);
}

static const struct question {
	enum opt opt;
	size_t field;
	const char *text, *fallback;
	const char *quiet; /* what --yes takes */
	bool (*ok)(struct view, const char **why);
} questions[] = {
	{ OPT_PERSONA, offsetof(struct answers, display),
	    "The name that others will read above your articles", DISPLAY_DEFAULT,
	    DISPLAY_DEFAULT, display_ok },
	{ OPT_LISTEN, offsetof(struct answers, listen),
	    "The address and port at which your newsreader connects", LISTEN_DEFAULT,
	    LISTEN_DEFAULT, listen_ok },
	{ OPT_GROUP, offsetof(struct answers, group),
	    "A newsgroup to try things in; local.* never leaves this machine (- for "
	    "none)",
	    GROUP_DEFAULT, "", group_ok },
};
#define QUESTIONS (sizeof questions / sizeof questions[0])

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool
whole(struct node *n)
{
	struct view persona;

	if (node_load(n) != ERR_OK)
		return true; /* a damaged node.conf is for its owner to mend */
	persona = node_get(n, "persona", "");
	return there(NODE_PATH(n, "spool.db")) && there(NODE_PATH(n, "exchange.db")) &&
	    (!text_name(persona) ||
		there(NODE_PATH(
		    n, "personas/%.*s", (int)persona.len, (const char *)persona.p)));
}

static enum state
look(struct node *n)
{
	DIR *d = opendir(n->dir);
	struct dirent *ent;
	enum state s = STATE_NEW;

	if (d == NULL)
		return errno == ENOENT ? STATE_NEW : STATE_CLOSED;
	while ((ent = readdir(d)) != NULL)
		/* what a killed setup leaves of node.conf is not somebody's property */
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0 &&
		    strncmp(ent->d_name, "node.conf.tmp-", 14) != 0)
			s = STATE_OTHERS;
	closedir(d);
	if (!there(NODE_PATH(n, "node.conf")))
		return s;
	return whole(n) ? STATE_WHOLE : STATE_HALF;
}

static struct buf *
field(struct answers *a, const struct question *q)
{
	return (struct buf *)(void *)((char *)a + q->field);
}

/* From the option, from the person, or the default. */
static int
answer(const struct command *c, const struct question *q, bool ask, struct buf *out)
{
	const char *given = command_value(c, q->opt), *why = "";

	buf_init(out, ANSWER_MAX);
	if (given != NULL || !ask) {
		buf_adds(out, given != NULL ? given : q->quiet);
		if (buf_err(out) == ERR_OK && q->ok(buf_view(out), &why))
			return DONE;
		return say_usage("setup", "%s %s: %s", option_row(q->opt)->name,
		    quoted(view_str(given)), buf_err(out) ? "it is too long" : why);
	}
	for (int i = 0; i < ASK_AGAIN; i++) {
		buf_reset(out);
		if (ask_line(q->text, q->fallback, out) != ERR_OK)
			break;
		if (q->ok(buf_view(out), &why))
			return DONE;
		fprintf(stderr, "Not that: %s.\n", why);
	}
	return say_failed("setup: no usable answer; nothing was made");
}

static int
ask_all(const struct command *c, struct answers *a)
{
	bool ask = !command_has(c, OPT_YES) && ask_possible();
	int code = DONE;

	if (ask)
		fputs(
		    "Three questions; Enter takes what stands in brackets.\n\n", stderr);
	for (size_t i = 0; i < QUESTIONS && code == DONE; i++)
		code = answer(c, &questions[i], ask, field(a, &questions[i]));
	if (code == DONE && view_eqs(buf_view(&a->group), "-"))
		buf_reset(&a->group);
	return code;
}

static int
make_folders(const struct node *n)
{
	static const char *const folders[] = { "friends", "keys", "personas", "gateway",
		"link", "tmp", "run" };
	enum err e;

	if ((e = fs_mkdir(n->dir, 0700)) != ERR_OK)
		return say_failed("setup: cannot make %s: %s", n->dir, say_why(e));
	/* an empty folder that was there may be open to others */
	if (chmod(n->dir, 0700) != 0)
		return say_failed("setup: %s is not yours: %s", n->dir, strerror(errno));
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if ((e = fs_mkdir(NODE_PATH(n, "%s", folders[i]), 0700)) != ERR_OK)
			return say_failed("setup: cannot make %s/%s: %s", n->dir,
			    folders[i], say_why(e));
	return DONE;
}

static int
write_conf(struct node *n, const char *persona, struct view listen)
{
	struct buf out = BUF_INIT(CONF_MAX);
	enum err e;

	buf_adds(
	    &out, "# A Hearsay node: one `key value` a line. See hearsay.conf(5).\n");
	buf_addf(&out, "persona %s\nlisten ", persona);
	buf_addv(&out, listen);
	buf_adds(&out, "\ngroups *\n");
	e = buf_err(&out);
	if (e == ERR_OK)
		e = fs_write_atomic(NODE_PATH(n, "node.conf"), buf_view(&out), false);
	buf_release(&out);
	if (e == ERR_OK)
		e = node_load(n);
	return e == ERR_OK
	    ? DONE
	    : say_failed("setup: cannot write %s/node.conf: %s", n->dir, say_why(e));
}

/* The parts that other programs make; each is skipped when it is there already. */
static int
make_parts(struct call *call, const char *persona, const char *display, const char *group)
{
	const struct node *n = &call->node;
	struct program p;
	int code = DONE;

	if (!there(NODE_PATH(n, "spool.db"))) {
		code = FAILED;
		if (child_init(&p, "reader", "--create", call))
			code = child_run(&p, NULL, NULL);
	}
	if (code == DONE &&
	    (!there(NODE_PATH(n, "exchange.db")) ||
		!there(NODE_PATH(n, "personas/%s", persona)))) {
		code = FAILED;
		if (child_init(&p, "batcher", "setup", call)) {
			program_arg(&p, "--persona");
			program_arg(&p, persona);
			program_arg(&p, "--display");
			program_arg(&p, display);
			code = child_run(&p, NULL, NULL);
		}
	}
	if (code == DONE && group[0] != '\0') {
		code = FAILED;
		if (child_init(&p, "reader", "--group-new", call)) {
			program_arg(&p, group);
			code = child_run(&p, NULL, NULL);
		}
	}
	return code;
}

/* "hearsay", or with the -C that was used, so that the lines can be copied. */
static void
next_steps(struct call *call, struct view listen)
{
	const char *dir = command_value(call->cmd, OPT_DIR), *why;
	struct buf me = BUF_INIT(2 * NODE_PATH_MAX), slrn = BUF_INIT(4 * NODE_PATH_MAX);
	struct address a = { 0 };

	buf_adds(&me, "hearsay");
	if (dir != NULL) {
		buf_adds(&me, " -C ");
		say_word(&me, dir);
	}
	buf_adds(&slrn, "slrn -i ");
	say_word(&slrn, NODE_PATH(&call->node, "slrnrc"));
	buf_adds(&slrn, " -f ");
	say_word(&slrn, NODE_PATH(&call->node, "newsrc"));
	if (buf_cstr(&me) == NULL || buf_cstr(&slrn) == NULL)
		goto out;
	printf("\nGive your newsreader this name and address; any other that it sends is "
	       "rewritten to it.\n");
	link_tell(&call->node);
	printf("\nNext:\n");
	printf("  %s up\n      serves the news; leave it running\n", (const char *)me.p);
	printf("  %s ", (const char *)slrn.p);
	if (address_parse(listen, &a, &why) == ERR_OK && a.port != 0)
		printf("-h %s -p %u --create\n      or any newsreader: this server, "
		       "this port, no password\n",
		    a.host, a.port);
	else
		printf("-h ADDR -p PORT --create\n      or any newsreader: ADDR and PORT "
		       "stand in run/nntp.addr then\n");
	printf("  %s invite NAME\n      makes a token for your first friend\n",
	    (const char *)me.p);
	if (a.port != 0 && address_class(&a) != ADDRESS_LOOPBACK)
		fprintf(stderr,
		    "hearsay: %.*s is open to other machines: they have to log in, and "
		    "`hearsay user add NAME` says who can\n",
		    (int)listen.len, (const char *)listen.p);
out:
	buf_release(&me);
	buf_release(&slrn);
}

/* slrn does not start where it cannot find out who you are. */
static int
write_slrnrc(const struct node *n, const char *persona)
{
	struct buf from = BUF_INIT(LINE_MAX_NNTP);
	enum err e = persona_from(n, view_str(persona), &from);

	if (e == ERR_OK)
		e = slrn_write(n, buf_view(&from));
	buf_release(&from);
	return e == ERR_OK
	    ? DONE
	    : say_failed("setup: cannot write %s/slrnrc: %s", n->dir, say_why(e));
}

static int
tell(struct call *call, const char *first)
{
	struct view persona = node_get(&call->node, "persona", "");
	struct buf from = BUF_INIT(LINE_MAX_NNTP);
	enum err e;

	if ((e = persona_from(&call->node, persona, &from)) != ERR_OK) {
		say_failed("setup: the persona %s of %s cannot be read: %s",
		    quoted(persona), call->node.dir, say_why(e));
	} else {
		printf("%s: %s\n\n", first, call->node.dir);
		printf("From: %.*s\n", (int)from.len, (const char *)from.p);
		next_steps(call, node_get(&call->node, "listen", LISTEN_DEFAULT));
	}
	buf_release(&from);
	return e == ERR_OK ? DONE : FAILED;
}

static int
change_name(struct call *call, const char *display)
{
	struct view persona = node_get(&call->node, "persona", "");
	struct buf name = BUF_INIT(NAME_MAX_LEN + 1);
	int code = DONE;
	enum err e;

	if ((e = persona_rename(&call->node, persona, view_str(display))) != ERR_OK)
		code = say_failed("setup: the persona %s of %s cannot be renamed: %s",
		    quoted(persona), call->node.dir, say_why(e));
	buf_addv(&name, persona);
	if (code == DONE && buf_cstr(&name) != NULL)
		code = write_slrnrc(&call->node, (const char *)name.p);
	buf_release(&name);
	return code;
}

/* Whether the option is there and says something new. */
static bool
differs(const char *given, struct view now)
{
	return given != NULL && !view_eqs(now, given);
}

/* Nothing of an existing node changes but name and address, and those when asked for; the
 * key stays. */
static int
again(struct call *call)
{
	const char *display = command_value(call->cmd, OPT_PERSONA), *why;
	struct buf now = BUF_INIT(DISPLAY_MAX);
	bool moved, named, linked;
	int code = DONE;

	if (command_has(call->cmd, OPT_GROUP))
		return say_failed("setup: %s is a node already; "
				  "`hearsay groups new NAME` makes a group",
		    call->node.dir);
	if (display != NULL && !display_ok(view_str(display), &why))
		return say_usage(
		    "setup", "--persona %s: %s", quoted(view_str(display)), why);
	(void)persona_named(&call->node, node_get(&call->node, "persona", ""), &now);
	named = differs(display, buf_view(&now));
	buf_release(&now);
	if (named)
		code = change_name(call, display);
	if (code == DONE)
		code = link_change(call, &linked, &moved);
	if (code != DONE)
		return code;
	if (linked && !named && !moved)
		return tell(call, "Where friends can call is changed, nothing else");
	if (!named && !moved)
		return tell(call, "This node is set up already, nothing was changed");
	return tell(call,
	    named && moved
		? "Name and address are changed, `hearsay up` uses the address from its "
		  "next start; the key stays"
		: named ? "The name is changed, at once; the key stays"
			: "The address is changed, nothing else; `hearsay up` uses it "
			  "from its next start");
}

static int
create(struct call *call)
{
	struct answers a = { 0 };
	struct buf persona = BUF_INIT(NAME_MAX_LEN + 1);
	bool linked, moved;
	int code;

	if ((code = ask_all(call->cmd, &a)) != DONE)
		goto out;
	persona_short(buf_view(&a.display), &persona);
	if (buf_cstr(&persona) == NULL || buf_cstr(&a.display) == NULL ||
	    buf_cstr(&a.group) == NULL) {
		code = say_failed("setup: %s", err_text(ERR_NOMEM));
		goto out;
	}
	if ((code = make_folders(&call->node)) != DONE)
		goto out;
	if ((code = write_conf(
		 &call->node, (const char *)persona.p, buf_view(&a.listen))) != DONE)
		goto out;
	if ((code = link_change(call, &linked, &moved)) != DONE)
		goto out;
	code = make_parts(call, (const char *)persona.p, (const char *)a.display.p,
	    (const char *)a.group.p);
	if (code == DONE)
		code = write_slrnrc(&call->node, (const char *)persona.p);
	if (code == DONE)
		code = tell(call, "Your node is made");
	else
		code = say_failed("setup: %s is half made; run setup again when the "
				  "trouble above is gone",
		    call->node.dir);
out:
	buf_release(&a.display);
	buf_release(&a.listen);
	buf_release(&a.group);
	buf_release(&persona);
	return code;
}

int
cmd_setup(struct call *call)
{
	int code = link_check(call->cmd);

	if (code != DONE)
		return code;
	switch (look(&call->node)) {
	case STATE_OTHERS:
		return say_failed(
		    "setup: %s holds something that is no node: pick an empty "
		    "or a new folder with -C DIR",
		    call->node.dir);
	case STATE_CLOSED:
		return say_failed(
		    "setup: cannot look into %s: %s", call->node.dir, strerror(errno));
	case STATE_WHOLE:
		return again(call);
	default:
		return create(call);
	}
}
