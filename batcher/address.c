#include "batcher/address.h"

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/text.h"

static bool
plausible(struct view v)
{
	size_t colon = v.len;
	uint64_t port;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] <= ' ' || v.p[i] > '~')
			return false;
		if (v.p[i] == ':')
			colon = i;
	}
	return v.len <= HINT_MAX && colon > 0 && colon < v.len &&
	    text_num(view_slice(v, colon + 1, v.len), 1, 65535, &port) == ERR_OK;
}

/* The values of a key, one a line: those that could be an address, at most HINTS_MAX. */
static void
values(struct view file, const char *key, struct buf *out)
{
	struct conf_line l;
	unsigned number = 0, n = 0;
	enum err e = ERR_OK;

	while (n < HINTS_MAX && conf_next(&file, &number, &l, &e)) {
		if (!view_eqs(l.key, key) || !plausible(l.value))
			continue;
		buf_addv(out, l.value);
		buf_addc(out, '\n');
		n++;
	}
}

void
address_ours(const struct batcher *b, struct buf *out)
{
	values(buf_view(&b->node->conf), "address", out);
}

static enum err
write_learned(struct batcher *b, struct friend *f, struct view list)
{
	struct buf file = BUF_INIT(CONF_MAX);
	struct view line;
	enum err e;

	conf_set(buf_view(&f->conf), "learned", (struct view){ 0 }, &file);
	while (text_line(&list, &line)) {
		buf_adds(&file, "learned ");
		buf_addv(&file, line);
		buf_addc(&file, '\n');
	}
	if ((e = buf_err(&file)) == ERR_OK)
		e = fs_write_atomic(NODE_PATH(b->node, "friends/%s", f->ring.name),
		    buf_view(&file), false);
	if (e == ERR_OK) {
		buf_reset(&f->conf);
		buf_addv(&f->conf, buf_view(&file));
	}
	buf_release(&file);
	return e;
}

enum err
address_learn(struct batcher *b, struct friend *f, struct view list)
{
	struct buf known = BUF_INIT(HINTS_MAX * (HINT_MAX + 1));
	struct view rest = list, line;
	unsigned n = 0;
	enum err e = ERR_OK;

	while (text_line(&rest, &line))
		if (++n > HINTS_MAX || !plausible(line))
			return ERR_SYNTAX;
	values(buf_view(&f->conf), "learned", &known);
	if (!view_eq(buf_view(&known), list))
		e = write_learned(b, f, list);
	buf_release(&known);
	return e;
}
