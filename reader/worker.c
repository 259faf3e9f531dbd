#include "reader/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/zip.h"
#include "reader/conn.h"
#include "reader/link.h"
#include "reader/poster.h"
#include "reader/verdict.h"

#define OUT_FULL ARTICLE_MAX /* frames to the writer that wait here, about */

struct worker {
	struct worker_start start;
	struct event_base *base;
	struct session_env env;
	struct conn_pool pool;
	struct event *listeners[LISTEN_MAX], *control, *link_in, *link_out, *retire;
	int link;  /* to the writer; -1 while there is none */
	int login; /* to reader-auth, the same */
	struct event *login_in;
	struct buf verdicts; /* from there */
	struct buf in, out;
	struct zip *zip;        /* NULL: the writer packs */
	struct buf packed;      /* of one offer */
	struct conn_list posts; /* whose posts are not in out yet */
	int64_t idle_since;
	bool asked; /* for another worker */
	bool pumping;
};

static void on_link_in(evutil_socket_t, short, void *);
static void on_link_out(evutil_socket_t, short, void *);

static void
fatal(struct worker *w, const char *what)
{
	log_at(LOG_ERROR, "worker error=\"%s\"", what);
	event_base_loopbreak(w->base);
}

/* The writer has gone: what it had may be stored or not. */
static void
unlink_writer(struct worker *w)
{
	struct conn *c;

	if (w->link < 0)
		return;
	event_free(w->link_in);
	event_free(w->link_out);
	w->link_in = w->link_out = NULL;
	close(w->link);
	w->link = -1;
	buf_release(&w->in);
	buf_release(&w->out);
	TAILQ_INIT(&w->posts);
	while ((c = conn_due(&w->pool)) != NULL)
		conn_lost(c);
}

static void
link_writer(struct worker *w, int fd)
{
	unlink_writer(w);
	w->link = fd;
	w->link_in = event_new(w->base, fd, EV_READ | EV_PERSIST, on_link_in, w);
	w->link_out = event_new(w->base, fd, EV_WRITE, on_link_out, w);
	if (w->link_in == NULL || w->link_out == NULL || event_add(w->link_in, NULL) != 0)
		fatal(w, err_text(ERR_NOMEM));
}

/* It is packed here: there are many workers and one writer. */
static void
add_offer(struct worker *w, uint64_t tag, struct view msgid, struct view article)
{
	struct frame f = { tag, FRAME_OFFER, msgid, { 0 }, article };

	buf_reset(&w->packed);
	if (w->zip != NULL && zip_pack(w->zip, article, &w->packed) == ERR_OK)
		f.packed = buf_view(&w->packed);
	frame_add(&w->out, &f);
}

static void
add_article(struct worker *w, const struct conn *c)
{
	const struct session *s = &c->session;
	struct buf who = BUF_INIT(GRANT_WHO_MAX);
	struct frame f = {
		.tag = c->tag,
		.kind = FRAME_POST,
		.bytes = buf_view(&s->intake.bytes),
	};

	if (s->access.user[0] != '\0') {
		buf_add(&who, s->access.grant, GRANT_LEN);
		buf_adds(&who, s->access.user);
	}
	f.name = buf_view(&who);

	if (s->state == SESSION_COMMIT)
		frame_add(&w->out, &f);
	else
		add_offer(w, c->tag, view_str(s->msgid), buf_view(&s->intake.bytes));
	buf_release(&who);
}

/* Moves articles into out, a few at a time so that memory stays small. */
static void
pump(struct worker *w)
{
	struct conn *c;
	ssize_t n;

	/* a session whose offer was handed on may offer and post in its turn */
	if (w->pumping)
		return;
	w->pumping = true;
	for (;;) {
		while (w->out.len < OUT_FULL && (c = TAILQ_FIRST(&w->posts)) != NULL) {
			TAILQ_REMOVE(&w->posts, c, post);
			add_article(w, c);
			if (c->session.state == SESSION_HAND)
				conn_handed(c);
		}
		if (buf_err(&w->out) != ERR_OK) {
			unlink_writer(w);
			break;
		}
		if (w->out.len == 0)
			break;
		n = send(w->link, w->out.p, w->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			break;
		buf_consume(&w->out, (size_t)n);
	}
	w->pumping = false;
	if (w->out.len > 0)
		event_add(w->link_out, NULL);
	else if (w->out.room > STEP_BYTES)
		buf_release(&w->out);
}

static void
on_link_out(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

static void
on_link_in(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct conn *c = NULL;
	struct view in;
	struct frame f;
	enum err e, framed;

	(void)what;
	e = link_read(fd, &w->in);
	in = buf_view(&w->in);
	/* who is told that a post is there finds it */
	spool_view_end(w->env.spool);
	while ((framed = frame_next(&in, POSTER_ANSWER_MAX, &f)) == ERR_OK) {
		/* many answers to one session are one write */
		if (c != NULL && c->tag != f.tag) {
			conn_turn(c);
			c = NULL;
		}
		/* it may have gone meanwhile */
		if (c != NULL || (c = conn_find(&w->pool, f.tag)) != NULL)
			conn_answered(c, f.bytes);
	}
	if (c != NULL)
		conn_turn(c);
	buf_consume(&w->in, w->in.len - in.len);
	if (e != ERR_OK || framed != ERR_MORE)
		unlink_writer(w);
}

static bool
take_post(void *arg, struct session *s, struct view article)
{
	struct worker *w = arg;
	struct conn *c = s->owner;

	(void)article; /* stays in the session until it is answered */
	if (w->link < 0)
		return false;
	TAILQ_INSERT_TAIL(&w->posts, c, post);
	if (w->out.len == 0)
		pump(w);
	return true;
}

/* Posts that wait have their turn before it. */
static enum err
take_offer(void *arg, struct session *s, struct view msgid, struct view article)
{
	struct worker *w = arg;
	struct conn *c = s->owner;

	if (w->link < 0)
		return ERR_IO;
	if (w->out.len >= OUT_FULL || !TAILQ_EMPTY(&w->posts)) {
		TAILQ_INSERT_TAIL(&w->posts, c, post);
		return ERR_MORE;
	}
	add_offer(w, c->tag, msgid, article);
	/* not at once: more of them come in the same turn */
	event_add(w->link_out, NULL);
	return ERR_OK;
}

/* reader-auth has gone: who waits for it is told. */
static void
unlink_auth(struct worker *w)
{
	struct conn *c;

	if (w->login < 0)
		return;
	w->env.login = NULL;
	event_free(w->login_in);
	w->login_in = NULL;
	close(w->login);
	w->login = -1;
	buf_release(&w->verdicts);
	while ((c = conn_asking(&w->pool)) != NULL)
		conn_logged_in(c, (struct view){ 0 });
}

static void
on_login_in(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct conn *c;
	struct view in;
	struct frame f;
	enum err e, framed;

	(void)what;
	e = link_read(fd, &w->verdicts);
	in = buf_view(&w->verdicts);
	while ((framed = frame_next(&in, VERDICT_MAX, &f)) == ERR_OK)
		/* it may have gone meanwhile */
		if ((c = conn_find(&w->pool, f.tag)) != NULL &&
		    c->session.state == SESSION_AUTH)
			conn_logged_in(c, f.bytes);
	buf_consume(&w->verdicts, w->verdicts.len - in.len);
	if (w->verdicts.len == 0)
		buf_wipe(&w->verdicts);
	if (e != ERR_OK || framed != ERR_MORE)
		unlink_auth(w);
}

static bool
take_login(void *arg, struct session *s, struct view user, struct view password)
{
	struct worker *w = arg;
	struct conn *c = s->owner;
	struct buf bytes = BUF_INIT(2 * LINE_MAX_NNTP), out = BUF_INIT(4 * LINE_MAX_NNTP);
	struct frame f = { .tag = c->tag, .kind = FRAME_LOGIN, .name = user };
	bool sent;

	if (w->login < 0)
		return false;
	buf_reserve(&bytes, bytes.cap);
	buf_reserve(&out, out.cap);
	buf_add(&bytes, s->access.address, sizeof s->access.address);
	buf_addv(&bytes, password);
	f.bytes = buf_view(&bytes);
	frame_add(&out, &f);
	/* whole or not at all: it keeps the frames apart (SOCK_SEQPACKET) */
	sent = buf_err(&out) == ERR_OK &&
	    send(w->login, out.p, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
	buf_wipe(&bytes);
	buf_wipe(&out);
	return sent;
}

static void
link_auth(struct worker *w, int fd)
{
	unlink_auth(w);
	w->login = fd;
	w->login_in = event_new(w->base, fd, EV_READ | EV_PERSIST, on_login_in, w);
	if (w->login_in == NULL || event_add(w->login_in, NULL) != 0)
		fatal(w, err_text(ERR_NOMEM));
	else
		w->env.login = take_login;
}

static enum err
unpack_gift(struct worker *w, enum link_gift gift, struct view v)
{
	switch (gift) {
	case GIFT_CERTIFICATE:
		return front_certificate(&w->start.front->transport, v);
	case GIFT_PERSONAS:
		return personas_unpack(v, w->start.personas);
	case GIFT_BULLETINS:
		return bulletins_unpack(v, w->start.bulletins);
	default:
		return ERR_SYNTAX;
	}
}

/* The parent has tried it already. Who is connected keeps the certificate before it. */
static void
take_gift(struct worker *w, enum link_gift gift, int fd)
{
	struct buf b = BUF_INIT(GIFT_MAX);
	enum err e = ERR_OK;

	if (gift == GIFT_LINK)
		link_writer(w, fd);
	else if (gift == GIFT_LOGIN)
		link_auth(w, fd);
	if (gift == GIFT_LINK || gift == GIFT_LOGIN)
		return;
	if ((e = link_take(fd, &b)) == ERR_OK)
		e = unpack_gift(w, gift, buf_view(&b));
	if (e != ERR_OK)
		log_at(LOG_ERROR, "worker gift=%d error=\"%s\"", (int)gift, err_text(e));
	buf_wipe(&b);
}

static void
on_control(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	enum link_gift gift;
	int got;

	(void)what;
	switch (link_receive(fd, MSG_DONTWAIT, &gift, &got)) {
	case ERR_OK:
		take_gift(w, gift, got);
		break;
	case ERR_NOTFOUND:
		event_base_loopbreak(w->base); /* the parent wants us to end, or has */
		break;
	default:
		break;
	}
}

static void
on_connection(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	const struct front *f = w->start.front;
	struct sockaddr_storage peer;
	struct sockaddr *sa = (struct sockaddr *)&peer;
	bool tls = false;

	(void)what;
	for (size_t i = 0; i < f->count; i++)
		tls |= f->list[i].fd == fd && f->list[i].tls;
	for (int i = 0; i < WORKER_ACCEPTS; i++) {
		socklen_t len = sizeof peer;
		int client = accept4(fd, sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0)
			return; /* that was all, or another worker was faster */
		conn_new(&w->pool, client, sa, tls);
	}
}

static enum err
add_listeners(struct worker *w)
{
	const struct front *f = w->start.front;

	for (size_t i = 0; i < f->count; i++) {
		w->listeners[i] = event_new(
		    w->base, f->list[i].fd, EV_READ | EV_PERSIST, on_connection, w);
		if (w->listeners[i] == NULL || event_add(w->listeners[i], NULL) != 0)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

static void
on_retire(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (w->pool.count > 0)
		w->idle_since = clock_ms();
	else if (w->start.spare && clock_ms() - w->idle_since >= WORKER_RETIRE * 1000ll)
		event_base_loopbreak(w->base);
}

/* The first link is waited for, so that a session never meets a missing writer. */
static enum err
prepare(struct worker *w)
{
	struct timeval minute = { 60, 0 };
	enum link_gift gift;
	int link;
	enum err e;

	if ((e = spool_open(NODE_PATH(w->start.node, "spool.db"), SPOOL_READ,
		 &w->env.spool)) != ERR_OK)
		return e;
	if ((e = spool_views(w->env.spool)) != ERR_OK)
		return e;
	/* without it the gateway serves all but searches */
	e = search_open(NODE_PATH(w->start.node, "search.db"), w->env.spool, SPOOL_READ,
	    &w->env.search);
	if (e != ERR_OK)
		log_at(LOG_WARN, "worker search.db error=\"%s\"", err_text(e));
	if ((w->base = event_base_new()) == NULL)
		return ERR_NOMEM;
	while (w->link < 0) {
		if ((e = link_receive(w->start.control, 0, &gift, &link)) != ERR_OK)
			return e;
		take_gift(w, gift, link);
	}
	w->control =
	    event_new(w->base, w->start.control, EV_READ | EV_PERSIST, on_control, w);
	w->retire = event_new(w->base, -1, EV_PERSIST, on_retire, w);
	if (w->control == NULL || w->retire == NULL || event_add(w->control, NULL) != 0 ||
	    event_add(w->retire, &minute) != 0 || add_listeners(w) != ERR_OK)
		return ERR_NOMEM;
	if ((e = conn_pool_init(&w->pool, w->base, &w->env, &w->start.front->transport,
		 w->start.rules, &w->start.front->limits)) != ERR_OK ||
	    (e = sandbox_enter(SANDBOX_READER_WORKER, NULL, 0)) != ERR_OK)
		return e;
	return fs_write_all(w->start.control, VIEW_LIT("r"));
}

static void
release(struct worker *w)
{
	conn_pool_release(&w->pool);
	for (size_t i = 0; i < LISTEN_MAX; i++)
		if (w->listeners[i] != NULL)
			event_free(w->listeners[i]);
	if (w->control != NULL)
		event_free(w->control);
	if (w->retire != NULL)
		event_free(w->retire);
	unlink_writer(w);
	unlink_auth(w);
	render_release(&w->env.article);
	offer_release(&w->env.taken);
	buf_release(&w->packed);
	zip_free(w->zip);
	if (w->base != NULL)
		event_base_free(w->base);
	search_close(w->env.search);
	spool_close(w->env.spool);
}

int
worker_run(const struct worker_start *start)
{
	struct worker w = {
		.start = *start, .link = -1, .login = -1, .idle_since = clock_ms()
	};
	int code = 1;
	enum err e;

	buf_init(&w.in, LINK_IN_MAX + ARTICLE_MAX);
	buf_init(&w.verdicts, LINK_IN_MAX + ARTICLE_MAX);
	buf_init(&w.out, 4 * ARTICLE_MAX);
	buf_init(&w.packed, ARTICLE_MAX);
	offer_init(&w.env.taken, ARTICLE_MAX);
	(void)zip_new(SPOOL_PACK_LEVEL, &w.zip);
	TAILQ_INIT(&w.posts);
	render_init(&w.env.article, start->personas);
	w.env.post = take_post;
	w.env.offer = take_offer;
	w.env.post_arg = &w;
	w.env.claims = start->claims;
	w.env.bulletins = start->bulletins;
	if ((e = prepare(&w)) != ERR_OK) {
		log_at(LOG_ERROR, "worker start error=\"%s\"", err_text(e));
		goto out;
	}
	while (
	    event_base_loop(w.base, EVLOOP_ONCE) == 0 && !event_base_got_break(w.base)) {
		if (w.pool.served > WORKER_BUSY && !w.asked) {
			w.asked = true;
			if (fs_write_all(start->control, VIEW_LIT("b")) != ERR_OK)
				break;
		}
		w.pool.served = 0;
		spool_view_end(w.env.spool);
	}
	code = 0;
out:
	release(&w);
	return code;
}
