/* Posts the articles of an rnews batch anew, as native ones signed by 50 personas, straight
 * into a spool: `repost SPOOL.db BATCH`. What the figures of signed articles are made with.
 * The same batch gives the same articles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/article.h"
#include "lib/fs.h"
#include "lib/group.h"
#include "lib/keys.h"
#include "lib/log.h"
#include "lib/sign.h"
#include "lib/text.h"
#include "spool/spool.h"

#define PERSONAS 50
#define BATCH_MAX (256u << 20)

struct persona {
	struct key key;
	unsigned char pub[ARTICLE_KEY_LEN];
	char name[16];
};

struct repost {
	struct spool *sp;
	struct persona p[PERSONAS];
	struct buf crlf, subject, groups, form;
	unsigned long n, skipped;
};

static void
personas(struct repost *r)
{
	for (unsigned i = 0; i < PERSONAS; i++) {
		memset(r->p[i].key.b, (int)i + 1, KEY_LEN);
		ed25519_public(&r->p[i].key, r->p[i].pub);
		snprintf(r->p[i].name, sizeof r->p[i].name, "p%u", i);
	}
}

/* What a newsreader would send: no controls, no bytes over 126. */
static void
plain(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		buf_addc(out, v.p[i] >= ' ' && v.p[i] < 0x7f ? v.p[i] : '?');
}

static void
sixteen_groups(struct buf *out, struct view rest)
{
	struct view name;

	for (unsigned n = 0; n < GROUPS_NATIVE_MAX && article_next_group(&rest, &name);) {
		if (!group_valid(name))
			continue;
		if (n++ > 0)
			buf_addc(out, ',');
		buf_addv(out, name);
	}
}

static bool
post(struct repost *r, struct view raw)
{
	struct spool_put put = { .now = 1700000000 };
	struct persona *p = &r->p[r->n % PERSONAS];
	struct article old, a;
	struct native n = { .name = view_str(p->name),
		.date = 1700000000 + (int64_t)r->n };
	struct spool_stored stored;
	unsigned char sig[ARTICLE_SIG_LEN];
	enum fault why;

	buf_reset(&r->form);
	buf_reset(&r->subject);
	buf_reset(&r->groups);
	if (article_clean(raw, &r->form, &why) != ERR_OK ||
	    article_parse(buf_view(&r->form), &old, &why) != ERR_OK)
		return false;
	plain(&r->subject, old.subject);
	sixteen_groups(&r->groups, old.newsgroups);
	memcpy(n.author, p->pub, sizeof n.author);
	n.subject = text_trim(buf_view(&r->subject));
	n.newsgroups = buf_view(&r->groups);
	n.body = old.body;
	buf_reset(&r->crlf);
	if (article_compose(&n, &r->crlf, &why) != ERR_OK ||
	    article_parse(buf_view(&r->crlf), &a, &why) != ERR_OK ||
	    article_sign(&a, &p->key, sig) != ERR_OK)
		return false;
	put.article = &a;
	put.signature = (struct view){ sig, sizeof sig };
	put.new_groups_max = GROUPS_MAX;
	if (spool_put(r->sp, &put, &stored) != ERR_OK)
		die("spool_put failed");
	r->n++;
	return true;
}

static void
with_crlf(struct buf *out, struct view v)
{
	struct view line;

	buf_reset(out);
	while (text_line(&v, &line)) {
		buf_addv(out, line);
		buf_adds(out, "\r\n");
	}
}

static void
batch(struct repost *r, struct view v)
{
	struct buf crlf = BUF_INIT(4 * ARTICLE_MAX);
	struct view line, raw;
	uint64_t len;

	while (text_line(&v, &line)) {
		if (!view_starts(line, "#! rnews ") ||
		    text_num(view_slice(line, 9, line.len), 0, ARTICLE_MAX, &len) !=
			ERR_OK ||
		    view_take(&v, (size_t)len, &raw) != ERR_OK)
			die("not an rnews batch");
		with_crlf(&crlf, raw);
		r->skipped += !post(r, buf_view(&crlf));
		if (spool_full(r->sp) &&
		    (spool_commit(r->sp) != ERR_OK || spool_begin(r->sp) != ERR_OK))
			die("spool_commit failed");
	}
	buf_release(&crlf);
}

int
main(int argc, char **argv)
{
	static struct repost r;
	struct buf file = BUF_INIT(BATCH_MAX);

	log_setup("repost", LOG_INFO);
	if (argc != 3)
		die("use: repost SPOOL.db BATCH");
	crypto_init();
	buf_init(&r.crlf, 2 * ARTICLE_MAX);
	buf_init(&r.form, 2 * ARTICLE_MAX);
	buf_init(&r.subject, HEADER_MAX);
	buf_init(&r.groups, HEADER_MAX);
	personas(&r);
	if (fs_read(argv[2], &file) != ERR_OK ||
	    spool_open(argv[1], SPOOL_WRITE, &r.sp) != ERR_OK ||
	    spool_begin(r.sp) != ERR_OK)
		die("%s or %s: cannot open", argv[1], argv[2]);
	batch(&r, buf_view(&file));
	if (spool_commit(r.sp) != ERR_OK)
		die("spool_commit failed");
	spool_close(r.sp);
	printf("reposted %lu skipped %lu\n", r.n, r.skipped);
	buf_release(&r.crlf);
	buf_release(&r.form);
	buf_release(&r.subject);
	buf_release(&r.groups);
	buf_release(&file);
	return 0;
}
