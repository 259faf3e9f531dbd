#include "lib/node.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"

/* A service user has no home, or one that Debian says does not exist. */
static bool
homeless(const char *home)
{
	return home == NULL || home[0] != '/' || home[1] == '\0' ||
	    strcmp(home, "/nonexistent") == 0;
}

static enum err
chosen(const char *option, struct buf *dir)
{
	const char *env = getenv("HEARSAY_DIR"), *home = getenv("HOME");

	if (option == NULL)
		option = env != NULL && env[0] != '\0' ? env : NULL;
	if (option != NULL && option[0] == '\0')
		return ERR_SYNTAX;
	if (option != NULL)
		buf_adds(dir, option);
	else if (homeless(home))
		buf_adds(dir, "/var/lib/hearsay");
	else
		buf_addf(dir, "%s/.hearsay", home);
	return buf_err(dir);
}

/* Makes dir absolute without asking whether it exists: setup makes it later. */
static enum err
absolute(struct buf *dir, struct buf *out)
{
	if (dir->p[0] != '/') {
		char *here = getcwd(NULL, 0);

		if (here == NULL)
			return ERR_IO;
		buf_adds(out, here);
		free(here);
		buf_addc(out, '/');
	}
	buf_addv(out, buf_view(dir));
	while (out->len > 1 && out->p[out->len - 1] == '/')
		buf_truncate(out, out->len - 1);
	return buf_err(out);
}

enum err
node_locate(const char *option, struct node *out)
{
	struct buf dir = BUF_INIT(sizeof out->dir - 1),
		   full = BUF_INIT(sizeof out->dir - 1);
	enum err e;

	if ((e = chosen(option, &dir)) != ERR_OK || (e = absolute(&dir, &full)) != ERR_OK)
		goto out;
	*out = (struct node){ .conf = BUF_INIT(CONF_MAX) };
	memcpy(out->dir, full.p, full.len);
out:
	buf_release(&full);
	buf_release(&dir);
	return e;
}

enum err
node_load(struct node *n)
{
	struct conf_line line;
	struct view rest;
	unsigned number = 0;
	enum err e;

	buf_reset(&n->conf);
	if ((e = fs_read(NODE_PATH(n, "node.conf"), &n->conf)) != ERR_OK)
		return e;
	rest = buf_view(&n->conf);
	while (conf_next(&rest, &number, &line, &e))
		;
	return e;
}

void
node_release(struct node *n)
{
	if (n != NULL)
		buf_release(&n->conf);
}

const char *
node_path(const struct node *n, char out[NODE_PATH_MAX], const char *fmt, ...)
{
	va_list ap;
	int dir, rest;

	dir = snprintf(out, NODE_PATH_MAX, "%s/", n->dir);
	assert(dir > 0 && dir < NODE_PATH_MAX);
	va_start(ap, fmt);
	rest = vsnprintf(out + dir, (size_t)(NODE_PATH_MAX - dir), fmt, ap);
	va_end(ap);
	/* names in the folder are ours and short; a cut path would be another file */
	assert(rest >= 0 && rest < NODE_PATH_MAX - dir);
	return out;
}

struct view
node_get(const struct node *n, const char *key, const char *fallback)
{
	struct view other = { 0 };

	if (fallback != NULL)
		other = view_str(fallback);
	return conf_get(buf_view(&n->conf), key, other);
}
