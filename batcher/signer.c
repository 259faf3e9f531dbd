#include "batcher/signer.h"

#include <stdlib.h>
#include <string.h>

#include "batcher/persona.h"
#include "lib/log.h"
#include "lib/sign.h"

#define STEP 256

struct unsigned_list {
	uint64_t arrival[STEP];
	unsigned n;
};

static bool
note(void *ctx, const struct spool_meta *m)
{
	struct unsigned_list *l = ctx;

	if (l->n == STEP)
		return false;
	l->arrival[l->n++] = m->arrival;
	return true;
}

struct signing {
	struct spool *spool;
	struct persona *personas;
	size_t count;
	struct buf text;
	struct signer_result *out;
	bool within; /* the transaction is the caller's */
};

/* ERR_DENIED: nobody here may sign it. */
static enum err
sign_one(struct signing *s, uint64_t arrival)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct article a;
	enum fault why;
	bool has;
	enum err e;

	buf_reset(&s->text);
	if ((e = spool_article(s->spool, arrival, &s->text, NULL, &has)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_DENIED : e;
	if (article_parse(buf_view(&s->text), &a, &why) != ERR_OK || !a.native)
		return ERR_DENIED;
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(s->personas[i].pub, a.author, sizeof a.author) == 0) {
			if ((e = article_sign(&a, &s->personas[i].key, sig)) == ERR_OK)
				e = spool_set_signature(s->spool, arrival, sig);
			return e;
		}
	return ERR_DENIED;
}

static enum err
sign_step(struct signing *s, uint64_t *after, unsigned *seen)
{
	struct unsigned_list l = { .n = 0 };
	enum err e = ERR_OK;

	if (!s->within && (e = spool_begin(s->spool)) != ERR_OK)
		return e;
	if ((e = spool_unsigned(s->spool, *after, STEP, note, &l)) != ERR_OK)
		goto out;
	*seen = l.n;
	for (unsigned i = 0; i < l.n && e == ERR_OK; i++) {
		*after = l.arrival[i];
		if ((e = sign_one(s, l.arrival[i])) == ERR_DENIED) {
			s->out->stuck++;
			e = ERR_OK;
		} else if (e == ERR_OK)
			s->out->signed_posts++;
	}
out:
	if (s->within)
		return e;
	if (e == ERR_OK)
		return spool_commit(s->spool);
	spool_rollback(s->spool);
	return e;
}

static enum err
run(const struct node *n, struct spool *spool, bool within, struct signer_result *out)
{
	struct signing s = { .spool = spool, .out = out, .within = within };
	uint64_t after = 0;
	unsigned seen;
	enum err e;

	*out = (struct signer_result){ 0 };
	buf_init(&s.text, ARTICLE_MAX);
	if ((e = persona_all(n, &s.personas, &s.count)) != ERR_OK)
		goto out;
	do {
		seen = 0;
		e = sign_step(&s, &after, &seen);
	} while (e == ERR_OK && seen == STEP);
out:
	for (size_t i = 0; i < s.count; i++)
		persona_release(&s.personas[i]);
	free(s.personas);
	buf_release(&s.text);
	return e;
}

enum err
signer_run(const struct node *n, struct spool *spool, struct signer_result *out)
{
	return run(n, spool, false, out);
}

enum err
signer_within(const struct node *n, struct spool *spool, struct signer_result *out)
{
	return run(n, spool, true, out);
}
