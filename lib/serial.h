/* A serial line, as one word of a configuration file or of the command line says it:
 *
 *     DEVICE[,SPEED[/SPEED...]][,half-duplex][,3-wire][,direct]
 *
 * Several speeds are tried in turn when nobody answers. */
#ifndef LIB_SERIAL_H
#define LIB_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define SERIAL_DEVICE_MAX 256
#define SERIAL_SPEEDS 8
#define SERIAL_SPEED_MIN 50
#define SERIAL_SPEED_MAX 4000000

struct serial {
	char device[SERIAL_DEVICE_MAX]; /* absolute path */
	uint32_t speeds[SERIAL_SPEEDS]; /* bits a second, of the line */
	unsigned n_speeds;              /* 0: as the device is set */
	bool half_duplex;               /* one sends at a time */
	bool three_wire;                /* no RTS and CTS */
	bool direct;                    /* no chat, though the file has one */
};

/* ERR_SYNTAX with *why, a phrase. */
enum err serial_parse(struct view, struct serial *out, const char **why);

#endif
