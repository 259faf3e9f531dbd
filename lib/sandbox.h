/* What a process may still ask of the kernel once it reads foreign bytes.
 *
 * Every profile is an allow-list of system calls (seccomp): what is not on it fails with
 * EPERM. Where the kernel has Landlock (ABI 2 or newer), files outside the given paths
 * cannot be opened either; descriptors that are open already stay usable. All of it is
 * inherited, cannot be undone, and fits one process only: enter it after the last fork.
 *
 * No profile can bind, listen, start a program or a process, trace, or signal another
 * process; none but SANDBOX_LINK can make a socket or connect. Memory never becomes
 * executable. */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum sandbox_profile {
	SANDBOX_READER_WORKER, /* accept, talk, read an open database; opens nothing */
	SANDBOX_READER_WRITER, /* socketpairs and an open database; opens nothing */
	SANDBOX_IMPORT,        /* an open database; opens files and folders to read */
	SANDBOX_BATCHER,  /* files: open, write, rename, remove, sync; no socket calls */
	SANDBOX_LINK,     /* internet sockets: make, connect, accept; opens nothing */
	SANDBOX_VERIFIER, /* open pipes, memory and nothing else */
	SANDBOX_LINE,     /* an open tty and open pipes; opens nothing, makes no socket */
	SANDBOX_AUTH,     /* open sockets, memory and nothing else */
	SANDBOX_PROFILES
};

/* A file or a folder with all that is in it. */
struct sandbox_path {
	const char *path;
	bool
	    write; /* else only reading; changes need a folder, SQLite its database's one */
};

/* Call when all descriptors are open and OpenSSL, SQLite and libevent have begun.
 * ERR_NOTFOUND: a path does not exist. ERR_IO: the kernel refused (errno says why); the
 * process is then no good for foreign bytes and should end. */
enum err sandbox_enter(enum sandbox_profile, const struct sandbox_path *paths, size_t n);
/* True when the kernel also guards paths: for tests and `status`. */
bool sandbox_guards_paths(void);

#endif
