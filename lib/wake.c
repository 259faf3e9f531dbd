#include "lib/wake.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAY_MAX 512

/* A file of that name that is no FIFO would only grow. */
static int
open_fifo(const struct node *node, int flags)
{
	int fd = open(
	    NODE_PATH(node, "run/wake"), flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Reading, too: then the bytes wait for a newsd that starts after us. */
int
wake_open(const struct node *node)
{
	return open_fifo(node, O_RDWR);
}

void
wake_tell(int fd)
{
	ssize_t ignored;

	if (fd < 0)
		return;
	ignored = write(fd, "w", 1); /* full: newsd knows already */
	(void)ignored;
}

/* Without a reader it does not open, so a byte is never lost in it. */
void
wake_node(const struct node *node)
{
	(void)wake_say(node, VIEW_LIT("w"));
}

bool
wake_say(const struct node *node, struct view line)
{
	int fd = open_fifo(node, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	/* that much goes in whole or not at all (PIPE_BUF) */
	n = line.len <= SAY_MAX ? write(fd, line.p, line.len) : -1;
	close(fd);
	return n == (ssize_t)line.len;
}
