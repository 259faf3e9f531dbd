#include "batcher/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum err
presence_enter(struct node *node, uint32_t friend, int *out)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = friend, .l_len = 1 };
	enum err e = ERR_OK;
	int fd;

	fd = open(NODE_PATH(node, "run/exchanges"),
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_IO;
	if (fcntl(fd, F_OFD_SETLK, &l) != 0)
		e = errno == EAGAIN || errno == EACCES ? ERR_BUSY : ERR_IO;
	if (e == ERR_OK)
		*out = fd;
	else
		close(fd);
	return e;
}

/* One who cannot be asked for counts as there: a lease of it lapses in its time. */
static bool
locked(int fd, off_t start, off_t len)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = start, .l_len = len };

	return fcntl(fd, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
}

bool
presence_of(int fd, uint32_t friend)
{
	return locked(fd, friend, 1);
}

bool
presence_others(int fd)
{
	return locked(fd, 0, 0);
}
