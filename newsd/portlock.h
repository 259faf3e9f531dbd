/* The lock file of a serial device, as UUCP, pppd, minicom and mgetty know it:
 * /run/lock/LCK..ttyS0 with the holder's process id. Where that folder cannot be written,
 * a private one; flock on the device itself (newsd/serialport) holds in any case. */
#ifndef NEWSD_PORTLOCK_H
#define NEWSD_PORTLOCK_H

#include <sys/types.h>

#include "lib/node.h"

#define PORTLOCK_NAME_MAX 128

struct portlock {
	char path[NODE_PATH_MAX]; /* "": none */
};

/* The device's name in lock files: without /dev/, links followed. ERR_TOOBIG. */
enum err portlock_name(const char *device, char out[PORTLOCK_NAME_MAX]);
/* ERR_BUSY: *holder has it. A lock whose process is gone is nobody's. */
enum err portlock_take(
    const char *name, const char *private_folder, struct portlock *out, pid_t *holder);
void portlock_release(struct portlock *);

#endif
