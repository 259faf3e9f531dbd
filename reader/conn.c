#include "reader/conn.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lib/clock.h"
#include "lib/log.h"

#define READ_MAX TRANSPORT_READ_MAX
#define OTHER_FILES 24    /* descriptors that are no connection: database, links, epoll */
#define KEEP (16u << 10)  /* output room that a connection keeps between commands */
#define HEAVY (64u << 10) /* buffers of a connection that is worth closing */
#define SWEEP_S 5         /* between two looks at all connections */
#define REST_MS 5000      /* idle for so long: buffers go back */

static void on_read(evutil_socket_t, short, void *);
static void on_write(evutil_socket_t, short, void *);
static void on_sweep(evutil_socket_t, short, void *);

enum err
conn_pool_init(struct conn_pool *p, struct event_base *base, struct session_env *env,
    struct transport_env *transport, const struct access_rules *rules,
    const struct conn_limits *limits)
{
	struct timeval often = { SWEEP_S, 0 };
	struct rlimit files;

	*p = (struct conn_pool){
		.base = base,
		.env = env,
		.transport = transport,
		.rules = rules,
		.max = limits->connections,
		.patience = limits->patience * 1000,
	};
	TAILQ_INIT(&p->list);
	peers_init(&p->peers, limits->address, limits->address_rate);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < p->max + OTHER_FILES)
		p->max = files.rlim_cur > OTHER_FILES ? files.rlim_cur - OTHER_FILES : 1;
	p->scratch = malloc(READ_MAX);
	p->sweep = event_new(base, -1, EV_PERSIST, on_sweep, p);
	if (p->scratch == NULL || p->sweep == NULL || event_add(p->sweep, &often) != 0)
		return ERR_NOMEM;
	return ERR_OK;
}

static void
conn_free(struct conn *c)
{
	struct conn_pool *p = c->pool;

	event_del(&c->read);
	event_del(&c->write);
	TAILQ_REMOVE(&p->list, c, all);
	p->count--;
	p->bytes -= c->weight;
	peers_leave(&p->peers, c->place);
	if (c->line.tls != NULL && c->line.out.len == 0) {
		transport_close(&c->line);
		(void)send(
		    c->fd, c->line.out.p, c->line.out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	/* what is left unread would make the kernel throw our last answer away */
	if (!c->eof)
		(void)recv(c->fd, p->scratch, READ_MAX, MSG_DONTWAIT);
	close(c->fd);
	session_release(&c->session);
	transport_release(&c->line);
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
	if (p->sweep != NULL)
		event_free(p->sweep);
	peers_release(&p->peers);
	free(p->scratch);
	*p = (struct conn_pool){ 0 };
}

static void
weigh(struct conn *c)
{
	size_t now = c->in.room + c->session.out.room + c->session.intake.bytes.room +
	    c->line.in.room + c->line.packed.room + c->line.out.room;

	c->pool->bytes += now - c->weight;
	c->weight = now;
}

/* An article in it is on its way to the writer. */
static bool
held(const struct conn *c)
{
	return c->session.state == SESSION_COMMIT || c->session.state == SESSION_HAND;
}

/* The client has gone. What is held stays until it is taken or answered. */
static void
abandon(struct conn *c)
{
	if (!held(c)) {
		conn_free(c);
		return;
	}
	c->eof = true;
	buf_reset(&c->session.out);
	c->sent = 0;
	c->unread = false;
	buf_release(&c->in);
	event_del(&c->read);
	event_del(&c->write);
}

static void
refuse(struct conn_pool *p, int fd, bool tls, const char *why)
{
	/* in TLS it could only be said after a handshake, which is what cannot be had */
	if (!tls)
		(void)send(fd, why, view_str(why).len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
	p->refused++;
}

/* Sends what there is of out. False: the connection is no good. */
static bool
ship(struct conn *c, struct buf *out)
{
	while (c->sent < out->len) {
		ssize_t n =
		    send(c->fd, out->p + c->sent, out->len - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
		c->moved = clock_ms();
	}
	c->sent = 0;
	if (out->room > KEEP && c->session.state != SESSION_ANSWER)
		buf_release(out);
	else
		buf_reset(out);
	return true;
}

/* Codes and sends what there is. What is coded has left session.out. */
static bool
flush_coded(struct conn *c)
{
	struct buf *plain = &c->session.out;
	struct view piece;
	size_t at = 0;
	bool good = true;

	while ((good = ship(c, &c->line.out)) && c->line.out.len == 0 &&
	    transport_ready(&c->line) && at < plain->len) {
		piece = view_slice(buf_view(plain), at, TRANSPORT_PIECE);
		if (transport_write(&c->line, piece) != ERR_OK)
			return false;
		at += piece.len;
	}
	if (at < plain->len)
		buf_consume(plain, at);
	else if (plain->room > KEEP && c->session.state != SESSION_ANSWER)
		buf_release(plain);
	else
		buf_reset(plain);
	return good;
}

/* Writes what there is. False: the connection is no good. */
static bool
flush(struct conn *c)
{
	return transport_coded(&c->line) ? flush_coded(c) : ship(c, &c->session.out);
}

/* session_input; *wipe: a password was among the bytes, or among those before. */
static size_t
input(struct conn *c, struct view v, bool *wipe)
{
	size_t used = session_input(&c->session, v);

	*wipe = c->session.secret;
	c->session.secret = false;
	return used;
}

/* Plain bytes, which lie in scratch, to the session; what it has no use for now waits in
 * front of it. */
static void
give(struct conn *c, struct view v)
{
	bool wipe;
	size_t used = input(c, v, &wipe);

	buf_addv(&c->in, view_slice(v, used, v.len));
	if (wipe)
		OPENSSL_cleanse(c->pool->scratch, v.len);
}

/* Plain bytes of a coded line, one piece however much they unpack to. */
static void
decode(struct conn *c)
{
	size_t n = 0;
	enum err e = transport_read(&c->line, c->pool->scratch, READ_MAX, &n);

	c->unread = e == ERR_OK;
	if (e == ERR_OK)
		give(c, (struct view){ c->pool->scratch, n });
	else if (e != ERR_MORE) {
		/* an alert may have to go out; nothing more is read */
		c->eof = true;
		session_close(&c->session);
		buf_reset(&c->session.out);
		buf_release(&c->in);
	}
}

/* Gives the session what waits in front of it. */
static void
feed(struct conn *c)
{
	bool wipe;

	if (c->in.len > 0) {
		buf_consume(&c->in, input(c, buf_view(&c->in), &wipe));
		if (wipe)
			OPENSSL_cleanse(c->in.p + c->in.len, c->in.room - c->in.len);
		if (c->in.len == 0)
			buf_release(&c->in);
	} else if (c->unread)
		decode(c);
}

static void
want(struct event *ev, short what, bool wanted)
{
	bool pending = event_pending(ev, what, NULL) != 0;

	if (wanted && !pending)
		event_add(ev, NULL);
	if (!wanted && pending)
		event_del(ev);
}

/* The one that holds much and has stood still longest; NULL: nobody does. */
static struct conn *
stalest(const struct conn_pool *p)
{
	struct conn *c, *worst = NULL;

	TAILQ_FOREACH(c, &p->list, all)
	/* the analyser does not see that who was freed left the list */
	if (c->weight > HEAVY && !held(c) && /* NOLINT */
	    (worst == NULL || c->moved < worst->moved))
		worst = c;
	return worst;
}

static void
shed(struct conn_pool *p)
{
	struct conn *c;

	while (p->bytes > POOL_BYTES && (c = stalest(p)) != NULL) {
		log_at(LOG_WARN, "connection closed bytes=%zu all=%zu error=\"%s\"",
		    c->weight, p->bytes, "clients that do not read hold too much");
		conn_free(c);
	}
}

/* A line, a post or a handshake that has begun and not ended. */
static bool
half_done(const struct conn *c)
{
	return c->session.line.len > 0 || c->session.state == SESSION_SKIP ||
	    c->session.state == SESSION_POST || !transport_ready(&c->line);
}

/* What the connection waits for now. Frees it when it has ended. */
static void
settle(struct conn *c)
{
	const struct session *s = &c->session;
	bool ready = transport_ready(&c->line);
	bool unsent = c->line.out.len > 0 || (ready && s->out.len > 0);
	bool takes = session_takes_input(s);
	bool more = s->state == SESSION_ANSWER || ((c->in.len > 0 || c->unread) && takes);

	if (!unsent &&
	    (s->state == SESSION_CLOSED || (c->eof && !more && !session_awaits(s)))) {
		conn_free(c);
		return;
	}
	want(&c->write, EV_WRITE, unsent || more);
	want(&c->read, EV_READ, !unsent && !more && takes && !c->eof);
	if (!half_done(c))
		c->begun = 0;
	else if (c->begun == 0 || c->counted != s->commands)
		c->begun = c->moved;
	c->counted = s->commands;
	weigh(c);
	if (c->pool->bytes > POOL_BYTES)
		shed(c->pool);
}

/* The answer is out: what carries the session changes. False: it cannot. */
static bool
change(struct conn *c)
{
	struct session *s = &c->session;

	if (s->state == SESSION_TLS) {
		/* what came behind STARTTLS is nobody's: it was not in TLS */
		buf_release(&c->in);
		if (transport_start_tls(&c->line) != ERR_OK)
			return false;
	} else {
		transport_start_deflate(&c->line, buf_view(&c->in));
		buf_release(&c->in);
		c->unread = true;
	}
	session_switched(s);
	return true;
}

/* One turn: input, at most one step of a long answer, one write. */
void
conn_turn(struct conn *c)
{
	struct session *s = &c->session;
	bool good;

	c->pool->served++;
	c->resting = false;
	if (c->sent == 0 && s->state == SESSION_ANSWER && s->out.len < STEP_BYTES)
		session_step(s);
	else if (c->sent == 0 && session_takes_input(s))
		feed(c);
	good = flush(c);
	if (good && s->out.len == 0 && c->line.out.len == 0 &&
	    (s->state == SESSION_TLS || s->state == SESSION_DEFLATE))
		good = change(c);
	if (good)
		settle(c);
	else
		abandon(c);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_turn(arg);
}

/* A client without TCP_NODELAY that sends an article in pieces waits for our ACK of each,
 * and while the article is not whole no answer carries one. */
static void
acknowledge(const struct conn *c)
{
	int one = 1;

	if (c->session.state == SESSION_POST)
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct view v;
	ssize_t n;

	(void)what;
	n = recv(fd, c->pool->scratch, READ_MAX, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	v = (struct view){ c->pool->scratch, n > 0 ? (size_t)n : 0 };
	c->moved = clock_ms();
	if (n <= 0)
		c->eof = true;
	else if (!transport_coded(&c->line))
		give(c, v);
	else if (transport_input(&c->line, v) == ERR_OK)
		c->unread = true;
	else {
		abandon(c);
		return;
	}
	if (n > 0 && n < READ_MAX)
		acknowledge(c);
	conn_turn(c);
}

/* True: it stands still with something half done, or has been idle for a day. */
static bool
overdue(const struct conn *c, int64_t now)
{
	int64_t patience = c->pool->patience;

	if (session_awaits(&c->session))
		return false;
	if (c->begun != 0 &&
	    now - c->begun >
		patience * (c->session.state == SESSION_POST ? CONN_PATIENCE_POST : 1))
		return true;
	if (c->session.out.len > 0 || c->line.out.len > 0)
		return now - c->moved > patience;
	return now - c->moved > CONN_IDLE * 1000ll;
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct conn_pool *p = arg;
	int64_t now = clock_ms();
	struct conn *c, *next;
	bool rested = false;

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&p->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		if (overdue(c, now))
			abandon(c);
		else if (!c->resting && now - c->moved >= REST_MS) {
			c->resting = rested = true;
			session_rest(&c->session);
			transport_rest(&c->line);
			weigh(c);
		}
	}
	if (p->refused > 0)
		log_at(LOG_WARN, "connections refused=%u open=%zu", p->refused, p->count);
	p->refused = 0;
	if (rested) {
		spool_rest(p->env->spool);
		(void)malloc_trim(0);
	}
}

static const char *
no_room(struct conn_pool *p, const struct sockaddr *peer, int *place)
{
	if (p->count >= p->max)
		return "400 Too many connections\r\n";
	switch (peers_enter(&p->peers, peer, clock_ms() / 1000, place)) {
	case ERR_OK:
		return NULL;
	case ERR_BUSY:
		return "400 Too many connections from your address, wait a minute\r\n";
	default:
		return "400 Too many connections from your address\r\n";
	}
}

void
conn_new(struct conn_pool *p, int fd, const struct sockaddr *peer, bool tls)
{
	struct access access = access_of(p->rules, peer);
	int place = PEERS_NONE;
	const char *why = no_room(p, peer, &place);
	struct conn *c = NULL;

	if (why != NULL || (c = calloc(1, sizeof *c)) == NULL) {
		peers_leave(&p->peers, place);
		refuse(p, fd, tls, why != NULL ? why : "400 No memory\r\n");
		return;
	}
	*c = (struct conn){ .pool = p, .fd = fd, .place = place, .tag = ++p->tags };
	c->moved = clock_ms();
	buf_init(&c->in, READ_MAX);
	transport_init(&c->line, p->transport);
	session_init(&c->session, p->env, &access);
	c->session.owner = c;
	c->session.carrier.tls = tls;
	c->session.carrier.tls_offer = p->transport->tls != NULL;
	c->session.carrier.deflate_offer = true;
	c->session.number = (uint64_t)getpid() << 32 | (uint32_t)c->tag;
	event_assign(&c->read, p->base, fd, EV_READ | EV_PERSIST, on_read, c);
	event_assign(&c->write, p->base, fd, EV_WRITE | EV_PERSIST, on_write, c);
	TAILQ_INSERT_TAIL(&p->list, c, all);
	p->count++;
	if (tls && transport_start_tls(&c->line) != ERR_OK)
		conn_free(c);
	else
		conn_turn(c);
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
conn_due(struct conn_pool *p)
{
	struct conn *c;

	TAILQ_FOREACH(c, &p->list, all)
	if (session_due(&c->session))
		return c;
	return NULL;
}

void
conn_answered(struct conn *c, struct view answer)
{
	if (c->session.state == SESSION_COMMIT)
		session_posted(&c->session, answer);
	else
		session_offered(&c->session, answer);
}

void
conn_handed(struct conn *c)
{
	session_handed(&c->session);
	conn_turn(c);
}

void
conn_lost(struct conn *c)
{
	session_lost(&c->session);
	conn_turn(c);
}

struct conn *
conn_asking(struct conn_pool *p)
{
	struct conn *c;

	TAILQ_FOREACH(c, &p->list, all)
	if (c->session.state == SESSION_AUTH)
		return c;
	return NULL;
}

void
conn_logged_in(struct conn *c, struct view answer)
{
	session_logged_in(&c->session, answer);
	conn_turn(c);
}
