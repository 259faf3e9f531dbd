/* SQLite's own way to files, but for one thing: what it writes to a WAL piece by piece, a
 * head of 24 bytes and a page at a time, is collected and goes out in few large writes,
 * before anything else is done with the file: above all before it is synced, which is
 * before a commit is told to anybody. */
#ifndef SPOOL_VFS_H
#define SPOOL_VFS_H

#define VFS_NAME "hearsay"

#include "lib/err.h"

/* Makes VFS_NAME known to sqlite3_open_v2; harmless to repeat. */
enum err vfs_register(void);

#endif
