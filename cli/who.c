#include "cli/who.h"

#include <string.h>

#include "lib/b32.h"
#include "lib/msgid.h"
#include "lib/text.h"

#define SHORT 16 /* characters of the key in a From address */

void
who_write(const unsigned char key[ARTICLE_KEY_LEN], struct buf *out)
{
	b32_lower(out, (struct view){ key, ARTICLE_KEY_LEN });
}

/* The 16 characters in "ana.KEY@hearsay.invalid", or they alone. */
static struct view
short_key(struct view v)
{
	size_t at = view_find(v, "@hearsay.invalid");
	struct view key = { 0 };

	if (at < v.len && at > SHORT && v.p[at - SHORT - 1] == '.')
		key = view_slice(v, at - SHORT, SHORT);
	else if (v.len == SHORT)
		key = v;
	for (size_t i = 0; i < key.len; i++)
		if (!text_isalnum(key.p[i]))
			return (struct view){ 0 };
	return key;
}

static bool
fits(const struct spool_author *a, struct view shortened, struct view name)
{
	struct buf b = BUF_INIT(B32_LEN(ARTICLE_KEY_LEN));
	bool fit = false;

	if (shortened.len > 0) {
		who_write(a->key, &b);
		fit = view_eq(view_slice(buf_view(&b), 0, SHORT), shortened);
	}
	buf_release(&b);
	return fit || (a->name[0] != '\0' && view_eqs(name, a->name));
}

static enum err
among_authors(struct spool *sp, struct view text, unsigned char key[ARTICLE_KEY_LEN])
{
	struct view shortened = short_key(text);
	struct spool_author a = { 0 };
	unsigned found = 0;
	enum err e;

	for (bool first = true; (e = spool_author_next(sp, first, &a)) == ERR_OK;
	     first = false)
		if (fits(&a, shortened, text)) {
			memcpy(key, a.key, ARTICLE_KEY_LEN);
			found++;
		}
	if (e != ERR_NOTFOUND)
		return e;
	return found == 0 ? ERR_NOTFOUND : found > 1 ? ERR_EXISTS : ERR_OK;
}

static enum err
of_article(struct spool *sp, struct view msgid, unsigned char key[ARTICLE_KEY_LEN])
{
	struct buf text = BUF_INIT(ARTICLE_MAX);
	uint64_t arrival = 0;
	struct article a;
	enum fault why;
	bool is_signed;
	enum err e;

	if ((e = spool_find(sp, msgid, &arrival)) == ERR_OK)
		e = spool_article(sp, arrival, &text, NULL, &is_signed);
	if (e == ERR_OK) {
		e = article_parse(buf_view(&text), &a, &why) == ERR_OK && a.native
		    ? ERR_OK
		    : ERR_NOTFOUND;
		if (e == ERR_OK)
			memcpy(key, a.author, ARTICLE_KEY_LEN);
	}
	buf_release(&text);
	return e;
}

enum err
who_key(struct spool *sp, struct view text, unsigned char key[ARTICLE_KEY_LEN])
{
	if (b32_decode_id(text, key, ARTICLE_KEY_LEN) == ERR_OK)
		return ERR_OK;
	if (msgid_valid(text))
		return of_article(sp, text, key);
	return among_authors(sp, text, key);
}
