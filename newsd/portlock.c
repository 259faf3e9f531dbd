#include "newsd/portlock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/text.h"

#define COMMON "/run/lock"
#define ID_TEXT 32
#define TRIES 3

enum err
portlock_name(const char *device, char out[PORTLOCK_NAME_MAX])
{
	char real[NODE_PATH_MAX];
	const char *p = realpath(device, real) != NULL ? real : device;

	if (strncmp(p, "/dev/", 5) == 0)
		p += 5;
	if (strlen(p) >= PORTLOCK_NAME_MAX)
		return ERR_TOOBIG;
	memcpy(out, p, strlen(p) + 1);
	for (char *c = out; *c != '\0'; c++)
		if (*c == '/')
			*c = '_';
	return ERR_OK;
}

/* 0: nobody who is alive. */
static pid_t
holder_of(const char *path)
{
	struct buf text = BUF_INIT(ID_TEXT);
	struct view v;
	uint64_t id = 0;

	if (fs_read(path, &text) == ERR_OK) {
		v = text_trim(
		    view_slice(buf_view(&text), 0, view_chr(buf_view(&text), '\n')));
		if (text_num(v, 1, INT32_MAX, &id) != ERR_OK ||
		    (kill((pid_t)id, 0) != 0 && errno == ESRCH))
			id = 0;
	}
	buf_release(&text);
	return (pid_t)id;
}

/* Our id under a name of our own, then under that of the lock, which only one can get. */
static enum err
write_lock(const char *path)
{
	struct buf text = BUF_INIT(ID_TEXT);
	char own[NODE_PATH_MAX + ID_TEXT];
	enum err e = ERR_IO;
	int fd, error;

	snprintf(own, sizeof own, "%s.%ld", path, (long)getpid());
	buf_addf(&text, "%10ld\n", (long)getpid());
	if ((fd = open(own, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) >= 0) {
		e = fs_write_all(fd, buf_view(&text));
		if (e == ERR_OK && link(own, path) != 0)
			e = errno == EEXIST ? ERR_BUSY : ERR_IO;
		error = errno;
		close(fd);
		unlink(own);
		errno = error;
	}
	buf_release(&text);
	return e;
}

static enum err
take(const char *folder, const char *name, struct portlock *out, pid_t *holder)
{
	struct portlock l;
	enum err e = ERR_BUSY;
	int n = snprintf(l.path, sizeof l.path, "%s/LCK..%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof l.path)
		return ERR_TOOBIG;
	for (int i = 0; i < TRIES && (e = write_lock(l.path)) == ERR_BUSY; i++) {
		if ((*holder = holder_of(l.path)) != 0)
			return ERR_BUSY;
		unlink(l.path);
	}
	if (e == ERR_OK)
		*out = l;
	return e;
}

enum err
portlock_take(
    const char *name, const char *private_folder, struct portlock *out, pid_t *holder)
{
	enum err e = take(COMMON, name, out, holder);

	return e == ERR_OK || e == ERR_BUSY ? e : take(private_folder, name, out, holder);
}

void
portlock_release(struct portlock *l)
{
	if (l->path[0] != '\0')
		unlink(l->path);
	l->path[0] = '\0';
}
