#include "reader/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "reader/auth.h"
#include "reader/front.h"
#include "reader/indexer.h"
#include "reader/link.h"
#include "reader/stores.h"
#include "reader/watch.h"
#include "reader/worker.h"
#include "reader/writer.h"

#define CHILDREN_MAX 19   /* the writer, reader-auth, the indexer, and a worker a core */
#define BACKOFF_FIRST 100 /* ms before a child that ended is started again */
#define BACKOFF_MAX 30000
#define BACKOFF_FORGET 60000 /* it ran that long: it is well */
#define PATIENCE 5000        /* ms that children have to end */

enum { WRITER, AUTH, INDEXER, WORKER };
static const char *const names[] = { "writer", "auth", "indexer", "worker" };

struct child {
	pid_t pid; /* 0: not running */
	int control;
	bool ready, wanted;
	int64_t started, again; /* when to start it again */
	int64_t backoff;
};

struct server {
	const struct node *node;
	struct personas personas;
	struct users users;
	struct grant_key key;
	struct access_rules rules;
	struct claims *claims;
	struct child child[CHILDREN_MAX];
	size_t children; /* cores + WORKER */
	int signals;
	struct front front;
	struct bulletins bulletins;
	struct watch watch;
	bool announced, ending;
};

/* In the child: only what it needs stays open. */
static _Noreturn void
run_child(struct server *sv, size_t i, int control)
{
	int code;

	for (size_t k = 0; k < sv->children; k++)
		if (sv->child[k].pid != 0)
			close(sv->child[k].control);
	close(sv->signals);
	watch_close(&sv->watch);
	if (i < WORKER)
		front_release(&sv->front); /* the certificate's key, too */
	if (i != AUTH)
		users_forget_passwords(&sv->users);
	if (i != AUTH && i != WRITER) {
		users_release(&sv->users);
		OPENSSL_cleanse(&sv->key, sizeof sv->key);
	}
	if (i == WRITER) {
		struct writer_start start = { sv->node, &sv->personas, &sv->users,
			&sv->key, sv->rules.login == LOGIN_ALWAYS,
			sv->rules.count > 0 || sv->rules.loopback, control };

		prctl(PR_SET_NAME, "reader-writer");
		code = writer_run(&start);
	} else if (i == AUTH) {
		prctl(PR_SET_NAME, "reader-auth");
		code = auth_run(&sv->users, &sv->key, control);
	} else if (i == INDEXER) {
		prctl(PR_SET_NAME, "reader-indexer");
		code = indexer_run(sv->node, control);
	} else {
		struct worker_start start = { sv->node, &sv->rules, &sv->personas,
			sv->claims, &sv->front, &sv->bulletins, control, i > WORKER };

		prctl(PR_SET_NAME, "reader-worker");
		code = worker_run(&start);
	}
	close(control);
	personas_release(&sv->personas);
	users_release(&sv->users);
	front_release(&sv->front);
	bulletins_release(&sv->bulletins);
	exit(code);
}

/* A fresh socket between a worker and the writer, or reader-auth. */
static enum err
connect_worker(struct server *sv, size_t worker, size_t with)
{
	struct child *a = &sv->child[with], *b = &sv->child[worker];
	enum link_gift gift = with == WRITER ? GIFT_LINK : GIFT_LOGIN;
	int pair[2], type = with == WRITER ? SOCK_STREAM : SOCK_SEQPACKET;
	enum err e;

	if (a->pid == 0 || b->pid == 0)
		return ERR_OK;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	if ((e = link_send(a->control, gift, pair[0])) == ERR_OK)
		e = link_send(b->control, gift, pair[1]);
	close(pair[0]);
	close(pair[1]);
	return e;
}

static enum err
start(struct server *sv, size_t i)
{
	struct child *c = &sv->child[i];
	int pair[2];
	pid_t pid;
	enum err e;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	if ((pid = fork()) < 0) {
		close(pair[0]);
		close(pair[1]);
		return ERR_IO;
	}
	if (pid == 0) {
		close(pair[0]);
		run_child(sv, i, pair[1]);
	}
	close(pair[1]);
	c->pid = pid;
	c->control = pair[0];
	c->ready = false;
	c->wanted = true;
	c->started = clock_ms();
	if (i >= WORKER)
		return (e = connect_worker(sv, i, WRITER)) != ERR_OK
		    ? e
		    : connect_worker(sv, i, AUTH);
	for (size_t k = WORKER; k < sv->children && i != INDEXER; k++)
		if ((e = connect_worker(sv, k, i)) != ERR_OK)
			return e;
	return ERR_OK;
}

/* All processes of ours get an end of file from this, and end. */
static void
end_all(struct server *sv)
{
	sv->ending = true;
	for (size_t i = 0; i < sv->children; i++)
		if (sv->child[i].pid != 0 && sv->child[i].control >= 0) {
			shutdown(sv->child[i].control, SHUT_WR);
			sv->child[i].wanted = false;
		}
}

static void
ended(struct server *sv, size_t i, int status)
{
	struct child *c = &sv->child[i];
	int64_t now = clock_ms();
	const char *name = names[i < WORKER ? i : WORKER];

	close(c->control);
	c->pid = 0;
	c->ready = false;
	if (sv->ending)
		return;
	if (i > WORKER && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		c->wanted = false; /* retired */
		return;
	}
	if (now - c->started > BACKOFF_FORGET)
		c->backoff = 0;
	c->backoff = c->backoff == 0 ? BACKOFF_FIRST : c->backoff * 2;
	if (c->backoff > BACKOFF_MAX)
		c->backoff = BACKOFF_MAX;
	c->again = now + c->backoff;
	log_at(LOG_WARN, "%s ended %s=%d again_ms=%lld", name,
	    WIFSIGNALED(status) ? "signal" : "code",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)c->backoff);
}

static void
reap(struct server *sv)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < sv->children; i++)
			if (sv->child[i].pid == pid)
				ended(sv, i, status);
}

static void
on_signal(struct server *sv)
{
	struct signalfd_siginfo si;

	if (read(sv->signals, &si, sizeof si) != sizeof si)
		return;
	if (si.ssi_signo == SIGCHLD)
		reap(sv);
	else
		end_all(sv);
}

/* Bytes of a child: r it is ready, b a worker wants another beside it. */
static void
on_said(struct server *sv, size_t i)
{
	char said[16];
	ssize_t n = recv(sv->child[i].control, said, sizeof said, MSG_DONTWAIT);

	if (n <= 0) {
		/* SIGCHLD tells the rest */
		return;
	}
	for (ssize_t k = 0; k < n; k++) {
		if (said[k] == 'r')
			sv->child[i].ready = true;
		for (size_t w = WORKER; said[k] == 'b' && w < sv->children; w++)
			if (sv->child[w].pid == 0 && !sv->child[w].wanted) {
				sv->child[w].wanted = true;
				sv->child[w].again = 0;
				break;
			}
	}
}

/* The address for those who look into run/. */
static void
tell(struct server *sv, const char *file, const struct buf *address)
{
	struct buf line = BUF_INIT(128);
	enum err e = ERR_OK;

	if (address->len == 0)
		return;
	buf_addv(&line, buf_view(address));
	buf_addc(&line, '\n');
	e = fs_write_atomic(NODE_PATH(sv->node, "run/%s", file), buf_view(&line), false);
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "cannot write %s/run/%s: %s", sv->node->dir, file,
		    strerror(errno));
		end_all(sv);
	}
	buf_release(&line);
}

static void
announce(struct server *sv)
{
	const struct buf *nntp = &sv->front.nntp, *nntps = &sv->front.nntps;

	if (sv->announced || !sv->child[WRITER].ready || !sv->child[WORKER].ready ||
	    (sv->child[AUTH].wanted && !sv->child[AUTH].ready))
		return;
	sv->announced = true;
	tell(sv, "nntp.addr", nntp);
	tell(sv, "nntps.addr", nntps);
	printf("ready");
	if (nntp->len > 0)
		printf(" nntp=%.*s", (int)nntp->len, (const char *)nntp->p);
	if (nntps->len > 0)
		printf(" nntps=%.*s", (int)nntps->len, (const char *)nntps->p);
	putchar('\n');
	fflush(stdout);
}

/* Starts what is due; answers how long the loop may sleep, -1 for ever. */
static int
start_due(struct server *sv)
{
	int64_t now = clock_ms(), next = -1;

	for (size_t i = 0; i < sv->children && !sv->ending; i++) {
		struct child *c = &sv->child[i];

		if (!c->wanted || c->pid != 0)
			continue;
		if (c->again <= now && start(sv, i) != ERR_OK) {
			log_at(LOG_ERROR, "cannot start a process: %s", strerror(errno));
			c->again = now + BACKOFF_MAX;
		}
		if (c->pid == 0 && (next < 0 || c->again - now < next))
			next = c->again - now;
	}
	return (int)next;
}

static bool
any_left(const struct server *sv)
{
	for (size_t i = 0; i < sv->children; i++)
		if (sv->child[i].pid != 0)
			return true;
	return false;
}

static void
kill_rest(struct server *sv)
{
	for (size_t i = 0; i < sv->children; i++)
		if (sv->child[i].pid != 0) {
			log_at(LOG_WARN, "pid=%d does not end: killed",
			    (int)sv->child[i].pid);
			kill(sv->child[i].pid, SIGKILL);
		}
}

/* What a child that runs ought to know; the others are born with it. */
static void
give(struct server *sv, size_t i, enum link_gift gift, struct view bytes)
{
	if (sv->child[i].pid != 0 &&
	    link_give(sv->child[i].control, gift, bytes) != ERR_OK)
		log_at(
		    LOG_ERROR, "pid=%d does not hear what is new", (int)sv->child[i].pid);
}

/* To all processes from the first one on. */
static void
give_from(struct server *sv, size_t first, enum link_gift gift, struct view bytes)
{
	for (size_t i = first; i < sv->children; i++)
		give(sv, i, gift, bytes);
}

/* What cannot be read changes nothing. */
static void
renew_users(struct server *sv)
{
	struct buf full = BUF_INIT(GIFT_MAX), bare = BUF_INIT(GIFT_MAX);
	struct users users = { 0 };
	enum err e;

	if ((e = users_load(sv->node, &users)) != ERR_OK) {
		log_at(
		    LOG_ERROR, "gateway/users: %s; the users before stay", err_text(e));
		return;
	}
	users_release(&sv->users);
	sv->users = users;
	buf_reserve(&full, users.count * sizeof *users.list);
	users_pack(&users, true, &full);
	users_pack(&users, false, &bare);
	give(sv, AUTH, GIFT_USERS, buf_view(&full));
	give(sv, WRITER, GIFT_USERS, buf_view(&bare));
	sv->child[AUTH].wanted = sv->child[AUTH].wanted || users.count > 0;
	log_at(LOG_INFO, "users=%zu renewed", users.count);
	buf_wipe(&full);
	buf_release(&bare);
}

/* A certificate that is no good changes nothing. */
static void
renew_certificate(struct server *sv)
{
	struct buf pem = BUF_INIT(FRONT_PEM_MAX), why = BUF_INIT(256);
	enum err e = front_pem(sv->node, &pem, &why);

	if (e == ERR_OK &&
	    (e = front_certificate(&sv->front.transport, buf_view(&pem))) != ERR_OK)
		buf_adds(&why, front_fault(e));
	if (e == ERR_OK) {
		give_from(sv, WORKER, GIFT_CERTIFICATE, buf_view(&pem));
		log_at(LOG_INFO, "certificate renewed");
	} else if (e != ERR_NOTFOUND)
		log_at(LOG_ERROR, "gateway %.*s; the certificate before it stays in use",
		    (int)why.len, (const char *)why.p);
	buf_wipe(&pem);
	buf_release(&why);
}

/* Personas that cannot be read change nothing either. */
static void
renew_personas(struct server *sv)
{
	struct buf packed = BUF_INIT(PERSONAS_PACKED);
	char bad[NAME_MAX_LEN + 1] = "";
	struct personas fresh;
	enum err e = personas_load(sv->node, &fresh, bad);

	if (e != ERR_OK) {
		log_at(LOG_ERROR, "personas/%s error=\"%s\"; those before it stay in use",
		    bad, err_text(e));
		return;
	}
	personas_release(&sv->personas);
	sv->personas = fresh;
	personas_pack(&fresh, &packed);
	if (buf_err(&packed) == ERR_OK)
		give_from(sv, WRITER, GIFT_PERSONAS, buf_view(&packed));
	buf_release(&packed);
}

static void
renew_bulletins(struct server *sv)
{
	struct buf packed = BUF_INIT(BULLETINS_PACKED_MAX);

	bulletins_load(sv->node, &sv->bulletins);
	bulletins_pack(&sv->bulletins, &packed);
	if (buf_err(&packed) == ERR_OK)
		give_from(sv, WORKER, GIFT_BULLETINS, buf_view(&packed));
	buf_release(&packed);
}

/* Reads anew what has changed; answers how long the loop may sleep, -1 for ever. */
static int
renew(struct server *sv)
{
	int wait;
	unsigned changed = watch_due(&sv->watch, &wait);

	if (changed & WATCH_CERTIFICATE)
		renew_certificate(sv);
	if (changed & WATCH_USERS)
		renew_users(sv);
	if (changed & WATCH_PERSONAS)
		renew_personas(sv);
	if (changed & WATCH_BULLETINS)
		renew_bulletins(sv);
	return wait;
}

static int
sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void
loop(struct server *sv)
{
	struct pollfd p[CHILDREN_MAX + 2];
	int64_t deadline = 0;
	int wait;

	while (!sv->ending || any_left(sv)) {
		wait = renew(sv);
		wait = sooner(start_due(sv), wait);
		announce(sv);
		for (size_t i = 0; i < sv->children; i++)
			p[i] = (struct pollfd){
				.fd = sv->child[i].pid != 0 ? sv->child[i].control : -1,
				.events = POLLIN,
			};
		p[sv->children] = (struct pollfd){ .fd = sv->signals, .events = POLLIN };
		p[sv->children + 1] =
		    (struct pollfd){ .fd = sv->watch.fd, .events = POLLIN };
		if (sv->ending) {
			deadline = deadline == 0 ? clock_ms() + PATIENCE : deadline;
			if (clock_ms() >= deadline)
				kill_rest(sv);
			wait = 100;
		}
		if (poll(p, sv->children + 2, wait) < 0)
			continue;
		for (size_t i = 0; i < sv->children; i++)
			if (p[i].revents & POLLIN)
				on_said(sv, i);
		if (p[sv->children].revents != 0)
			on_signal(sv);
		if (p[sv->children + 1].revents != 0)
			watch_read(&sv->watch, sv->node);
	}
}

static void
load_rules(const struct node *node, struct access_rules *rules)
{
	struct view bad = { 0 };
	enum err e = access_load(node, rules, &bad);

	if (e == ERR_TOOBIG)
		die("%s/node.conf: more than %d addresses that feed", node->dir,
		    ACCESS_FEEDS_MAX);
	if (e != ERR_OK)
		die("%s/node.conf: feed %s: write addresses with commas between, or "
		    "loopback",
		    node->dir, quoted(bad));
}

/* What is watched must be there. */
static void
make_folders(const struct node *node)
{
	static const char *const folders[] = { "run", "gateway", "gateway/users",
		"personas" };

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if (fs_mkdir(NODE_PATH(node, "%s", folders[i]), 0700) != ERR_OK)
			die("%s/%s: %s", node->dir, folders[i], strerror(errno));
}

static void
open_signals(struct server *sv)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (sv->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		die("signals: %s", strerror(errno));
}

int
server_run(const struct node *node)
{
	struct server sv = { .node = node, .signals = -1 };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	char bad[NAME_MAX_LEN + 1] = "";
	enum err e;

	sv.children = WORKER + (cores < 1 ? 1 : (size_t)cores);
	if (sv.children > CHILDREN_MAX)
		sv.children = CHILDREN_MAX;
	make_folders(node);
	/* first, so that nothing that changes after it was read is missed */
	watch_open(&sv.watch, node);
	if ((e = personas_load(node, &sv.personas, bad)) != ERR_OK)
		die("%s/personas/%s: %s", node->dir, bad, err_text(e));
	load_rules(node, &sv.rules);
	if (grant_key_make(&sv.key) != ERR_OK)
		die("no random bytes");
	if (claims_new(&sv.claims) != ERR_OK)
		die("no memory");
	stores_check(node);
	open_signals(&sv);
	if ((e = users_load(node, &sv.users)) != ERR_OK)
		die("%s/gateway/users: %s", node->dir, err_text(e));
	sv.child[AUTH].wanted = sv.users.count > 0;
	front_open(node, &sv.front);
	bulletins_init(&sv.bulletins);
	bulletins_load(node, &sv.bulletins);
	sv.child[WRITER].wanted = sv.child[WORKER].wanted = true;
	sv.child[INDEXER].wanted = true;
	loop(&sv);
	(void)unlink(NODE_PATH(node, "run/nntp.addr"));
	(void)unlink(NODE_PATH(node, "run/nntps.addr"));
	close(sv.signals);
	watch_close(&sv.watch);
	personas_release(&sv.personas);
	users_release(&sv.users);
	front_release(&sv.front);
	bulletins_release(&sv.bulletins);
	claims_free(sv.claims);
	return 0;
}
