#include "reader/link.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fs.h"

#define PIECE (64u << 10)

void
frame_add(struct buf *b, const struct frame *f)
{
	size_t len = f->bytes.len;

	if (f->kind != FRAME_ANSWER)
		len += 1 + f->name.len;
	if (f->kind == FRAME_OFFER)
		len += 4 + f->packed.len;
	buf_reserve(b, LINK_HEAD + len);
	buf_addu32(b, (uint32_t)len);
	buf_addu64(b, f->tag);
	buf_addc(b, (unsigned char)f->kind);
	if (f->kind != FRAME_ANSWER) {
		buf_addc(b, (unsigned char)f->name.len);
		buf_addv(b, f->name);
	}
	if (f->kind == FRAME_OFFER) {
		buf_addu32(b, (uint32_t)f->packed.len);
		buf_addv(b, f->packed);
	}
	buf_addv(b, f->bytes);
}

/* What stands in front of the bytes of an article. */
static enum err
next_name(struct view *in, struct view *name)
{
	uint8_t n;

	if (view_u8(in, &n) != ERR_OK || n > MSGID_MAX ||
	    view_take(in, n, name) != ERR_OK)
		return ERR_SYNTAX;
	return ERR_OK;
}

static enum err
next_packed(struct view *in, struct view *packed)
{
	uint32_t n;

	if (view_u32(in, &n) != ERR_OK || view_take(in, n, packed) != ERR_OK)
		return ERR_SYNTAX;
	return ERR_OK;
}

enum err
frame_next(struct view *in, size_t max, struct frame *out)
{
	struct view v = *in;
	struct frame f = { 0 };
	uint32_t len;
	uint8_t kind;
	enum err e;

	if ((e = view_u32(&v, &len)) != ERR_OK || (e = view_u64(&v, &f.tag)) != ERR_OK ||
	    (e = view_u8(&v, &kind)) != ERR_OK)
		return e;
	if (kind >= FRAME_KINDS)
		return ERR_SYNTAX;
	if (len > 2 * max + 5 + MSGID_MAX)
		return ERR_TOOBIG;
	if ((e = view_take(&v, len, &f.bytes)) != ERR_OK)
		return e;
	f.kind = kind;
	if (f.kind != FRAME_ANSWER && (e = next_name(&f.bytes, &f.name)) != ERR_OK)
		return e;
	if (f.kind == FRAME_OFFER && (e = next_packed(&f.bytes, &f.packed)) != ERR_OK)
		return e;
	if (f.bytes.len > max || f.packed.len > max)
		return ERR_TOOBIG;
	*in = v;
	*out = f;
	return ERR_OK;
}

enum err
link_send(int control, enum link_gift gift, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof fd)];
		struct cmsghdr align;
	} u = { 0 };
	struct iovec iov = { .iov_base = (char[1]){ (char)gift }, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = u.room,
		.msg_controllen = sizeof u.room,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(control, &m, MSG_NOSIGNAL) == 1 ? ERR_OK : ERR_IO;
}

enum err
link_receive(int control, int flags, enum link_gift *gift, int *fd)
{
	union {
		char room[CMSG_SPACE(sizeof *fd)];
		struct cmsghdr align;
	} u = { 0 };
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = u.room,
		.msg_controllen = sizeof u.room,
	};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(control, &m, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? ERR_MORE : ERR_NOTFOUND;
	if (n == 0)
		return ERR_NOTFOUND;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof *fd))
		return ERR_SYNTAX;
	memcpy(fd, CMSG_DATA(c), sizeof *fd);
	if ((unsigned char)byte >= GIFT_COUNT) {
		close(*fd);
		return ERR_SYNTAX;
	}
	*gift = (enum link_gift)byte;
	return ERR_OK;
}

enum err
link_give(int control, enum link_gift gift, struct view bytes)
{
	int fd = memfd_create("gift", MFD_CLOEXEC);
	enum err e;

	if (fd < 0)
		return ERR_IO;
	if ((e = fs_write_all(fd, bytes)) == ERR_OK && lseek(fd, 0, SEEK_SET) != 0)
		e = ERR_IO;
	if (e == ERR_OK)
		e = link_send(control, gift, fd);
	close(fd);
	return e;
}

enum err
link_take(int fd, struct buf *out)
{
	enum err e = fs_readfd(fd, out);

	close(fd);
	return e;
}

enum err
link_read(int fd, struct buf *in)
{
	while (in->len < LINK_IN_MAX) {
		unsigned char *p = buf_grow(in, PIECE);
		ssize_t n;

		if (p == NULL)
			return buf_err(in);
		n = recv(fd, p, PIECE, MSG_DONTWAIT);
		buf_truncate(in, in->len - PIECE + (n > 0 ? (size_t)n : 0));
		if (n == 0)
			return ERR_NOTFOUND;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? ERR_OK : ERR_NOTFOUND;
	}
	return ERR_OK;
}
