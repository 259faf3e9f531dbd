#include "newsd/serialport.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define DROP_MS 500

static const struct {
	uint32_t bps;
	speed_t code;
} speeds[] = {
	{ 50, B50 },
	{ 75, B75 },
	{ 110, B110 },
	{ 300, B300 },
	{ 600, B600 },
	{ 1200, B1200 },
	{ 2400, B2400 },
	{ 4800, B4800 },
	{ 9600, B9600 },
	{ 19200, B19200 },
	{ 38400, B38400 },
	{ 57600, B57600 },
	{ 115200, B115200 },
	{ 230400, B230400 },
	{ 460800, B460800 },
	{ 500000, B500000 },
	{ 576000, B576000 },
	{ 921600, B921600 },
	{ 1000000, B1000000 },
	{ 1152000, B1152000 },
	{ 1500000, B1500000 },
	{ 2000000, B2000000 },
	{ 2500000, B2500000 },
	{ 3000000, B3000000 },
	{ 3500000, B3500000 },
	{ 4000000, B4000000 },
};
#define SPEEDS (sizeof speeds / sizeof speeds[0])

/* A modem's line may be slower than any port: 33600 is a port at 38400. */
static speed_t
code_of(uint32_t bps)
{
	for (size_t i = 0; i < SPEEDS; i++)
		if (speeds[i].bps >= bps)
			return speeds[i].code;
	return B4000000;
}

uint32_t
serialport_speed(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) == 0)
		for (size_t i = 0; i < SPEEDS; i++)
			if (speeds[i].code == cfgetospeed(&t))
				return speeds[i].bps;
	return 0;
}

enum err
serialport_raw(int fd, uint32_t speed, bool three_wire)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return ERR_IO;
	cfmakeraw(&t);
	t.c_iflag &= ~(tcflag_t)(IXOFF | IXANY | INPCK);
	t.c_iflag |= IGNBRK | IGNPAR;
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	/* HUPCL: who closes it hangs up, however we end. CLOCAL: a cable may have no carrier */
	t.c_cflag |= CREAD | CLOCAL | HUPCL | (three_wire ? 0 : CRTSCTS);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (speed != 0 &&
	    (cfsetispeed(&t, code_of(speed)) != 0 ||
		cfsetospeed(&t, code_of(speed)) != 0))
		return ERR_IO;
	if (tcsetattr(fd, TCSANOW, &t) != 0)
		return ERR_IO;
	tcflush(fd, TCIOFLUSH);
	return ERR_OK;
}

static enum err
failed(const char *device, struct buf *why)
{
	enum err e = errno == ENOENT || errno == ENXIO || errno == ENODEV ? ERR_NOTFOUND
	    : errno == EBUSY                                              ? ERR_BUSY
									  : ERR_IO;

	buf_addf(why, "%s: %s", device,
	    e == ERR_NOTFOUND ? "there is no such device now" : strerror(errno));
	return e;
}

static enum err
open_locked(const struct serial *s, struct serialport *p, struct buf *why)
{
	if ((p->fd = open(s->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return failed(s->device, why);
	if (!isatty(p->fd)) {
		buf_addf(why, "%s is no serial line: it is not a tty", s->device);
		return ERR_SYNTAX;
	}
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0) {
		buf_addf(why, "%s is in use by another program", s->device);
		return ERR_BUSY;
	}
	return tcgetattr(p->fd, &p->before) == 0 ? ERR_OK : failed(s->device, why);
}

enum err
serialport_open(const struct serial *s, const char *private_folder,
    struct serialport *out, struct buf *why)
{
	struct serialport p = { .fd = -1 };
	char name[PORTLOCK_NAME_MAX];
	pid_t holder = 0;
	enum err e;

	if (access(s->device, F_OK) != 0)
		return failed(s->device, why);
	if ((e = portlock_name(s->device, name)) == ERR_OK)
		e = portlock_take(name, private_folder, &p.lock, &holder);
	if (e == ERR_BUSY) {
		buf_addf(why, "%s is in use by process %ld", s->device, (long)holder);
		return e;
	}
	if (e != ERR_OK) {
		buf_addf(why, "%s cannot be locked: %s", s->device, strerror(errno));
		return e;
	}
	if ((e = open_locked(s, &p, why)) == ERR_OK) {
		*out = p;
		return ERR_OK;
	}
	if (p.fd >= 0)
		close(p.fd);
	portlock_release(&p.lock);
	return e;
}

void
serialport_close(struct serialport *p)
{
	if (p->fd >= 0) {
		/* what was not sent by now never will be, and would hold up the end */
		tcflush(p->fd, TCIOFLUSH);
		tcsetattr(p->fd, TCSANOW, &p->before);
		close(p->fd);
	}
	p->fd = -1;
	portlock_release(&p->lock);
}

void
serialport_lines(int fd, struct serialport_lines *out)
{
	int bits = 0;

	*out = (struct serialport_lines){ .known = ioctl(fd, TIOCMGET, &bits) == 0 };
	out->cts = (bits & TIOCM_CTS) != 0;
	out->dsr = (bits & TIOCM_DSR) != 0;
	out->carrier = (bits & TIOCM_CAR) != 0;
}

bool
serialport_drop(int fd)
{
	static const struct timespec low = { 0, DROP_MS * 1000000l };
	struct serialport_lines lines;
	int dtr = TIOCM_DTR;

	if (ioctl(fd, TIOCMBIC, &dtr) != 0)
		return false;
	nanosleep(&low, NULL);
	serialport_lines(fd, &lines);
	ioctl(fd, TIOCMBIS, &dtr);
	return lines.known && !lines.carrier;
}

void
serialport_break(int fd)
{
	tcsendbreak(fd, 0);
}

size_t
serialport_unsent(int fd)
{
	int n = 0;

	return ioctl(fd, TIOCOUTQ, &n) == 0 && n > 0 ? (size_t)n : 0;
}
