/* why: what is known of one Message-ID. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/say.h"
#include "lib/limits.h"
#include "lib/log.h"
#include "lib/msgid.h"
#include "spool/feed.h"

struct why {
	struct call *call;
	struct spool *spool;
	struct feed *feed;
	struct spool_trace trace;
	struct spool_meta meta; /* when it is here */
	bool is_signed, machine;
};

static void
print_when(const char *before, int64_t t, const char *after)
{
	struct buf b = BUF_INIT(64);

	moment_write(t, &b);
	printf("%s%.*s UTC%s", before, (int)b.len, (const char *)b.p, after);
	buf_release(&b);
}

/* The name of a friend's number, as far as it still has one. */
static void
name_of(struct why *w, uint32_t ingress, struct buf *out)
{
	struct feed_friend f = { 0 };

	while (feed_friend_next(w->feed, f.id, &f) == ERR_OK)
		if (f.id == ingress) {
			buf_adds(out, f.name);
			return;
		}
	buf_addf(out, "#%" PRIu32, ingress);
}

static void
print_from(struct why *w)
{
	struct buf name = BUF_INIT(64);

	if (w->meta.ingress != 0)
		name_of(w, w->meta.ingress, &name);
	if (w->machine)
		printf("from=%.*s\n", (int)name.len, (const char *)name.p);
	else if (name.len == 0)
		puts("From      this node: posted or imported here");
	else
		printf("From      %.*s%s\n", (int)name.len, (const char *)name.p,
		    name.p[0] == '#' ? ", a friend who was cut" : "");
	buf_release(&name);
}

static const char *
signature(const struct why *w)
{
	if (!w->meta.native)
		return "none: it is from outside";
	if (w->is_signed)
		return "by its author";
	return "not yet: batcher signs it before it leaves";
}

static void
print_groups(struct why *w)
{
	struct spool_group g;

	if (!w->machine)
		printf("Groups   ");
	for (unsigned i = 0; i < w->meta.groups; i++)
		if (spool_group_by_id(w->spool, w->meta.in[i].group, &g) == ERR_OK)
			printf(
			    w->machine ? "group=%s number=%" PRIu64 "\n" : " %s:%" PRIu64,
			    g.name, w->meta.in[i].number);
	if (!w->machine)
		putchar('\n');
}

/* How it stands between this article and one friend. */
static const char *
state_at(const struct why *w, const struct feed_friend *f, const struct feed_state *s)
{
	uint64_t n = w->meta.arrival;

	if (f->id == w->meta.ingress && n > f->back)
		return "brought it";
	if (w->meta.nofeed)
		return "never: it stays on this node";
	if (ranges_has(&s->flight, n))
		return "on the way, not acknowledged yet";
	if (ranges_has(&s->deferred, n))
		return "asked to wait: over its quota";
	if (ranges_has(&s->pending, n) || n > f->top)
		return "waits to be sent, if the friend wants its groups";
	return "done: it has it, or does not want it";
}

static enum err
print_to(struct why *w)
{
	struct feed_friend f = { 0 };
	enum err e;

	while ((e = feed_friend_next(w->feed, f.id, &f)) == ERR_OK) {
		struct feed_state s = { 0 };

		if ((e = feed_state_load(w->feed, f.id, &s)) != ERR_OK)
			return e;
		printf(w->machine ? "to=%s state=\"%s\"\n" : "To        %s: %s\n", f.name,
		    state_at(w, &f, &s));
		feed_state_release(&s);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err
print_here(struct why *w)
{
	const struct spool_meta *m = &w->meta;

	if (w->machine) {
		printf("arrival=%" PRIu64 "\nreceived=%" PRId64 "\nsize=%" PRIu32
		       "\nsigned=%s\n",
		    m->arrival, m->received, m->size, w->is_signed ? "yes" : "no");
	} else {
		print_when("Here      since ", m->received, "");
		printf(
		    ", as arrival %" PRIu64 ", %" PRIu32 " bytes\n", m->arrival, m->size);
	}
	print_from(w);
	if (!w->machine)
		printf("Signed    %s\n", signature(w));
	print_groups(w);
	return print_to(w);
}

static void
print_copies(struct why *w)
{
	const struct spool_trace *t = &w->trace;
	struct buf name = BUF_INIT(64);

	if (w->machine)
		printf("differing=%" PRIu64 "\nwaiting-cancels=%" PRIu64 "\n",
		    t->differing, t->waiting);
	else if (t->differing > 0) {
		if (t->differing_ingress == 0)
			buf_adds(&name, "this node");
		else
			name_of(w, t->differing_ingress, &name);
		printf("Copies    %" PRIu64 " with other text %s refused, the last from "
		       "%.*s",
		    t->differing, t->differing == 1 ? "was" : "were", (int)name.len,
		    (const char *)name.p);
		print_when(" at ", t->differed, "\n");
	}
	if (!w->machine && t->waiting > 0)
		printf("Cancels   %" PRIu64 " came before it, and wait%s\n", t->waiting,
		    t->waiting == 1 ? "s" : "");
	buf_release(&name);
}

static void
print_gone(struct why *w)
{
	static const struct {
		const char *word, *text, *after;
	} reasons[] = {
		[GONE_UNKNOWN] = { "unknown", "since ",
		    ": expired, cancelled or purged" },
		[GONE_EXPIRED] = { "expired", "expired on ", ": its time was over" },
		[GONE_SIZE] = { "size", "expired on ", ": the spool was over its size" },
		[GONE_CANCELLED] = { "cancelled", "cancelled on ", " by its author" },
		[GONE_PURGED] = { "purged", "purged on ", "" },
	};
	const struct spool_trace *t = &w->trace;
	struct buf name = BUF_INIT(64);

	if (t->why == GONE_PURGED)
		name_of(w, t->purge_ingress, &name);
	if (w->machine) {
		printf("why=%s\n", reasons[t->why].word);
		if (t->why == GONE_PURGED)
			printf("via=%.*s\nsince=%" PRId64 "\n", (int)name.len,
			    (const char *)name.p, t->purge_since);
	} else {
		printf("Gone      %s", reasons[t->why].text);
		print_when("", t->gone, reasons[t->why].after);
		if (t->why == GONE_PURGED) {
			printf(": via %.*s", (int)name.len, (const char *)name.p);
			print_when(" since ", t->purge_since, "");
		}
		puts("; it is not taken again");
	}
	buf_release(&name);
}

static enum err
print_all(struct why *w)
{
	const struct spool_trace *t = &w->trace;
	enum err e = ERR_OK;

	if (w->machine)
		printf("known=%s\ngone=%" PRId64 "\n", t->known ? "yes" : "no", t->gone);
	if (t->arrival != 0)
		e = print_here(w);
	else if (t->known)
		print_gone(w);
	else if (!w->machine)
		puts("Unknown   it has never been here");
	print_copies(w);
	return e;
}

static enum err
look(struct why *w, struct view id)
{
	struct buf text = BUF_INIT(2 * ARTICLE_MAX);
	enum err e;

	if ((e = spool_trace(w->spool, id, &w->trace)) == ERR_OK &&
	    w->trace.arrival != 0 &&
	    (e = spool_meta(w->spool, w->trace.arrival, &w->meta)) == ERR_OK)
		e = spool_article(w->spool, w->trace.arrival, &text, NULL, &w->is_signed);
	buf_release(&text);
	return e;
}

static int
run(struct why *w, struct view id)
{
	const struct node *n = &w->call->node;
	int code = DONE;
	enum err e;

	e = spool_open(NODE_PATH(n, "spool.db"), SPOOL_READ, &w->spool);
	if (e == ERR_OK)
		e = look(w, id);
	if (e != ERR_OK) {
		code = say_spool("why", n->dir, e);
		goto out;
	}
	e = feed_open(NODE_PATH(n, "exchange.db"), false, &w->feed);
	if (e == ERR_OK)
		e = print_all(w);
	if (e != ERR_OK)
		code =
		    say_failed("why: cannot read %s/exchange.db: %s", n->dir, say_why(e));
out:
	spool_close(w->spool);
	feed_close(w->feed);
	return code;
}

int
cmd_why(struct call *call)
{
	struct why w = { .call = call, .machine = command_has(call->cmd, OPT_MACHINE) };
	struct view given = view_str(call->cmd->args[0]);
	struct buf id = BUF_INIT(MSGID_MAX + 2);
	int code;

	/* the shell takes angle brackets for itself, so they may be left out */
	if (!view_starts(given, "<"))
		buf_addc(&id, '<');
	buf_addv(&id, given);
	if (!view_starts(given, "<"))
		buf_addc(&id, '>');
	if (buf_err(&id) != ERR_OK || !msgid_valid(buf_view(&id)))
		code = say_usage("why", "%s is no Message-ID", quoted(given));
	else
		code = run(&w, buf_view(&id));
	buf_release(&id);
	return code;
}
