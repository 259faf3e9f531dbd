#include "reader/stdio.h"

#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/advice.h"
#include "reader/poster.h"
#include "reader/session.h"

#define READ_MAX 4096

static bool
take(void *arg, struct session *s, struct view article)
{
	struct poster *ps = arg;
	struct posting p;

	posting_init(&p, article);
	poster_take(ps, &p, 1);
	session_posted(s, buf_view(&p.answer));
	posting_release(&p);
	return true;
}

/* Writes out what there is and takes long answers to their end. */
static enum err
flush(struct session *s)
{
	enum err e;

	for (;;) {
		if ((e = fs_write_all(STDOUT_FILENO, buf_view(&s->out))) != ERR_OK)
			return e;
		buf_reset(&s->out);
		if (s->state != SESSION_ANSWER)
			return ERR_OK;
		session_step(s);
	}
}

static enum err
talk(struct session *s)
{
	unsigned char piece[READ_MAX];
	struct view v;
	enum err e;
	ssize_t n;

	if ((e = flush(s)) != ERR_OK)
		return e;
	while (s->state != SESSION_CLOSED &&
	    (n = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
		v = (struct view){ piece, (size_t)n };
		while (v.len > 0 && s->state != SESSION_CLOSED) {
			v = view_slice(v, session_input(s, v), v.len);
			if ((e = flush(s)) != ERR_OK)
				return e;
		}
	}
	return ERR_OK;
}

int
stdio_run(const struct node *node)
{
	struct personas personas = { 0 };
	struct bulletins bulletins;
	struct poster poster;
	struct session_env env = { .post = take, .post_arg = &poster };
	struct access access = { .post = true };
	struct session s;
	char bad[NAME_MAX_LEN + 1] = "";
	enum err e;

	if ((e = personas_load(node, &personas, bad)) != ERR_OK)
		die("%s/personas/%s: %s", node->dir, bad, err_text(e));
	bulletins_init(&bulletins);
	bulletins_load(node, &bulletins);
	env.bulletins = &bulletins;
	poster_init(&poster, node, &personas);
	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_WRITE, &poster.spool)) !=
	    ERR_OK)
		die("%s/spool.db: %s%s", node->dir, err_text(e), advice_spool(e));
	env.spool = poster.spool;
	/* without an index there are no searches; the gateway makes it */
	(void)search_open(
	    NODE_PATH(node, "search.db"), env.spool, SPOOL_READ, &env.search);
	render_init(&env.article, &personas);
	if ((e = sandbox_enter(SANDBOX_READER_WRITER, NULL, 0)) != ERR_OK)
		die("sandbox: %s", err_text(e));
	session_init(&s, &env, &access);
	e = talk(&s);
	session_release(&s);
	render_release(&env.article);
	search_close(env.search);
	spool_close(poster.spool);
	poster_release(&poster);
	personas_release(&personas);
	bulletins_release(&bulletins);
	return e == ERR_OK ? 0 : 1;
}
