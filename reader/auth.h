/* The process that checks passwords: reader-auth. Workers ask it, so that none of them waits
 * for scrypt or knows what passwords are compared with. One hash at a time; the addresses
 * that guessed wrong wait (reader/throttle.h), the others have their turn meanwhile. */
#ifndef READER_AUTH_H
#define READER_AUTH_H

#include "reader/grant.h"
#include "reader/users.h"

#define AUTH_WAITING_MAX 512 /* logins that wait */
#define AUTH_ADDRESS_MAX 64  /* of one address */

/* Runs until the control socket, from which the links to the workers and new users come,
 * ends. Says one byte on it when it is ready. Takes the users over. Returns the exit code. */
int auth_run(struct users *, const struct grant_key *, int control);

#endif
