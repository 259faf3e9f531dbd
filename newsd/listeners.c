#include "newsd/listeners.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"

#define BACKLOG 512
#define FILE_MAX 4096

static enum err
open_one(const struct address *a, int *out)
{
	struct endpoint e;
	int on = 1, fd;

	address_endpoint(a, &e);
	fd = socket(e.u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	/* the address of a VPN may come up after us: IP_FREEBIND (IPv6 takes it, too) */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (e.u.any.sa_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) == 0 &&
	    bind(fd, &e.u.any, e.len) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return ERR_OK;
	}
	on = errno;
	close(fd);
	errno = on;
	return ERR_IO;
}

static int
taken(struct listeners *old, const struct address *a)
{
	for (size_t i = 0; i < old->n; i++)
		if (old->fd[i] >= 0 && old->at[i].port == a->port &&
		    strcmp(old->at[i].host, a->host) == 0) {
			int fd = old->fd[i];

			old->fd[i] = -1;
			return fd;
		}
	return -1;
}

static void
write_addresses(const struct listeners *l, const struct node *node)
{
	struct buf out = BUF_INIT(FILE_MAX);

	for (size_t i = 0; i < l->n; i++) {
		union {
			struct sockaddr any;
			struct sockaddr_storage room;
		} at = { 0 };
		socklen_t len = sizeof at;
		struct endpoint e;

		if (getsockname(l->fd[i], &at.any, &len) == 0 &&
		    endpoint_from(&at.any, 0, &e)) {
			memcpy(&e.u, &at, e.len); /* with its port */
			endpoint_write(&e, &out);
			buf_addc(&out, '\n');
		}
	}
	if (l->n == 0)
		unlink(NODE_PATH(node, "run/link.addr"));
	else if (fs_write_atomic(
		     NODE_PATH(node, "run/link.addr"), buf_view(&out), false) != ERR_OK)
		log_at(LOG_WARN, "cannot write run/link.addr");
	buf_release(&out);
}

enum err
listeners_set(struct listeners *l, const struct node *node, const struct friendlist *list)
{
	struct listeners now = { .n = 0 };
	enum err e = ERR_OK;
	int error = 0;

	for (size_t i = 0; i < list->n_listeners; i++) {
		const struct address *a = &list->listeners[i];
		int fd = taken(l, a);

		if (fd < 0 && open_one(a, &fd) != ERR_OK) {
			error = errno;
			log_at(LOG_ERROR, "link=%s:%u error=\"%s\"", a->host,
			    (unsigned)a->port, strerror(error));
			e = ERR_IO;
			continue;
		}
		now.at[now.n] = *a;
		now.fd[now.n++] = fd;
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->fd[i] >= 0)
			close(l->fd[i]);
	*l = now;
	write_addresses(l, node);
	errno = error;
	return e;
}

void
listeners_release(struct listeners *l, const struct node *node)
{
	for (size_t i = 0; i < l->n; i++)
		close(l->fd[i]);
	l->n = 0;
	unlink(NODE_PATH(node, "run/link.addr"));
}
