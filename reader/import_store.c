#include "reader/import_store.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/wildmat.h"

enum err
import_store_init(struct import_store *s, struct spool *sp)
{
	struct spool_counts c;
	enum err e;

	if ((e = spool_counts(sp, &c)) != ERR_OK)
		return e;
	*s = (struct import_store){ .spool = sp };
	s->new_groups = c.groups < GROUPS_MAX ? (unsigned)(GROUPS_MAX - c.groups) : 0;
	/* every byte of RNEWS_MAX could be a LF that becomes two */
	buf_init(&s->raw, 2 * RNEWS_MAX + 2);
	offer_init(&s->offer, 2 * RNEWS_MAX + 2);
	return ERR_OK;
}

void
import_store_release(struct import_store *s)
{
	if (s->open)
		spool_rollback(s->spool);
	s->open = false;
	buf_release(&s->raw);
	offer_release(&s->offer);
}

static size_t
count_lf(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++)
		n += v.p[i] == '\n';
	return n;
}

static void
lf_to_crlf(struct view raw, struct buf *out)
{
	const unsigned char *end = raw.p + raw.len, *p = raw.p, *lf;
	unsigned char *to = buf_grow(out, raw.len + count_lf(raw));

	if (to == NULL)
		return;
	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		memcpy(to, p, (size_t)(lf - p));
		to += lf - p;
		*to++ = '\r';
		*to++ = '\n';
		p = lf + 1;
	}
	if (p < end)
		memcpy(to, p, (size_t)(end - p));
}

void
import_crlf(struct view raw, struct buf *out)
{
	size_t first = view_chr(raw, '\n');

	if (raw.len == 0)
		return;
	if (first > 0 && first < raw.len && raw.p[first - 1] == '\r')
		buf_addv(out, raw);
	else
		lf_to_crlf(raw, out);
	if (raw.p[raw.len - 1] != '\n')
		buf_adds(out, "\r\n");
}

/* Is one of the article's groups among those asked for? */
static bool
wanted(const struct import_store *s)
{
	struct view rest = s->offer.article.newsgroups, name;

	if (s->groups.p == NULL)
		return true;
	while (article_next_group(&rest, &name))
		if (wildmat_match(s->groups, name))
			return true;
	return false;
}

/* False: refused for *reason. */
static bool
read_article(struct import_store *s, struct view raw, unsigned *reason)
{
	buf_reset(&s->raw);
	import_crlf(raw, &s->raw);
	return offer_read(&s->offer, buf_view(&s->raw), reason);
}

static enum err
begin(struct import_store *s)
{
	enum err e;

	if (s->open)
		return ERR_OK;
	if ((e = spool_begin(s->spool)) != ERR_OK)
		return e;
	s->open = true;
	s->now = clock_now();
	s->began = clock_ms();
	s->pending = (struct import_counts){ 0 };
	return ERR_OK;
}

static void
refused(struct import_counts *c, unsigned reason)
{
	c->refused++;
	c->reasons[reason]++;
}

void
import_store_refuse(struct import_store *s, unsigned reason)
{
	refused(&s->done, reason);
}

/* Counts a put by its result. */
static enum import_fate
count(struct import_store *s, const struct spool_stored *stored, unsigned *reason)
{
	switch (stored->result) {
	case PUT_STORED:
		s->pending.stored++;
		s->new_groups -= stored->created;
		return FATE_STORED;
	case PUT_DIFFERS:
		s->pending.differing++;
		s->pending.duplicates++;
		return FATE_DUPLICATE;
	case PUT_DUPLICATE:
		s->pending.duplicates++;
		return FATE_DUPLICATE;
	case PUT_NOGROUP:
		break;
	}
	*reason = REASON_NOGROUP;
	refused(&s->pending, *reason);
	return FATE_REFUSED;
}

static enum err
put(struct import_store *s, enum import_fate *fate, unsigned *reason)
{
	struct spool_put p = { .article = &s->offer.article, .flags = s->flags };
	struct spool_stored stored = { 0 };
	enum err e;

	if ((e = begin(s)) != ERR_OK)
		return e;
	p.now = s->now;
	p.new_groups_max = s->new_groups;
	if ((e = spool_put(s->spool, &p, &stored)) == ERR_OK)
		*fate = count(s, &stored, reason);
	return e;
}

enum err
import_store_put(
    struct import_store *s, struct view raw, enum import_fate *fate, unsigned *reason)
{
	enum err e = s->broken;

	if (e == ERR_OK && !read_article(s, raw, reason)) {
		import_store_refuse(s, *reason);
		*fate = FATE_REFUSED;
	} else if (e == ERR_OK && !wanted(s)) {
		s->done.passed++;
		*fate = FATE_PASSED;
	} else if (e == ERR_OK)
		e = put(s, fate, reason);
	return e == ERR_OK ? import_store_breathe(s) : e;
}

static void
add(struct import_counts *to, const struct import_counts *c)
{
	to->stored += c->stored;
	to->duplicates += c->duplicates;
	to->differing += c->differing;
	to->passed += c->passed;
	to->refused += c->refused;
	for (size_t i = 0; i < REASON_COUNT_OF; i++)
		to->reasons[i] += c->reasons[i];
}

enum err
import_store_commit(struct import_store *s)
{
	enum err e = ERR_OK;

	if (!s->open)
		return ERR_OK;
	if (s->broken == ERR_OK && (e = spool_commit(s->spool)) != ERR_OK)
		s->broken = e;
	if (s->broken != ERR_OK)
		return s->broken;
	s->open = false;
	add(&s->done, &s->pending);
	s->pending = (struct import_counts){ 0 };
	return ERR_OK;
}

enum err
import_store_breathe(struct import_store *s)
{
	if (!s->open)
		return ERR_OK;
	/* duplicates fill no transaction, but they hold it */
	if (!spool_full(s->spool) && clock_ms() - s->began < TXN_MS)
		return ERR_OK;
	return import_store_commit(s);
}

struct import_counts
import_store_counts(const struct import_store *s)
{
	struct import_counts c = s->done;

	add(&c, &s->pending);
	return c;
}
