/* Files: whole or not there. Only whole files are ever visible under their names. */
#ifndef LIB_FS_H
#define LIB_FS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"

/* Reads a whole regular file, appending to out. ERR_NOTFOUND: no such file. ERR_TOOBIG:
 * over out's cap. ERR_IO: errno says why (EISDIR, EACCES ...). */
enum err fs_read(const char *path, struct buf *out);
enum err fs_readfd(int fd, struct buf *out); /* to end of file */

/* Writes path.tmp-PID beside it, fsync, rename, fsync folder. When secret is set the mode
 * is 0600 and the bytes of an old file of that name are overwritten with zeros once it is
 * replaced for good. ERR_FULL: no space. path itself is never half written. */
enum err fs_write_atomic(const char *path, struct view content, bool secret);
/* Overwrites with zeros, syncs, unlinks. A missing file is success. */
enum err fs_erase(const char *path);

enum err fs_write_all(int fd, struct view); /* retries short writes and EINTR */
enum err fs_sync_dir(const char *path);
enum err fs_mkdir(const char *path, mode_t mode); /* exists already: success */

/* A lock that dies with its process. Waits when wait is set, else ERR_BUSY. The file is
 * created when missing and never removed. Release: close(fd). */
enum err fs_lock(const char *path, bool wait, int *fd);

#endif
