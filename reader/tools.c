#include "reader/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/group.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/wildmat.h"
#include "reader/advice.h"
#include "reader/poster.h"

#define LATER 75 /* EX_TEMPFAIL */
#define RULES_MAX 256
#define HISTORY_DEFAULT (90 * 86400ll)

/* Says what went wrong with the spool, and what to do; the exit code. */
static int
failed(const struct node *node, enum err e)
{
	log_at(LOG_ERROR, "%s/spool.db: %s%s", node->dir, err_text(e), advice_spool(e));
	return e == ERR_BUSY ? LATER : 1;
}

/* Opens for writing, and the sandbox after it. */
static enum err
begin(const struct node *node, struct spool **sp)
{
	enum err e;

	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_WRITE, sp)) != ERR_OK)
		return e;
	return sandbox_enter(SANDBOX_READER_WRITER, NULL, 0);
}

int
tool_create(const struct node *node, const struct words *words)
{
	enum err e;

	if (words->n != 0)
		die_usage("--create takes no argument");
	if ((e = spool_create(NODE_PATH(node, "spool.db"))) == ERR_OK)
		return 0;
	log_at(LOG_ERROR, "%s/spool.db: %s%s", node->dir, err_text(e), advice_spool(e));
	return 1;
}

/* Text as people write it: LF alone ends lines, the last one may be unended, From may be
 * missing. What has CRLF already stays as it is. */
static void
complete(struct view in, const struct persona *me, struct buf *out)
{
	bool crlf = view_chr(in, '\r') < in.len;
	size_t head = view_find(in, crlf ? "\r\n\r\n" : "\n\n");
	struct view line, rest = view_slice(in, 0, head);
	bool has_from = false;

	while (text_line(&rest, &line))
		has_from = has_from || view_casestarts(line, "From:");
	if (!has_from && me != NULL)
		buf_addf(out, "From: %s <%s>\r\n", me->display, me->address);
	if (crlf) {
		buf_addv(out, in);
		return;
	}
	while (in.len > 0) {
		size_t n = view_chr(in, '\n');

		buf_addv(out, view_slice(in, 0, n));
		buf_adds(out, "\r\n");
		in = view_slice(in, n + 1, in.len);
	}
	/* a header alone: the body is empty */
	if (view_find(buf_view(out), "\r\n\r\n") == out->len)
		buf_adds(out, "\r\n");
}

static int
post(struct poster *ps, struct view article)
{
	struct posting p;
	struct view answer;
	int code = 1;

	posting_init(&p, article);
	poster_take(ps, &p, 1);
	answer = buf_view(&p.answer);
	if (p.stored) {
		printf("%.*s\n", (int)(answer.len - view_chr(answer, '<')),
		    (const char *)answer.p + view_chr(answer, '<'));
		code = 0;
	} else {
		answer = view_slice(answer, 4, answer.len);
		log_at(LOG_ERROR, "not posted: %.*s", (int)answer.len,
		    (const char *)answer.p);
	}
	posting_release(&p);
	return code;
}

static enum err
read_article(const struct words *words, struct buf *in)
{
	if (words->n == 0 || strcmp(words->v[0], "-") == 0)
		return fs_readfd(STDIN_FILENO, in);
	return fs_read(words->v[0], in);
}

int
tool_post(const struct node *node, const struct words *words)
{
	struct personas personas = { 0 };
	struct poster ps;
	struct buf in = BUF_INIT(ARTICLE_MAX + HEADER_MAX);
	struct buf article = BUF_INIT(2 * ARTICLE_MAX);
	char bad[NAME_MAX_LEN + 1] = "";
	int code = 1;
	enum err e;

	poster_init(&ps, node, &personas);
	if (words->n > 1)
		die_usage("--post takes one file at most");
	if ((e = personas_load(node, &personas, bad)) != ERR_OK)
		die("%s/personas/%s: %s", node->dir, bad, err_text(e));
	if ((e = read_article(words, &in)) != ERR_OK) {
		log_at(LOG_ERROR, "%s: %s", words->n == 0 ? "stdin" : words->v[0],
		    e == ERR_IO ? strerror(errno) : err_text(e));
		goto out;
	}
	if ((e = begin(node, &ps.spool)) != ERR_OK) {
		code = failed(node, e);
		goto out;
	}
	complete(buf_view(&in), persona_standard(&personas), &article);
	code = post(&ps, buf_view(&article));
out:
	spool_close(ps.spool);
	poster_release(&ps);
	personas_release(&personas);
	buf_release(&in);
	buf_release(&article);
	return code;
}

struct rules {
	struct spool_rule list[RULES_MAX];
	struct spool_expiry expiry;
};

/* "WILDMAT AGE" or "AGE". */
static enum err
parse_rule(struct view value, struct spool_rule *out)
{
	struct view first, second;

	if (!text_word(&value, &first))
		return ERR_SYNTAX;
	if (!text_word(&value, &second)) {
		out->wildmat = VIEW_LIT("*");
		return text_duration(first, &out->age);
	}
	out->wildmat = first;
	if (!wildmat_valid(first) || text_trim(value).len > 0)
		return ERR_SYNTAX;
	return text_duration(second, &out->age);
}

static enum err
parse_line(struct rules *r, const struct conf_line *line)
{
	struct spool_expiry *x = &r->expiry;

	if (view_eqs(line->key, "expire")) {
		if (x->count == RULES_MAX)
			return ERR_TOOBIG;
		return parse_rule(line->value, &r->list[x->count++]);
	}
	if (view_eqs(line->key, "spool") || view_eqs(line->key, "cap"))
		return text_size(line->value, &x->cap);
	if (view_eqs(line->key, "history"))
		return text_duration(line->value, &x->history);
	return ERR_OK;
}

static struct rules *
read_rules(const struct node *node)
{
	struct rules *r = calloc(1, sizeof *r);
	struct view rest = buf_view(&node->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e = ERR_OK, bad;

	if (r == NULL)
		return NULL;
	r->expiry.rules = r->list;
	r->expiry.history = HISTORY_DEFAULT;
	r->expiry.now = clock_now();
	while (conf_next(&rest, &number, &line, &e))
		if ((bad = parse_line(r, &line)) != ERR_OK)
			die("%s/node.conf:%u: %s %s; an age is as 90d, 12h or 2w, a size "
			    "as 500M or 2G, and `expire` may have a wildmat before the "
			    "age",
			    node->dir, line.number, quoted(line.value), err_text(bad));
	if (e != ERR_OK)
		die("%s/node.conf:%u: %s", node->dir, line.number, err_text(e));
	return r;
}

int
tool_expire(const struct node *node, const struct words *words)
{
	struct spool_expired done = { 0 };
	struct spool *sp = NULL;
	struct rules *r;
	bool more = true;
	int code = 0;
	enum err e;

	if (words->n != 0)
		die_usage("--expire takes no argument");
	if ((r = read_rules(node)) == NULL)
		die("%s", err_text(ERR_NOMEM));
	e = begin(node, &sp);
	while (e == ERR_OK && more)
		e = spool_expire(sp, &r->expiry, &done, &more);
	if (e == ERR_OK)
		printf("expired %llu article%s, forgot %llu id%s\n",
		    (unsigned long long)done.articles, done.articles == 1 ? "" : "s",
		    (unsigned long long)done.history, done.history == 1 ? "" : "s");
	else
		code = failed(node, e);
	spool_close(sp);
	free(r);
	return code;
}

static void
tell_trouble(void *arg, const char *what)
{
	(void)arg;
	printf("%s\n", what);
}

int
tool_check(const struct node *node, const struct words *words)
{
	bool repair = words->n == 1 && strcmp(words->v[0], "--repair") == 0;
	struct spool *sp = NULL;
	uint64_t troubles = 0;
	enum err e;

	if (words->n > (repair ? 1 : 0))
		die_usage("--check takes --repair or nothing");
	if ((e = begin(node, &sp)) == ERR_OK)
		e = spool_check(sp, repair, tell_trouble, NULL, &troubles);
	spool_close(sp);
	if (e == ERR_CORRUPT && repair) {
		log_at(LOG_ERROR,
		    "%s/spool.db: cannot be repaired: put it back from a copy of the "
		    "folder, or move it away and run `hearsay setup`",
		    node->dir);
		return 1;
	}
	if (e != ERR_OK)
		return failed(node, e);
	if (troubles == 0)
		printf("spool.db is sound\n");
	else
		printf("%llu troubles%s\n", (unsigned long long)troubles,
		    repair ? ", repaired" : "");
	return troubles == 0 || repair ? 0 : 1;
}

/* SINCE is in seconds since 1970. --look counts only. */
int
tool_purge(const struct node *node, const struct words *words)
{
	struct spool_purge x = { .now = clock_now() };
	struct spool_expired done = { 0 };
	struct spool *sp = NULL;
	uint64_t ingress = 0, since = 0;
	bool more = true;
	size_t first;
	enum err e;

	x.look = words->n > 0 && strcmp(words->v[0], "--look") == 0;
	first = x.look ? 1 : 0;
	if (words->n != first + 2 ||
	    text_num(view_str(words->v[first]), 1, UINT32_MAX, &ingress) != ERR_OK ||
	    text_num(view_str(words->v[first + 1]), 0, INT64_MAX, &since) != ERR_OK)
		die_usage("--purge takes [--look] INGRESS SINCE");
	x.ingress = (uint32_t)ingress;
	x.since = (int64_t)since;
	e = begin(node, &sp);
	while (e == ERR_OK && more)
		e = spool_purge(sp, &x, &done, &more);
	spool_close(sp);
	if (e != ERR_OK)
		return failed(node, e);
	printf("%llu\n", (unsigned long long)done.articles);
	return 0;
}
