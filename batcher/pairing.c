#include "batcher/pairing.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/b32.h"
#include "lib/digest.h"
#include "lib/text.h"

#define TOKEN_CAP 4096

struct pair_item {
	unsigned char one_time[2][KEY_LEN]; /* JOIN: EB. CONFIRM: EB, EA2 */
	unsigned char pub_static[KEY_LEN], pub_sign[KEY_LEN];
	uint32_t gen;
};

static void
item_write(
    struct buf *b, const struct pair_item *it, int one_times, const struct token *t)
{
	for (int i = 0; i < one_times; i++)
		buf_add(b, it->one_time[i], KEY_LEN);
	buf_add(b, it->pub_static, KEY_LEN);
	buf_add(b, it->pub_sign, KEY_LEN);
	buf_addu32(b, it->gen);
	buf_addc(b, t == NULL ? 0 : (int)t->hints);
	for (unsigned i = 0; t != NULL && i < t->hints; i++) {
		buf_addc(b, (int)strlen(t->hint[i]));
		buf_adds(b, t->hint[i]);
	}
}

static enum err
hints_parse(struct view v, struct buf *hints)
{
	uint8_t n, len;
	struct view text;

	if (view_u8(&v, &n) != ERR_OK || n > HINTS_MAX)
		return ERR_SYNTAX;
	for (; n > 0; n--) {
		if (view_u8(&v, &len) != ERR_OK || len == 0 || len > HINT_MAX ||
		    view_take(&v, len, &text) != ERR_OK)
			return ERR_SYNTAX;
		for (size_t i = 0; i < text.len; i++)
			if (text.p[i] <= ' ' || text.p[i] > '~')
				return ERR_SYNTAX;
		buf_addv(hints, text);
		buf_addc(hints, '\n');
	}
	return v.len == 0 ? ERR_OK : ERR_SYNTAX;
}

static enum err
item_parse(struct view v, int one_times, struct pair_item *out, struct buf *hints)
{
	struct view k;

	for (int i = 0; i < one_times; i++) {
		if (view_take(&v, KEY_LEN, &k) != ERR_OK)
			return ERR_SYNTAX;
		memcpy(out->one_time[i], k.p, KEY_LEN);
	}
	if (view_take(&v, KEY_LEN, &k) != ERR_OK)
		return ERR_SYNTAX;
	memcpy(out->pub_static, k.p, KEY_LEN);
	if (view_take(&v, KEY_LEN, &k) != ERR_OK || view_u32(&v, &out->gen) != ERR_OK)
		return ERR_SYNTAX;
	memcpy(out->pub_sign, k.p, KEY_LEN);
	if (out->gen >= UINT32_MAX - 1)
		return ERR_SYNTAX;
	return hints_parse(v, hints);
}

static enum err
derive(const struct key *secret, struct view label, struct key *out)
{
	return hkdf((struct view){ 0 }, (struct view){ secret->b, KEY_LEN }, label,
	    out->b, KEY_LEN);
}

/* Both sides' keys of the provisional root. my_static of the inviter (ea) is set before. */
static enum err
provisional(struct ring *r, struct root *root, const struct token *t)
{
	struct key joiner, mine, theirs, secret = { 0 };
	enum err e;

	root->secret = t->secret;
	if ((e = token_write(t, &root->token)) != ERR_OK ||
	    (e = derive(&t->secret, VIEW_LABEL("hearsay joiner static 1"), &joiner)) !=
		ERR_OK ||
	    (e = derive(&t->secret,
		 root->side ? VIEW_LABEL("hearsay joiner sign 1")
			    : VIEW_LABEL("hearsay inviter sign 1"),
		 &mine)) != ERR_OK ||
	    (e = derive(&t->secret,
		 root->side ? VIEW_LABEL("hearsay inviter sign 1")
			    : VIEW_LABEL("hearsay joiner sign 1"),
		 &theirs)) != ERR_OK ||
	    (e = derive(&t->secret, VIEW_LABEL("hearsay provisional 1"), &secret)) !=
		ERR_OK)
		goto out;
	root->my_sign = mine;
	ed25519_public(&theirs, root->their_sign);
	if (root->side) {
		root->my_static = joiner;
		memcpy(root->their_static, t->key, KEY_LEN);
	} else
		x25519_public(&joiner, root->their_static);
	e = root_begin(r, root, &secret);
out:
	key_release(&joiner);
	key_release(&mine);
	key_release(&theirs);
	key_release(&secret);
	return e;
}

/* One for the new invitation, and one for the root that each open one may still make. */
static bool
has_room(const struct ring *r)
{
	unsigned n = r->count + 2;

	for (unsigned i = 0; i < r->count; i++)
		n += r->root[i]->state == ROOT_INVITED ||
		    r->root[i]->state == ROOT_JOINING;
	return n <= ROOTS_MAX;
}

enum err
pairing_invite_with(
    struct ring *r, struct token *t, const struct key *ea, int64_t lifetime, int64_t now)
{
	struct root *root;
	enum err e;

	if (!has_room(r) || (root = ring_add(r)) == NULL)
		return ERR_FULL;
	root->state = ROOT_INVITED;
	root->my_static = *ea;
	x25519_public(ea, t->key);
	t->expires = (now + lifetime + 3599) / 3600 * 3600;
	root->made = now;
	root->expires = r->ran + lifetime;
	if ((e = provisional(r, root, t)) != ERR_OK)
		ring_drop(r, r->count - 1);
	return e;
}

enum err
pairing_invite(struct ring *r, struct token *t, int64_t lifetime, int64_t now)
{
	struct key ea;
	enum err e;

	key_random(&ea);
	key_random(&t->secret);
	e = pairing_invite_with(r, t, &ea, lifetime, now);
	key_release(&ea);
	return e;
}

static void
random_keys(struct pairing_keys *k)
{
	key_random(&k->one_time);
	key_random(&k->pair);
	key_random(&k->sign);
}

static void
keys_release(struct pairing_keys *k)
{
	key_release(&k->one_time);
	key_release(&k->pair);
	key_release(&k->sign);
}

enum err
pairing_join_with(
    struct ring *r, const struct token *t, const struct pairing_keys *k, int64_t now)
{
	struct pair_item it = { 0 };
	struct root *root;
	struct prekey *one_time;
	enum err e;

	if (!has_room(r) || (root = ring_add(r)) == NULL)
		return ERR_FULL;
	root->state = ROOT_JOINING;
	root->side = 1;
	root->made = now;
	if ((e = provisional(r, root, t)) != ERR_OK) {
		ring_drop(r, r->count - 1);
		return e;
	}
	one_time = &root->prekeys[root->prekey_count++];
	*one_time = (struct prekey){ .id = 1, .made = r->ran, .key = k->one_time };
	root->next_static = k->pair;
	root->next_sign = k->sign;
	x25519_public(&k->one_time, it.one_time[0]);
	x25519_public(&k->pair, it.pub_static);
	ed25519_public(&k->sign, it.pub_sign);
	it.gen = ring_highest_gen(r);
	item_write(&root->join, &it, 1, NULL);
	return buf_err(&root->join);
}

enum err
pairing_join(struct ring *r, const struct token *t, int64_t now)
{
	struct pairing_keys k;
	enum err e;

	random_keys(&k);
	e = pairing_join_with(r, t, &k, now);
	keys_release(&k);
	return e;
}

/* The agreed root of both: three Diffie-Hellman results and the secret. */
struct agreement {
	struct root *from; /* the provisional one */
	struct key dh[3];
	const unsigned char *their_static, *their_sign;
	const struct key *my_static, *my_sign;
	uint32_t gen;
};

static enum err
agree(struct ring *r, struct agreement *a)
{
	struct buf info = BUF_INIT(256), all = BUF_INIT(16384);
	struct key secret = { 0 };
	struct root *root;
	enum err e = ERR_FULL;

	if ((root = ring_add(r)) == NULL)
		goto out;
	root->state = ROOT_AGREED;
	root->side = a->from->side;
	root->gen = a->gen;
	root->my_static = *a->my_static;
	root->my_sign = *a->my_sign;
	memcpy(root->their_static, a->their_static, KEY_LEN);
	memcpy(root->their_sign, a->their_sign, KEY_LEN);
	buf_addv(&all, VIEW_LABEL("hearsay transcript 1"));
	buf_addv(&all, buf_view(&a->from->token));
	buf_addv(&all, buf_view(&a->from->join));
	buf_addv(&all, buf_view(&a->from->confirm));
	buf_addv(&info, VIEW_LABEL("hearsay root 1"));
	if ((e = buf_err(&all)) != ERR_OK)
		goto out;
	digest_sha256(buf_view(&all), root->transcript);
	buf_add(&info, root->transcript, sizeof root->transcript);
	e = hkdf((struct view){ a->from->secret.b, KEY_LEN },
	    (struct view){ a->dh[0].b, sizeof a->dh }, buf_view(&info), secret.b,
	    KEY_LEN);
	if (e == ERR_OK)
		e = root_begin(r, root, &secret);
out:
	if (e != ERR_OK && root != NULL)
		ring_drop(r, r->count - 1);
	key_release(&secret);
	buf_release(&info);
	buf_release(&all);
	return e;
}

/* The inviter's half: the CONFIRM and the root. */
static enum err
confirm(struct ring *r, struct root *root, const struct pair_item *join,
    const struct pairing_keys *k)
{
	struct pair_item it = { 0 };
	struct agreement a = { .from = root };
	uint32_t held = ring_highest_gen(r);
	enum err e;

	a.gen = it.gen = (held > join->gen ? held : join->gen) + 1;
	memcpy(it.one_time[0], join->one_time[0], KEY_LEN);
	x25519_public(&k->one_time, it.one_time[1]);
	x25519_public(&k->pair, it.pub_static);
	ed25519_public(&k->sign, it.pub_sign);
	buf_reset(&root->confirm);
	item_write(&root->confirm, &it, 2, NULL);
	a.their_static = join->pub_static;
	a.their_sign = join->pub_sign;
	a.my_static = &k->pair;
	a.my_sign = &k->sign;
	/* ERR_CRYPTO: a key of small order, which no sound node sends */
	if (x25519(&root->my_static, join->one_time[0], &a.dh[0]) != ERR_OK ||
	    x25519(&k->one_time, join->one_time[0], &a.dh[1]) != ERR_OK ||
	    x25519(&k->pair, join->pub_static, &a.dh[2]) != ERR_OK)
		e = ERR_SYNTAX;
	else
		e = agree(r, &a);
	if (e == ERR_OK) {
		root->state = ROOT_CONFIRMED;
		root->their_prekey_id = 1;
		root->their_prekey_made = 0;
		memcpy(root->their_prekey, join->one_time[0], KEY_LEN);
	} else
		buf_reset(&root->confirm);
	OPENSSL_cleanse(&a, sizeof a);
	return e;
}

/* Whether the friend holds the root that a CONFIRM made. */
static void
set_heard(struct ring *r, const struct root *root, bool heard)
{
	uint32_t gen;

	if (pairing_gen(root, &gen) != ERR_OK)
		return;
	for (unsigned i = 0; i < r->count; i++) {
		struct root *made = r->root[i];

		if (made->state == ROOT_AGREED && made->side == 0 && made->gen == gen &&
		    made->heard != heard) {
			made->heard = heard;
			r->dirty = true;
		}
	}
}

void
pairing_confirmed(struct ring *r, const struct root *root)
{
	if (root->state == ROOT_CONFIRMED)
		set_heard(r, root, true);
}

static void
stranger(struct ring *r, struct root *root)
{
	if (root->strangers < UINT32_MAX)
		root->strangers++;
	r->dirty = true;
}

/* One that comes after the token was spent. */
static enum pairing_event
join_again(struct ring *r, struct root *root, const struct pair_item *it)
{
	if (memcmp(it->one_time[0], root->their_prekey, KEY_LEN) == 0) {
		/* it has not got the CONFIRM, or was rolled back to before it; an old JOIN
		 * costs one repetition */
		set_heard(r, root, false);
		return PAIRING_NOTHING;
	}
	stranger(r, root);
	return PAIRING_STRANGER;
}

enum err
pairing_got_join_with(struct ring *r, struct root *root, struct view item,
    const struct pairing_keys *k, struct buf *hints, enum pairing_event *out)
{
	struct pair_item it = { 0 };
	enum err e;

	if (root->side != 0 || root->state == ROOT_AGREED)
		return ERR_SYNTAX;
	if ((e = item_parse(item, 1, &it, hints)) != ERR_OK)
		return e;
	if (root->state == ROOT_CONFIRMED) {
		*out = join_again(r, root, &it);
		return ERR_OK;
	}
	if (root->state == ROOT_REVOKED || r->ran >= root->expires) {
		stranger(r, root);
		*out = root->state == ROOT_REVOKED ? PAIRING_REVOKED : PAIRING_LATE;
		return ERR_OK;
	}
	buf_reset(&root->join);
	buf_addv(&root->join, item);
	if ((e = buf_err(&root->join)) == ERR_OK &&
	    (e = confirm(r, root, &it, k)) == ERR_OK)
		*out = PAIRING_PAIRED;
	else
		buf_reset(&root->join);
	return e;
}

enum err
pairing_got_join(struct ring *r, struct root *root, struct view item, int64_t now,
    struct buf *hints, enum pairing_event *out)
{
	struct pairing_keys k;
	enum err e;

	(void)now;
	random_keys(&k);
	e = pairing_got_join_with(r, root, item, &k, hints, out);
	keys_release(&k);
	return e;
}

/* The generation that our JOIN told. */
static uint32_t
asked(const struct root *root)
{
	struct view v = view_slice(buf_view(&root->join), 3 * KEY_LEN, 4);
	uint32_t gen = 0;

	(void)view_u32(&v, &gen);
	return gen;
}

enum err
pairing_got_confirm(struct ring *r, struct root *root, struct view item,
    struct buf *hints, enum pairing_event *out)
{
	struct pair_item it = { 0 };
	struct agreement a = { .from = root };
	const struct key *eb = root_private(root, 1);
	unsigned char mine[KEY_LEN];
	enum err e;

	if (root->side != 1 || root->state == ROOT_AGREED || eb == NULL)
		return ERR_SYNTAX;
	if (root->state == ROOT_JOINED) {
		*out = PAIRING_NOTHING;
		return ERR_OK;
	}
	if ((e = item_parse(item, 2, &it, hints)) != ERR_OK)
		return e;
	x25519_public(eb, mine);
	if (memcmp(mine, it.one_time[0], KEY_LEN) != 0 || it.gen <= asked(root))
		return ERR_SYNTAX;
	buf_reset(&root->confirm);
	buf_addv(&root->confirm, item);
	a.gen = it.gen;
	a.their_static = it.pub_static;
	a.their_sign = it.pub_sign;
	a.my_static = &root->next_static;
	a.my_sign = &root->next_sign;
	if (x25519(eb, root->their_static, &a.dh[0]) != ERR_OK ||
	    x25519(eb, it.one_time[1], &a.dh[1]) != ERR_OK ||
	    x25519(&root->next_static, it.pub_static, &a.dh[2]) != ERR_OK)
		e = ERR_SYNTAX;
	else
		e = agree(r, &a);
	OPENSSL_cleanse(&a, sizeof a);
	if (e != ERR_OK)
		return e;
	root->state = ROOT_JOINED;
	key_release(&root->next_static);
	key_release(&root->next_sign);
	r->dirty = true;
	*out = PAIRING_PAIRED;
	return ERR_OK;
}

enum err
pairing_gen(const struct root *root, uint32_t *out)
{
	struct view v = view_slice(buf_view(&root->confirm), 4 * KEY_LEN, 4);

	return view_u32(&v, out);
}

void
pairing_id(const struct root *root, struct buf *out)
{
	unsigned char h[DIGEST_LEN];

	digest_sha256(buf_view(&root->token), h);
	b32_lower(out, (struct view){ h, 5 });
}

bool
pairing_knows(const struct ring *r, const struct token *t, bool *ours)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct token old = { 0 };
		size_t at;
		bool same;

		if (r->root[i]->token.len == 0)
			continue;
		if (token_parse(buf_view(&r->root[i]->token), &old, &at) != ERR_OK)
			continue;
		same = memcmp(old.key, t->key, KEY_LEN) == 0;
		token_release(&old);
		if (same) {
			*ours = r->root[i]->side == 0;
			return true;
		}
	}
	return false;
}
