#include "cli/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/links.h"
#include "cli/persona.h"
#include "cli/say.h"
#include "lib/address.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/text.h"
#include "spool/spool.h"

#define GREETING_MS 2000 /* a gateway on this machine that is slower than this is stuck */

struct state {
	struct buf address; /* of run/nntp.addr; empty: not running */
	bool serving;       /* greets who connects there */
	struct buf links;   /* of run/link.addr: where friends can call, one a line */
	struct buf from;
	struct spool_counts counts;
};

/* Connects and waits for "200" or "201". */
static bool
greets(const struct addrinfo *ai)
{
	struct pollfd p = { .events = POLLOUT };
	char hello[4] = { 0 };
	bool ok = false;

	p.fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p.fd < 0)
		return false;
	if (connect(p.fd, ai->ai_addr, ai->ai_addrlen) != 0 && errno != EINPROGRESS)
		goto out;
	if (poll(&p, 1, GREETING_MS) != 1)
		goto out;
	p.events = POLLIN;
	if (poll(&p, 1, GREETING_MS) != 1)
		goto out;
	ok = recv(p.fd, hello, 3, 0) == 3 && strncmp(hello, "20", 2) == 0;
out:
	close(p.fd);
	return ok;
}

static bool
serving(struct view address)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *ai = NULL;
	struct buf port = BUF_INIT(16);
	struct address a;
	const char *why;
	bool ok = false;

	if (address_parse(address, &a, &why) != ERR_OK || !a.numeric)
		return false;
	buf_addnum(&port, a.port);
	if (buf_cstr(&port) != NULL &&
	    getaddrinfo(a.host, (const char *)port.p, &hints, &ai) == 0) {
		ok = greets(ai);
		freeaddrinfo(ai);
	}
	buf_release(&port);
	return ok;
}

static int
collect(struct call *call, struct state *s)
{
	struct spool *sp = NULL;
	struct view v;
	enum err e;

	if (fs_read(NODE_PATH(&call->node, "run/nntp.addr"), &s->address) == ERR_OK) {
		v = text_trim(view_slice(
		    buf_view(&s->address), 0, view_chr(buf_view(&s->address), '\n')));
		buf_truncate(&s->address, v.len);
		s->serving = serving(v);
	}
	(void)fs_read(NODE_PATH(&call->node, "run/link.addr"), &s->links);
	if (persona_from(&call->node, node_get(&call->node, "persona", ""), &s->from) !=
	    ERR_OK)
		buf_reset(&s->from);
	e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);
	if (e == ERR_OK)
		e = spool_counts(sp, &s->counts);
	spool_close(sp);
	return e == ERR_OK ? DONE : say_spool("status", call->node.dir, e);
}

static void
print_addresses(const char *before, struct view addresses)
{
	struct view line;

	while (text_line(&addresses, &line))
		printf("%s%.*s\n", before, (int)line.len, (const char *)line.p);
}

static void
print_machine(const struct call *call, const struct state *s)
{
	printf("dir=%s\n", call->node.dir);
	printf("from=%.*s\n", (int)s->from.len, (const char *)s->from.p);
	printf("nntp=%.*s\n", (int)s->address.len, (const char *)s->address.p);
	printf("serving=%s\n", s->serving ? "yes" : "no");
	print_addresses("callable=", buf_view(&s->links));
	printf("articles=%" PRIu64 "\n", s->counts.articles);
	printf("groups=%" PRIu64 "\n", s->counts.groups);
	printf("history=%" PRIu64 "\n", s->counts.history);
	printf("bytes=%" PRIu64 "\n", s->counts.bytes);
	printf("unsigned=%" PRIu64 "\n", s->counts.unsigned_posts);
	printf("differing=%" PRIu64 "\n", s->counts.differing);
}

static void
print_people(const struct call *call, const struct state *s)
{
	printf("Node      %s\n", call->node.dir);
	if (s->from.len > 0)
		printf("You       %.*s\n", (int)s->from.len, (const char *)s->from.p);
	if (s->serving)
		printf("News      served at %.*s\n", (int)s->address.len,
		    (const char *)s->address.p);
	else if (s->address.len > 0)
		printf("News      nobody answers at %.*s: stop `hearsay up` and start it "
		       "again\n",
		    (int)s->address.len, (const char *)s->address.p);
	else
		printf("News      not served now; `hearsay up` starts it\n");
	print_addresses("Links     friends can call at ", buf_view(&s->links));
	printf("Spool     %" PRIu64 " article%s in %" PRIu64
	       " group%s, %.1f MB on the disk\n",
	    s->counts.articles, s->counts.articles == 1 ? "" : "s", s->counts.groups,
	    s->counts.groups == 1 ? "" : "s", (double)s->counts.bytes / 1e6);
	if (s->counts.differing > 0)
		printf("Differing %" PRIu64
		       " copies with a known id and other text were refused\n",
		    s->counts.differing);
}

/* ---- friends ------------------------------------------------------------------------ */

/* newsd's word on this friend; false when it has none. */
static bool
find_link(struct view links, struct view name, struct links_line *out)
{
	while (links_next(&links, out))
		if (view_eq(out->name, name))
			return true;
	return false;
}

static void
print_link(struct view links, struct view name)
{
	struct buf text = BUF_INIT(4096);
	struct links_line l;

	if (find_link(links, name, &l) && !links_silent(&l)) {
		links_tell(&l, clock_now(), &text);
		printf("%13s%.*s\n", "", (int)text.len, (const char *)text.p);
	}
	buf_release(&text);
}

/* batcher's lines about a friend begin with the name, and go on indented; newsd's comes
 * behind them. */
static void
print_friends(struct view lines, struct view links)
{
	struct view line, name = { 0 }, rest, word;

	while (text_line(&lines, &line)) {
		rest = line;
		if (line.len > 0 && line.p[0] != ' ' && text_word(&rest, &word)) {
			print_link(links, name);
			name = word;
		}
		printf("%.*s\n", (int)line.len, (const char *)line.p);
	}
	print_link(links, name);
}

static void
print_links_machine(struct view links)
{
	struct buf text = BUF_INIT(4096);
	struct links_line l;

	while (links_next(&links, &l)) {
		buf_reset(&text);
		links_machine(&l, &text);
		printf("%.*s\n", (int)text.len, (const char *)text.p);
	}
	buf_release(&text);
}

/* What cannot be opened is told once, before batcher would tell it, too. */
static int
probe(struct call *call)
{
	struct spool *sp = NULL;
	enum err e = spool_open(NODE_PATH(&call->node, "spool.db"), SPOOL_READ, &sp);

	spool_close(sp);
	return e == ERR_OK ? DONE : say_spool("status", call->node.dir, e);
}

/* batcher goes first, for it signs what waits; its lines about friends come last. */
int
cmd_status(struct call *call)
{
	struct state s = { .address = BUF_INIT(512),
		.from = BUF_INIT(512),
		.links = BUF_INIT(64u << 10) };
	struct buf friends = BUF_INIT(1u << 20), links = BUF_INIT(1u << 20);
	bool machine = command_has(call->cmd, OPT_MACHINE);
	int code = FAILED, mine;
	struct program p;

	if ((mine = probe(call)) != DONE)
		return mine;
	if (child_init(&p, "batcher", "status", call)) {
		child_options(&p, call->cmd, OPT_BIT(OPT_MACHINE));
		code = child_run(&p, NULL, &friends);
	}
	if ((mine = collect(call, &s)) == DONE)
		(machine ? print_machine : print_people)(call, &s);
	if (s.address.len > 0)
		(void)fs_read(NODE_PATH(&call->node, "run/links"), &links);
	if (machine) {
		fwrite(friends.p, 1, friends.len, stdout);
		print_links_machine(buf_view(&links));
	} else
		print_friends(buf_view(&friends), buf_view(&links));
	buf_release(&s.address);
	buf_release(&s.from);
	buf_release(&s.links);
	buf_release(&friends);
	buf_release(&links);
	return mine != DONE ? mine : code;
}
