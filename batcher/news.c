/* The verbs that move articles: setup, sign, stick, pack, unpack, check. */
#include "batcher/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batcher/number.h"
#include "batcher/pack.h"
#include "batcher/persona.h"
#include "batcher/stick.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"

int
command_failed(const char *what, enum err e)
{
	if (e == ERR_IO)
		log_at(LOG_ERROR, "%s: %s", what, strerror(errno));
	else
		log_at(LOG_ERROR, "%s %s", what, err_text(e));
	return e == ERR_BUSY ? 75 : 1;
}

int
command_setup(struct node *n, const struct arguments *a)
{
	struct persona p = { 0 };
	enum err e;

	if (a->persona == NULL || a->display == NULL)
		die_usage("setup: say --persona NAME and --display TEXT");
	if ((e = feed_create(NODE_PATH(n, "exchange.db"))) != ERR_OK && e != ERR_EXISTS)
		return command_failed("exchange.db", e);
	e = persona_create(n, a->persona, view_str(a->display), &p);
	persona_release(&p);
	if (e == ERR_SYNTAX)
		return command_failed(
		    "the name cannot stand in From (at most 64 bytes, no @ < > \"): it",
		    e);
	if (e != ERR_OK && e != ERR_EXISTS)
		return command_failed("the persona", e);
	return 0;
}

int
command_sign(struct batcher *b, const struct arguments *a)
{
	struct signer_result r;
	enum err e = signer_run(b->node, b->spool, &r);

	if (e != ERR_OK)
		return command_failed("spool.db", e);
	if (a->machine)
		printf("signed=%llu stuck=%llu\n", (unsigned long long)r.signed_posts,
		    (unsigned long long)r.stuck);
	return 0;
}

int
command_stick(struct batcher *b, const struct arguments *a)
{
	const char *path = a->words[0];
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 1;
	struct stick st;
	enum err e;

	if (dir < 0)
		return command_failed(path, ERR_IO);
	e = stick_run(b, dir, &st);
	stick_report(b, &st, a->machine);
	if (e != ERR_OK && st.refused)
		log_at(LOG_ERROR, "%s cannot be written (%s): take another stick", path,
		    strerror(st.why));
	else if (e != ERR_OK)
		code = command_failed(e == ERR_FULL ? b->node->dir : path, e);
	else if (st.full && st.written == 0 && st.present_count == 0)
		log_at(LOG_ERROR,
		    "%s is full: nothing was put on it; make room for 256 KB at least, or take "
		    "another stick",
		    path);
	else
		code = 0;
	stick_release(&st);
	close(dir);
	return code;
}

/* ---- pack: one file for the friends named ------------------------------------------------- */

static enum err
sink(void *ctx, struct view envelope)
{
	return container_add(ctx, envelope);
}

static int
open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[NODE_PATH_MAX];

	*name = slash == NULL ? path : slash + 1;
	snprintf(folder, sizeof folder, "%.*s",
	    slash == NULL ? 1 : (int)(slash - path + (slash == path)),
	    slash == NULL ? "." : path);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum err
pack_named(struct batcher *b, const struct arguments *a, struct container *c)
{
	enum err e = ERR_OK;

	for (int i = 0; i < a->count && e == ERR_OK; i++) {
		struct pack p = { .b = b,
			.f = batcher_friend(b, a->words[i]),
			.file = c->file.id,
			.room = STICK_FILE_MAX / (unsigned)a->count,
			.sink = sink,
			.ctx = c };

		if (p.f == NULL) {
			log_at(LOG_ERROR, "no friend is called %s: hearsay friends",
			    quoted(view_str(a->words[i])));
			return ERR_NOTFOUND;
		}
		if ((e = pack_friend(&p)) == ERR_OK)
			printf("friend=%s packed=%llu left=%llu envelopes=%u\n",
			    p.f->ring.name, (unsigned long long)p.articles,
			    (unsigned long long)p.left, p.envelopes);
	}
	return e;
}

/* As for a stick: rows and keys first, then the visible name. */
static enum err
pack_file(
    struct batcher *b, const struct arguments *a, struct container *c, const char *name)
{
	bool wrote;
	enum err e;

	if ((e = feed_file_add(b->feed, &c->file)) != ERR_OK ||
	    (e = batcher_begin_reading(b)) != ERR_OK)
		return e;
	if ((e = pack_named(b, a, c)) == ERR_OK) {
		wrote = c->fd >= 0;
		e = wrote ? container_finish(c) : feed_file_drop(b->feed, c->file.id);
		if (e == ERR_OK && wrote)
			e = feed_file_whole(b->feed, &c->file);
	}
	if (e == ERR_OK && (e = batcher_commit(b)) == ERR_OK && c->fd >= 0)
		e = container_publish_as(c, name);
	batcher_rollback(b);
	return e;
}

int
command_pack(struct batcher *b, const struct arguments *a)
{
	struct signer_result r;
	struct container c;
	const char *name;
	int dir, code = 0;
	enum err e;

	if (a->output == NULL)
		die_usage("pack: say -o FILE");
	if ((dir = open_folder(a->output, &name)) < 0)
		return command_failed(a->output, ERR_IO);
	container_init(&c, dir);
	if ((e = signer_run(b->node, b->spool, &r)) == ERR_OK)
		e = pack_file(b, a, &c, name);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		code = command_failed(a->output, e);
	else if (e != ERR_OK)
		code = 1;
	else if (!c.file.whole)
		log_at(LOG_INFO, "nothing to say to them: %s is not written", a->output);
	container_release(&c);
	close(dir);
	return code;
}

/* ---- unpack ---------------------------------------------------------------------------------- */

int
command_unpack(struct batcher *b, const struct arguments *a)
{
	struct stick st = { .dir = -1 };
	enum err e = ERR_OK;

	st.in = calloc(b->count + 1, sizeof *st.in);
	st.out = calloc(b->count + 1, sizeof *st.out);
	if (st.in == NULL || st.out == NULL)
		die("out of memory");
	for (size_t i = 0; i < b->count; i++)
		st.in[i].f = st.out[i].f = b->friends[i];
	for (int i = 0; i < a->count && (e == ERR_OK || e == ERR_MORE); i++) {
		int fd = open(a->words[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		st.files++;
		e = fd < 0 ? ERR_MORE : unpack_fd(b, fd, st.in);
		if (e == ERR_MORE) {
			st.unreadable++;
			log_at(LOG_WARN, "%s cannot be read: %s",
			    quoted(view_str(a->words[i])), strerror(errno));
		}
		if (fd >= 0)
			close(fd);
	}
	if (e == ERR_OK || e == ERR_MORE)
		stick_report(b, &st, a->machine);
	stick_release(&st);
	if (e != ERR_OK && e != ERR_MORE)
		return command_failed("unpacking", e);
	return e == ERR_MORE ? 1 : 0;
}

static void
trouble(void *ctx, const char *what)
{
	(void)ctx;
	printf("exchange.db: %s\n", what);
}

int
command_check(struct batcher *b, const struct arguments *a)
{
	uint64_t troubles = 0;
	enum err e = feed_check(b->feed, trouble, NULL, &troubles);

	if (e != ERR_OK)
		return command_failed("exchange.db", e);
	if (a->machine)
		printf("exchange-troubles=%llu friends=%zu\n",
		    (unsigned long long)troubles, b->count);
	else if (troubles == 0)
		printf("Friends: %s, all keys and exchange.db sound.\n",
		    NUMBER(b->count, "key file"));
	return troubles == 0 ? 0 : 1;
}
