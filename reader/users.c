#include "reader/users.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"

static bool
copy(struct view v, char *out, size_t room)
{
	if (v.len >= room || view_chr(v, '\0') < v.len)
		return false;
	if (v.len > 0)
		memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return true;
}

static bool
copy_wildmat(struct view v, char *out)
{
	return (v.len == 0 || wildmat_valid(v)) && copy(v, out, USER_WILDMAT_MAX + 1);
}

/* What is wrong with the file, or NULL. */
static const char *
parse(struct view file, struct user *u)
{
	static const struct view none = { 0 };
	struct view password = conf_get(file, "password", none);
	struct view persona = conf_get(file, "persona", none);
	struct view feed = conf_get(file, "feed", VIEW_LIT("no"));

	if (!password_valid(password) || !copy(password, u->password, sizeof u->password))
		return "its password line is missing or damaged; `hearsay user passwd` "
		       "makes a new one";
	if ((persona.len > 0 && !text_name(persona)) ||
	    !copy(persona, u->persona, sizeof u->persona))
		return "persona: that is no name";
	if (!copy_wildmat(conf_get(file, "read", none), u->read))
		return "read: that is no wildmat, or over 1024 bytes";
	if (!copy_wildmat(conf_get(file, "post", none), u->post))
		return "post: that is no wildmat, or over 1024 bytes";
	if (!view_eqs(feed, "yes") && !view_eqs(feed, "no"))
		return "feed: yes or no";
	u->feed = view_eqs(feed, "yes");
	return NULL;
}

static const char *
load(const struct node *n, const char *name, struct user *u)
{
	struct buf b = BUF_INIT(CONF_MAX);
	const char *why = NULL;
	struct stat st;
	enum err e;

	if (stat(NODE_PATH(n, "gateway/users/%s", name), &st) == 0 &&
	    (st.st_mode & 077) != 0)
		return "others can read it: chmod 600 it";
	*u = (struct user){ 0 };
	(void)copy(view_str(name), u->name, sizeof u->name);
	/* one piece of memory, so that no copy is left behind */
	buf_reserve(&b, CONF_LINE_MAX);
	if ((e = fs_read(NODE_PATH(n, "gateway/users/%s", name), &b)) != ERR_OK)
		why = err_text(e);
	else
		why = parse(buf_view(&b), u);
	buf_wipe(&b);
	return why;
}

enum err
users_load(const struct node *n, struct users *out)
{
	struct users us = { 0 };
	struct dirent *d;
	const char *why;
	DIR *dir;

	if ((dir = opendir(NODE_PATH(n, "gateway/users"))) == NULL && errno != ENOENT)
		return ERR_IO;
	if ((us.list = calloc(USERS_MAX, sizeof *us.list)) == NULL) {
		if (dir != NULL)
			closedir(dir);
		return ERR_NOMEM;
	}
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (!text_name(view_str(d->d_name)))
			continue;
		why = us.count == USERS_MAX ? "there are more than 256 users"
					    : load(n, d->d_name, &us.list[us.count]);
		if (why == NULL)
			us.count++;
		else
			log_at(LOG_ERROR, "user=%s cannot log in error=\"%s\"", d->d_name,
			    why);
	}
	if (dir != NULL)
		closedir(dir);
	*out = us;
	return ERR_OK;
}

void
users_release(struct users *us)
{
	if (us == NULL)
		return;
	if (us->list != NULL)
		OPENSSL_cleanse(us->list, USERS_MAX * sizeof *us->list);
	free(us->list);
	*us = (struct users){ 0 };
}

const struct user *
users_find(const struct users *us, struct view name)
{
	for (size_t i = 0; i < us->count; i++)
		if (view_eqs(name, us->list[i].name))
			return &us->list[i];
	return NULL;
}

bool
user_group(const char *wildmat, struct view group)
{
	return wildmat[0] == '\0' || wildmat_match(view_str(wildmat), group);
}

void
users_forget_passwords(struct users *us)
{
	for (size_t i = 0; i < us->count; i++)
		OPENSSL_cleanse(us->list[i].password, sizeof us->list[i].password);
}

void
users_pack(const struct users *us, bool passwords, struct buf *out)
{
	for (size_t i = 0; i < us->count; i++) {
		struct user u = us->list[i];

		if (!passwords)
			memset(u.password, 0, sizeof u.password);
		buf_add(out, &u, sizeof u);
		OPENSSL_cleanse(&u, sizeof u);
	}
}

enum err
users_unpack(struct view v, struct users *us)
{
	struct user *list;

	if (v.len % sizeof *list != 0 || v.len / sizeof *list > USERS_MAX)
		return ERR_SYNTAX;
	if ((list = calloc(USERS_MAX, sizeof *list)) == NULL)
		return ERR_NOMEM;
	if (v.len > 0)
		memcpy(list, v.p, v.len);
	users_release(us);
	us->list = list;
	us->count = v.len / sizeof *list;
	return ERR_OK;
}
