#include "spool/vfs.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define COLLECT_MAX (120u << 10) /* SQLite masks the length of a write by 128 KiB - 1 */

/* An open WAL; the file of SQLite's own layer follows it. */
struct wal {
	sqlite3_file head;
	unsigned char *p; /* collected */
	size_t len;
	sqlite3_int64 at; /* where it belongs */
	_Alignas(sqlite3_int64) unsigned char real[];
};

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return (sqlite3_file *)((struct wal *)f)->real;
}

/* What cannot be written is dropped: the error ends the transaction. */
static int
flush(sqlite3_file *f)
{
	struct wal *w = (struct wal *)f;
	sqlite3_file *real = real_of(f);
	size_t n = w->len;

	w->len = 0;
	return n == 0 ? SQLITE_OK : real->pMethods->xWrite(real, w->p, (int)n, w->at);
}

static int
wal_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
	struct wal *w = (struct wal *)f;
	sqlite3_file *real = real_of(f);
	size_t n = (size_t)len;
	int r;

	if (w->len > 0 &&
	    (at != w->at + (sqlite3_int64)w->len || n > COLLECT_MAX - w->len) &&
	    (r = flush(f)) != SQLITE_OK)
		return r;
	if (w->p == NULL)
		w->p = malloc(COLLECT_MAX);
	if (w->p == NULL || n > COLLECT_MAX)
		return real->pMethods->xWrite(real, p, len, at);
	if (w->len == 0)
		w->at = at;
	memcpy(w->p + w->len, p, n);
	w->len += n;
	return SQLITE_OK;
}

static int
wal_close(sqlite3_file *f)
{
	struct wal *w = (struct wal *)f;
	sqlite3_file *real = real_of(f);

	(void)flush(f); /* it was not synced: nobody was promised anything */
	free(w->p);
	w->p = NULL;
	return real->pMethods->xClose(real);
}

static int
wal_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(f);
	int r = flush(f);

	return r != SQLITE_OK ? r : real->pMethods->xRead(real, p, len, at);
}

static int
wal_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	sqlite3_file *real = real_of(f);
	int r = flush(f);

	return r != SQLITE_OK ? r : real->pMethods->xTruncate(real, size);
}

static int
wal_sync(sqlite3_file *f, int flags)
{
	sqlite3_file *real = real_of(f);
	int r = flush(f);

	return r != SQLITE_OK ? r : real->pMethods->xSync(real, flags);
}

static int
wal_size(sqlite3_file *f, sqlite3_int64 *size)
{
	sqlite3_file *real = real_of(f);
	int r = flush(f);

	return r != SQLITE_OK ? r : real->pMethods->xFileSize(real, size);
}

static int
wal_lock(sqlite3_file *f, int how)
{
	return real_of(f)->pMethods->xLock(real_of(f), how);
}

static int
wal_unlock(sqlite3_file *f, int how)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), how);
}

static int
wal_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
wal_control(sqlite3_file *f, int what, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), what, arg);
}

static int
wal_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
wal_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 1, /* a WAL is not mapped and shares no memory */
		.xClose = wal_close,
		.xRead = wal_read,
		.xWrite = wal_write,
		.xTruncate = wal_truncate,
		.xSync = wal_sync,
		.xFileSize = wal_size,
		.xLock = wal_lock,
		.xUnlock = wal_unlock,
		.xCheckReservedLock = wal_reserved,
		.xFileControl = wal_control,
		.xSectorSize = wal_sector,
		.xDeviceCharacteristics = wal_device,
	};
	sqlite3_vfs *base = vfs->pAppData;
	int r;

	if (!(flags & SQLITE_OPEN_WAL))
		return base->xOpen(base, name, f, flags, out);
	memset(f, 0, sizeof(struct wal));
	r = base->xOpen(base, name, real_of(f), flags, out);
	/* without methods SQLite does not close it */
	if (r == SQLITE_OK)
		f->pMethods = &methods;
	return r;
}

enum err
vfs_register(void)
{
	sqlite3_vfs *base, *vfs;

	if (sqlite3_vfs_find(VFS_NAME) != NULL)
		return ERR_OK;
	if ((base = sqlite3_vfs_find(NULL)) == NULL)
		return ERR_IO;
	if ((vfs = calloc(1, sizeof *vfs)) == NULL)
		return ERR_NOMEM;
	/* of SQLite's own functions only xOpen looks at the vfs that it is called for */
	*vfs = *base;
	vfs->pNext = NULL;
	vfs->zName = VFS_NAME;
	vfs->szOsFile = base->szOsFile + (int)sizeof(struct wal);
	vfs->pAppData = base;
	vfs->xOpen = open_file;
	if (sqlite3_vfs_register(vfs, 0) == SQLITE_OK)
		return ERR_OK;
	free(vfs);
	return ERR_NOMEM;
}
