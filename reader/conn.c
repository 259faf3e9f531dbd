#include "reader/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "reader/worker.h"

#define READ_MAX (16u << 10)
#define OTHER_FILES 24   /* descriptors that are no connection: database, links, epoll */
#define KEEP (16u << 10) /* output room that an idle connection keeps */

static void on_read(evutil_socket_t, short, void *);
static void on_write(evutil_socket_t, short, void *);

enum err
conn_pool_init(struct conn_pool *p, struct event_base *base, struct session_env *env,
    const struct access_rules *rules)
{
	struct rlimit files;

	*p = (struct conn_pool){ .base = base, .env = env, .rules = rules };
	TAILQ_INIT(&p->list);
	p->max = WORKER_SESSIONS_MAX;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < p->max + OTHER_FILES)
		p->max = files.rlim_cur > OTHER_FILES ? files.rlim_cur - OTHER_FILES : 1;
	p->scratch = malloc(READ_MAX);
	return p->scratch == NULL ? ERR_NOMEM : ERR_OK;
}

static void
conn_free(struct conn *c)
{
	event_del(&c->read);
	event_del(&c->write);
	TAILQ_REMOVE(&c->pool->list, c, all);
	c->pool->count--;
	/* what is left unread would make the kernel throw our last answer away */
	shutdown(c->fd, SHUT_WR);
	(void)recv(c->fd, c->pool->scratch, READ_MAX, MSG_DONTWAIT);
	close(c->fd);
	session_release(&c->session);
	buf_release(&c->in);
	free(c);
}

void
conn_pool_release(struct conn_pool *p)
{
	struct conn *c, *next;

	if (p->env == NULL)
		return;
	for (c = TAILQ_FIRST(&p->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		conn_free(c);
	}
	free(p->scratch);
	*p = (struct conn_pool){ 0 };
}

/* The client has gone. A post that is with the writer keeps its connection until then. */
static void
abandon(struct conn *c)
{
	if (c->session.state != SESSION_COMMIT) {
		conn_free(c);
		return;
	}
	c->eof = true;
	buf_reset(&c->session.out);
	c->sent = 0;
	buf_release(&c->in);
	event_del(&c->read);
	event_del(&c->write);
}

static void
refuse(int fd)
{
	static const char full[] = "400 Too many connections\r\n";

	(void)send(fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* Writes what there is. False: the connection is no good. */
static bool
flush(struct conn *c)
{
	struct buf *out = &c->session.out;

	while (c->sent < out->len) {
		ssize_t n =
		    send(c->fd, out->p + c->sent, out->len - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	c->sent = 0;
	if (out->room > KEEP && c->session.state != SESSION_ANSWER)
		buf_release(out);
	else
		buf_reset(out);
	return true;
}

/* Gives the session what waits in front of it. */
static void
feed(struct conn *c)
{
	if (c->in.len > 0) {
		buf_consume(&c->in, session_input(&c->session, buf_view(&c->in)));
		if (c->in.len == 0)
			buf_release(&c->in);
	}
}

static void
want(struct event *ev, short what, bool wanted)
{
	static const struct timeval idle = { WORKER_IDLE, 0 };
	bool pending = event_pending(ev, what, NULL) != 0;

	if (wanted && !pending)
		event_add(ev, &idle);
	if (!wanted && pending)
		event_del(ev);
}

/* What the connection waits for now. Frees it when it has ended. */
static void
settle(struct conn *c)
{
	const struct session *s = &c->session;
	bool unsent = s->out.len > 0, posting = s->state == SESSION_COMMIT;
	bool more = s->state == SESSION_ANSWER || (c->in.len > 0 && !posting);

	if (!unsent && (s->state == SESSION_CLOSED || (c->eof && !more && !posting))) {
		conn_free(c);
		return;
	}
	want(&c->write, EV_WRITE, unsent || more);
	want(&c->read, EV_READ, !unsent && !more && !posting && !c->eof);
}

/* One turn: input, at most one step of a long answer, one write. */
static void
turn(struct conn *c)
{
	struct session *s = &c->session;

	c->pool->served++;
	if (c->sent == 0 && s->state == SESSION_ANSWER && s->out.len < STEP_BYTES)
		session_step(s);
	else if (c->sent == 0 && s->state != SESSION_COMMIT && s->state != SESSION_CLOSED)
		feed(c);
	if (flush(c))
		settle(c);
	else
		abandon(c);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		abandon(c);
	else
		turn(c);
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct view v;
	size_t used;
	ssize_t n;

	if (what & EV_TIMEOUT) {
		conn_free(c);
		return;
	}
	n = recv(fd, c->pool->scratch, READ_MAX, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->eof = true;
	else {
		v = (struct view){ c->pool->scratch, (size_t)n };
		used = session_input(&c->session, v);
		buf_addv(&c->in, view_slice(v, used, v.len));
	}
	turn(c);
}

void
conn_new(struct conn_pool *p, int fd, const struct sockaddr *peer)
{
	struct access access = access_of(p->rules, peer);
	struct conn *c;
	int one = 1;

	if (p->count >= p->max || (c = calloc(1, sizeof *c)) == NULL) {
		refuse(fd);
		return;
	}
	/* an answer is one write: without this it waits for the client's late ACK */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->pool = p;
	c->fd = fd;
	c->tag = ++p->tags;
	buf_init(&c->in, READ_MAX);
	session_init(&c->session, p->env, &access);
	c->session.owner = c;
	event_assign(&c->read, p->base, fd, EV_READ | EV_PERSIST, on_read, c);
	event_assign(&c->write, p->base, fd, EV_WRITE | EV_PERSIST, on_write, c);
	TAILQ_INSERT_TAIL(&p->list, c, all);
	p->count++;
	turn(c);
}

struct conn *
conn_find(struct conn_pool *p, uint64_t tag)
{
	struct conn *c;

	TAILQ_FOREACH(c, &p->list, all)
	if (c->tag == tag)
		return c;
	return NULL;
}

struct conn *
conn_posting(struct conn_pool *p)
{
	struct conn *c;

	TAILQ_FOREACH(c, &p->list, all)
	if (c->session.state == SESSION_COMMIT)
		return c;
	return NULL;
}

void
conn_posted(struct conn *c, struct view answer)
{
	session_posted(&c->session, answer);
	turn(c);
}
