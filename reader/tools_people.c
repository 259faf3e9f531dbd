/* Groups, bans, moderators and names of authors: what `hearsay groups`, `hearsay moderate`
 * and `hearsay author` do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/b32.h"
#include "lib/clock.h"
#include "lib/group.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/text.h"
#include "reader/advice.h"
#include "reader/tools.h"
#include "spool/moderate.h"

#define LATER 75         /* EX_TEMPFAIL */
#define TELL_EVERY 20000 /* articles looked at between two lines on stderr */

static const struct {
	const char *name;
	enum ban_kind kind;
} kinds[] = {
	{ "author", BAN_AUTHOR },
	{ "thread", BAN_THREAD },
	{ "group", BAN_GROUP },
	{ "friend", BAN_FRIEND },
};

/* An author is a key in base32, or a foreign address; the others are as they stand. */
static bool
ban_of(const char *kind, const char *value, struct spool_ban *out)
{
	struct view v = view_str(value);
	bool found = false;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, kind) == 0) {
			out->kind = kinds[i].kind;
			found = true;
		}
	if (!found || v.len > sizeof out->value)
		return false;
	if (out->kind == BAN_AUTHOR && view_chr(v, '@') == v.len) {
		out->len = ARTICLE_KEY_LEN;
		return b32_decode_id(v, out->value, ARTICLE_KEY_LEN) == ERR_OK;
	}
	for (size_t i = 0; i < v.len; i++)
		out->value[i] =
		    out->kind == BAN_AUTHOR ? (unsigned char)text_lower(v.p[i]) : v.p[i];
	out->len = v.len;
	return true;
}

/* Opens, closes the sandbox, begins. */
static enum err
begin(const struct node *node, struct spool **sp)
{
	enum err e;

	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_WRITE, sp)) != ERR_OK ||
	    (e = sandbox_enter(SANDBOX_READER_WRITER, NULL, 0)) != ERR_OK)
		return e;
	return spool_begin(*sp);
}

/* Commits what was changed and judges all that is here anew. The exit code. */
static int
finish(const struct node *node, struct spool *sp, enum err e, bool review)
{
	struct spool_reviewed r = { 0 };
	uint64_t told = 0;
	bool more = review;

	if (e == ERR_OK)
		e = spool_commit(sp);
	while (e == ERR_OK && more) {
		e = spool_review(sp, &r, &more);
		if (r.looked - told >= TELL_EVERY) {
			told = r.looked;
			fprintf(stderr, "%" PRIu64 " articles looked at\n", told);
		}
	}
	spool_close(sp);
	if (e == ERR_OK) {
		if (review)
			printf(
			    "hidden=%" PRIu64 " shown=%" PRIu64 "\n", r.hidden, r.shown);
		return 0;
	}
	if (e == ERR_NOTFOUND)
		log_at(LOG_ERROR, "there is no such rule");
	else if (e == ERR_FULL)
		log_at(LOG_ERROR, "there are too many rules already");
	else if (e == ERR_SYNTAX)
		log_at(LOG_ERROR, "that is not valid here");
	else
		log_at(LOG_ERROR, "%s/spool.db: %s%s", node->dir, err_text(e),
		    advice_spool(e));
	return e == ERR_BUSY ? LATER : 1;
}

int
tool_ban(const struct node *node, const struct words *words)
{
	struct spool_ban b = { .since = clock_now() };
	struct spool *sp = NULL;
	enum err e;

	if ((words->n != 2 && words->n != 3) || !ban_of(words->v[0], words->v[1], &b) ||
	    (words->n == 3 && strlen(words->v[2]) > BAN_NOTE_MAX))
		die_usage("--ban takes author KEY|ADDRESS, thread ID, group WILDMAT or "
			  "friend NUMBER, and a note of %d bytes at most",
		    BAN_NOTE_MAX);
	if (words->n == 3)
		snprintf(b.note, sizeof b.note, "%s", words->v[2]);
	if ((e = begin(node, &sp)) == ERR_OK)
		e = spool_ban_add(sp, &b);
	return finish(node, sp, e, true);
}

int
tool_unban(const struct node *node, const struct words *words)
{
	struct spool_ban b = { 0 };
	struct spool *sp = NULL;
	enum err e;

	if (words->n != 2 || !ban_of(words->v[0], words->v[1], &b))
		die_usage("--unban takes what --ban took");
	if ((e = begin(node, &sp)) == ERR_OK)
		e = spool_ban_drop(sp, b.kind, (struct view){ b.value, b.len });
	return finish(node, sp, e, true);
}

int
tool_moderator(const struct node *node, const struct words *words)
{
	struct spool_moderator m = { 0 };
	struct spool *sp = NULL;
	bool drop;
	enum err e;

	if (words->n != 3 ||
	    (strcmp(words->v[0], "add") != 0 && strcmp(words->v[0], "drop") != 0) ||
	    strlen(words->v[1]) > GROUP_MAX ||
	    b32_decode_id(view_str(words->v[2]), m.key, sizeof m.key) != ERR_OK)
		die_usage("--moderator takes add or drop, WILDMAT and KEY");
	drop = strcmp(words->v[0], "drop") == 0;
	snprintf(m.wildmat, sizeof m.wildmat, "%s", words->v[1]);
	if ((e = begin(node, &sp)) == ERR_OK)
		e = drop ? spool_moderator_drop(sp, &m) : spool_moderator_add(sp, &m);
	return finish(node, sp, e, true);
}

int
tool_author_name(const struct node *node, const struct words *words)
{
	unsigned char key[ARTICLE_KEY_LEN];
	struct spool *sp = NULL;
	enum err e;

	if (words->n < 1 || words->n > 2 ||
	    b32_decode_id(view_str(words->v[0]), key, sizeof key) != ERR_OK)
		die_usage("--author-name takes KEY, and a name or none");
	if ((e = begin(node, &sp)) == ERR_OK)
		e = spool_author_name(
		    sp, key, words->n == 2 ? view_str(words->v[1]) : VIEW_LIT(""));
	return finish(node, sp, e, false);
}

/* NAME, a status or -, a description or nothing: they stay as they are. */
static enum err
set_group(struct spool *sp, const struct words *words)
{
	struct view name = view_str(words->v[0]), text = { 0 };
	struct spool_group g;
	char status;
	enum err e;

	if (words->n == 3)
		text = view_str(words->v[2]);
	if ((e = spool_group(sp, name, &g)) != ERR_OK)
		return e;
	status = words->v[1][0];
	if (status == '-')
		status = g.status;
	return spool_group_set(sp, name, status, text, 0);
}

static bool
group_words(const struct words *words)
{
	return words->n >= 1 && words->n <= 3 && group_valid(view_str(words->v[0])) &&
	    (words->n == 1 || strlen(words->v[1]) == 1);
}

int
tool_group_new(const struct node *node, const struct words *words)
{
	struct spool *sp = NULL;
	bool exists = false;
	int code;
	enum err e;

	if (!group_words(words))
		die_usage("--group-new takes a group's name, and may take status and "
			  "description");
	if ((e = begin(node, &sp)) == ERR_OK)
		e = spool_group_new(sp, view_str(words->v[0]), clock_now());
	exists = e == ERR_EXISTS;
	if (e == ERR_OK && words->n > 1)
		e = set_group(sp, words);
	code = finish(node, sp, exists ? ERR_OK : e, false);
	if (code == 0)
		printf("%s %s\n", words->v[0], exists ? "exists already" : "is made");
	return code;
}

int
tool_group_set(const struct node *node, const struct words *words)
{
	struct spool *sp = NULL;
	enum err e;

	if (!group_words(words) || words->n == 1)
		die_usage(
		    "--group-set takes NAME, STATUS or -, and may take a description");
	if ((e = begin(node, &sp)) == ERR_OK &&
	    (e = set_group(sp, words)) == ERR_NOTFOUND) {
		log_at(LOG_ERROR,
		    "there is no group %s here; `hearsay groups` lists them",
		    words->v[0]);
		spool_close(sp);
		return 1;
	}
	return finish(node, sp, e, true);
}
