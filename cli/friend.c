#include "cli/friend.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "lib/carrier.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"

int
friend_check(const char *verb, const struct node *n, const char *name)
{
	if (!text_name(view_str(name)))
		return say_usage(verb,
		    "%s cannot be a friend's name: use a-z, 0-9 and -, at most %d "
		    "of them",
		    quoted(view_str(name)), NAME_MAX_LEN);
	if (access(NODE_PATH(n, "friends/%s", name), F_OK) == 0 ||
	    access(NODE_PATH(n, "keys/%s.friend", name), F_OK) == 0)
		return DONE;
	return say_failed(
	    "%s: no friend is called %s; `hearsay friends` lists them", verb, name);
}

enum err
friend_read(const struct node *n, const char *name, struct buf *out)
{
	enum err e = fs_read(NODE_PATH(n, "friends/%s", name), out);

	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* ---- ways ------------------------------------------------------------------------- */

static bool
onion(const struct carrier *c)
{
	struct view host = view_str(c->at.host);

	return host.len > 6 &&
	    view_caseeqs(view_slice(host, host.len - 6, host.len), ".onion");
}

/* An address that came from elsewhere, as newsd judges it. */
static void
learned(const struct carrier *c, struct view value, bool private, struct friend_ways *w)
{
	enum address_class is = address_class(&c->at);

	if (onion(c)) {
		w->onion = w->onion || w->near.len == 0;
		if (w->near.len == 0)
			buf_addv(&w->near, value);
	} else if (is == ADDRESS_PUBLIC || (is == ADDRESS_PRIVATE && private))
		w->learned++;
	else if (is != ADDRESS_NOWHERE && w->near.len == 0)
		buf_addv(&w->near, value);
}

static void
look(struct view file, bool private, struct friend_ways *w)
{
	bool tcp = false;
	struct view rest = file;
	struct conf_line line;
	struct carrier c;
	unsigned number = 0;
	const char *why;
	enum err e;

	while (conf_next(&rest, &number, &line, &e)) {
		if (carrier_parse(line.key, line.value, &c, &why) != ERR_OK)
			continue;
		tcp = tcp || c.kind == CARRIER_TCP;
		if (c.kind == CARRIER_LEARNED)
			learned(&c, line.value, private, w);
		else
			w->carriers++;
		carrier_release(&c);
	}
	/* who is known by another way is never dialled directly */
	if (!tcp && w->carriers > 0)
		w->learned = 0;
}

enum err
friend_ways(const struct node *n, const char *name, struct friend_ways *out)
{
	struct buf file = BUF_INIT(CONF_MAX);
	enum err e;

	*out = (struct friend_ways){ 0 };
	buf_init(&out->near, CONF_LINE_MAX);
	if ((e = friend_read(n, name, &file)) == ERR_OK)
		look(buf_view(&file),
		    view_eqs(conf_get(buf_view(&file), "private", VIEW_LIT("no")), "yes"),
		    out);
	buf_release(&file);
	return e;
}

void
friend_ways_release(struct friend_ways *w)
{
	buf_release(&w->near);
}

/* ---- all of them ------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum err
add(struct friend_list *l, struct view name)
{
	char(*more)[NAME_MAX_LEN + 1] = reallocarray(l->names, l->n + 1, sizeof *more);

	if (more == NULL)
		return ERR_NOMEM;
	l->names = more;
	memset(more[l->n], 0, sizeof more[0]);
	memcpy(more[l->n++], name.p, name.len);
	return ERR_OK;
}

enum err
friend_list(const struct node *n, struct friend_list *out)
{
	DIR *d = opendir(NODE_PATH(n, "friends"));
	struct friend_list l = { 0 };
	struct dirent *ent;
	enum err e = ERR_OK;

	if (d == NULL)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	while (e == ERR_OK && (ent = readdir(d)) != NULL)
		if (text_name(view_str(ent->d_name)) && l.n < FRIENDS_MAX)
			e = add(&l, view_str(ent->d_name));
	closedir(d);
	if (e != ERR_OK) {
		friend_list_free(&l);
		return e;
	}
	if (l.n > 0)
		qsort(l.names, l.n, sizeof l.names[0], by_name);
	*out = l;
	return ERR_OK;
}

void
friend_list_free(struct friend_list *l)
{
	free(l->names);
	*l = (struct friend_list){ 0 };
}
