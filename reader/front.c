#include "reader/front.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"

/* Somebody can log in. */
static bool
has_users(const struct node *n)
{
	DIR *d = opendir(NODE_PATH(n, "gateway/users"));
	struct dirent *ent;
	bool found = false;

	if (d == NULL)
		return false;
	while (!found && (ent = readdir(d)) != NULL)
		found = text_name(view_str(ent->d_name));
	closedir(d);
	return found;
}

static void
open_one(const struct node *n, struct front *f, struct view address, bool tls)
{
	struct listener *l = &f->list[f->count];
	const char *key = tls ? "listen-tls" : "listen";
	struct buf got = BUF_INIT(64), *first = tls ? &f->nntps : &f->nntp;
	bool loopback, never = view_eqs(node_get(n, "login", "lan"), "never");
	enum err e;

	if (f->count == LISTEN_MAX)
		die("%s/node.conf: more than %d addresses to listen at", n->dir,
		    LISTEN_MAX);
	e = listen_open(address, &l->fd, &got, &loopback);
	if (e == ERR_SYNTAX)
		die("%s %s: write it as 127.0.0.1:1119 in node.conf", key,
		    quoted(address));
	if (e != ERR_OK)
		die("%s %s: %s; `hearsay setup --%s ADDR:PORT` changes it", key,
		    quoted(address), strerror(errno), key);
	if (!loopback && never)
		log_at(LOG_WARN,
		    "%s=%.*s login=never: whoever reaches it can read, and post as you",
		    key, (int)got.len, (const char *)got.p);
	else if (!loopback && !has_users(n))
		die("%s %s: whoever reaches it could not log in, for there are no users: "
		    "`hearsay user add NAME` makes one; `login never` in node.conf "
		    "lets everybody in without a password",
		    key, quoted(address));
	l->tls = tls;
	f->count++;
	if (first->len == 0)
		buf_addv(first, buf_view(&got));
	buf_release(&got);
}

static bool
listens(struct view rest)
{
	struct conf_line line;
	unsigned number = 0;
	enum err e = ERR_OK;

	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, "listen") && !view_starts(line.value, "serial:"))
			return true;
	return false;
}

static void
open_all(const struct node *n, struct front *f)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e = ERR_OK;

	if (!listens(rest))
		open_one(n, f, view_str(LISTEN_DEFAULT), false);
	while (conf_next(&rest, &number, &line, &e)) {
		/* a serial line that newsd answers */
		if (view_starts(line.value, "serial:"))
			continue;
		if (view_eqs(line.key, "listen") && !view_eqs(line.value, "none"))
			open_one(n, f, line.value, false);
		if (!view_eqs(line.key, "listen-tls"))
			continue;
		if (f->transport.tls == NULL)
			die("listen-tls %s: there is no certificate in %s/gateway; "
			    "`hearsay gateway certificate` makes one",
			    quoted(line.value), n->dir);
		open_one(n, f, line.value, true);
	}
	if (f->count == 0)
		die("%s/node.conf: `listen none` wants a listen-tls", n->dir);
}

static uint32_t
number(const struct node *n, const char *key, uint32_t least, uint32_t fallback)
{
	struct view v = node_get(n, key, "");
	uint64_t num;

	if (v.len == 0)
		return fallback;
	if (text_num(v, least, 1000000, &num) != ERR_OK)
		die("%s/node.conf: %s %s: a number from %u to 1000000 is needed", n->dir,
		    key, quoted(v), least);
	return (uint32_t)num;
}

/* Descriptors for all connections, or as many as may be had. */
static void
raise_files(uint32_t connections)
{
	struct rlimit files;
	rlim_t wanted = connections + 64;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
		log_at(LOG_WARN, "connections=%u descriptors=%llu: less are possible",
		    connections, (unsigned long long)files.rlim_cur);
}

enum err
front_pem(const struct node *n, struct buf *pem, struct buf *why)
{
	static const char *const files[] = { "cert.pem", "key.pem" };
	struct stat st;
	enum err e[2];

	if (stat(NODE_PATH(n, "gateway/key.pem"), &st) == 0 && (st.st_mode & 077) != 0) {
		buf_adds(why, "key.pem can be read by others: chmod 600 it");
		return ERR_IO;
	}
	for (size_t i = 0; i < 2; i++) {
		e[i] = fs_read(NODE_PATH(n, "gateway/%s", files[i]), pem);
		buf_addc(pem, '\n');
	}
	if (e[0] == ERR_NOTFOUND && e[1] == ERR_NOTFOUND)
		return ERR_NOTFOUND;
	for (size_t i = 0; i < 2; i++)
		if (e[i] != ERR_OK) {
			buf_addf(why, "%s: %s", files[i], err_text(e[i]));
			return ERR_IO;
		}
	return buf_err(pem);
}

enum err
front_certificate(struct transport_env *t, struct view pem)
{
	return transport_env_certificate(t, pem, pem);
}

const char *
front_fault(enum err e)
{
	switch (e) {
	case ERR_SYNTAX:
		return "cert.pem or key.pem is no PEM file of that kind, or has a passphrase";
	case ERR_CRYPTO:
		return "key.pem is not the key of cert.pem, or they are too weak";
	default:
		return err_text(e);
	}
}

static void
open_certificate(const struct node *n, struct front *f)
{
	struct buf pem = BUF_INIT(FRONT_PEM_MAX), why = BUF_INIT(256);
	struct rlimit no_core = { 0 };
	enum err e = front_pem(n, &pem, &why);

	if (e == ERR_OK) {
		/* the key is in the memory of every worker */
		(void)setrlimit(RLIMIT_CORE, &no_core);
		if ((e = front_certificate(&f->transport, buf_view(&pem))) != ERR_OK)
			buf_adds(&why, front_fault(e));
	}
	if (e != ERR_OK && e != ERR_NOTFOUND)
		die("%s/gateway: %s; `hearsay gateway certificate` makes a new pair",
		    n->dir, buf_cstr(&why) != NULL ? (const char *)why.p : err_text(e));
	buf_wipe(&pem);
	buf_release(&why);
}

void
front_open(const struct node *n, struct front *f)
{
	struct view login = node_get(n, "login", "lan");
	struct view patience = node_get(n, "patience", "");

	*f = (struct front){ .nntp = BUF_INIT(64), .nntps = BUF_INIT(64) };
	if (!view_eqs(login, "lan") && !view_eqs(login, "always") &&
	    !view_eqs(login, "never"))
		die("%s/node.conf: login %s: lan, always or never", n->dir,
		    quoted(login));
	f->limits.connections = number(n, "connections", 1, FRONT_CONNECTIONS);
	f->limits.address = number(n, "address-connections", 0, FRONT_ADDRESS);
	f->limits.address_rate = number(n, "address-rate", 0, FRONT_ADDRESS_RATE);
	f->limits.patience = FRONT_PATIENCE;
	if (patience.len > 0 &&
	    (text_duration(patience, &f->limits.patience) != ERR_OK ||
		f->limits.patience < 1))
		die("%s/node.conf: patience %s: a time as 2m or 30s is needed", n->dir,
		    quoted(patience));
	raise_files(f->limits.connections);
	open_certificate(n, f);
	open_all(n, f);
}

void
front_close(struct front *f)
{
	while (f->count > 0)
		close(f->list[--f->count].fd);
}

void
front_release(struct front *f)
{
	front_close(f);
	transport_env_release(&f->transport);
	buf_release(&f->nntp);
	buf_release(&f->nntps);
}
