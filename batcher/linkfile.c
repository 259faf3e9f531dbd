#include "batcher/linkfile.h"

#include "lib/fs.h"
#include "lib/text.h"

#define LINKFILE_MAX 16384

static enum err
link_key(const struct root *root, int side, unsigned char out[KEY_LEN])
{
	struct buf info = BUF_INIT(64);
	struct key shared;
	enum err e;

	buf_addv(&info, VIEW_LABEL("hearsay link 1"));
	buf_add(&info, root->id, sizeof root->id);
	buf_addc(&info, side);
	if ((e = x25519(&root->my_static, root->their_static, &shared)) == ERR_OK)
		e = hkdf((struct view){ 0 }, (struct view){ shared.b, KEY_LEN },
		    buf_view(&info), out, KEY_LEN);
	key_release(&shared);
	buf_release(&info);
	return e;
}

static enum err
add_root(struct buf *b, const struct root *root)
{
	unsigned char out[KEY_LEN], in[KEY_LEN];
	enum err e;

	if ((e = link_key(root, root->side, out)) != ERR_OK ||
	    (e = link_key(root, !root->side, in)) != ERR_OK)
		return e;
	buf_adds(b, "root ");
	text_hex(b, (struct view){ root->id, sizeof root->id });
	buf_adds(b, " out ");
	text_hex(b, (struct view){ out, sizeof out });
	buf_adds(b, " in ");
	text_hex(b, (struct view){ in, sizeof in });
	buf_addc(b, '\n');
	return buf_err(b);
}

/* The root that we call under first; the friend may call under any. */
static enum err
write_roots(struct ring *r, struct buf *b)
{
	struct root *first = ring_sending(r);
	enum err e = first == NULL ? ERR_OK : add_root(b, first);

	for (unsigned i = 0; i < r->count && (e == ERR_OK || e == ERR_CRYPTO); i++)
		if (r->root[i] != first && r->root[i]->state != ROOT_REVOKED)
			e = add_root(b, r->root[i]);
	/* keys that give no secret give no calls either; sticks say what is wrong with them */
	return e == ERR_CRYPTO ? ERR_OK : e;
}

enum err
linkfile_save(const struct node *n, struct ring *r)
{
	struct buf now = BUF_INIT(LINKFILE_MAX), was = BUF_INIT(LINKFILE_MAX);
	const char *path = NODE_PATH(n, "link/%s", r->name);
	enum err e;

	buf_reserve(&now, 4096);
	if ((e = write_roots(r, &now)) != ERR_OK)
		goto out;
	e = fs_read(path, &was);
	if (e == ERR_OK && view_eq(buf_view(&was), buf_view(&now)))
		goto out;
	if ((e = fs_mkdir(NODE_PATH(n, "link"), 0700)) == ERR_OK)
		e = fs_write_atomic(path, buf_view(&now), true);
out:
	buf_wipe(&now);
	buf_wipe(&was);
	return e;
}

enum err
linkfile_erase(const struct node *n, const char *name)
{
	enum err e = fs_erase(NODE_PATH(n, "link/%s", name));

	return e != ERR_OK ? e : fs_erase(NODE_PATH(n, "link/%s.count", name));
}
