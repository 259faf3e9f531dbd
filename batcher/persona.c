#include "batcher/persona.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/b32.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/text.h"

#define PERSONA_FILE_MAX 4096
#define PERSONAS_MAX 256
#define SUFFIX ".persona"

void
persona_release(struct persona *p)
{
	OPENSSL_cleanse(p, sizeof *p);
}

/* What article_parse will accept in From: asked of it, on an article of this persona. */
static enum err
try_from(const struct persona *p, struct view display)
{
	struct native n = { .display = display,
		.name = view_str(p->name),
		.newsgroups = VIEW_LIT("test"),
		.subject = VIEW_LIT("test") };
	struct buf b = BUF_INIT(4096);
	enum fault why;
	enum err e;

	memcpy(n.author, p->pub, sizeof n.author);
	e = article_compose(&n, &b, &why);
	buf_release(&b);
	return e;
}

static enum err
write_files(const struct node *n, const struct persona *p, struct view display)
{
	struct buf pub = BUF_INIT(PERSONA_FILE_MAX), sec = BUF_INIT(PERSONA_FILE_MAX);
	enum err e;

	buf_reserve(&sec, 512);
	buf_adds(&sec, "hearsay-persona 1\nkey ");
	text_hex(&sec, (struct view){ p->key.b, KEY_LEN });
	buf_adds(&sec, "\n");
	buf_adds(&pub, "key ");
	b32_lower(&pub, (struct view){ p->pub, sizeof p->pub });
	buf_addf(&pub, "\nname %s\ndisplay ", p->name);
	buf_addv(&pub, display);
	buf_adds(&pub, "\n");
	if ((e = buf_err(&sec)) == ERR_OK && (e = buf_err(&pub)) == ERR_OK &&
	    (e = fs_write_atomic(NODE_PATH(n, "keys/%s" SUFFIX, p->name), buf_view(&sec),
		 true)) == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(n, "personas/%s", p->name), buf_view(&pub), false);
	buf_wipe(&sec);
	buf_release(&pub);
	return e;
}

enum err
persona_create(
    const struct node *n, const char *name, struct view display, struct persona *out)
{
	struct persona p = { 0 };
	enum err e;

	if (!text_name(view_str(name)))
		return ERR_SYNTAX;
	if (persona_load(n, name, &p) == ERR_OK) {
		persona_release(&p);
		return ERR_EXISTS;
	}
	memcpy(p.name, name, strnlen(name, NAME_MAX_LEN));
	key_random(&p.key);
	ed25519_public(&p.key, p.pub);
	if ((e = try_from(&p, display)) == ERR_OK &&
	    (e = write_files(n, &p, display)) == ERR_OK)
		*out = p;
	persona_release(&p);
	return e;
}

enum err
persona_adopt(const struct node *n, const struct persona *p, struct view display)
{
	struct persona there = { 0 };
	enum err e;

	if ((e = persona_load(n, p->name, &there)) != ERR_NOTFOUND) {
		persona_release(&there);
		return e == ERR_OK ? ERR_EXISTS : e;
	}
	if ((e = try_from(p, display)) != ERR_OK)
		return e;
	return write_files(n, p, display);
}

enum err
persona_display(const struct node *n, const char *name, struct buf *out)
{
	struct buf b = BUF_INIT(PERSONA_FILE_MAX);
	struct view v;
	enum err e;

	if ((e = fs_read(NODE_PATH(n, "personas/%s", name), &b)) == ERR_OK) {
		v = conf_get(buf_view(&b), "display", VIEW_LIT(""));
		buf_addv(out, v);
		e = v.len == 0 ? ERR_CORRUPT : buf_err(out);
	}
	buf_release(&b);
	return e;
}

enum err
persona_load(const struct node *n, const char *name, struct persona *out)
{
	struct buf b = BUF_INIT(PERSONA_FILE_MAX);
	struct persona p = { 0 };
	enum err e;

	if ((e = fs_read(NODE_PATH(n, "keys/%s" SUFFIX, name), &b)) != ERR_OK)
		goto out;
	e = ERR_CORRUPT;
	if (!view_eqs(conf_get(buf_view(&b), "hearsay-persona", VIEW_LIT("")), "1") ||
	    text_unhex(conf_get(buf_view(&b), "key", VIEW_LIT("")), p.key.b, KEY_LEN) !=
		ERR_OK)
		goto out;
	memcpy(p.name, name, strnlen(name, NAME_MAX_LEN));
	ed25519_public(&p.key, p.pub);
	*out = p;
	e = ERR_OK;
out:
	persona_release(&p);
	buf_wipe(&b);
	return e;
}

enum err
persona_all(const struct node *n, struct persona **out, size_t *count)
{
	DIR *d = opendir(NODE_PATH(n, "keys"));
	struct persona *all = calloc(PERSONAS_MAX, sizeof *all);
	struct dirent *ent;
	size_t k = 0;

	if (d == NULL || all == NULL) {
		if (d != NULL)
			closedir(d);
		free(all);
		return ERR_IO;
	}
	while (k < PERSONAS_MAX && (ent = readdir(d)) != NULL) {
		struct view v = view_str(ent->d_name);
		char name[NAME_MAX_LEN + 1] = { 0 };

		if (v.len <= strlen(SUFFIX) ||
		    !view_eqs(view_slice(v, v.len - strlen(SUFFIX), v.len), SUFFIX))
			continue;
		v.len -= strlen(SUFFIX);
		if (!text_name(v))
			continue;
		memcpy(name, v.p, v.len);
		if (persona_load(n, name, &all[k]) == ERR_OK)
			k++;
	}
	closedir(d);
	*out = all;
	*count = k;
	return ERR_OK;
}
