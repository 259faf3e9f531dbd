#include "reader/auth.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/address.h"
#include "reader/link.h"
#include "reader/throttle.h"
#include "reader/verdict.h"

#define LINKS_MAX 64
#define LOGIN_MAX (ADDRESS_LEN + LINE_MAX_NNTP)
#define PACKET_MAX (LINK_HEAD + 1 + MSGID_MAX + LOGIN_MAX)
#define NICE 10 /* a hash takes long; whoever reads news goes first */

/* A login that waits. */
struct asked {
	int link; /* -1: its worker has gone */
	uint64_t tag;
	unsigned char address[ADDRESS_LEN];
	char user[NAME_MAX_LEN + 1]; /* empty: nobody could have that name */
	size_t len;
	unsigned char password[LINE_MAX_NNTP];
};

struct auth {
	struct users *users;
	const struct grant_key *key;
	int control;
	int links[LINKS_MAX];
	size_t count;
	struct asked asked[AUTH_WAITING_MAX]; /* oldest first */
	size_t waiting;
	struct throttle throttle;
	struct buf nobody; /* what an unknown user's password is compared with */
	unsigned char packet[PACKET_MAX]; /* one read */
};

/* A worker that does not read its answers has no use for them. */
static void
answer(int link, uint64_t tag, const struct buf *verdict)
{
	struct frame f = { .tag = tag, .kind = FRAME_ANSWER, .bytes = buf_view(verdict) };
	struct buf out = BUF_INIT(VERDICT_MAX + LINK_HEAD);

	frame_add(&out, &f);
	if (link >= 0 && buf_err(&out) == ERR_OK)
		(void)send(link, out.p, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_release(&out);
}

static size_t
waiting_from(const struct auth *a, const unsigned char *address)
{
	size_t n = 0;

	for (size_t i = 0; i < a->waiting; i++)
		n += memcmp(a->asked[i].address, address, ADDRESS_LEN) == 0;
	return n;
}

static void
remember(struct auth *a, int link, const struct frame *f)
{
	struct buf busy = BUF_INIT(8);
	struct view v = f->bytes, address;
	struct asked *q;

	if (view_take(&v, ADDRESS_LEN, &address) != ERR_OK || v.len > LINE_MAX_NNTP)
		return;
	if (a->waiting == AUTH_WAITING_MAX ||
	    waiting_from(a, address.p) >= AUTH_ADDRESS_MAX) {
		verdict_add(&busy, VERDICT_BUSY);
		answer(link, f->tag, &busy);
		buf_release(&busy);
		return;
	}
	q = &a->asked[a->waiting++];
	*q = (struct asked){ .link = link, .tag = f->tag, .len = v.len };
	memcpy(q->address, address.p, ADDRESS_LEN);
	memcpy(q->password, v.p, v.len);
	if (f->name.len <= NAME_MAX_LEN)
		memcpy(q->user, f->name.p, f->name.len);
}

/* All that a worker has asked. False: it has gone. */
static bool
receive(struct auth *a, int link)
{
	struct frame f;
	struct view v;
	ssize_t n;

	while ((n = recv(link, a->packet, sizeof a->packet, MSG_DONTWAIT)) > 0) {
		v = (struct view){ a->packet, (size_t)n };
		if (frame_next(&v, LOGIN_MAX, &f) != ERR_OK || f.kind != FRAME_LOGIN ||
		    v.len != 0) {
			log_at(LOG_ERROR, "auth frame error=\"not from a worker\"");
			return false;
		}
		remember(a, link, &f);
		OPENSSL_cleanse(a->packet, sizeof a->packet);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void
drop(struct auth *a, size_t i)
{
	for (size_t k = 0; k < a->waiting; k++)
		if (a->asked[k].link == a->links[i])
			a->asked[k].link = -1;
	close(a->links[i]);
	a->links[i] = a->links[--a->count];
}

/* The oldest whose address need not wait; *wait, when none, how long until then. */
static size_t
next_due(const struct auth *a, int64_t now, int *wait)
{
	*wait = -1;
	for (size_t i = 0; i < a->waiting; i++) {
		int64_t left = throttle_wait(&a->throttle, a->asked[i].address, now);

		if (left == 0 || a->asked[i].link < 0) {
			*wait = 0;
			return i;
		}
		if (*wait < 0 || left < *wait)
			*wait = (int)left;
	}
	return a->waiting;
}

/* An unknown user costs what a wrong password does. */
static void
judge(struct auth *a, const struct asked *q)
{
	const struct user *u = users_find(a->users, view_str(q->user));
	struct view text = u != NULL ? view_str(u->password) : buf_view(&a->nobody);
	struct buf verdict = BUF_INIT(VERDICT_MAX);
	unsigned char grant[GRANT_LEN];
	enum err e = password_check(text, (struct view){ q->password, q->len });

	if (e == ERR_OK && u != NULL) {
		grant_make(a->key, view_str(u->name), grant);
		verdict_add_in(&verdict, u, grant);
	} else if (e == ERR_NOMEM)
		verdict_add(&verdict, VERDICT_BUSY);
	else {
		throttle_wrong(&a->throttle, q->address, clock_ms());
		verdict_add(&verdict, VERDICT_WRONG);
	}
	answer(q->link, q->tag, &verdict);
	buf_wipe(&verdict);
}

static void
forget(struct auth *a, size_t i)
{
	OPENSSL_cleanse(a->asked[i].password, sizeof a->asked[i].password);
	memmove(
	    &a->asked[i], &a->asked[i + 1], (a->waiting - i - 1) * sizeof a->asked[0]);
	OPENSSL_cleanse(&a->asked[--a->waiting], sizeof a->asked[0]);
}

static void
take_users(struct auth *a, int fd)
{
	struct buf b = BUF_INIT(GIFT_MAX);
	enum err e;

	/* one piece of memory: it holds hashes */
	buf_reserve(&b, b.cap);
	if ((e = link_take(fd, &b)) == ERR_OK)
		e = users_unpack(buf_view(&b), a->users);
	if (e != ERR_OK)
		log_at(LOG_ERROR, "auth users error=\"%s\"", err_text(e));
	buf_wipe(&b);
}

/* False: the parent wants us to end. */
static bool
take_gift(struct auth *a)
{
	enum link_gift gift;
	int fd;
	enum err e = link_receive(a->control, MSG_DONTWAIT, &gift, &fd);

	if (e != ERR_OK)
		return e != ERR_NOTFOUND;
	if (gift == GIFT_LOGIN && a->count < LINKS_MAX) {
		a->links[a->count++] = fd;
		return true;
	}
	if (gift == GIFT_USERS)
		take_users(a, fd);
	else
		close(fd);
	return true;
}

static void
loop(struct auth *a)
{
	struct pollfd p[LINKS_MAX + 1];
	size_t n, due;
	int wait;

	for (;;) {
		due = next_due(a, clock_ms(), &wait);
		n = a->count;
		for (size_t i = 0; i < n; i++)
			p[i] = (struct pollfd){ .fd = a->links[i], .events = POLLIN };
		p[n] = (struct pollfd){ .fd = a->control, .events = POLLIN };
		if (poll(p, n + 1, wait) < 0)
			continue;
		if (due < a->waiting) {
			if (a->asked[due].link >= 0)
				judge(a, &a->asked[due]);
			forget(a, due);
		}
		/* downwards: drop moves the last one into the gap */
		for (size_t i = n; i-- > 0;)
			if (p[i].revents != 0 && !receive(a, a->links[i]))
				drop(a, i);
		if (p[n].revents != 0 && !take_gift(a))
			return;
	}
}

int
auth_run(struct users *users, const struct grant_key *key, int control)
{
	struct auth *a;
	int code = 1;
	enum err e;

	if ((a = calloc(1, sizeof *a)) == NULL)
		return code;
	*a = (struct auth){ .users = users, .key = key, .control = control };
	buf_init(&a->nobody, PASSWORD_TEXT_MAX);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	/* OpenSSL reads its files at the first hash: before the sandbox */
	if ((e = password_hash(VIEW_LIT("nobody"), &a->nobody)) != ERR_OK ||
	    (e = sandbox_enter(SANDBOX_AUTH, NULL, 0)) != ERR_OK) {
		log_at(LOG_ERROR, "auth start error=\"%s\"", err_text(e));
		goto out;
	}
	if (fs_write_all(control, VIEW_LIT("r")) != ERR_OK)
		goto out;
	loop(a);
	code = 0;
out:
	while (a->count > 0)
		drop(a, a->count - 1);
	buf_release(&a->nobody);
	OPENSSL_cleanse(a, sizeof *a);
	free(a);
	return code;
}
