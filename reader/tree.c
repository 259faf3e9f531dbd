#include "reader/tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/buf.h"
#include "lib/text.h"

struct place {
	dev_t dev;
	ino_t ino;
};

struct walk {
	const struct tree_visitor *v;
	struct buf path;
	struct buf linked;              /* struct place of folders that links led to */
	struct place above[TREE_DEPTH]; /* the folders we are in */
	unsigned depth;
	bool stop;
};

static bool
is_number(const char *name)
{
	size_t n = 0;

	while (text_isdigit((unsigned char)name[n]))
		n++;
	return n > 0 && name[n] == '\0';
}

static int
by_name(const void *pa, const void *pb)
{
	const char *full_a = *(const char *const *)pa, *full_b = *(const char *const *)pb;
	const char *a = full_a, *b = full_b;
	bool na = is_number(a), nb = is_number(b);
	size_t la, lb;
	int order;

	if (na != nb)
		return na ? -1 : 1;
	if (!na)
		return strcmp(a, b);
	while (*a == '0')
		a++;
	while (*b == '0')
		b++;
	la = strlen(a);
	lb = strlen(b);
	if (la != lb)
		return la < lb ? -1 : 1;
	order = strcmp(a, b);
	return order != 0 ? order : strcmp(full_a, full_b);
}

static void
tell(struct walk *w, const char *why)
{
	const char *path = buf_cstr(&w->path);

	w->v->trouble(w->v->arg, path != NULL ? path : "", why);
}

/* Names without those that begin with a dot, one after another, each with its NUL. */
static enum err
read_names(const char *path, struct buf *names, size_t *count)
{
	const struct dirent *d;
	enum err e = ERR_OK;
	DIR *dir;

	*count = 0;
	if ((dir = opendir(path)) == NULL)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	while (errno = 0, (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		buf_add(names, d->d_name, strlen(d->d_name) + 1);
		++*count;
	}
	if (errno != 0)
		e = ERR_IO;
	else
		e = buf_err(names);
	closedir(dir);
	return e;
}

static const char **
sorted(const struct buf *names, size_t count)
{
	const char **list = calloc(count + 1, sizeof *list);
	const char *p = (const char *)names->p;

	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		list[i] = p;
		p += strlen(p) + 1;
	}
	qsort(list, count, sizeof *list, by_name);
	return list;
}

static bool
same(struct place a, struct place b)
{
	return a.dev == b.dev && a.ino == b.ino;
}

/* May this folder be entered? Tells why not. */
static bool
may_enter(struct walk *w, const struct stat *st, bool linked)
{
	struct place here = { st->st_dev, st->st_ino }, seen;

	if (w->depth == TREE_DEPTH)
		return tell(w, "folders too deep"), false;
	for (unsigned i = 0; i < w->depth; i++)
		if (same(w->above[i], here))
			return tell(w, "leads back to a folder above it"), false;
	if (linked) {
		for (size_t i = 0; i < w->linked.len; i += sizeof seen) {
			memcpy(&seen, w->linked.p + i, sizeof seen);
			if (same(seen, here))
				return tell(w, "a second link to one folder"), false;
		}
		buf_add(&w->linked, &here, sizeof here);
		if (buf_err(&w->linked) != ERR_OK)
			return tell(w, "too many links to folders"), false;
	}
	w->above[w->depth] = here;
	return true;
}

static enum err walk_folder(struct walk *w);

static void
visit(struct walk *w, const char *name)
{
	struct stat st;
	const char *path = buf_cstr(&w->path);
	bool linked;

	if (path == NULL || w->path.len >= TREE_PATH)
		return tell(w, "path too long");
	if (lstat(path, &st) != 0)
		return tell(w, strerror(errno));
	linked = S_ISLNK(st.st_mode);
	if (linked && stat(path, &st) != 0)
		return tell(w, strerror(errno));
	if (S_ISREG(st.st_mode))
		w->stop = !w->v->file(w->v->arg, path, is_number(name));
	else if (!S_ISDIR(st.st_mode))
		tell(w, "neither a file nor a folder");
	else if (may_enter(w, &st, linked)) {
		w->depth++;
		if (walk_folder(w) != ERR_OK)
			tell(w, strerror(errno));
		w->depth--;
	}
}

/* w->path is the folder; it is the same afterwards. */
static enum err
walk_folder(struct walk *w)
{
	struct buf names = BUF_INIT(TREE_NAMES);
	const char **list = NULL, *path;
	size_t count, len = w->path.len;
	enum err e;

	if ((path = buf_cstr(&w->path)) == NULL)
		return ERR_TOOBIG;
	if ((e = read_names(path, &names, &count)) != ERR_OK)
		goto out;
	if ((list = sorted(&names, count)) == NULL) {
		e = ERR_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < count && !w->stop; i++) {
		if (w->path.p[len - 1] != '/')
			buf_addc(&w->path, '/');
		buf_adds(&w->path, list[i]);
		visit(w, list[i]);
		buf_truncate(&w->path, len);
	}
out:
	free(list);
	buf_release(&names);
	return e;
}

enum err
tree_walk(const char *path, const struct tree_visitor *v)
{
	struct walk w = { .v = v };
	const char *name;
	struct stat st;
	enum err e = ERR_OK;

	buf_init(&w.path, 2 * TREE_PATH);
	buf_init(&w.linked, TREE_LINKS * sizeof(struct place));
	if (stat(path, &st) != 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	if (!S_ISDIR(st.st_mode)) {
		name = strrchr(path, '/');
		v->file(v->arg, path, is_number(name != NULL ? name + 1 : path));
		return ERR_OK;
	}
	buf_adds(&w.path, path);
	if (may_enter(&w, &st, false)) {
		w.depth = 1;
		e = walk_folder(&w);
	}
	buf_release(&w.path);
	buf_release(&w.linked);
	return e;
}
