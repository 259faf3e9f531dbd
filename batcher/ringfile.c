/* keys/NAME.friend: reading and writing a ring. One table of fields serves both, and what
 * is read must be what would be written: one spelling, nothing missing, nothing doubled. */
#include "batcher/ring.h"

#include "batcher/linkfile.h"

#include <stddef.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/text.h"

#define RING_VERSION 1
#define RING_FILE_MAX (1u << 20)
#define RAN_MAX (1ll << 56) /* running time: sums with it never overflow */

enum kind { BYTES, FLAG, NUM32, NUM64, CHAIN, BUF };

struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t len;
};

#define F(NAME, KIND, MEMBER)                                                            \
	{                                                                                \
		NAME, KIND, offsetof(struct root, MEMBER),                               \
		    sizeof((struct root){ 0 }.MEMBER)                                    \
	}

static const struct field fields[] = {
	F("gen", NUM32, gen),
	F("id", BYTES, id),
	F("transcript", BYTES, transcript),
	F("words", BYTES, words),
	F("verified", FLAG, verified),
	F("my-static", BYTES, my_static),
	F("my-sign", BYTES, my_sign),
	F("their-static", BYTES, their_static),
	F("their-sign", BYTES, their_sign),
	F("send", CHAIN, send),
	F("send-since", NUM64, send_since),
	F("send-acked", FLAG, send_acked),
	F("recv", CHAIN, recv),
	F("opened", FLAG, opened),
	F("recv-old", CHAIN, recv_old),
	F("recv-old-drop", NUM64, recv_old_drop),
	F("prekey-made", NUM64, prekey_made),
	F("their-prekey-id", NUM32, their_prekey_id),
	F("their-prekey-made", NUM64, their_prekey_made),
	F("their-prekey", BYTES, their_prekey),
	F("heard", FLAG, heard),
	F("drop", NUM64, drop),
	F("secret", BYTES, secret),
	F("token", BUF, token),
	F("join", BUF, join),
	F("confirm", BUF, confirm),
	F("next-static", BYTES, next_static),
	F("next-sign", BYTES, next_sign),
	F("made", NUM64, made),
	F("expires", NUM64, expires),
	F("strangers", NUM32, strangers),
};

#define FIELDS (sizeof fields / sizeof fields[0])

/* i64 as two's complement in hex: -1 and far dates need no sign of their own */
static void
add_i64(struct buf *b, int64_t n)
{
	buf_addf(b, "%016llx", (unsigned long long)n);
}

static enum err
get_i64(struct view v, int64_t *out)
{
	unsigned char t[8];
	struct view s = { t, 8 };
	uint64_t n;

	if (text_unhex(v, t, 8) != ERR_OK || view_u64(&s, &n) != ERR_OK)
		return ERR_CORRUPT;
	*out = (int64_t)n;
	return ERR_OK;
}

static void
write_field(struct buf *b, const struct field *f, const struct root *root)
{
	const unsigned char *at = (const unsigned char *)root + f->offset;
	const struct chain *c = (const void *)at;
	const struct buf *bytes = (const void *)at;

	if ((f->kind == CHAIN && !c->have) || (f->kind == BUF && bytes->len == 0))
		return;
	buf_addf(b, "%s ", f->name);
	switch (f->kind) {
	case BYTES:
		text_hex(b, (struct view){ at, f->len });
		break;
	case FLAG:
		buf_adds(b, *(const bool *)(const void *)at ? "yes" : "no");
		break;
	case NUM32:
		buf_addnum(b, *(const uint32_t *)(const void *)at);
		break;
	case NUM64:
		add_i64(b, *(const int64_t *)(const void *)at);
		break;
	case CHAIN:
		buf_addf(b, "%u ", c->epoch);
		text_hex(b, (struct view){ c->key.b, KEY_LEN });
		break;
	case BUF:
		text_hex(b, buf_view(bytes));
		break;
	}
	buf_addc(b, '\n');
}

static enum err
read_chain(struct view v, struct chain *c)
{
	struct view epoch, key;
	uint64_t n;

	if (!text_word(&v, &epoch) || !text_word(&v, &key) ||
	    text_num(epoch, 0, UINT32_MAX - 1, &n) != ERR_OK)
		return ERR_CORRUPT;
	c->epoch = (uint32_t)n;
	c->have = true;
	return text_unhex(key, c->key.b, KEY_LEN) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

static enum err
read_field(const struct field *f, struct view v, struct root *root)
{
	unsigned char *at = (unsigned char *)root + f->offset;
	uint64_t n;
	struct buf *b = (void *)at;
	unsigned char *p;

	switch (f->kind) {
	case BYTES:
		return text_unhex(v, at, f->len) == ERR_OK ? ERR_OK : ERR_CORRUPT;
	case FLAG:
		*(bool *)(void *)at = view_eqs(v, "yes");
		return ERR_OK;
	case NUM32:
		if (text_num(v, 0, UINT32_MAX, &n) != ERR_OK)
			return ERR_CORRUPT;
		*(uint32_t *)(void *)at = (uint32_t)n;
		return ERR_OK;
	case NUM64:
		return get_i64(v, (int64_t *)(void *)at);
	case CHAIN:
		return read_chain(v, (void *)at);
	case BUF:
		buf_reset(b);
		if ((p = buf_grow(b, v.len / 2)) == NULL)
			return ERR_CORRUPT;
		return text_unhex(v, p, v.len / 2) == ERR_OK ? ERR_OK : ERR_CORRUPT;
	}
	return ERR_CORRUPT;
}

static enum err
read_prekey(struct view v, struct root *root)
{
	struct view id, made, drop, key;
	struct prekey *p;
	uint64_t n;

	if (root->prekey_count == PREKEYS_MAX || !text_word(&v, &id) ||
	    !text_word(&v, &made) || !text_word(&v, &drop) || !text_word(&v, &key) ||
	    text_num(id, 1, UINT32_MAX, &n) != ERR_OK)
		return ERR_CORRUPT;
	p = &root->prekeys[root->prekey_count];
	p->id = (uint32_t)n;
	if (get_i64(made, &p->made) != ERR_OK || get_i64(drop, &p->drop) != ERR_OK ||
	    text_unhex(key, p->key.b, KEY_LEN) != ERR_OK)
		return ERR_CORRUPT;
	root->prekey_count++;
	return ERR_OK;
}

static enum err
read_root(struct ring *r, struct view v, struct root **out)
{
	struct view state, side;
	struct root *root;

	if (!text_word(&v, &state) || !text_word(&v, &side) ||
	    (root = ring_add(r)) == NULL)
		return ERR_CORRUPT;
	*out = root;
	root->side = view_eqs(side, "joiner");
	for (unsigned s = 0; s < ROOT_STATES; s++)
		if (view_eqs(state, root_state_text((enum root_state)s))) {
			root->state = (enum root_state)s;
			return ERR_OK;
		}
	return ERR_CORRUPT;
}

static enum err
read_line(struct ring *r, struct root **root, const struct conf_line *l)
{
	uint64_t n;

	if (view_eqs(l->key, "looked"))
		return get_i64(l->value, &r->looked);
	if (view_eqs(l->key, "ran"))
		return get_i64(l->value, &r->ran);
	if (view_eqs(l->key, "friend-gen")) {
		if (text_num(l->value, 0, UINT32_MAX, &n) != ERR_OK)
			return ERR_CORRUPT;
		r->friend_gen = (uint32_t)n;
		r->friend_gen_known = true;
		return ERR_OK;
	}
	if (view_eqs(l->key, "root"))
		return read_root(r, l->value, root);
	if (*root == NULL)
		return ERR_CORRUPT;
	if (view_eqs(l->key, "prekey"))
		return read_prekey(l->value, *root);
	for (size_t i = 0; i < FIELDS; i++)
		if (view_eqs(l->key, fields[i].name))
			return read_field(&fields[i], l->value, *root);
	return ERR_CORRUPT;
}

static enum err
read_lines(struct view file, struct ring *r)
{
	struct conf_line l;
	struct root *root = NULL;
	unsigned number = 0;
	uint64_t version;
	bool ended = false;
	enum err e = ERR_OK;

	if (!conf_next(&file, &number, &l, &e) || !view_eqs(l.key, "hearsay-keys") ||
	    text_num(l.value, 1, UINT64_MAX, &version) != ERR_OK)
		return ERR_CORRUPT;
	if (version > RING_VERSION)
		return ERR_VERSION;
	while (!ended && conf_next(&file, &number, &l, &e)) {
		ended = view_eqs(l.key, "end");
		if (!ended && (e = read_line(r, &root, &l)) != ERR_OK)
			return e;
	}
	return ended ? ERR_OK : ERR_CORRUPT;
}

static void
write_root(struct buf *b, const struct root *root)
{
	buf_addf(b, "\nroot %s %s\n", root_state_text(root->state),
	    root->side ? "joiner" : "inviter");
	for (size_t i = 0; i < FIELDS; i++)
		write_field(b, &fields[i], root);
	for (unsigned i = 0; i < root->prekey_count; i++) {
		const struct prekey *p = &root->prekeys[i];

		buf_addf(b, "prekey %u ", p->id);
		add_i64(b, p->made);
		buf_addc(b, ' ');
		add_i64(b, p->drop);
		buf_addc(b, ' ');
		text_hex(b, (struct view){ p->key.b, KEY_LEN });
		buf_addc(b, '\n');
	}
}

enum err
ring_write(const struct ring *r, struct buf *b)
{
	/* one block: growing would leave copies behind */
	buf_reserve(b, RING_FILE_MAX / 4);
	buf_addf(b, "hearsay-keys %d\nlooked ", RING_VERSION);
	add_i64(b, r->looked);
	buf_adds(b, "\nran ");
	add_i64(b, r->ran);
	if (r->friend_gen_known)
		buf_addf(b, "\nfriend-gen %u", r->friend_gen);
	buf_addc(b, '\n');
	for (unsigned i = 0; i < r->count; i++)
		write_root(b, r->root[i]);
	/* a file that was cut between two roots would lose one silently */
	buf_adds(b, "\nend\n");
	return buf_err(b);
}

static bool
is_running_time(int64_t n)
{
	return n >= -1 && n <= RAN_MAX;
}

/* What the rest of the program takes for granted of a root. */
static bool
root_sound(const struct root *root)
{
	bool agreed = root->state == ROOT_AGREED;
	bool joiner = root->state == ROOT_JOINING || root->state == ROOT_JOINED;

	if (!root->send.have || !root->recv.have || (!agreed && root->side != joiner) ||
	    (root->token.len > 0) == agreed)
		return false;
	if (root->state == ROOT_CONFIRMED && root->confirm.len == 0)
		return false;
	if (root->state == ROOT_JOINING &&
	    (root->join.len == 0 || root_private(root, 1) == NULL))
		return false;
	for (unsigned i = 0; i < root->prekey_count; i++)
		if (!is_running_time(root->prekeys[i].made) ||
		    !is_running_time(root->prekeys[i].drop) ||
		    (i > 0 && root->prekeys[i].made <= root->prekeys[i - 1].made))
			return false;
	return is_running_time(root->send_since) &&
	    is_running_time(root->recv_old_drop) && is_running_time(root->prekey_made) &&
	    is_running_time(root->drop) && is_running_time(root->expires);
}

static enum err
ring_sound(const struct ring *r, struct view file)
{
	struct buf again = BUF_INIT(RING_FILE_MAX);
	bool sound = is_running_time(r->ran) && r->ran >= 0;

	for (unsigned i = 0; i < r->count && sound; i++)
		sound = root_sound(r->root[i]);
	sound =
	    sound && ring_write(r, &again) == ERR_OK && view_eq(buf_view(&again), file);
	buf_wipe(&again);
	return sound ? ERR_OK : ERR_CORRUPT;
}

enum err
ring_parse(struct view file, struct ring *out)
{
	struct ring r = { 0 };
	enum err e;

	memcpy(r.name, out->name, sizeof r.name);
	if ((e = read_lines(file, &r)) == ERR_OK)
		e = ring_sound(&r, file);
	r.dirty = false;
	if (e == ERR_OK)
		*out = r;
	else
		ring_release(&r);
	return e;
}

enum err
ring_load(const struct node *n, const char *name, struct ring *out)
{
	struct buf file = BUF_INIT(RING_FILE_MAX);
	struct ring r = { 0 };
	enum err e;

	memcpy(r.name, name, strnlen(name, NAME_MAX_LEN));
	buf_reserve(&file, RING_FILE_MAX / 4);
	e = fs_read(NODE_PATH(n, "keys/%s.friend", name), &file);
	if (e == ERR_OK)
		e = ring_parse(buf_view(&file), &r);
	if (e == ERR_OK)
		*out = r;
	buf_wipe(&file);
	return e == ERR_TOOBIG ? ERR_CORRUPT : e;
}

enum err
ring_save(const struct node *n, struct ring *r)
{
	struct buf b = BUF_INIT(RING_FILE_MAX);
	enum err e;

	if ((e = ring_write(r, &b)) == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(n, "keys/%s.friend", r->name), buf_view(&b), true);
	if (e == ERR_OK)
		r->dirty = false;
	buf_wipe(&b);
	/* after the keys: newsd must not know a root that was lost in a crash */
	return e == ERR_OK ? linkfile_save(n, r) : e;
}

enum err
ring_erase(const struct node *n, const char *name)
{
	enum err e = linkfile_erase(n, name),
		 f = fs_erase(NODE_PATH(n, "keys/%s.friend", name));

	return f != ERR_OK ? f : e;
}
