/* Guessing passwords is slow: after each wrong one the next from that address waits, twice as
 * long as the last time. Fixed memory; who was quiet longest is forgotten first. */
#ifndef READER_THROTTLE_H
#define READER_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#define THROTTLE_ADDRESSES 1024
#define THROTTLE_FIRST 250    /* ms */
#define THROTTLE_MOST 8000    /* ms: 450 guesses an hour */
#define THROTTLE_FORGET 60000 /* ms of quiet that take one wrong password off */

struct throttle {
	struct throttled {
		unsigned char address[16];
		unsigned wrong; /* 0: free */
		int64_t last;   /* when, ms */
	} list[THROTTLE_ADDRESSES];
};

/* ms until a password from there is looked at; 0: now. An IPv6 address is its /64. */
int64_t throttle_wait(
    const struct throttle *, const unsigned char address[16], int64_t now);
void throttle_wrong(struct throttle *, const unsigned char address[16], int64_t now);

#endif
