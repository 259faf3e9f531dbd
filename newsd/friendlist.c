#include "newsd/friendlist.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/serial.h"
#include "lib/text.h"
#include "newsd/count.h"

#define KEYS_MAX (4u << 10) /* a line of 170 bytes a root */

/* The rest of friends/NAME is not newsd's. */
static enum err
take_line(struct friend *f, const struct conf_line *line, const char **why)
{
	struct carrier c, *more;
	enum err e;

	if (view_eqs(line->key, "private")) {
		*why = "write yes or no";
		f->private_allowed = view_eqs(line->value, "yes");
		return f->private_allowed || view_eqs(line->value, "no") ? ERR_OK
									 : ERR_SYNTAX;
	}
	if ((e = schedule_line(&f->schedule, line->key, line->value, why)) !=
	    ERR_NOTFOUND)
		return e;
	if ((e = carrier_parse(line->key, line->value, &c, why)) != ERR_OK)
		return e;
	*why = "there are too many of them";
	if (f->n_carriers == CARRIERS_MAX ||
	    (more = reallocarray(f->carriers, f->n_carriers + 1, sizeof *more)) == NULL) {
		carrier_release(&c);
		return ERR_TOOBIG;
	}
	f->carriers = more;
	f->carriers[f->n_carriers++] = c;
	return ERR_OK;
}

/* What a person chose is tried before what was learned. */
static void
learned_last(struct friend *f)
{
	struct carrier sorted[CARRIERS_MAX];
	size_t n = 0;

	for (int learned = 0; learned < 2; learned++)
		for (size_t i = 0; i < f->n_carriers; i++)
			if ((f->carriers[i].kind == CARRIER_LEARNED) == (learned == 1))
				sorted[n++] = f->carriers[i];
	if (n > 0)
		memcpy(f->carriers, sorted, n * sizeof sorted[0]);
}

void
friend_read(struct friend *f, struct view file, friend_say_fn *say)
{
	struct conf_line line = { 0 };
	unsigned number = 0;
	const char *why = "";
	enum err e;

	while (conf_next(&file, &number, &line, &e)) {
		if ((e = take_line(f, &line, &why)) == ERR_NOTFOUND)
			continue;
		if (e != ERR_OK && say != NULL)
			say(f->name, line.number, why);
		buf_addv(&f->lines, line.key);
		buf_addc(&f->lines, ' ');
		buf_addv(&f->lines, line.value);
		buf_addc(&f->lines, '\n');
	}
	if (e != ERR_OK && say != NULL)
		say(f->name, line.number, "this line cannot be read");
	learned_last(f);
}

/* HEX32 out HEX64 in HEX64 */
static enum err
parse_root(struct view v, struct link_root *out)
{
	static const struct {
		const char *word;
		size_t at, len;
	} parts[] = {
		{ NULL, offsetof(struct link_root, id), ROOT_ID_LEN },
		{ "out", offsetof(struct link_root, out.b), KEY_LEN },
		{ "in", offsetof(struct link_root, in.b), KEY_LEN },
	};
	struct view w;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (parts[i].word != NULL &&
		    (!text_word(&v, &w) || !view_eqs(w, parts[i].word)))
			return ERR_SYNTAX;
		if (!text_word(&v, &w) ||
		    text_unhex(w, (unsigned char *)out + parts[i].at, parts[i].len) !=
			ERR_OK)
			return ERR_SYNTAX;
	}
	return text_trim(v).len == 0 ? ERR_OK : ERR_SYNTAX;
}

enum err
friend_read_keys(struct friend *f, struct view file)
{
	struct link_root *roots = calloc(ROOTS_MAX, sizeof *roots);
	struct conf_line line = { 0 };
	struct view rest = file;
	unsigned number = 0;
	size_t n = 0;
	enum err e;

	if (roots == NULL)
		return ERR_NOMEM;
	while (conf_next(&rest, &number, &line, &e)) {
		if (!view_eqs(line.key, "root") || n == ROOTS_MAX)
			e = ERR_SYNTAX;
		else
			e = parse_root(line.value, &roots[n]);
		if (e != ERR_OK)
			break;
		n++;
	}
	if (e == ERR_OK) {
		f->roots = roots;
		f->n_roots = n;
		buf_addv(&f->keys, file);
		return buf_err(&f->keys);
	}
	for (size_t i = 0; i < ROOTS_MAX; i++) {
		key_release(&roots[i].out);
		key_release(&roots[i].in);
	}
	free(roots);
	return e;
}

static void
friend_release(struct friend *f)
{
	for (size_t i = 0; i < f->n_carriers; i++)
		carrier_release(&f->carriers[i]);
	free(f->carriers);
	for (size_t i = 0; i < f->n_roots; i++) {
		key_release(&f->roots[i].out);
		key_release(&f->roots[i].in);
	}
	free(f->roots);
	if (f->count >= 0)
		close(f->count);
	buf_release(&f->lines);
	buf_wipe(&f->keys);
}

void
friendlist_release(struct friendlist *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		friend_release(&l->friends[i]);
	free(l->friends);
	for (size_t i = 0; i < l->n_lines; i++)
		free(l->lines[i]);
	buf_wipe(&l->chat);
	if (l->seen >= 0)
		close(l->seen);
	*l = (struct friendlist){ .seen = -1 };
}

static void
say_line(const char *name, unsigned line, const char *why)
{
	log_at(LOG_WARN, "friends file=%s line=%u error=\"%s\"", name, line, why);
}

static enum err
load_friend(const struct node *node, const char *name, struct friend *f)
{
	struct buf text = BUF_INIT(CONF_MAX), keys = BUF_INIT(KEYS_MAX);
	enum err e;

	*f = (struct friend){
		.count = -1, .lines = BUF_INIT(CONF_MAX), .keys = BUF_INIT(KEYS_MAX)
	};
	memcpy(f->name, name, strlen(name) + 1);
	buf_reserve(&f->keys, KEYS_MAX); /* growing would leave copies of keys behind */
	buf_reserve(&keys, KEYS_MAX);
	if ((e = fs_read(NODE_PATH(node, "friends/%s", name), &text)) == ERR_OK)
		friend_read(f, buf_view(&text), say_line);
	else if (e == ERR_NOTFOUND)
		e = ERR_OK; /* keys alone: someone who may call */
	if (e != ERR_OK)
		goto out;
	if ((e = fs_read(NODE_PATH(node, "link/%s", name), &keys)) == ERR_OK)
		e = friend_read_keys(f, buf_view(&keys));
	else if (e == ERR_NOTFOUND)
		e = ERR_OK;
	if (e != ERR_OK) {
		log_at(LOG_WARN, "link file=%s error=\"%s\"", name, err_text(e));
	}
	if ((e = buf_err(&f->lines)) != ERR_OK)
		goto out;
out:
	buf_wipe(&keys);
	buf_release(&text);
	return e;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_name(const struct dirent *d)
{
	return text_name(view_str(d->d_name));
}

static enum err
add_friend(const struct node *node, const char *name, struct friendlist *l)
{
	struct friend *more;
	enum err e;

	if (l->n == FRIENDS_MAX)
		return ERR_TOOBIG;
	if ((more = reallocarray(l->friends, l->n + 1, sizeof *more)) == NULL)
		return ERR_NOMEM;
	l->friends = more;
	if ((e = load_friend(node, name, &more[l->n])) != ERR_OK) {
		log_at(LOG_WARN, "friends file=%s error=\"%s\"", name, err_text(e));
		friend_release(&more[l->n]);
		return ERR_OK;
	}
	l->n++;
	return ERR_OK;
}

/* Every name in one of the folders. */
static enum err
load_folder(const struct node *node, const char *folder, struct friendlist *l)
{
	struct dirent **names = NULL;
	int n = scandir(NODE_PATH(node, "%s", folder), &names, is_name, by_name);
	enum err e = ERR_OK;

	if (n < 0)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (e == ERR_OK && friendlist_find(l, view_str(name)) == l->n)
			e = add_friend(node, name, l);
		free(names[i]);
	}
	free(names);
	return e;
}

/* `link serial:DEVICE`, or `listen serial:DEVICE`; ERR_NOTFOUND: no serial line. */
static enum err
load_line(struct friendlist *l, const struct conf_line *line, const char **why)
{
	static const char word[] = "serial:";
	struct view v = line->value;
	struct serial s;

	if (!view_starts(v, word))
		return ERR_NOTFOUND;
	v = view_slice(v, sizeof word - 1, v.len);
	*why = "there are too many of them";
	if (l->n_lines == LISTENERS_MAX || serial_parse(v, &s, why) != ERR_OK)
		return ERR_SYNTAX;
	if ((l->lines[l->n_lines] = strndup((const char *)v.p, v.len)) == NULL)
		return ERR_NOMEM;
	l->n_lines++; /* NOLINT: friendlist_release frees it */
	return ERR_OK;
}

static enum err
load_listener(struct friendlist *l, const struct conf_line *line, const char **why)
{
	enum err e = load_line(l, line, why);

	if (e != ERR_NOTFOUND || !view_eqs(line->key, "link"))
		return e == ERR_NOTFOUND ? ERR_OK : e;
	*why = "there are too many of them";
	if (l->n_listeners == LISTENERS_MAX)
		return ERR_SYNTAX;
	if ((e = address_listen(line->value, &l->listeners[l->n_listeners], why)) ==
	    ERR_OK)
		l->n_listeners++;
	return e;
}

static enum err
load_listeners(const struct node *node, struct friendlist *l)
{
	struct view rest = buf_view(&node->conf);
	struct conf_line line = { 0 };
	unsigned number = 0;
	const char *why = "no memory";
	enum err e;

	while (conf_next(&rest, &number, &line, &e)) {
		if (view_starts(line.key, "listen-chat")) {
			buf_addv(&l->chat, line.key);
			buf_addv(&l->chat, line.value);
		}
		if ((view_eqs(line.key, "link") || view_eqs(line.key, "listen")) &&
		    load_listener(l, &line, &why) != ERR_OK) {
			log_at(LOG_ERROR, "node.conf line=%u link=%s error=\"%s\"",
			    line.number, quoted(line.value), why);
			return ERR_SYNTAX;
		}
	}
	return e;
}

enum err
friendlist_load(const struct node *node, const char *only, struct friendlist *out)
{
	struct friendlist l = { .seen = -1, .chat = BUF_INIT(CONF_MAX) };
	enum err e;

	if (only != NULL)
		e = add_friend(node, only, &l);
	else if ((e = load_listeners(node, &l)) == ERR_OK &&
	    (e = load_folder(node, "friends", &l)) == ERR_OK)
		e = load_folder(node, "link", &l);
	if (e == ERR_OK)
		*out = l;
	else
		friendlist_release(&l);
	return e;
}

/* A counter file tells that there was a friend of this name. */
static void
forget_counts(const struct node *node, const struct friendlist *l)
{
	DIR *d = opendir(NODE_PATH(node, "link"));
	const struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		struct view v = view_str(entry->d_name);
		size_t dot = view_chr(v, '.');
		struct view name = view_slice(v, 0, dot);

		if (text_name(name) && view_eqs(view_slice(v, dot, v.len), ".count") &&
		    friendlist_find(l, name) == l->n)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	if (d != NULL)
		closedir(d);
}

static enum err
find_records(struct friendlist *l, bool forget)
{
	struct buf ids = BUF_INIT(FRIENDS_MAX * ROOTS_MAX * ROOT_ID_LEN);
	enum err e;

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->friends[i].n_roots; k++)
			buf_add(&ids, l->friends[i].roots[k].id, ROOT_ID_LEN);
	if ((e = buf_err(&ids)) == ERR_OK && forget)
		e = seen_forget(l->seen, ids.p, ids.len / ROOT_ID_LEN);
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; e == ERR_OK && k < l->friends[i].n_roots; k++) {
			struct link_root *r = &l->friends[i].roots[k];

			e = seen_find(l->seen, r->id, &r->record);
		}
	buf_release(&ids);
	return e;
}

enum err
friendlist_prepare(const struct node *node, struct friendlist *l, bool forget)
{
	enum err e;

	if ((e = fs_mkdir(NODE_PATH(node, "link"), 0700)) != ERR_OK ||
	    (e = seen_open(NODE_PATH(node, "link/roots.seen"), &l->seen)) != ERR_OK ||
	    (e = find_records(l, forget)) != ERR_OK)
		return e;
	for (size_t i = 0; i < l->n; i++) {
		struct friend *f = &l->friends[i];

		if (f->n_roots > 0 &&
		    (e = count_open(
			 NODE_PATH(node, "link/%s.count", f->name), &f->count)) != ERR_OK)
			return e;
	}
	if (forget)
		forget_counts(node, l);
	return ERR_OK;
}

size_t
friendlist_find(const struct friendlist *l, struct view name)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_eqs(name, l->friends[i].name))
			return i;
	return l->n;
}

static bool
same_listeners(const struct friendlist *a, const struct friendlist *b)
{
	if (a->n_listeners != b->n_listeners || a->n_lines != b->n_lines)
		return false;
	if (!view_eq(buf_view(&a->chat), buf_view(&b->chat)))
		return false;
	for (size_t i = 0; i < a->n_lines; i++)
		if (strcmp(a->lines[i], b->lines[i]) != 0)
			return false;
	for (size_t i = 0; i < a->n_listeners; i++)
		if (strcmp(a->listeners[i].host, b->listeners[i].host) != 0 ||
		    a->listeners[i].port != b->listeners[i].port)
			return false;
	return true;
}

bool
friendlist_equal(const struct friendlist *a, const struct friendlist *b)
{
	if (a->n != b->n || !same_listeners(a, b))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->friends[i].name, b->friends[i].name) != 0 ||
		    !view_eq(
			buf_view(&a->friends[i].lines), buf_view(&b->friends[i].lines)) ||
		    !view_eq(
			buf_view(&a->friends[i].keys), buf_view(&b->friends[i].keys)))
			return false;
	return true;
}

bool
friendlist_has_names(const struct friendlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->friends[i].n_carriers; k++) {
			const struct carrier *c = &l->friends[i].carriers[k];

			if ((c->kind == CARRIER_TCP || c->kind == CARRIER_LEARNED) &&
			    !c->at.numeric)
				return true;
		}
	return false;
}

bool
friend_dialled(const struct friend *f)
{
	for (size_t i = 0; f->n_roots > 0 && i < f->n_carriers; i++)
		if (carrier_dialled(&f->carriers[i]))
			return true;
	return false;
}

bool
friendlist_has_carriers(const struct friendlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->friends[i].n_carriers > 0)
			return true;
	return false;
}
