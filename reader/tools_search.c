/* What `hearsay search` does: fills the index as far as something is missing, looks, and shows
 * what was found. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/article.h"
#include "lib/clock.h"
#include "lib/date.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/text.h"
#include "reader/advice.h"
#include "reader/plaintext.h"
#include "reader/render.h"
#include "reader/tools.h"

#define LATER 75       /* EX_TEMPFAIL */
#define QUIET_MS 2000  /* of filling, before it is told */
#define TELL_MS 1000   /* and how often then */
#define SHOWN_MAX 50   /* to people; programs get all of them */
#define SNIPPET 160    /* bytes of text around the word */
#define FIELD_MAX 1000 /* of a header that is shown */

struct look {
	struct spool *spool;
	struct search *search;
	struct query query;
	struct plaintext text;
	struct rendered article;
	bool machine;
	unsigned shown, more;
	enum err e;
};

static enum err
fill(struct look *k)
{
	int64_t began = clock_ms(), told = began + QUIET_MS - TELL_MS;
	struct search_progress p = { .more = true };
	bool said = false, reset = false;
	enum err e = ERR_OK;

	/* what only makes the index smaller is left to the node */
	while (e == ERR_OK && (p.mark < p.last || p.last == 0)) {
		e = search_step(k->search, plaintext_words, &k->text, &p);
		if (e == ERR_CORRUPT && !reset) {
			reset = true;
			e = search_reset(k->search);
			p = (struct search_progress){ 0 };
			continue;
		}
		if (p.last == 0)
			break;
		if (clock_ms() - told >= TELL_MS && p.mark < p.last) {
			told = clock_ms();
			said = true;
			fprintf(stderr, "search: indexed %" PRIu64 " of %" PRIu64 "\n",
			    p.mark, p.last);
		}
	}
	if (said && e == ERR_OK)
		fprintf(stderr, "search: all is indexed\n");
	return e;
}

/* ---- what is shown ----------------------------------------------------------------- */

static bool
same_letters(struct view a, struct view b)
{
	for (size_t i = 0; i < b.len; i++)
		if (text_lower(a.p[i]) != text_lower(b.p[i]))
			return false;
	return true;
}

/* Where the word stands, as its letters are; 0 when it is not found so. */
static size_t
place_of(struct view text, struct view word)
{
	for (size_t i = 0; word.len > 0 && i + word.len <= text.len; i++)
		if (same_letters(view_slice(text, i, word.len), word))
			return i;
	return 0;
}

/* Appends the text around the first word, on one line. */
static void
snippet(struct view body, struct view word, struct buf *out)
{
	size_t at = place_of(body, word), from = at > SNIPPET / 3 ? at - SNIPPET / 3 : 0;
	bool blank = true;

	while (from > 0 && from < at && (body.p[from] & 0xc0) == 0x80)
		from++; /* not within a character */
	body = view_slice(body, from, SNIPPET);
	while (body.len > 0 && (body.p[body.len - 1] & 0x80) != 0)
		body.len--;
	for (size_t i = 0; i < body.len; i++) {
		bool space = body.p[i] <= ' ';

		if (!space)
			buf_addc(out, body.p[i]);
		else if (!blank)
			buf_addc(out, ' ');
		blank = space;
	}
	if (out->len > 0 && out->p[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
}

static void
write_date(int64_t t, struct buf *out)
{
	struct date_parts d;

	if (date_split(t, &d) == ERR_OK)
		buf_addf(out, "%04d-%02d-%02d %02d:%02d", d.year, d.month, d.day, d.hour,
		    d.minute);
}

static void
put_field(const struct look *k, const char *name, struct view v, struct buf *out)
{
	if (k->machine) {
		buf_addf(out, " %s=", name);
		text_quote(out, v, FIELD_MAX);
	} else
		text_show(out, v, FIELD_MAX);
}

/* One hit: four lines for people, one for programs. */
static void
write_hit(struct look *k, const struct spool_meta *m, struct buf *out)
{
	struct view head = buf_view(&k->article.head);
	struct buf text = BUF_INIT(4096), date = BUF_INIT(32);
	struct spool_group g = { 0 };
	int64_t when = m->received;

	(void)date_parse(article_field(head, "Date"), &when);
	(void)spool_group_by_id(k->spool, m->in[0].group, &g);
	write_date(when, &date);
	snippet(buf_view(&k->text.body), buf_view(&k->query.first), &text);
	if (k->machine)
		buf_addf(out,
		    "arrival=%" PRIu64 " date=%" PRId64 " group=%s number=%" PRIu64,
		    m->arrival, when, g.name, m->in[0].number);
	else {
		buf_addv(out, buf_view(&date));
		buf_addf(out, "  %s  ", g.name);
	}
	put_field(k, "from", buf_view(&k->text.from), out);
	buf_adds(out, k->machine ? "" : "\n    ");
	put_field(k, "subject", buf_view(&k->text.subject), out);
	buf_adds(out, k->machine ? "" : "\n    ");
	put_field(k, "id", view_str(k->article.msgid), out);
	buf_adds(out, k->machine ? "" : "\n    ");
	put_field(k, "text", buf_view(&text), out);
	buf_adds(out, k->machine ? "\n" : "\n\n");
	buf_release(&text);
	buf_release(&date);
}

static bool
show(void *arg, const struct spool_meta *m)
{
	struct look *k = arg;
	struct buf out = BUF_INIT(32u << 10);

	if (!k->machine && k->shown == SHOWN_MAX) {
		k->more++;
		return k->shown + k->more < SEARCH_HITS_MAX;
	}
	k->e = render_load(k->spool, m->arrival, &k->article);
	if (k->e == ERR_OK) {
		plaintext_read(&k->text, buf_view(&k->article.stored));
		write_hit(k, m, &out);
		k->e = buf_err(&out);
	}
	if (k->e == ERR_OK) {
		k->shown++;
		fwrite(out.p, 1, out.len, stdout);
	}
	buf_release(&out);
	/* it may have gone just now */
	if (k->e == ERR_NOTFOUND)
		k->e = ERR_OK;
	return k->e == ERR_OK && k->shown < SEARCH_HITS_MAX;
}

static enum err
find(struct look *k)
{
	const struct view all = { 0 };
	uint64_t below = INT64_MAX;
	enum err e = ERR_OK;

	while (e == ERR_OK && k->e == ERR_OK && below > 0 &&
	    k->shown + k->more < SEARCH_HITS_MAX)
		e = search_find(
		    k->search, &k->query, all, below, STEP_ROWS, show, k, &below);
	return e != ERR_OK ? e : k->e;
}

static void
conclude(const struct look *k)
{
	fflush(stdout);
	if (k->machine)
		return;
	if (k->shown == 0)
		fprintf(stderr, "nothing was found\n");
	if (k->more > 0)
		fprintf(stderr,
		    "and %u%s older ones: say more words, group:WILDMAT, or -m for all\n",
		    k->more, k->shown + k->more == SEARCH_HITS_MAX ? " or more" : "");
}

static int
failed(const struct node *node, const char *file, enum err e)
{
	log_at(LOG_ERROR, "%s/%s: %s%s", node->dir, file, err_text(e), advice_spool(e));
	return e == ERR_BUSY ? LATER : 1;
}

static int
run(const struct node *node, struct look *k)
{
	enum err e;

	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_READ, &k->spool)) !=
	    ERR_OK)
		return failed(node, "spool.db", e);
	e = search_open(NODE_PATH(node, "search.db"), k->spool, SPOOL_WRITE, &k->search);
	if (e == ERR_OK)
		e = sandbox_enter(SANDBOX_READER_WRITER, NULL, 0);
	if (e == ERR_OK)
		e = fill(k);
	if (e == ERR_OK)
		e = find(k);
	if (e != ERR_OK)
		return failed(node, "search.db", e);
	conclude(k);
	return 0;
}

int
tool_search(const struct node *node, const struct words *words)
{
	struct look k = { .machine = words->n > 0 && strcmp(words->v[0], "-m") == 0 };
	const char *why;
	int code;

	if (words->n != 1u + k.machine)
		die_usage("--search takes -m and one text to look for");
	query_init(&k.query);
	if (query_parse(view_str(words->v[k.machine]), &k.query, &why) != ERR_OK)
		die_usage("%s", why);
	plaintext_init(&k.text);
	render_init(&k.article, NULL);
	code = run(node, &k);
	search_close(k.search);
	spool_close(k.spool);
	query_release(&k.query);
	plaintext_release(&k.text);
	render_release(&k.article);
	return code;
}
