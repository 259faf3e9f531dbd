#include "newsd/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sandbox.h"
#include "newsd/listen.h"

#define ENDED_WELL 0

void
worker_tell(const struct peer *p, uint8_t kind, uint8_t code, uint32_t value, int fd)
{
	struct control c = { kind, code, p->index, value };

	/* without its parent it is of no use, and the parent starts another */
	if (control_send(p->w->control, &c, fd, true) != ERR_OK)
		_exit(1);
}

static _Noreturn void
end(struct worker *w)
{
	for (size_t i = 0; i < w->list->n; i++)
		if (!link_keep(&w->peers[i]))
			call_keep(&w->peers[i]);
	listen_keep(w->listen);
	_exit(ENDED_WELL);
}

static void
hear_peer(struct peer *p, const struct control *c, int fd)
{
	switch (c->kind) {
	case CONTROL_ENDED:
		link_ended(p, c->code);
		break;
	case CONTROL_STREAM:
		call_stream(p, fd);
		fd = -1;
		break;
	case CONTROL_CALL:
		call_now(p);
		break;
	case CONTROL_WAKE:
		link_wake(p);
		call_wake(p);
		break;
	case CONTROL_TAKE:
		if (fd >= 0)
			link_take(p, fd,
			    c->code == ROLE_CALLER ? ROLE_CALLER : ROLE_ANSWERER,
			    c->value);
		fd = -1;
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void
on_control(evutil_socket_t sock, short what, void *arg)
{
	struct worker *w = arg;
	struct control c;
	enum err e;
	int fd;

	(void)what;
	while ((e = control_receive((int)sock, &c, &fd)) == ERR_OK) {
		if (c.kind == CONTROL_END)
			end(w);
		if (c.kind == CONTROL_STRANGER && fd >= 0) {
			listen_take(w->listen, fd);
			continue;
		}
		for (uint32_t i = 0; i < w->list->n; i++)
			if (c.friend == i || (c.friend == CONTROL_ALL && fd < 0))
				hear_peer(&w->peers[i], &c, fd);
	}
	if (e != ERR_MORE)
		_exit(1);
}

/* Signals are the parent's matter; its end is ours. */
static void
detach(void)
{
	static const struct {
		int signal;
		bool ignored;
	} rows[] = {
		{ SIGTERM, false },
		{ SIGCHLD, false },
		{ SIGINT, true },
		{ SIGHUP, true },
		{ SIGPIPE, true },
	};
	sigset_t none;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sigaction sa = { .sa_handler =
					    rows[i].ignored ? SIG_IGN : SIG_DFL };

		sigaction(rows[i].signal, &sa, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		die("cannot be tied to newsd");
}

static void
open_names(struct worker *w)
{
	static const int flags =
	    EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE;

	evutil_secure_rng_init();
	if ((w->dns = evdns_base_new(w->base, flags)) == NULL) {
		/* no resolv.conf: numbers and the hosts file still work */
		if ((w->dns = evdns_base_new(w->base, 0)) != NULL)
			evdns_base_load_hosts(w->dns, NULL);
		log_at(LOG_WARN, "names error=\"no name server is known\"");
	}
}

_Noreturn void
worker_run(const struct worker_start *how)
{
	struct worker w = {
		.list = how->list, .control = how->control, .once = how->once
	};
	enum err e;

	detach();
	tzset();
	if ((w.base = event_base_new()) == NULL ||
	    (w.peers = calloc(w.list->n + 1, sizeof *w.peers)) == NULL)
		die("no memory for links");
	if (friendlist_has_names(w.list))
		open_names(&w);
	for (size_t i = 0; i < w.list->n; i++) {
		struct peer *p = &w.peers[i];

		p->w = &w;
		p->f = &w.list->friends[i];
		p->index = (uint32_t)i;
		link_init(p);
		call_init(p);
	}
	w.listen = listen_new(&w, how->listeners, how->n_listeners);
	w.heard = event_new(w.base, w.control, EV_READ | EV_PERSIST, on_control, &w);
	if (w.heard == NULL || event_add(w.heard, NULL) != 0)
		die("no memory for links");
	if ((e = sandbox_enter(SANDBOX_LINK, NULL, 0)) != ERR_OK)
		die("no sandbox: %s", e == ERR_IO ? strerror(errno) : err_text(e));
	/* what an earlier worker kept comes first, so that nobody is dialled twice */
	on_control(w.control, EV_READ, &w);
	for (size_t i = 0; i < w.list->n; i++)
		if (w.peers[i].link.fd < 0)
			call_plan(&w.peers[i]);
	event_base_dispatch(w.base);
	_exit(1);
}
