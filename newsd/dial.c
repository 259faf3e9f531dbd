#include "newsd/dial.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "newsd/socks.h"

#define ENDPOINTS_MAX 16 /* of one name */
#define KEEPALIVE_S 60
#define PROBE_S 20
#define PROBES 3
#define UNTAKEN_MS 120000

/* Outlives its dial: libevent tells of a question that was taken back, too. */
struct question {
	struct dial *d;
};

struct attempt {
	struct dial *d;
	struct event *ev;
	int fd;
};

struct dial {
	struct event_base *base;
	const struct carrier *carrier;
	bool private_allowed;
	dial_done_fn *done;
	void *arg;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request;
	struct question *question;
	struct endpoint endpoints[ENDPOINTS_MAX];
	size_t n, begun, open;
	struct attempt attempts[ENDPOINTS_MAX];
	struct event *next, *deadline;
	enum trouble trouble;
	struct socks socks;
	struct event *talk;
	int fd; /* connected: to the proxy */
	struct buf in, out;
};

void
dial_tune(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, PROBES },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNTAKEN_MS },
	};

	/* a link works without them, only not as well */
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		setsockopt(fd, options[i].level, options[i].option, &options[i].value,
		    sizeof options[i].value);
}

static void
arm(struct event *ev, int64_t ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	event_add(ev, &tv);
}

static void
stop_attempt(struct attempt *a)
{
	if (a->ev != NULL)
		event_free(a->ev);
	a->ev = NULL;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void
stop_attempts(struct dial *d)
{
	for (size_t i = 0; i < d->begun; i++)
		stop_attempt(&d->attempts[i]);
	d->open = 0;
	d->begun = d->n;
	event_del(d->next);
}

static void
over(struct dial *d, enum trouble t)
{
	int fd = d->fd;

	event_del(d->deadline);
	stop_attempts(d);
	/* the friend was not asked yet */
	if (t != TROUBLE_NONE && fd < 0 && d->carrier->kind == CARRIER_SOCKS5)
		t = TROUBLE_PROXY;
	if (t != TROUBLE_NONE) {
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	d->fd = -1;
	d->done(d->arg, fd, t); /* d may be gone behind this */
}

static enum trouble
trouble_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return TROUBLE_REFUSED;
	case ETIMEDOUT:
		return TROUBLE_TIMEOUT;
	default:
		return TROUBLE_UNREACHABLE;
	}
}

/* Sends what stands in out: a few dozen bytes, which a fresh socket takes. */
static bool
flush(struct dial *d)
{
	ssize_t n = send(d->fd, d->out.p, d->out.len, MSG_NOSIGNAL);
	bool all = buf_err(&d->out) == ERR_OK && n == (ssize_t)d->out.len;

	buf_reset(&d->out);
	return all;
}

static void
on_talk(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	unsigned char piece[32];
	struct view v;
	ssize_t n;
	enum err e;

	(void)what;
	n = recv((int)fd, piece, socks_wants(&d->socks) - d->in.len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_add(&d->in, piece, (size_t)n);
	v = buf_view(&d->in);
	/* a reply that is cut short may still say why */
	if (n > 0 && v.len < socks_wants(&d->socks))
		return;
	e = socks_input(&d->socks, &v, &d->out);
	buf_reset(&d->in);
	if (e == ERR_MORE && n > 0 && (d->out.len == 0 || flush(d)))
		return;
	event_free(d->talk);
	d->talk = NULL;
	over(d,
	    e == ERR_OK           ? TROUBLE_NONE
		: e == ERR_DENIED ? TROUBLE_PROXY_REFUSED
				  : TROUBLE_PROXY);
}

static void
connected(struct dial *d, int fd)
{
	d->fd = fd;
	stop_attempts(d);
	dial_tune(fd);
	if (d->carrier->kind != CARRIER_SOCKS5) {
		over(d, TROUBLE_NONE);
		return;
	}
	socks_begin(&d->socks, &d->carrier->at, &d->out);
	d->talk = event_new(d->base, fd, EV_READ | EV_PERSIST, on_talk, d);
	if (!flush(d) || d->talk == NULL || event_add(d->talk, NULL) != 0)
		over(d, TROUBLE_PROXY);
}

static void begin_next(struct dial *);

static void
failed(struct dial *d, enum trouble t)
{
	/* of several, the one that says most: a machine that answered */
	if (d->trouble == TROUBLE_NONE || t == TROUBLE_REFUSED)
		d->trouble = t;
	if (d->begun < d->n)
		begin_next(d);
	else if (d->open == 0)
		over(d, d->trouble);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct dial *d = a->d;
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	d->open--;
	if (getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0)
		a->fd = -1; /* it is the link's now */
	stop_attempt(a);
	if (error == 0)
		connected(d, (int)fd);
	else
		failed(d, trouble_of(error));
}

/* False with errno: at once. */
static bool
begin(struct dial *d, struct attempt *a, const struct endpoint *e)
{
	*a = (struct attempt){ d, NULL, -1 };
	a->fd = socket(e->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return false;
	if (connect(a->fd, &e->u.any, e->len) != 0 && errno != EINPROGRESS)
		return false;
	a->ev = event_new(d->base, a->fd, EV_WRITE, on_writable, a);
	return a->ev != NULL && event_add(a->ev, NULL) == 0;
}

static void
begin_next(struct dial *d)
{
	struct attempt *a = &d->attempts[d->begun];
	const struct endpoint *e = &d->endpoints[d->begun++];
	int error;

	if (begin(d, a, e)) {
		d->open++;
		if (d->begun < d->n)
			arm(d->next, DIAL_STAGGER_MS);
		return;
	}
	error = errno;
	stop_attempt(a);
	/* not from within: what fails at once would nest as deep as the list is long */
	if (d->trouble == TROUBLE_NONE || error == ECONNREFUSED)
		d->trouble = trouble_of(error);
	arm(d->next, 0);
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;

	(void)fd;
	(void)what;
	if (d->begun < d->n)
		begin_next(d);
	else if (d->open == 0)
		over(d, d->trouble == TROUBLE_NONE ? TROUBLE_NO_NAME : d->trouble);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	over(arg, TROUBLE_TIMEOUT);
}

static void
add_endpoint(struct dial *d, const struct endpoint *e)
{
	if (d->n == ENDPOINTS_MAX)
		return;
	if (d->carrier->kind == CARRIER_SOCKS5 ||
	    carrier_allows(d->carrier, e, d->private_allowed))
		d->endpoints[d->n++] = *e;
	else
		d->trouble = TROUBLE_NOT_ALLOWED;
}

/* Families in turn, the first one given first (RFC 8305 section 4). */
static void
add_list(struct dial *d, const struct evutil_addrinfo *list)
{
	const struct evutil_addrinfo *same = list, *other = list;
	struct endpoint e;
	int family = list->ai_family;

	while (same != NULL || other != NULL) {
		while (same != NULL && same->ai_family != family)
			same = same->ai_next;
		if (same != NULL && endpoint_from(same->ai_addr, d->carrier->at.port, &e))
			add_endpoint(d, &e);
		same = same != NULL ? same->ai_next : NULL;
		while (other != NULL && other->ai_family == family)
			other = other->ai_next;
		if (other != NULL &&
		    endpoint_from(other->ai_addr, d->carrier->at.port, &e))
			add_endpoint(d, &e);
		other = other != NULL ? other->ai_next : NULL;
	}
}

static void
on_name(int error, struct evutil_addrinfo *list, void *arg)
{
	struct question *q = arg;
	struct dial *d = q->d;

	free(q);
	if (d != NULL) {
		d->request = NULL;
		d->question = NULL;
		if (error == 0 && list != NULL)
			add_list(d, list);
		arm(d->next, 0);
	}
	if (list != NULL)
		evutil_freeaddrinfo(list);
}

static enum err
ask(struct dial *d)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP };
	struct evdns_getaddrinfo_request *r;
	struct question *q;

	if (d->dns == NULL)
		return ERR_NOTFOUND;
	if ((q = malloc(sizeof *q)) == NULL)
		return ERR_NOMEM;
	q->d = d;
	d->question = q;
	r = evdns_getaddrinfo(d->dns, d->carrier->at.host, NULL, &hints, on_name, q);
	if (d->question != NULL) /* else it was answered already */
		d->request = r;
	return ERR_OK;
}

static enum err
begin_dial(struct dial *d)
{
	const struct address *to =
	    d->carrier->kind == CARRIER_SOCKS5 ? &d->carrier->proxy : &d->carrier->at;
	struct endpoint e;

	d->next = evtimer_new(d->base, on_next, d);
	d->deadline = evtimer_new(d->base, on_deadline, d);
	if (d->next == NULL || d->deadline == NULL)
		return ERR_NOMEM;
	arm(d->deadline,
	    1000 * (d->carrier->kind == CARRIER_SOCKS5 ? DIAL_SOCKS_S : DIAL_TCP_S));
	if (!to->numeric)
		return ask(d);
	address_endpoint(to, &e);
	add_endpoint(d, &e);
	arm(d->next, 0);
	return ERR_OK;
}

enum err
dial_start(struct event_base *base, struct evdns_base *dns, const struct carrier *c,
    bool private_allowed, dial_done_fn *done, void *arg, struct dial **out)
{
	struct dial *d = calloc(1, sizeof *d);
	enum err e;

	if (d == NULL)
		return ERR_NOMEM;
	d->base = base;
	d->dns = dns;
	d->carrier = c;
	d->private_allowed = private_allowed;
	d->done = done;
	d->arg = arg;
	d->fd = -1;
	buf_init(&d->in, 64);
	buf_init(&d->out, HOST_MAX + 64);
	if ((e = begin_dial(d)) == ERR_OK)
		*out = d;
	else
		dial_free(d);
	return e;
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->begun && i < ENDPOINTS_MAX; i++)
		if (d->attempts[i].d != NULL)
			stop_attempt(&d->attempts[i]);
	if (d->question != NULL)
		d->question->d = NULL;
	if (d->request != NULL)
		evdns_getaddrinfo_cancel(d->request);
	if (d->talk != NULL)
		event_free(d->talk);
	if (d->next != NULL)
		event_free(d->next);
	if (d->deadline != NULL)
		event_free(d->deadline);
	if (d->fd >= 0)
		close(d->fd);
	buf_release(&d->in);
	buf_release(&d->out);
	free(d);
}
