#include "newsd/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *
trouble_text(enum trouble t)
{
	static const char *const text[TROUBLES] = {
		[TROUBLE_NONE] = "",
		[TROUBLE_REFUSED] = "connection refused",
		[TROUBLE_TIMEOUT] = "no answer in time",
		[TROUBLE_UNREACHABLE] = "unreachable",
		[TROUBLE_NO_NAME] = "the name is not known",
		[TROUBLE_NOT_ALLOWED] = "a learned address that may not be dialled",
		[TROUBLE_PROXY] = "no SOCKS5 proxy answers there",
		[TROUBLE_PROXY_REFUSED] = "the proxy refused",
		[TROUBLE_COMMAND] = "the command does not start",
		[TROUBLE_MUTE] = "the command gave no answer",
		[TROUBLE_SILENT] = "no answer: another program, or a friend who cut us",
		[TROUBLE_NOBODY] = "what answers there is not this friend",
		[TROUBLE_EXCHANGE] = "the exchange failed",
		[TROUBLE_BUSY] = "another exchange with this friend is running",
		[TROUBLE_LOST] = "the link was lost",
		[TROUBLE_BUDGET] = "the day's budget is used",
		[TROUBLE_WINDOW] = "outside the windows for calls",
		[TROUBLE_NO_KEYS] = "no keys for calls yet",
		[TROUBLE_NO_CARRIER] = "no carrier to call by",
		[TROUBLE_OWN] = "trouble on this machine, see the log",
		[TROUBLE_LINE] = "no call by the serial line",
		[TROUBLE_LINE_MUTE] = "nobody answered on the serial line",
		[TROUBLE_LINE_LOST] = "the call by the serial line broke",
	};

	return (unsigned)t < TROUBLES ? text[t] : "?";
}

bool
trouble_told(enum trouble t)
{
	return t == TROUBLE_MUTE || t == TROUBLE_LINE || t == TROUBLE_LINE_MUTE ||
	    t == TROUBLE_LINE_LOST;
}

void
control_write(const struct control *c, unsigned char out[CONTROL_LEN])
{
	out[0] = c->kind;
	out[1] = c->code;
	for (unsigned i = 0; i < 4; i++) {
		out[2 + i] = (unsigned char)(c->friend >> (24 - 8 * i));
		out[6 + i] = (unsigned char)(c->value >> (24 - 8 * i));
	}
}

void
control_read(const unsigned char in[CONTROL_LEN], struct control *out)
{
	struct view v = { in, CONTROL_LEN };

	view_u8(&v, &out->kind);
	view_u8(&v, &out->code);
	view_u32(&v, &out->friend);
	view_u32(&v, &out->value);
}

bool
control_sane(const struct control *c, bool descriptor)
{
	static const struct {
		uint8_t codes; /* below this */
		bool descriptor;
	} kinds[] = {
		[CONTROL_EXCHANGE] = { ROLES, true },
		[CONTROL_COMMAND] = { 1, false },
		[CONTROL_STICK] = { 1, false },
		[CONTROL_STATE] = { STATES, false },
		[CONTROL_CARRIER] = { TROUBLES, false },
		[CONTROL_GAVE_UP] = { 1, false },
		[CONTROL_KEEP] = { ROLES, true },
		[CONTROL_AGAIN] = { 1, false },
		[CONTROL_STRANGER] = { 1, true },
	};

	return c->kind > 0 && c->kind < sizeof kinds / sizeof kinds[0] &&
	    (c->kind == CONTROL_STRANGER) == (c->friend == CONTROL_ALL) &&
	    c->code < kinds[c->kind].codes && descriptor == kinds[c->kind].descriptor;
}

union ancillary {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

enum err
control_send(int sock, const struct control *c, int fd, bool wait)
{
	unsigned char raw[CONTROL_LEN];
	union ancillary a = { 0 };
	struct iovec io = { raw, sizeof raw };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t n;

	control_write(c, raw);
	if (fd >= 0) {
		m.msg_control = &a;
		m.msg_controllen = sizeof a.room;
		a.align.cmsg_level = SOL_SOCKET;
		a.align.cmsg_type = SCM_RIGHTS;
		a.align.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&a.align), &fd, sizeof fd);
	}
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR);
	if (n == CONTROL_LEN)
		return ERR_OK;
	return n < 0 && (errno == EAGAIN || errno == ENOBUFS) ? ERR_BUSY : ERR_IO;
}

enum err
control_receive(int sock, struct control *out, int *fd)
{
	unsigned char raw[CONTROL_LEN + 1];
	union ancillary a = { 0 };
	struct iovec io = { raw, sizeof raw };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &a,
		.msg_controllen = sizeof a.room };
	const struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? ERR_MORE : ERR_NOTFOUND;
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	if (n == 0)
		return ERR_NOTFOUND;
	/* more than one descriptor, or another length: no message of ours */
	if (n != CONTROL_LEN || (m.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return ERR_SYNTAX;
	}
	control_read(raw, out);
	return ERR_OK;
}
