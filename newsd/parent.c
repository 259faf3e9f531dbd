#include "newsd/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "newsd/control.h"
#include "newsd/jobs.h"
#include "newsd/listeners.h"
#include "newsd/spawn.h"
#include "newsd/status.h"
#include "newsd/supervise.h"
#include "newsd/wakes.h"
#include "newsd/watch.h"

#define STICK_GAP_MS 10000
#define DESCRIPTORS 8192
#define EXIT_RETRY 75
#define AGAIN_MAX 3 /* exchanges of one call by hand: pairing needs two */

enum phase {
	PHASE_IDLE,    /* no worker is needed */
	PHASE_RUNNING, /* one runs */
	PHASE_ENDING,  /* told to end; the next list waits */
	PHASE_WAITING  /* died, to be started again */
};

/* A link between two workers, or an exchange that ended between them. */
struct kept {
	char friend[NAME_MAX_LEN + 1];
	uint8_t role;
	uint32_t news;
	int fd;   /* -1: only the end is kept */
	int code; /* batcher's; -1: has not ended */
};

struct stick {
	char friend[NAME_MAX_LEN + 1];
	char *path;
	int64_t last_ms; /* when the last one began; 0: never */
	bool due;
};

struct parent {
	struct event_base *base;
	const struct node *node;
	struct friendlist list, next; /* next: valid while ENDING */
	struct listeners listeners;
	struct jobs *jobs;
	struct watch *watch;
	struct wakes *wakes;
	struct status *status;
	enum phase phase;
	pid_t pid;
	int control;
	struct event *heard, *timer, *stick_timer;
	int64_t started;
	int backoff;
	struct kept *kept;
	size_t n_kept;
	struct stick *sticks;
	size_t n_sticks;
	/* a call by hand */
	const char *only;
	parent_done_fn *done;
	void *arg;
	unsigned exchanges;
	int code; /* of what was done so far; -1: nothing yet */
	bool over;
};

static void start_worker(struct parent *);

static void
set_phase(struct parent *p, enum phase to)
{
	static const char *const names[] = { "idle", "running", "ending", "waiting" };

	log_at(LOG_DEBUG, "links %s -> %s", names[p->phase], names[to]);
	p->phase = to;
}

/* A worker that does not listen is no good any more. */
static void
tell(
    struct parent *p, uint8_t kind, uint8_t code, uint32_t friend, uint32_t value, int fd)
{
	struct control c = { kind, code, friend, value };

	if (p->phase != PHASE_RUNNING && p->phase != PHASE_ENDING)
		return;
	if (control_send(p->control, &c, fd, false) == ERR_BUSY) {
		log_at(LOG_ERROR, "the link worker does not listen: killed");
		if (p->pid > 0)
			kill(p->pid, SIGKILL);
	}
}

/* ---- a call by hand */

static void
finish(struct parent *p, int code)
{
	if (p->only == NULL || p->over)
		return;
	p->code = code;
	if (jobs_running(p->jobs, JOB_STICK, p->only))
		return; /* the folder's result is waited for, too */
	p->over = true;
	p->done(p->arg, code);
}

/* Whether the friend's link file is another than the one that was read. */
static bool
keys_changed(struct parent *p)
{
	struct friendlist now;
	bool changed;

	if (friendlist_load(p->node, p->only, &now) != ERR_OK)
		return false;
	changed = !friendlist_equal(&p->list, &now);
	if (!changed) {
		friendlist_release(&now);
		return false;
	}
	/* the worker goes on with the old one: its link stands */
	buf_reset(&p->list.friends[0].keys);
	buf_addv(&p->list.friends[0].keys, buf_view(&now.friends[0].keys));
	buf_reset(&p->list.friends[0].lines);
	buf_addv(&p->list.friends[0].lines, buf_view(&now.friends[0].lines));
	friendlist_release(&now);
	return true;
}

static void
hand_exchange_ended(struct parent *p, int code)
{
	p->code = code;
	if (code != 0) {
		tell(p, CONTROL_ENDED, (uint8_t)code, 0, 0, -1);
	} else if (keys_changed(p) && ++p->exchanges < AGAIN_MAX) {
		tell(p, CONTROL_ENDED, 0, 0, 0, -1);
		tell(p, CONTROL_CALL, 0, 0, 0, -1);
	} else {
		finish(p, 0);
	}
}

static void
hand_gave_up(struct parent *p)
{
	/* reached and failed, or not reached at all */
	finish(p, p->code > 0 && p->code != EXIT_RETRY ? 1 : EXIT_RETRY);
}

/* ---- programs */

static struct kept *
keep(struct parent *p, const char *friend)
{
	struct kept *more;

	for (size_t i = 0; i < p->n_kept; i++)
		if (strcmp(p->kept[i].friend, friend) == 0)
			return &p->kept[i];
	if ((more = reallocarray(p->kept, p->n_kept + 1, sizeof *more)) == NULL)
		return NULL;
	p->kept = more;
	more += p->n_kept++;
	*more = (struct kept){ .fd = -1, .code = -1 };
	memcpy(more->friend, friend, strlen(friend) + 1);
	return more;
}

static void
exchange_ended(struct parent *p, const char *friend, int code)
{
	struct kept *k;
	size_t i;

	if (p->only != NULL) {
		hand_exchange_ended(p, code);
		return;
	}
	/* batcher may have changed the keys: the next worker is to hear of it */
	watch_flush(p->watch);
	i = friendlist_find(&p->list, view_str(friend));
	if (i < p->list.n && code == 0)
		status_heard(p->status, (uint32_t)i);
	if (p->phase == PHASE_RUNNING && i < p->list.n)
		tell(p, CONTROL_ENDED, (uint8_t)code, (uint32_t)i, 0, -1);
	else if (p->phase == PHASE_ENDING && (k = keep(p, friend)) != NULL)
		k->code = code;
}

static void
stick_ended(struct parent *p, const char *friend, int code)
{
	watch_flush(p->watch); /* drops what we wrote ourselves */
	if (code != 0)
		log_at(LOG_WARN, "stick friend=%s code=%d", friend, code);
	if (p->only != NULL && !p->over) {
		if (p->code < 0 && p->list.friends[0].n_roots > 0)
			for (size_t i = 0; i < p->list.friends[0].n_carriers; i++)
				if (carrier_dialled(&p->list.friends[0].carriers[i]))
					return; /* the call itself is not over */
		finish(p, p->code >= 0 ? p->code : code);
	}
}

static void
on_job(void *arg, enum job_kind kind, const char *friend, int code)
{
	struct parent *p = arg;

	switch (kind) {
	case JOB_EXCHANGE:
		exchange_ended(p, friend, code);
		break;
	case JOB_STICK:
		stick_ended(p, friend, code);
		break;
	default:
		if (code != 0)
			log_at(LOG_INFO, "exec friend=%s ended code=%d", friend, code);
		break;
	}
}

static struct stick *
find_stick(struct parent *p, const char *friend, const char *path)
{
	struct stick *s;

	for (size_t i = 0; i < p->n_sticks; i++)
		if (strcmp(p->sticks[i].friend, friend) == 0 &&
		    strcmp(p->sticks[i].path, path) == 0)
			return &p->sticks[i];
	if ((s = reallocarray(p->sticks, p->n_sticks + 1, sizeof *s)) == NULL)
		return NULL;
	p->sticks = s;
	s += p->n_sticks;
	*s = (struct stick){ 0 };
	if ((s->path = strdup(path)) == NULL)
		return NULL;
	memcpy(s->friend, friend, strlen(friend) + 1);
	p->n_sticks++;
	return s;
}

static void
on_stick_timer(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;
	int64_t now = clock_ms(), wait, least = INT64_MAX;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < p->n_sticks; i++) {
		struct stick *s = &p->sticks[i];

		if (!s->due)
			continue;
		wait = s->last_ms == 0 ? 0 : s->last_ms + STICK_GAP_MS - now;
		if (wait <= 0 && !jobs_running(p->jobs, JOB_STICK, s->friend)) {
			s->due = false;
			s->last_ms = now;
			if (jobs_stick(p->jobs, s->friend, s->path) != ERR_OK)
				finish(p, 1);
			continue;
		}
		wait = wait > 1000 ? wait : 1000;
		least = wait < least ? wait : least;
	}
	if (least < INT64_MAX) {
		struct timeval tv = { least / 1000, (least % 1000) * 1000 };

		event_add(p->stick_timer, &tv);
	}
}

static void
stick(struct parent *p, const char *friend, const char *path)
{
	struct stick *s = find_stick(p, friend, path);

	if (s != NULL) {
		s->due = true;
		on_stick_timer(-1, 0, p);
	}
}

static void
on_dir(void *arg, const char *friend, const char *path)
{
	struct parent *p = arg;

	if (!jobs_running(p->jobs, JOB_STICK, friend))
		stick(p, friend, path);
}

/* ---- what the worker says */

static bool
sane(const struct parent *p, const struct control *c, int fd)
{
	static const struct {
		uint8_t codes; /* below this */
		bool descriptor, carrier;
	} kinds[] = {
		[CONTROL_EXCHANGE] = { ROLES, true, false },
		[CONTROL_COMMAND] = { 1, false, true },
		[CONTROL_STICK] = { 1, false, true },
		[CONTROL_STATE] = { STATES, false, false },
		[CONTROL_CARRIER] = { TROUBLES, false, false },
		[CONTROL_GAVE_UP] = { 1, false, false },
		[CONTROL_KEEP] = { ROLES, true, false },
	};

	if (c->kind == 0 || c->kind >= sizeof kinds / sizeof kinds[0] ||
	    c->code >= kinds[c->kind].codes || c->friend >= p->list.n ||
	    kinds[c->kind].descriptor != (fd >= 0))
		return false;
	if (!kinds[c->kind].carrier)
		return true;
	return c->value < p->list.friends[c->friend].n_carriers &&
	    p->list.friends[c->friend].carriers[c->value].kind ==
	    (c->kind == CONTROL_COMMAND ? CARRIER_EXEC : CARRIER_DIR);
}

static void
on_exchange(struct parent *p, const struct control *c, int fd)
{
	const char *name = p->list.friends[c->friend].name;
	enum link_role role = c->code == ROLE_CALLER ? ROLE_CALLER : ROLE_ANSWERER;
	enum err e = jobs_exchange(p->jobs, name, role, fd);

	if (e != ERR_OK)
		tell(p, CONTROL_ENDED, e == ERR_BUSY ? EXIT_RETRY : 1, c->friend, 0, -1);
}

static void
on_command(struct parent *p, const struct control *c)
{
	const struct friend *f = &p->list.friends[c->friend];
	int fd = -1;

	if (jobs_command(p->jobs, f->name, f->carriers[c->value].text, &fd) != ERR_OK)
		fd = -1;
	tell(p, CONTROL_STREAM, 0, c->friend, 0, fd);
	if (fd >= 0)
		close(fd);
}

static void
on_keep(struct parent *p, const struct control *c, int fd)
{
	struct kept *k = keep(p, p->list.friends[c->friend].name);

	if (k == NULL || p->phase != PHASE_ENDING || k->fd >= 0) {
		close(fd);
		return;
	}
	k->fd = fd;
	k->role = c->code;
	k->news = c->value;
}

/* fd is consumed. */
static void
take(struct parent *p, const struct control *c, int fd)
{
	const struct friend *f = &p->list.friends[c->friend];

	switch (c->kind) {
	case CONTROL_EXCHANGE:
		on_exchange(p, c, fd);
		break;
	case CONTROL_COMMAND:
		on_command(p, c);
		break;
	case CONTROL_STICK:
		stick(p, f->name, f->carriers[c->value].text);
		break;
	case CONTROL_GAVE_UP:
		hand_gave_up(p);
		break;
	case CONTROL_KEEP:
		on_keep(p, c, fd);
		return;
	default:
		if (p->status != NULL)
			status_take(p->status, c);
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void
on_control(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;
	struct control c;
	enum err e;
	int fd;

	(void)what;
	while ((e = control_receive((int)sock, &c, &fd)) == ERR_OK) {
		if (sane(p, &c, fd)) {
			take(p, &c, fd);
			continue;
		}
		if (fd >= 0)
			close(fd);
		e = ERR_SYNTAX;
		break;
	}
	if (e == ERR_MORE)
		return;
	event_del(p->heard); /* what follows is told by its end */
	if (e == ERR_SYNTAX) {
		log_at(LOG_ERROR, "the link worker talks nonsense: killed");
		kill(p->pid, SIGKILL);
	}
}

/* ---- the worker's life */

static bool
needed(const struct parent *p)
{
	bool any = p->listeners.n > 0;

	for (size_t i = 0; i < p->list.n; i++)
		any = any || p->list.friends[i].n_carriers > 0;
	return any;
}

static void
arm_backoff(struct parent *p)
{
	struct timeval tv;

	if (clock_ms() - p->started >= BACKOFF_FORGET_MS)
		p->backoff = 0;
	p->backoff = p->backoff == 0 ? BACKOFF_FIRST_MS : 2 * p->backoff;
	if (p->backoff > BACKOFF_LAST_MS)
		p->backoff = BACKOFF_LAST_MS;
	tv = (struct timeval){ p->backoff / 1000, (p->backoff % 1000) * 1000 };
	set_phase(p, PHASE_WAITING);
	event_add(p->timer, &tv);
	log_at(LOG_INFO, "program=link-worker is started again in %d ms", p->backoff);
}

static void
on_backoff(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	start_worker(arg);
}

/* Gives the links that stood to the worker that is about to start. */
static void
hand_over(struct parent *p)
{
	for (size_t n = 0; n < p->n_kept; n++) {
		const struct kept *k = &p->kept[n];
		size_t i = friendlist_find(&p->list, view_str(k->friend));
		bool busy =
		    k->code >= 0 || jobs_running(p->jobs, JOB_EXCHANGE, k->friend);

		if (i < p->list.n && k->fd >= 0 && p->list.friends[i].n_roots > 0) {
			tell(p, CONTROL_TAKE, k->role, (uint32_t)i,
			    (busy ? CONTROL_TAKE_BUSY : 0) |
				(k->news ? CONTROL_TAKE_NEW : 0),
			    k->fd);
			if (k->code >= 0)
				tell(p, CONTROL_ENDED, (uint8_t)k->code, (uint32_t)i, 0,
				    -1);
		} else if (busy && k->code < 0) {
			jobs_end(p->jobs, JOB_EXCHANGE, k->friend);
		}
		if (k->fd >= 0)
			close(k->fd);
	}
	p->n_kept = 0;
}

static void
start_worker(struct parent *p)
{
	struct worker_start how = { .list = &p->list,
		.listeners = p->listeners.fd,
		.n_listeners = p->listeners.n,
		.once = p->only != NULL };
	int pair[2];

	if (!needed(p)) {
		set_phase(p, PHASE_IDLE);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_at(LOG_ERROR, "links error=\"%s\"", strerror(errno));
		arm_backoff(p);
		return;
	}
	p->control = pair[0];
	p->started = clock_ms();
	set_phase(p, PHASE_RUNNING);
	p->pid = 0; /* a tell that fails before the fork kills nobody else */
	hand_over(p);
	if (p->only != NULL)
		tell(p, CONTROL_CALL, 0, 0, 0, -1);
	how.control = pair[1];
	p->heard = event_new(p->base, p->control, EV_READ | EV_PERSIST, on_control, p);
	if (p->heard == NULL || event_add(p->heard, NULL) != 0 ||
	    spawn_worker(&how, &p->pid) != ERR_OK) {
		log_at(LOG_ERROR, "links error=\"the worker does not start\"");
		if (p->heard != NULL)
			event_free(p->heard);
		p->heard = NULL;
		close(p->control);
		arm_backoff(p);
	}
	close(pair[1]);
}

/* Its last words first. */
static void
close_control(struct parent *p)
{
	if (event_pending(p->heard, EV_READ, NULL))
		on_control(p->control, EV_READ, p);
	event_free(p->heard);
	p->heard = NULL;
	close(p->control);
}

static void
use_list(struct parent *p, struct friendlist *list)
{
	/* a friend whose keys changed has something to say: an agreed root */
	for (size_t n = 0; n < p->n_kept; n++) {
		struct view name = view_str(p->kept[n].friend);
		size_t a = friendlist_find(&p->list, name),
		       b = friendlist_find(list, name);

		if (a < p->list.n && b < list->n &&
		    !view_eq(buf_view(&p->list.friends[a].keys),
			buf_view(&list->friends[b].keys)))
			p->kept[n].news = 1;
	}
	friendlist_release(&p->list);
	p->list = *list;
	*list = (struct friendlist){ .seen = -1 };
	if (friendlist_prepare(p->node, &p->list, p->only == NULL) != ERR_OK)
		log_at(LOG_ERROR, "link/ error=\"%s\"", strerror(errno));
	if (p->only != NULL)
		return;
	status_list(p->status, &p->list);
	watch_dirs(p->watch, &p->list);
}

static void
worker_ended(struct parent *p, int status)
{
	close_control(p);
	if (p->phase == PHASE_ENDING) {
		listeners_set(&p->listeners, p->node, &p->next);
		use_list(p, &p->next);
		start_worker(p);
		return;
	}
	log_at(LOG_ERROR, "program=link-worker died of %s %d",
	    WIFSIGNALED(status) ? "signal" : "code",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	/* their links went with it */
	jobs_end(p->jobs, JOB_EXCHANGE, NULL);
	jobs_end(p->jobs, JOB_COMMAND, NULL);
	for (uint32_t i = 0; p->status != NULL && i < p->list.n; i++) {
		struct control c = { CONTROL_STATE, STATE_DOWN, i, CONTROL_NONE };

		status_take(p->status, &c);
	}
	if (p->only != NULL)
		finish(p, 1);
	else
		arm_backoff(p);
}

void
parent_reap(struct parent *p)
{
	int status;

	if (p == NULL)
		return;
	jobs_reap(p->jobs);
	if ((p->phase == PHASE_RUNNING || p->phase == PHASE_ENDING) &&
	    waitpid(p->pid, &status, WNOHANG) == p->pid)
		worker_ended(p, status);
}

/* ---- configuration */

static void
on_conf(void *arg)
{
	struct parent *p = arg;
	struct node now = { .conf = BUF_INIT(CONF_MAX) };
	struct friendlist list;
	enum err e;

	memcpy(now.dir, p->node->dir, sizeof now.dir);
	if ((e = node_load(&now)) != ERR_OK ||
	    (e = friendlist_load(&now, NULL, &list)) != ERR_OK) {
		log_at(
		    LOG_ERROR, "node.conf error=\"%s\": going on as before", err_text(e));
		goto out;
	}
	if (p->phase == PHASE_ENDING) {
		friendlist_release(&p->next);
		p->next = list;
		goto out;
	}
	if (friendlist_equal(&p->list, &list)) {
		friendlist_release(&list);
		goto out;
	}
	if (p->phase == PHASE_RUNNING) {
		p->next = list;
		tell(p, CONTROL_END, 0, CONTROL_ALL, 0, -1);
		set_phase(p, PHASE_ENDING);
		goto out;
	}
	event_del(p->timer);
	listeners_set(&p->listeners, &now, &list);
	use_list(p, &list);
	start_worker(p);
out:
	node_release(&now);
}

static void
on_wake(void *arg)
{
	struct parent *p = arg;

	tell(p, CONTROL_WAKE, 0, CONTROL_ALL, 0, -1);
}

static void
on_look(void *arg)
{
	struct parent *p = arg;

	watch_look(p->watch);
}

static void
on_call(void *arg, struct view friend)
{
	struct parent *p = arg;
	size_t i = friendlist_find(&p->list, friend);

	if (friend.len == 0)
		tell(p, CONTROL_CALL, 0, CONTROL_ALL, 0, -1);
	else if (i < p->list.n)
		tell(p, CONTROL_CALL, 0, (uint32_t)i, 0, -1);
}

static enum err
begin(struct event_base *base, const struct node *node, const char *only,
    struct parent **out)
{
	struct parent *p = calloc(1, sizeof *p);
	struct rlimit lim;

	if (p == NULL)
		return ERR_NOMEM;
	p->base = base;
	p->node = node;
	p->only = only;
	p->code = -1;
	p->list.seen = p->next.seen = -1;
	p->jobs = jobs_new(base, node, on_job, p);
	p->timer = evtimer_new(base, on_backoff, p);
	p->stick_timer = evtimer_new(base, on_stick_timer, p);
	if (p->jobs == NULL || p->timer == NULL || p->stick_timer == NULL) {
		parent_free(p);
		return ERR_NOMEM;
	}
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < DESCRIPTORS) {
		lim.rlim_cur = lim.rlim_max < DESCRIPTORS ? lim.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	*out = p;
	return ERR_OK;
}

enum err
parent_new(struct event_base *base, const struct node *node, struct parent **out)
{
	struct friendlist list;
	struct parent *p;
	enum err e;

	if ((e = begin(base, node, NULL, &p)) != ERR_OK)
		return e;
	if ((e = fs_mkdir(NODE_PATH(node, "link"), 0700)) != ERR_OK ||
	    (e = watch_new(base, node, on_conf, on_dir, p, &p->watch)) != ERR_OK ||
	    (e = wakes_new(base, node, on_wake, on_call, on_look, p, &p->wakes)) !=
		ERR_OK ||
	    (e = status_new(base, node, &p->status)) != ERR_OK ||
	    (e = friendlist_load(node, NULL, &list)) != ERR_OK)
		goto out;
	e = listeners_set(&p->listeners, node, &list);
	use_list(p, &list);
	if (e == ERR_OK)
		start_worker(p);
out:
	if (e == ERR_OK)
		*out = p;
	else
		parent_free(p);
	return e;
}

enum err
parent_call(struct event_base *base, const struct node *node, const char *friend,
    parent_done_fn *done, void *arg, struct parent **out)
{
	struct friendlist list;
	struct parent *p;
	enum err e;

	if (!text_name(view_str(friend)))
		return ERR_NOTFOUND;
	if ((e = begin(base, node, friend, &p)) != ERR_OK)
		return e;
	p->done = done;
	p->arg = arg;
	if ((e = friendlist_load(node, friend, &list)) != ERR_OK)
		goto out;
	use_list(p, &list);
	if (p->list.n == 0 ||
	    (p->list.friends[0].n_carriers == 0 && p->list.friends[0].n_roots == 0))
		e = ERR_NOTFOUND;
	else
		start_worker(p);
	if (e == ERR_OK && p->phase != PHASE_RUNNING)
		e = ERR_NOTFOUND;
out:
	if (e == ERR_OK)
		*out = p;
	else
		parent_free(p);
	return e;
}

void
parent_free(struct parent *p)
{
	if (p == NULL)
		return;
	if (p->phase == PHASE_RUNNING || p->phase == PHASE_ENDING) {
		event_free(p->heard);
		close(p->control); /* the worker ends by itself */
	}
	jobs_free(p->jobs);
	watch_free(p->watch);
	wakes_free(p->wakes);
	status_free(p->status);
	if (p->only == NULL)
		listeners_release(&p->listeners, p->node);
	friendlist_release(&p->list);
	friendlist_release(&p->next);
	for (size_t i = 0; i < p->n_kept; i++)
		if (p->kept[i].fd >= 0)
			close(p->kept[i].fd);
	free(p->kept);
	for (size_t i = 0; i < p->n_sticks; i++)
		free(p->sticks[i].path);
	free(p->sticks);
	if (p->timer != NULL)
		event_free(p->timer);
	if (p->stick_timer != NULL)
		event_free(p->stick_timer);
	free(p);
}
