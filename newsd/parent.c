#include "newsd/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "newsd/control.h"
#include "newsd/parentcore.h"

#define EXIT_RETRY 75

static void start_worker(struct parent *);

static void
set_phase(struct parent *p, enum phase to)
{
	static const char *const names[] = { "idle", "running", "ending", "waiting" };

	log_at(LOG_DEBUG, "links %s -> %s", names[p->phase], names[to]);
	p->phase = to;
}

static bool
runs(const struct parent *p)
{
	return p->phase == PHASE_RUNNING || p->phase == PHASE_ENDING;
}

/* Another worker comes in a moment: what it is to hear waits until then. */
bool
parentcore_awaited(const struct parent *p)
{
	return p->phase == PHASE_ENDING || p->phase == PHASE_WAITING;
}

/* ---- programs */

static void
exchange_ended(struct parent *p, const char *friend, int code)
{
	struct kept *k;
	size_t i;

	if (p->hand != NULL) {
		hand_exchange_ended(p->hand, code);
		return;
	}
	/* batcher may have changed the keys: the next worker is to hear of it */
	watch_flush(p->watch);
	wakes_known(p->wakes);
	i = friendlist_find(&p->list, view_str(friend));
	if (i < p->list.n && code == 0)
		status_heard(p->status, (uint32_t)i);
	if (p->phase == PHASE_RUNNING && i < p->list.n)
		spawned_tell(
		    &p->worker, CONTROL_ENDED, (uint8_t)code, (uint32_t)i, 0, -1);
	else if (p->phase == PHASE_ENDING && (k = kept_find(&p->kept, friend)) != NULL)
		k->code = code;
}

static void
stick_ended(struct parent *p, const char *friend, int code)
{
	if (code != 0)
		log_at(LOG_WARN, "stick friend=%s code=%d", friend, code);
	if (p->hand == NULL)
		watch_flush(p->watch); /* drops what we wrote ourselves */
	else
		hand_stick_ended(p->hand, code, friend_dialled(&p->list.friends[0]));
}

static void
command_ended(struct parent *p, const char *friend, int code, struct view said)
{
	size_t i = friendlist_find(&p->list, view_str(friend));
	struct buf words = BUF_INIT(JOBS_WORDS_MAX);

	if (code != 0)
		log_at(LOG_INFO, "exec friend=%s ended code=%d", friend, code);
	jobs_words(code, said, &words);
	if (p->status != NULL && i < p->list.n)
		status_said(p->status, (uint32_t)i, buf_view(&words));
	if (p->hand != NULL)
		hand_command_ended(p->hand, buf_view(&words));
	buf_release(&words);
}

static void
on_job(void *arg, enum job_kind kind, const char *friend, int code, struct view said)
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
		command_ended(p, friend, code, said);
		break;
	}
}

static void
on_dir(void *arg, const char *friend, const char *path)
{
	struct parent *p = arg;

	/* what changes meanwhile is our own doing */
	if (!jobs_running(p->jobs, JOB_STICK, friend))
		sticks_due(p->sticks, friend, path);
}

/* ---- what the worker says */

/* It names a friend, and a carrier of the kind that is asked for. */
static bool
sane(const struct parent *p, const struct control *c, int fd)
{
	const struct friend *f;

	if (!control_sane(c, fd >= 0))
		return false;
	if (c->kind == CONTROL_STRANGER)
		return p->hand == NULL;
	if (c->friend >= p->list.n)
		return false;
	f = &p->list.friends[c->friend];
	if (c->kind != CONTROL_COMMAND && c->kind != CONTROL_STICK)
		return true;
	if (c->value >= f->n_carriers)
		return false;
	if (c->kind == CONTROL_STICK)
		return f->carriers[c->value].kind == CARRIER_DIR;
	return f->carriers[c->value].kind == CARRIER_EXEC ||
	    f->carriers[c->value].kind == CARRIER_SERIAL;
}

static void
on_exchange(struct parent *p, const struct control *c, int fd)
{
	const char *name = p->list.friends[c->friend].name;
	struct budget left;
	enum link_role role = c->code == ROLE_CALLER ? ROLE_CALLER : ROLE_ANSWERER;
	enum err e;

	budget_left(&p->list.friends[c->friend], &left);
	e = jobs_exchange(p->jobs, name, role, &left, lines_speed(p->lines, fd), fd);

	if (e != ERR_OK)
		spawned_tell(&p->worker, CONTROL_ENDED, e == ERR_BUSY ? EXIT_RETRY : 1,
		    c->friend, 0, -1);
}

static void
on_command(struct parent *p, const struct control *c)
{
	const struct friend *f = &p->list.friends[c->friend];
	int fd = -1;

	if (f->carriers[c->value].kind == CARRIER_SERIAL) {
		parentline_call(p, c->friend, f->carriers[c->value].text);
		return;
	}
	if (jobs_command(p->jobs, f->name, f->carriers[c->value].text, &fd) != ERR_OK)
		fd = -1;
	spawned_tell(&p->worker, CONTROL_STREAM, 0, c->friend, 0, fd);
	if (fd >= 0)
		close(fd);
}

static void
on_keep(struct parent *p, const struct control *c, int fd)
{
	struct kept *k = kept_find(&p->kept, p->list.friends[c->friend].name);

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
	const struct friend *f;

	if (c->kind == CONTROL_STRANGER) {
		kept_stranger(&p->kept, fd);
		return;
	}
	f = &p->list.friends[c->friend];
	switch (c->kind) {
	case CONTROL_AGAIN:
		kept_call(&p->kept, view_str(f->name));
		break;
	case CONTROL_EXCHANGE:
		on_exchange(p, c, fd);
		break;
	case CONTROL_COMMAND:
		on_command(p, c);
		break;
	case CONTROL_STICK:
		sticks_due(p->sticks, f->name, f->carriers[c->value].text);
		break;
	case CONTROL_GAVE_UP:
		if (p->hand != NULL)
			hand_gave_up(p->hand);
		break;
	case CONTROL_KEEP:
		on_keep(p, c, fd);
		return;
	default:
		if (c->kind == CONTROL_CARRIER && p->hand != NULL)
			p->hand->trouble = c->code;
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
	event_del(p->worker.heard); /* what follows is told by its end */
	if (e == ERR_SYNTAX) {
		log_at(LOG_ERROR, "the link worker talks nonsense: killed");
		kill(p->worker.pid, SIGKILL);
	}
}

/* ---- the worker's life */

static void
arm_backoff(struct parent *p)
{
	int ms = spawned_backoff(&p->worker);
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	set_phase(p, PHASE_WAITING);
	event_add(p->timer, &tv);
	log_at(LOG_INFO, "program=link-worker is started again in %d ms", ms);
}

static void
on_backoff(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	start_worker(arg);
}

static void
start_worker(struct parent *p)
{
	struct worker_start how = { .list = &p->list,
		.listeners = p->listeners.fd,
		.n_listeners = p->listeners.n,
		.once = p->hand != NULL };

	if (p->listeners.n == 0 && p->list.n_lines == 0 &&
	    !friendlist_has_carriers(&p->list)) {
		set_phase(p, PHASE_IDLE);
		return;
	}
	if (spawned_open(&p->worker, p->base, on_control, p) != ERR_OK) {
		log_at(LOG_ERROR, "links error=\"%s\"", strerror(errno));
		arm_backoff(p);
		return;
	}
	/* said before it is born, so that it is heard first */
	kept_give(&p->kept, &p->list, p->jobs, &p->worker);
	if (p->hand != NULL)
		spawned_tell(&p->worker, CONTROL_CALL, 0, 0, 0, -1);
	set_phase(p, PHASE_RUNNING);
	if (spawned_start(&p->worker, &how) != ERR_OK) {
		log_at(LOG_ERROR, "links error=\"%s\"", strerror(errno));
		spawned_close(&p->worker);
		arm_backoff(p);
	}
}

static void
use_list(struct parent *p, struct friendlist *list)
{
	kept_compare(&p->kept, &p->list, list);
	friendlist_release(&p->list);
	p->list = *list;
	*list = (struct friendlist){ .seen = -1 };
	if (friendlist_prepare(p->node, &p->list, p->hand == NULL) != ERR_OK)
		log_at(LOG_ERROR, "link/ error=\"%s\"", strerror(errno));
	if (p->hand != NULL)
		return;
	status_list(p->status, &p->list);
	lines_listen(p->lines, p->list.lines, p->list.n_lines, buf_view(&p->list.chat));
	watch_dirs(p->watch, &p->list);
}

static void
worker_ended(struct parent *p, int status)
{
	if (spawned_heard(&p->worker)) /* its last words */
		on_control(p->worker.control, EV_READ, p);
	spawned_close(&p->worker);
	if (p->phase == PHASE_ENDING) {
		listeners_set(&p->listeners, p->node, &p->next);
		use_list(p, &p->next);
		start_worker(p);
		return;
	}
	if (p->hand != NULL && hand_worker_ended(p->hand)) {
		set_phase(p, PHASE_IDLE);
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
	if (p->hand == NULL)
		arm_backoff(p);
	else
		set_phase(p, PHASE_IDLE);
}

void
parent_reap(struct parent *p)
{
	int status;

	if (p == NULL)
		return;
	jobs_reap(p->jobs);
	lines_reap(p->lines);
	if (runs(p) && waitpid(p->worker.pid, &status, WNOHANG) == p->worker.pid)
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
		spawned_tell(&p->worker, CONTROL_END, 0, CONTROL_ALL, 0, -1);
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

	if (parentcore_awaited(p))
		p->kept.wake = true;
	else
		spawned_tell(&p->worker, CONTROL_WAKE, 0, CONTROL_ALL, 0, -1);
}

static void
on_spool(void *arg)
{
	struct parent *p = arg;

	wakes_look(p->wakes);
}

static void
on_call(void *arg, struct view friend)
{
	struct parent *p = arg;
	size_t i;

	/* what was changed before the call was asked for counts for it */
	watch_flush(p->watch);
	i = friendlist_find(&p->list, friend);
	if (parentcore_awaited(p))
		kept_call(&p->kept, friend);
	else if (friend.len == 0)
		spawned_tell(&p->worker, CONTROL_CALL, 0, CONTROL_ALL, 0, -1);
	else if (i < p->list.n)
		spawned_tell(&p->worker, CONTROL_CALL, 0, (uint32_t)i, 0, -1);
}

static enum err
begin(struct event_base *base, const struct node *node, struct parent **out)
{
	struct parent *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ERR_NOMEM;
	p->base = base;
	p->node = node;
	p->list.seen = p->next.seen = -1;
	p->jobs = jobs_new(base, node, on_job, p);
	p->timer = evtimer_new(base, on_backoff, p);
	p->sticks = sticks_new(base, p->jobs);
	if (p->jobs == NULL || parentline_new(p) != ERR_OK || p->timer == NULL ||
	    p->sticks == NULL) {
		parent_free(p);
		return ERR_NOMEM;
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

	if ((e = begin(base, node, &p)) != ERR_OK)
		return e;
	if ((e = fs_mkdir(NODE_PATH(node, "link"), 0700)) != ERR_OK ||
	    (e = watch_new(base, node, on_conf, on_spool, on_dir, p, &p->watch)) !=
		ERR_OK ||
	    (e = wakes_new(base, node, on_wake, on_call, p, &p->wakes)) != ERR_OK ||
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
	if ((e = begin(base, node, &p)) != ERR_OK)
		return e;
	p->hand = hand_new(base, friend, p->jobs, p->sticks, &p->worker, done, arg);
	if (p->hand == NULL) {
		parent_free(p);
		return ERR_NOMEM;
	}
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
	if (runs(p)) /* it ends by itself */
		spawned_close(&p->worker);
	sticks_free(p->sticks);
	lines_free(p->lines);
	jobs_free(p->jobs);
	watch_free(p->watch);
	wakes_free(p->wakes);
	status_free(p->status);
	if (p->hand == NULL)
		listeners_release(&p->listeners, p->node);
	friendlist_release(&p->list);
	friendlist_release(&p->next);
	kept_release(&p->kept);
	hand_free(p->hand);
	if (p->timer != NULL)
		event_free(p->timer);
	free(p);
}
