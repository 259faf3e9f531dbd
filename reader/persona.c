#include "reader/persona.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b32.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/text.h"

/* Copies a value that must fit and hold no NUL. */
static enum err
copy(struct view v, char *out, size_t room)
{
	if (v.len == 0 || v.len >= room || view_chr(v, '\0') < v.len)
		return ERR_SYNTAX;
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return ERR_OK;
}

/* Base32, or 64 hexadecimal digits. */
static enum err
parse_key(struct view v, unsigned char key[ARTICLE_KEY_LEN])
{
	if (v.len == 2 * ARTICLE_KEY_LEN)
		return text_unhex(v, key, ARTICLE_KEY_LEN);
	return b32_decode_id(v, key, ARTICLE_KEY_LEN);
}

static enum err
parse(struct view file, struct persona *p)
{
	static const struct view none = { 0 };
	struct buf address = BUF_INIT(sizeof p->address);
	struct view name = conf_get(file, "name", view_str(p->file));
	enum err e;

	if (!text_name(name) || copy(name, p->name, sizeof p->name) != ERR_OK)
		return ERR_SYNTAX;
	if ((e = copy(conf_get(file, "display", name), p->display, sizeof p->display)) !=
	    ERR_OK)
		return e;
	if ((e = parse_key(conf_get(file, "key", none), p->key)) != ERR_OK)
		return e;
	article_address(&address, name, p->key);
	if ((e = buf_err(&address)) == ERR_OK)
		e = copy(buf_view(&address), p->address, sizeof p->address);
	buf_release(&address);
	return e;
}

static enum err
load(const struct node *node, const char *file, struct persona *p)
{
	struct buf b = BUF_INIT(CONF_MAX);
	enum err e;

	if ((e = copy(view_str(file), p->file, sizeof p->file)) != ERR_OK)
		return e;
	if ((e = fs_read(NODE_PATH(node, "personas/%s", file), &b)) == ERR_OK)
		e = parse(buf_view(&b), p);
	buf_release(&b);
	return e;
}

static int
by_file(const void *a, const void *b)
{
	const struct persona *x = a, *y = b;

	return strcmp(x->file, y->file);
}

static enum err
pick_standard(const struct node *node, struct personas *ps, char *bad)
{
	struct view name = node_get(node, "persona", "");

	ps->standard = 0;
	if (name.len == 0)
		return ERR_OK;
	for (size_t i = 0; i < ps->count; i++)
		if (view_eqs(name, ps->list[i].file)) {
			ps->standard = i;
			return ERR_OK;
		}
	(void)copy(name, bad, NAME_MAX_LEN + 1);
	return ERR_NOTFOUND;
}

enum err
personas_load(const struct node *node, struct personas *out, char *bad)
{
	struct personas ps = { 0 };
	struct dirent *d;
	DIR *dir;
	enum err e = ERR_OK;

	if ((dir = opendir(NODE_PATH(node, "personas"))) == NULL && errno != ENOENT)
		return ERR_IO;
	if ((ps.list = calloc(PERSONAS_MAX, sizeof *ps.list)) == NULL)
		e = ERR_NOMEM;
	while (e == ERR_OK && dir != NULL && (d = readdir(dir)) != NULL) {
		if (!text_name(view_str(d->d_name)))
			continue; /* . and .., half-written and editors' files */
		if (ps.count == PERSONAS_MAX)
			e = ERR_TOOBIG;
		else if ((e = load(node, d->d_name, &ps.list[ps.count])) == ERR_OK)
			ps.count++;
		if (e != ERR_OK)
			(void)copy(view_str(d->d_name), bad, NAME_MAX_LEN + 1);
	}
	if (dir != NULL)
		closedir(dir);
	if (e == ERR_OK) {
		qsort(ps.list, ps.count, sizeof *ps.list, by_file);
		e = pick_standard(node, &ps, bad);
	}
	if (e == ERR_OK)
		*out = ps;
	else
		free(ps.list);
	return e;
}

void
personas_release(struct personas *ps)
{
	if (ps == NULL)
		return;
	free(ps->list);
	*ps = (struct personas){ 0 };
}

void
personas_pack(const struct personas *ps, struct buf *out)
{
	buf_addu64(out, ps->standard);
	buf_add(out, ps->list, ps->count * sizeof *ps->list);
}

enum err
personas_unpack(struct view v, struct personas *ps)
{
	struct personas fresh = { 0 };
	uint64_t standard;

	if (view_u64(&v, &standard) != ERR_OK)
		return ERR_SYNTAX;
	fresh.count = v.len / sizeof *fresh.list;
	fresh.standard = (size_t)standard;
	if (v.len % sizeof *fresh.list != 0 || fresh.count > PERSONAS_MAX ||
	    (fresh.count > 0 && fresh.standard >= fresh.count))
		return ERR_SYNTAX;
	if (fresh.count > 0) {
		if ((fresh.list = malloc(v.len)) == NULL)
			return ERR_NOMEM;
		memcpy(fresh.list, v.p, v.len);
	}
	personas_release(ps);
	*ps = fresh;
	return ERR_OK;
}

const struct persona *
persona_standard(const struct personas *ps)
{
	return ps->count == 0 ? NULL : &ps->list[ps->standard];
}

/* The address of "name <address>", "address (name)" or "address". */
static struct view
address_of(struct view from)
{
	size_t open = view_chr(from, '<');

	if (open == from.len)
		return text_trim(view_slice(from, 0, view_chr(from, '(')));
	from = view_slice(from, open + 1, from.len);
	return text_trim(view_slice(from, 0, view_chr(from, '>')));
}

const struct persona *
persona_from(const struct personas *ps, struct view from)
{
	struct view address = address_of(from);

	for (size_t i = 0; i < ps->count; i++)
		if (view_caseeqs(address, ps->list[i].address))
			return &ps->list[i];
	return NULL;
}

const struct persona *
persona_named(const struct personas *ps, struct view file)
{
	for (size_t i = 0; i < ps->count; i++)
		if (view_eqs(file, ps->list[i].file))
			return &ps->list[i];
	return NULL;
}

const struct persona *
persona_by_key(const struct personas *ps, const unsigned char *key)
{
	for (size_t i = 0; i < ps->count; i++)
		if (memcmp(ps->list[i].key, key, ARTICLE_KEY_LEN) == 0)
			return &ps->list[i];
	return NULL;
}
