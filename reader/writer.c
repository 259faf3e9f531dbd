#include "reader/writer.h"

#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/link.h"
#include "reader/poster.h"

#define KEEP (256u << 10) /* an idle link gives back what it needed for a big post */
#define REST_MS 5000      /* idle for so long: caches go */

struct writer_link {
	int fd;
	struct buf in;
	size_t used;    /* of in, by the batch under way */
	struct buf out; /* answers to it */
};

struct writer {
	struct poster poster;
	struct personas *personas;
	struct users *users;
	int control;
	struct writer_link links[WRITER_LINKS_MAX];
	size_t count;
	/* of one batch */
	struct posting postings[TXN_ARTICLES];
	struct {
		size_t link;
		uint64_t tag;
	} from[TXN_ARTICLES];
	size_t waiting;
};

static void
drop(struct writer *w, size_t i)
{
	close(w->links[i].fd);
	buf_release(&w->links[i].in);
	buf_release(&w->links[i].out);
	w->links[i] = w->links[--w->count];
}

static void
add(struct writer *w, int fd)
{
	if (w->count == WRITER_LINKS_MAX) {
		log_at(LOG_ERROR, "writer links=%zu error=\"too many\"", w->count);
		close(fd);
		return;
	}
	w->links[w->count] = (struct writer_link){ .fd = fd };
	buf_init(&w->links[w->count].out, TXN_ARTICLES * (POSTER_ANSWER_MAX + LINK_HEAD));
	buf_init(&w->links[w->count++].in, LINK_IN_MAX + ARTICLE_MAX);
}

/* Takes the frames of a link that are whole. */
static void
collect(struct writer *w, size_t i)
{
	struct view in = buf_view(&w->links[i].in);
	struct frame f;
	enum err e = ERR_OK;

	while (w->waiting < TXN_ARTICLES &&
	    (e = frame_next(&in, ARTICLE_MAX, &f)) == ERR_OK) {
		struct posting *p = &w->postings[w->waiting];

		if (f.kind != FRAME_POST && f.kind != FRAME_OFFER) {
			e = ERR_SYNTAX; /* not from a worker */
			break;
		}
		posting_init(p, f.bytes);
		if (f.kind == FRAME_POST)
			p->who = f.name;
		else
			p->offered = f.name, p->packed = f.packed;
		w->from[w->waiting].link = i;
		w->from[w->waiting++].tag = f.tag;
	}
	w->links[i].used = w->links[i].in.len - in.len;
	if (e == ERR_TOOBIG || e == ERR_SYNTAX) {
		log_at(LOG_ERROR, "writer frame error=\"%s\"", err_text(e));
		shutdown(w->links[i].fd, SHUT_RDWR); /* the next read drops it */
	}
}

static void
answer(struct writer *w, size_t i)
{
	struct frame f = {
		.tag = w->from[i].tag,
		.kind = FRAME_ANSWER,
		.bytes = buf_view(&w->postings[i].answer),
	};

	frame_add(&w->links[w->from[i].link].out, &f);
	posting_release(&w->postings[i]);
}

/* The worker always reads, so this does not block for long; one that died is dropped at
 * the next read. */
static void
send_answers(struct writer *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct view v = buf_view(&w->links[i].out);
		ssize_t n;

		for (; v.len > 0; v = view_slice(v, (size_t)n, v.len))
			if ((n = send(w->links[i].fd, v.p, v.len, MSG_NOSIGNAL)) <= 0)
				break;
		buf_reset(&w->links[i].out);
	}
}

/* A link whose work is done gives back what much of it needed. */
static void
shrink(struct writer_link *l)
{
	if (l->in.len == 0 && l->in.room > KEEP)
		buf_release(&l->in);
	if (l->out.room > KEEP)
		buf_release(&l->out);
}

/* One batch of what has come; true when there was something. */
static bool
work(struct writer *w)
{
	size_t took;

	w->waiting = 0;
	for (size_t i = 0; i < w->count; i++)
		collect(w, i);
	if (w->waiting == 0)
		return false;
	for (size_t at = 0; at < w->waiting; at += took) {
		took = poster_take(&w->poster, w->postings + at, w->waiting - at);
		for (size_t i = at; i < at + took; i++)
			answer(w, i);
		send_answers(w);
	}
	for (size_t i = 0; i < w->count; i++) {
		buf_consume(&w->links[i].in, w->links[i].used);
		shrink(&w->links[i]);
	}
	return true;
}

/* New users and personas hold from the next batch on: no post waits for them. */
static void
take(struct writer *w, enum link_gift gift, int fd)
{
	struct buf b = BUF_INIT(GIFT_MAX);
	enum err e;

	if (gift == GIFT_LINK) {
		add(w, fd);
		return;
	}
	if ((e = link_take(fd, &b)) == ERR_OK)
		e = gift == GIFT_USERS ? users_unpack(buf_view(&b), w->users)
				       : personas_unpack(buf_view(&b), w->personas);
	if (e != ERR_OK)
		log_at(LOG_ERROR, "writer gift=%d error=\"%s\"", (int)gift, err_text(e));
	buf_release(&b);
}

/* Nothing came for a while. */
static void
rest(struct writer *w)
{
	spool_rest(w->poster.spool);
	(void)malloc_trim(0);
}

static void
loop(struct writer *w)
{
	struct pollfd p[WRITER_LINKS_MAX + 1];
	size_t n;
	enum link_gift gift;
	int fd, ready, patience = -1;
	enum err e;

	for (;;) {
		n = w->count;
		for (size_t i = 0; i < n; i++)
			p[i] = (struct pollfd){ .fd = w->links[i].fd, .events = POLLIN };
		p[n] = (struct pollfd){ .fd = w->control, .events = POLLIN };
		if ((ready = poll(p, n + 1, patience)) == 0)
			rest(w);
		patience = ready == 0 ? -1 : REST_MS;
		if (ready <= 0)
			continue;
		/* downwards: drop moves the last one into the gap */
		for (size_t i = n; i-- > 0;)
			if (p[i].revents != 0 &&
			    link_read(w->links[i].fd, &w->links[i].in) == ERR_NOTFOUND) {
				while (work(w))
					;
				drop(w, i);
			}
		while (work(w))
			;
		if (p[n].revents == 0)
			continue;
		e = link_receive(w->control, MSG_DONTWAIT, &gift, &fd);
		if (e == ERR_OK)
			take(w, gift, fd);
		else if (e == ERR_NOTFOUND)
			return;
	}
}

int
writer_run(const struct writer_start *start)
{
	const struct node *node = start->node;
	struct writer *w;
	int code = 1;
	enum err e;

	if ((w = calloc(1, sizeof *w)) == NULL)
		return code;
	w->control = start->control;
	w->personas = start->personas;
	w->users = start->users;
	poster_init(&w->poster, node, start->personas);
	w->poster.users = start->users;
	w->poster.key = start->key;
	w->poster.login_always = start->login_always;
	w->poster.feeds = start->feeds;
	if ((e = spool_open(
		 NODE_PATH(node, "spool.db"), SPOOL_WRITE, &w->poster.spool)) != ERR_OK) {
		log_at(LOG_ERROR, "writer spool error=\"%s\"", err_text(e));
		goto out;
	}
	if ((e = sandbox_enter(SANDBOX_READER_WRITER, NULL, 0)) != ERR_OK) {
		log_at(LOG_ERROR, "writer sandbox error=\"%s\"", err_text(e));
		goto out;
	}
	if (fs_write_all(w->control, VIEW_LIT("r")) != ERR_OK)
		goto out;
	loop(w);
	code = 0;
out:
	while (w->count > 0)
		drop(w, w->count - 1);
	spool_close(w->poster.spool);
	poster_release(&w->poster);
	free(w);
	return code;
}
