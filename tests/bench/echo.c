/* The least that a server of articles can do: `echo BYTES` listens on a port of loopback, which
 * it prints, and answers each line with a canned article of that many bytes, in one write. GROUP
 * and OVER have short answers, so that the same client asks as it asks a news server. One
 * thread, one epoll. What a gateway is measured against. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"

#define TURN 64 /* events taken at once */

static const char greeting[] = "200 echo\r\n";
static const char group[] = "211 1 1 1 bench.big\r\n";
static const char over[] = "224 follows\r\n1\ts\tf\td\t<1@echo.example>\t\t1\t1\r\n.\r\n";
static const char first[] = "220 1 <1@echo.example>\r\n", last[] = "\r\n.\r\n";

/* An article of about so many bytes, its lines 72 wide. */
static struct view
make_article(size_t bytes)
{
	const size_t ends = sizeof first + sizeof last - 2;
	size_t body = bytes > ends ? bytes - ends : 1;
	unsigned char *p = malloc(body + ends);

	if (p == NULL)
		return (struct view){ 0 };
	memcpy(p, first, sizeof first - 1);
	for (size_t i = 0; i < body; i++)
		p[sizeof first - 1 + i] = (unsigned char)(i % 74 == 72 ? '\r'
			: i % 74 == 73                                 ? '\n'
								       : 'x');
	memcpy(p + sizeof first - 1 + body, last, sizeof last - 1);
	return (struct view){ p, body + ends };
}

/* False: the client has gone. What does not fit at once is not waited for: a client that asks
 * for the next one only when it has this one leaves room for it. */
static bool
answer(int fd, struct view article)
{
	char line[512];
	ssize_t n = recv(fd, line, sizeof line, 0);
	struct view v = article;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if (line[0] == 'Q')
		return false;
	if (line[0] == 'G')
		v = view_str(group);
	if (line[0] == 'O')
		v = view_str(over);
	return send(fd, v.p, v.len, MSG_NOSIGNAL) == (ssize_t)v.len;
}

static void
welcome(int listener, int poll)
{
	int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0 ||
	    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &ev) != 0)
		close(fd);
}

static int
listener_new(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, SOMAXCONN) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[TURN];
	struct view article;
	uint64_t bytes;
	unsigned port = 0;
	int listener, poll;

	if (argc != 2 || text_num(view_str(argv[1]), 1, 1u << 20, &bytes) != ERR_OK) {
		fputs("usage: echo BYTES\n", stderr);
		return 2;
	}
	article = make_article(bytes);
	listener = listener_new(&port);
	poll = epoll_create1(EPOLL_CLOEXEC);
	ev[0] = (struct epoll_event){ .events = EPOLLIN, .data.fd = listener };
	if (article.p == NULL || listener < 0 || poll < 0 ||
	    epoll_ctl(poll, EPOLL_CTL_ADD, listener, ev) != 0) {
		perror("echo");
		return 1;
	}
	printf("%u\n", port);
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(poll, ev, TURN, -1);

		for (int i = 0; i < n; i++)
			if (ev[i].data.fd == listener)
				welcome(listener, poll);
			else if (!answer(ev[i].data.fd, article))
				close(ev[i].data.fd);
	}
}
