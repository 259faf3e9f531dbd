#include "reader/render.h"

#include <string.h>

#include "lib/b32.h"
#include "lib/mimeword.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/trust.h"

#define KEEP (256u << 10) /* work space kept from one article to the next */

void
render_init(struct rendered *r, const struct personas *personas)
{
	*r = (struct rendered){ .personas = personas };
	buf_init(&r->stored, ARTICLE_MAX + HEADER_MAX);
	buf_init(&r->head, 2 * HEADER_MAX);
}

void
render_release(struct rendered *r)
{
	if (r == NULL)
		return;
	buf_release(&r->stored);
	buf_release(&r->head);
}

/* known may be NULL. */
static enum err
xref(struct spool *sp, const struct spool_meta *m, const struct rendered *known,
    struct view shown, struct buf *out)
{
	struct spool_group g;
	const char *name;
	enum err e;

	buf_adds(out, RENDER_HOST);
	for (unsigned i = 0; i < m->groups && i < GROUPS_FOREIGN_MAX; i++) {
		name = g.name;
		if (known != NULL && known->group == m->in[i].group)
			name = known->group_name;
		else if ((e = spool_group_by_id(sp, m->in[i].group, &g)) != ERR_OK)
			return e;
		if (shown.len > 0 && !wildmat_match(shown, view_str(name)))
			continue;
		buf_addc(out, ' ');
		buf_adds(out, name);
		buf_addc(out, ':');
		buf_addnum(out, m->in[i].number);
	}
	return buf_err(out);
}

enum err
render_xref(struct spool *sp, uint64_t arrival, struct view shown, struct buf *out)
{
	struct spool_meta m;
	enum err e;

	if ((e = spool_meta(sp, arrival, &m)) != ERR_OK)
		return e;
	return xref(sp, &m, NULL, shown, out);
}

/* The empty line that ends the header; both forms always have it (lib/article.h). */
static bool
split(struct view stored, struct view *head, struct view *body)
{
	size_t n = view_find(stored, "\r\n\r\n");

	if (n == stored.len)
		return false;
	*head = view_slice(stored, 0, n + 2);
	*body = view_slice(stored, n + 4, stored.len);
	return true;
}

static enum err
set_msgid(struct rendered *r, struct view head)
{
	unsigned char hash[DIGEST_LEN];
	struct view id;

	if (r->native) {
		digest_sha256(buf_view(&r->stored), hash);
		article_native_id(hash, r->msgid);
		return ERR_OK;
	}
	id = text_trim(article_field(head, "Message-ID"));
	if (id.len == 0 || id.len > MSGID_MAX)
		return ERR_CORRUPT;
	memcpy(r->msgid, id.p, id.len);
	r->msgid[id.len] = '\0';
	return ERR_OK;
}

/* Whose posts are shown as `self`. */
static struct personas
own(const struct rendered *r)
{
	struct personas one = { 0 };

	if (r->personas == NULL || r->self.p == NULL)
		return r->personas == NULL ? one : *r->personas;
	if (r->self.len == 0 && r->personas->count > 0) {
		one.list = &r->personas->list[r->personas->standard];
		one.count = 1;
	}
	for (size_t i = 0; i < r->personas->count; i++)
		if (view_eqs(r->self, r->personas->list[i].file)) {
			one.list = &r->personas->list[i];
			one.count = 1;
		}
	return one;
}

/* What only this node knows of a native article and its author. */
static enum err
add_author_lines(struct spool *sp, struct rendered *r, struct view head, bool signed_)
{
	struct view author = text_trim(article_field(head, "Hearsay-Author"));
	struct personas mine = own(r);
	unsigned char key[ARTICLE_KEY_LEN];
	enum err e;

	buf_adds(&r->head,
	    signed_ ? "Hearsay-Signature: yes\r\n" : "Hearsay-Signature: pending\r\n");
	/* a higher form version may name its author otherwise */
	if (b32_decode_id(author, key, sizeof key) != ERR_OK)
		return ERR_OK;
	buf_adds(&r->head, "Hearsay-Trust: ");
	if ((e = trust_add(sp, &mine, key, &r->head)) != ERR_OK)
		return e;
	buf_adds(&r->head, "\r\n");
	return buf_err(&r->head);
}

enum err
render_load(struct spool *sp, uint64_t arrival, struct rendered *r)
{
	struct spool_meta m;
	struct view head;
	bool has_signature;
	enum err e;

	if (r->stored.room > KEEP)
		buf_release(&r->stored);
	buf_reset(&r->stored);
	buf_reset(&r->head);
	if ((e = spool_load(sp, arrival, &m, &r->stored, &has_signature)) != ERR_OK)
		return e;
	r->native = m.native;
	if (!split(buf_view(&r->stored), &head, &r->body))
		return ERR_CORRUPT;
	if ((e = set_msgid(r, head)) != ERR_OK)
		return e;
	buf_adds(&r->head, "Path: " RENDER_HOST "!not-for-mail\r\n");
	if (m.native) {
		/* the first line, Hearsay-Article, names the form: no header field */
		head = view_slice(head, view_find(head, "\r\n") + 2, head.len);
		buf_adds(&r->head, "Message-ID: ");
		buf_adds(&r->head, r->msgid);
		buf_adds(&r->head, "\r\n");
	}
	if (m.native)
		mimeword_head(&r->head, head);
	else
		buf_addv(&r->head, head);
	if (m.native && (e = add_author_lines(sp, r, head, has_signature)) != ERR_OK)
		return e;
	buf_adds(&r->head, "Xref: ");
	if ((e = xref(sp, &m, r, r->shown, &r->head)) != ERR_OK)
		return e;
	buf_adds(&r->head, "\r\n");
	return buf_err(&r->head);
}

void
render_lines(struct buf *out, struct view v)
{
	const unsigned char *p = v.p, *end = v.p + v.len;

	if (v.len == 0)
		return;
	/* dots are rarer than ends of lines */
	for (; (p = memchr(p, '.', (size_t)(end - p))) != NULL; p++) {
		size_t n = (size_t)(p - v.p);

		if (n > 0 && (n < 2 || p[-1] != '\n' || p[-2] != '\r'))
			continue;
		buf_add(out, v.p, n);
		buf_addc(out, '.');
		v = view_slice(v, n, v.len);
	}
	buf_addv(out, v);
}

void
render_value(struct buf *out, struct view v)
{
	size_t from = out->len;

	article_unfold(v, out);
	for (size_t i = from; i < out->len; i++)
		if (out->p[i] == '\t' || out->p[i] == '\r' || out->p[i] == '\n' ||
		    out->p[i] == '\0')
			out->p[i] = ' ';
}
