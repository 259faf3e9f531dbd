/* A serial device: opened under its lock, raw, and given back as it was. */
#ifndef NEWSD_SERIALPORT_H
#define NEWSD_SERIALPORT_H

#include <termios.h>

#include "lib/serial.h"
#include "newsd/portlock.h"

struct serialport {
	int fd; /* -1: closed; non-blocking */
	struct portlock lock;
	struct termios before;
};

/* The lines beside the data ones, where the device has them. */
struct serialport_lines {
	bool known, cts, dsr, carrier;
};

/* ERR_BUSY: somebody else has it. ERR_NOTFOUND: no such device. ERR_SYNTAX: no tty. ERR_IO.
 * Always with words in why. */
enum err serialport_open(const struct serial *, const char *private_folder,
    struct serialport *out, struct buf *why);
/* Restores what was set, and lets the lock go. */
void serialport_close(struct serialport *);

/* 8 data bits, no parity, one stop bit, nothing translated; at this speed, or the next one
 * that the port knows; 0: as it is. */
enum err serialport_raw(int fd, uint32_t speed, bool three_wire);
/* Bits a second that the port is set to; 0: unknown. */
uint32_t serialport_speed(int fd);
void serialport_lines(int fd, struct serialport_lines *out);
/* Lowers DTR for half a second. Whether the carrier is known to be gone then. */
bool serialport_drop(int fd);
void serialport_break(int fd);
/* Bytes that the device has not sent yet. */
size_t serialport_unsent(int fd);

#endif
