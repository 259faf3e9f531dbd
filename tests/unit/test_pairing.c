/* links: batcher */
/* Two rings that become friends, by the items of docs/pairing.md alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "batcher/pairing.h"
#include "lib/fs.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400
#define NOW 1700000000
#define VECTORS "tests/vectors/pairing.txt"

/* Ana invites, Bob joins. */
struct pair {
	struct ring ana, bob;
	struct token token;
	struct buf hints;
};

static void
pair_init(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->hints, 4096);
	ring_look(&p->ana, NOW);
	ring_look(&p->bob, NOW);
}

static void
pair_release(struct pair *p)
{
	ring_release(&p->ana);
	ring_release(&p->bob);
	token_release(&p->token);
	buf_release(&p->hints);
}

static struct root *
by_state(struct ring *r, enum root_state s)
{
	for (unsigned i = r->count; i-- > 0;)
		if (r->root[i]->state == s)
			return r->root[i];
	return NULL;
}

static void
invite_and_join(struct ring *inviter, struct ring *joiner)
{
	struct token t = { 0 };

	assert_int_equal(pairing_invite(inviter, &t, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_join(joiner, &t, NOW), ERR_OK);
	token_release(&t);
}

static enum pairing_event
give_join(struct ring *to, struct root *root, struct view join)
{
	struct buf hints = BUF_INIT(4096);
	enum pairing_event ev = PAIRING_NOTHING;

	assert_int_equal(pairing_got_join(to, root, join, NOW, &hints, &ev), ERR_OK);
	buf_release(&hints);
	return ev;
}

static enum pairing_event
give_confirm(struct ring *to, struct root *root, struct view confirm)
{
	struct buf hints = BUF_INIT(4096);
	enum pairing_event ev = PAIRING_NOTHING;

	assert_int_equal(pairing_got_confirm(to, root, confirm, &hints, &ev), ERR_OK);
	buf_release(&hints);
	return ev;
}

/* A whole pairing of rings that have nothing open; returns the new roots. */
static void
make_friends(struct ring *inviter, struct ring *joiner, struct root **a, struct root **b)
{
	struct root *out, *in;

	invite_and_join(inviter, joiner);
	out = by_state(joiner, ROOT_JOINING);
	in = by_state(inviter, ROOT_INVITED);
	assert_int_equal(give_join(inviter, in, buf_view(&out->join)), PAIRING_PAIRED);
	assert_int_equal(
	    give_confirm(joiner, out, buf_view(&in->confirm)), PAIRING_PAIRED);
	*a = inviter->root[inviter->count - 1];
	*b = joiner->root[joiner->count - 1];
}

static void
assert_same_root(const struct root *a, const struct root *b)
{
	unsigned char pub[KEY_LEN];

	assert_int_equal(a->state, ROOT_AGREED);
	assert_int_equal(b->state, ROOT_AGREED);
	assert_int_equal(a->side + b->side, 1);
	assert_int_equal(a->gen, b->gen);
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_memory_equal(a->transcript, b->transcript, sizeof(a->transcript));
	assert_memory_equal(a->words, b->words, sizeof(a->words));
	assert_true(key_equal(&a->send.key, &b->recv.key));
	assert_true(key_equal(&a->recv.key, &b->send.key));
	assert_false(key_equal(&a->recv.key, &a->send.key));
	x25519_public(&a->my_static, pub);
	assert_memory_equal(pub, b->their_static, KEY_LEN);
	ed25519_public(&b->my_sign, pub);
	assert_memory_equal(pub, a->their_sign, KEY_LEN);
}

/* What one seals under its root, the other opens under its own. */
static void
assert_envelope(const struct root *from, const struct root *to)
{
	struct view content = VIEW_LIT("control");
	struct buf sealed = BUF_INIT(4096), plain = BUF_INIT(4096);
	struct seal_keys keys, theirs;
	struct seal_to out = {
		.keys = &keys, .my_static = &from->my_static, .my_sign = &from->my_sign
	};
	struct seal_from in = { .keys = &theirs, .my_key = &to->my_static };
	struct seal_envelope env;
	struct seal_opening *o = NULL;
	struct view v;

	assert_int_equal(epoch_keys(&from->send.key, &keys), ERR_OK);
	assert_int_equal(epoch_keys(&to->recv.key, &theirs), ERR_OK);
	memcpy(out.root_id, from->id, sizeof(out.root_id));
	memcpy(out.their_key, from->their_static, KEY_LEN);
	memcpy(in.root_id, to->id, sizeof(in.root_id));
	memcpy(in.their_static, to->their_static, KEY_LEN);
	memcpy(in.their_sign, to->their_sign, KEY_LEN);
	assert_int_equal(seal_write(&out, 42, &content, 1, &sealed), ERR_OK);
	v = buf_view(&sealed);
	assert_int_equal(
	    seal_open_header(&theirs, 42, view_slice(v, 0, SEAL_HEAD_LEN), &env), ERR_OK);
	assert_int_equal(seal_opening_new(&in, &env, &o), ERR_OK);
	assert_int_equal(
	    seal_open_chunk(o, 0, view_slice(v, env.offset[0], env.len[0]), &plain),
	    ERR_OK);
	assert_true(view_eq(buf_view(&plain), content));
	seal_opening_free(o);
	buf_release(&sealed);
	buf_release(&plain);
}

/* ---- the way it should go ------------------------------------------------ */

static void
test_whole(void **state)
{
	struct root *a, *b, *out, *in;
	struct pair p;

	(void)state;
	pair_init(&p);
	make_friends(&p.ana, &p.bob, &a, &b);
	assert_same_root(a, b);
	assert_int_equal(a->gen, 1);
	assert_false(a->verified || b->verified || a->heard || b->heard);
	assert_ptr_equal(ring_sending(&p.ana), a);
	assert_ptr_equal(ring_sending(&p.bob), b);
	assert_envelope(a, b);
	assert_envelope(b, a);
	out = by_state(&p.bob, ROOT_JOINED);
	in = by_state(&p.ana, ROOT_CONFIRMED);
	assert_envelope(in, out);
	assert_envelope(out, in);
	assert_true(key_zero(&out->next_static) && key_zero(&out->next_sign));
	pair_release(&p);
}

static void
test_nothing_before_join(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	invite_and_join(&p.ana, &p.bob);
	assert_null(ring_sending(&p.ana));
	assert_null(ring_sending(&p.bob));
	assert_envelope(p.ana.root[0], p.bob.root[0]);
	assert_envelope(p.bob.root[0], p.ana.root[0]);
	pair_release(&p);
}

static void
test_words_differ(void **state)
{
	struct root *a, *b, *c, *d;
	struct pair p, q;

	(void)state;
	pair_init(&p);
	pair_init(&q);
	make_friends(&p.ana, &p.bob, &a, &b);
	make_friends(&q.ana, &q.bob, &c, &d);
	assert_memory_not_equal(a->words, c->words, sizeof(a->words));
	assert_memory_not_equal(a->id, c->id, sizeof(a->id));
	pair_release(&p);
	pair_release(&q);
}

/* ---- repetition, loss, strangers ------------------------------------------------ */

static void
test_join_repeated(void **state)
{
	struct root *a, *b, *in, *out;
	struct pair p;
	unsigned char confirm[512];
	size_t len;

	(void)state;
	pair_init(&p);
	make_friends(&p.ana, &p.bob, &a, &b);
	in = by_state(&p.ana, ROOT_CONFIRMED);
	out = by_state(&p.bob, ROOT_JOINED);
	len = in->confirm.len;
	assert_true(len <= sizeof(confirm));
	memcpy(confirm, in->confirm.p, len);
	a->heard = true;
	assert_int_equal(give_join(&p.ana, in, buf_view(&out->join)), PAIRING_NOTHING);
	assert_int_equal(p.ana.count, 2);
	assert_int_equal(in->confirm.len, len);
	assert_memory_equal(in->confirm.p, confirm, len);
	assert_int_equal(in->strangers, 0);
	/* the friend did not get it, or was rolled back to before it: it is due again */
	assert_false(a->heard);
	assert_int_equal(
	    give_confirm(&p.bob, out, buf_view(&in->confirm)), PAIRING_NOTHING);
	assert_int_equal(p.bob.count, 2);
	pair_release(&p);
}

static void
test_other_join(void **state)
{
	struct ring eve = { 0 };
	struct root *in, *out, *a;
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_int_equal(pairing_invite(&p.ana, &p.token, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_join(&p.bob, &p.token, NOW), ERR_OK);
	assert_int_equal(pairing_join(&eve, &p.token, NOW), ERR_OK);
	in = p.ana.root[0];
	out = p.bob.root[0];
	assert_int_equal(give_join(&p.ana, in, buf_view(&out->join)), PAIRING_PAIRED);
	a = ring_sending(&p.ana);
	a->heard = true;
	assert_int_equal(
	    give_join(&p.ana, in, buf_view(&eve.root[0]->join)), PAIRING_STRANGER);
	assert_int_equal(in->strangers, 1);
	assert_int_equal(p.ana.count, 2);
	assert_ptr_equal(ring_sending(&p.ana), a);
	assert_true(a->heard);
	/* the CONFIRM that she may copy is not for her key */
	{
		struct buf hints = BUF_INIT(4096);
		enum pairing_event ev = PAIRING_NOTHING;

		assert_int_equal(pairing_got_confirm(&eve, eve.root[0],
				     buf_view(&in->confirm), &hints, &ev),
		    ERR_SYNTAX);
		buf_release(&hints);
	}
	assert_int_equal(eve.root[0]->state, ROOT_JOINING);
	ring_release(&eve);
	pair_release(&p);
}

static void
test_too_late(void **state)
{
	struct root *in, *out;
	struct pair p;

	(void)state;
	for (int revoked = 0; revoked < 2; revoked++) {
		pair_init(&p);
		invite_and_join(&p.ana, &p.bob);
		in = p.ana.root[0];
		out = p.bob.root[0];
		if (revoked)
			in->state = ROOT_REVOKED;
		else
			ring_look(&p.ana, NOW + INVITE_EXPIRES);
		assert_int_equal(give_join(&p.ana, in, buf_view(&out->join)),
		    revoked ? PAIRING_REVOKED : PAIRING_LATE);
		assert_int_equal(in->strangers, 1);
		assert_int_equal(in->confirm.len, 0);
		assert_int_equal(p.ana.count, 1);
		assert_null(ring_sending(&p.ana));
		pair_release(&p);
	}
}

static void
test_expiry_is_running_time(void **state)
{
	struct root *in, *out;
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_int_equal(pairing_invite(&p.ana, &p.token, 10 * DAY, NOW), ERR_OK);
	assert_int_equal(pairing_join(&p.bob, &p.token, NOW), ERR_OK);
	in = p.ana.root[0];
	out = p.bob.root[0];
	ring_look(&p.ana, NOW + 1000ll * 365 * DAY);
	ring_look(&p.ana, NOW - 30ll * 365 * DAY);
	assert_int_equal(give_join(&p.ana, in, buf_view(&out->join)), PAIRING_PAIRED);
	pair_release(&p);
}

/* Bob's ring as it was before CONFIRM comes, again. */
static void
test_joiner_rolled_back(void **state)
{
	struct buf saved = BUF_INIT(1u << 20);
	struct root *a, *b, *in, *out;
	struct pair p;

	(void)state;
	pair_init(&p);
	invite_and_join(&p.ana, &p.bob);
	in = p.ana.root[0];
	assert_int_equal(
	    give_join(&p.ana, in, buf_view(&p.bob.root[0]->join)), PAIRING_PAIRED);
	assert_int_equal(ring_write(&p.bob, &saved), ERR_OK);
	assert_int_equal(
	    give_confirm(&p.bob, p.bob.root[0], buf_view(&in->confirm)), PAIRING_PAIRED);
	a = ring_sending(&p.ana);
	b = ring_sending(&p.bob);
	assert_same_root(a, b);
	root_opened(&p.ana, a, &a->recv, 0);
	assert_true(a->heard);

	ring_release(&p.bob);
	assert_int_equal(ring_parse(buf_view(&saved), &p.bob), ERR_OK);
	out = by_state(&p.bob, ROOT_JOINING);
	assert_non_null(out);
	assert_int_equal(give_join(&p.ana, in, buf_view(&out->join)), PAIRING_NOTHING);
	assert_false(a->heard);
	assert_int_equal(
	    give_confirm(&p.bob, out, buf_view(&in->confirm)), PAIRING_PAIRED);
	assert_same_root(a, ring_sending(&p.bob));
	buf_wipe(&saved);
	pair_release(&p);
}

/* ---- several roots ------------------------------------------------ */

static void
test_again(void **state)
{
	struct root *a, *b, *c, *d;
	struct pair p;

	(void)state;
	pair_init(&p);
	make_friends(&p.ana, &p.bob, &a, &b);
	a->verified = b->verified = a->heard = b->heard = true;
	make_friends(&p.bob, &p.ana, &d, &c);
	assert_same_root(c, d);
	assert_int_equal(c->gen, 2);
	assert_false(c->verified || d->verified);
	assert_ptr_equal(ring_sending(&p.ana), c);
	assert_ptr_equal(ring_sending(&p.bob), d);
	assert_int_equal(ring_highest_gen(&p.ana), 2);
	/* what was sealed under the old root still opens */
	assert_envelope(a, b);
	assert_envelope(b, a);
	pair_release(&p);
}

/* One lost the friendship, the other did not: the higher generation of both counts. */
static void
test_after_cut(void **state)
{
	struct root *a, *b;
	struct pair p;

	(void)state;
	pair_init(&p);
	make_friends(&p.ana, &p.bob, &a, &b);
	make_friends(&p.ana, &p.bob, &a, &b);
	ring_release(&p.ana);
	ring_look(&p.ana, NOW);
	make_friends(&p.ana, &p.bob, &a, &b);
	assert_same_root(a, b);
	assert_int_equal(a->gen, 3);
	assert_ptr_equal(ring_sending(&p.bob), b);
	pair_release(&p);
}

static void
cross(bool confirm_first)
{
	struct root *bobs, *anas, *in_a, *in_b;
	struct pair p;

	pair_init(&p);
	invite_and_join(&p.ana, &p.bob);
	invite_and_join(&p.bob, &p.ana);
	in_a = by_state(&p.ana, ROOT_INVITED);
	in_b = by_state(&p.bob, ROOT_INVITED);
	bobs = by_state(&p.bob, ROOT_JOINING);
	anas = by_state(&p.ana, ROOT_JOINING);
	assert_int_equal(give_join(&p.ana, in_a, buf_view(&bobs->join)), PAIRING_PAIRED);
	if (confirm_first)
		assert_int_equal(
		    give_confirm(&p.bob, bobs, buf_view(&in_a->confirm)), PAIRING_PAIRED);
	assert_int_equal(give_join(&p.bob, in_b, buf_view(&anas->join)), PAIRING_PAIRED);
	if (!confirm_first)
		assert_int_equal(
		    give_confirm(&p.bob, bobs, buf_view(&in_a->confirm)), PAIRING_PAIRED);
	assert_int_equal(
	    give_confirm(&p.ana, anas, buf_view(&in_b->confirm)), PAIRING_PAIRED);
	assert_same_root(ring_sending(&p.ana), ring_sending(&p.bob));
	assert_int_equal(ring_sending(&p.ana)->gen, confirm_first ? 2 : 1);
	assert_int_equal(p.ana.count, 4);
	pair_release(&p);
}

static void
test_crossing(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) { /* which transcript is smaller is chance */
		cross(false);
		cross(true);
	}
}

static void
test_room(void **state)
{
	struct token t = { 0 };
	struct pair p;
	unsigned n = 0;

	(void)state;
	pair_init(&p);
	while (pairing_invite(&p.ana, &t, INVITE_EXPIRES, NOW) == ERR_OK)
		n++;
	assert_int_equal(n, ROOTS_MAX / 2);
	/* each of them can still be answered */
	for (unsigned i = 0; i < n; i++) {
		struct token each = { 0 };
		struct ring bob = { 0 };
		size_t at;

		assert_int_equal(
		    token_parse(buf_view(&p.ana.root[i]->token), &each, &at), ERR_OK);
		assert_int_equal(pairing_join(&bob, &each, NOW), ERR_OK);
		assert_int_equal(
		    give_join(&p.ana, p.ana.root[i], buf_view(&bob.root[0]->join)),
		    PAIRING_PAIRED);
		token_release(&each);
		ring_release(&bob);
	}
	token_release(&t);
	pair_release(&p);
}

/* ---- what no sound node sends ------------------------------------------------ */

static void
test_bad_joins(void **state)
{
	static const struct {
		const char *what;
		size_t at, len; /* zeroed, or cut off when at is past the end */
	} c[] = {
		{ "one-time key of small order", 0, KEY_LEN },
		{ "static key of small order", KEY_LEN, KEY_LEN },
		{ "a byte missing", 3 * KEY_LEN + 5, 1 },
		{ "hints missing", 3 * KEY_LEN + 5, 2 },
		{ "nothing", 3 * KEY_LEN + 5, 3 * KEY_LEN + 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf bad = BUF_INIT(4096), hints = BUF_INIT(4096);
		enum pairing_event ev = PAIRING_NOTHING;
		struct pair p;

		pair_init(&p);
		invite_and_join(&p.ana, &p.bob);
		buf_addv(&bad, buf_view(&p.bob.root[0]->join));
		if (c[i].at >= bad.len)
			buf_truncate(&bad, bad.len - c[i].len);
		else
			memset(bad.p + c[i].at, 0, c[i].len);
		if (pairing_got_join(&p.ana, p.ana.root[0], buf_view(&bad), NOW, &hints,
			&ev) != ERR_SYNTAX)
			fail_msg("taken: %s", c[i].what);
		assert_int_equal(p.ana.count, 1);
		assert_int_equal(p.ana.root[0]->state, ROOT_INVITED);
		/* the good one still comes through */
		assert_int_equal(
		    give_join(&p.ana, p.ana.root[0], buf_view(&p.bob.root[0]->join)),
		    PAIRING_PAIRED);
		buf_release(&bad);
		buf_release(&hints);
		pair_release(&p);
	}
}

static void
test_bad_confirms(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		int byte;
		size_t len;
	} c[] = {
		{ "for another key", 0, 1, 1 },
		{ "one-time key of small order", KEY_LEN, 0, KEY_LEN },
		{ "static key of small order", 2 * KEY_LEN, 0, KEY_LEN },
		{ "a generation that is not higher", 4 * KEY_LEN, 0, 4 },
		{ "a generation beyond all", 4 * KEY_LEN, 0xff, 4 },
		{ "hints that are not there", 4 * KEY_LEN + 4, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf bad = BUF_INIT(4096), hints = BUF_INIT(4096);
		enum pairing_event ev = PAIRING_NOTHING;
		struct root *in;
		struct pair p;

		pair_init(&p);
		invite_and_join(&p.ana, &p.bob);
		in = p.ana.root[0];
		give_join(&p.ana, in, buf_view(&p.bob.root[0]->join));
		buf_addv(&bad, buf_view(&in->confirm));
		if (c[i].at == 0)
			bad.p[0] ^= 1;
		else
			memset(bad.p + c[i].at, c[i].byte, c[i].len);
		if (pairing_got_confirm(
			&p.bob, p.bob.root[0], buf_view(&bad), &hints, &ev) != ERR_SYNTAX)
			fail_msg("taken: %s", c[i].what);
		assert_int_equal(p.bob.count, 1);
		assert_int_equal(
		    give_confirm(&p.bob, p.bob.root[0], buf_view(&in->confirm)),
		    PAIRING_PAIRED);
		assert_same_root(ring_sending(&p.ana), ring_sending(&p.bob));
		buf_release(&bad);
		buf_release(&hints);
		pair_release(&p);
	}
}

static void
test_wrong_state(void **state)
{
	struct buf hints = BUF_INIT(4096);
	enum pairing_event ev = PAIRING_NOTHING;
	struct root *a, *b;
	struct pair p;

	(void)state;
	pair_init(&p);
	make_friends(&p.ana, &p.bob, &a, &b);
	for (unsigned i = 0; i < p.bob.count; i++)
		assert_int_equal(pairing_got_join(&p.bob, p.bob.root[i],
				     buf_view(&p.bob.root[0]->join), NOW, &hints, &ev),
		    ERR_SYNTAX);
	for (unsigned i = 0; i < p.ana.count; i++)
		assert_int_equal(pairing_got_confirm(&p.ana, p.ana.root[i],
				     buf_view(&p.ana.root[0]->confirm), &hints, &ev),
		    ERR_SYNTAX);
	buf_release(&hints);
	pair_release(&p);
}

static void
test_knows(void **state)
{
	struct token other = { 0 };
	struct ring carol = { 0 };
	struct pair p;
	bool ours = false;

	(void)state;
	pair_init(&p);
	assert_int_equal(pairing_invite(&p.ana, &p.token, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_join(&p.bob, &p.token, NOW), ERR_OK);
	assert_int_equal(pairing_invite(&carol, &other, INVITE_EXPIRES, NOW), ERR_OK);
	assert_true(pairing_knows(&p.ana, &p.token, &ours));
	assert_true(ours);
	assert_true(pairing_knows(&p.bob, &p.token, &ours));
	assert_false(ours);
	assert_false(pairing_knows(&p.ana, &other, &ours));
	token_release(&other);
	ring_release(&carol);
	pair_release(&p);
}

/* ---- vectors ------------------------------------------------ */

struct vectors {
	struct buf file;
	unsigned char bytes[1024];
};

static struct view
get(struct vectors *v, const char *key)
{
	struct view rest = buf_view(&v->file), line, word;

	while (text_line(&rest, &line)) {
		if (!text_word(&line, &word) || !view_eqs(word, key))
			continue;
		line = text_trim(line);
		assert_true(line.len % 2 == 0 && line.len / 2 <= sizeof(v->bytes));
		assert_int_equal(text_unhex(line, v->bytes, line.len / 2), ERR_OK);
		return (struct view){ v->bytes, line.len / 2 };
	}
	fail_msg("no %s in " VECTORS, key);
	return (struct view){ 0 };
}

static void
get_key(struct vectors *v, const char *name, struct key *out)
{
	struct view b = get(v, name);

	assert_int_equal(b.len, KEY_LEN);
	key_from(out, b.p);
}

static void
assert_vector(struct vectors *v, const char *name, const void *p, size_t len)
{
	struct view want = get(v, name);

	if (want.len != len || memcmp(want.p, p, len) != 0)
		fail_msg("%s differs", name);
}

static void
test_vectors(void **state)
{
	struct vectors v = { .file = BUF_INIT(1u << 16) };
	struct pairing_keys joiner, inviter;
	struct buf hints = BUF_INIT(64);
	enum pairing_event ev = PAIRING_NOTHING;
	struct root *in, *out, *a;
	struct key ea;
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_int_equal(fs_read(VECTORS, &v.file), ERR_OK);
	get_key(&v, "secret", &p.token.secret);
	get_key(&v, "ea", &ea);
	get_key(&v, "eb", &joiner.one_time);
	get_key(&v, "joiner-pair", &joiner.pair);
	get_key(&v, "joiner-sign", &joiner.sign);
	get_key(&v, "ea2", &inviter.one_time);
	get_key(&v, "inviter-pair", &inviter.pair);
	get_key(&v, "inviter-sign", &inviter.sign);
	assert_int_equal(
	    pairing_invite_with(&p.ana, &p.token, &ea, 1800000000 - NOW, NOW), ERR_OK);
	assert_int_equal(pairing_join_with(&p.bob, &p.token, &joiner, NOW), ERR_OK);
	in = p.ana.root[0];
	out = p.bob.root[0];
	assert_vector(&v, "token", in->token.p, in->token.len);
	assert_vector(&v, "provisional-id", in->id, sizeof(in->id));
	assert_vector(&v, "provisional-joiner-static", out->my_static.b, KEY_LEN);
	assert_vector(&v, "provisional-joiner-sign", out->my_sign.b, KEY_LEN);
	assert_vector(&v, "provisional-inviter-sign", in->my_sign.b, KEY_LEN);
	assert_vector(&v, "provisional-chain-0", in->send.key.b, KEY_LEN);
	assert_vector(&v, "provisional-chain-1", in->recv.key.b, KEY_LEN);
	assert_vector(&v, "join", out->join.p, out->join.len);
	assert_int_equal(pairing_got_join_with(
			     &p.ana, in, buf_view(&out->join), &inviter, &hints, &ev),
	    ERR_OK);
	assert_vector(&v, "confirm", in->confirm.p, in->confirm.len);
	assert_int_equal(
	    give_confirm(&p.bob, out, buf_view(&in->confirm)), PAIRING_PAIRED);
	a = ring_sending(&p.ana);
	assert_same_root(a, ring_sending(&p.bob));
	assert_vector(&v, "transcript", a->transcript, sizeof(a->transcript));
	assert_vector(&v, "root-id", a->id, sizeof(a->id));
	assert_vector(&v, "words", a->words, sizeof(a->words));
	assert_vector(&v, "chain-0", a->send.key.b, KEY_LEN);
	assert_vector(&v, "chain-1", a->recv.key.b, KEY_LEN);
	buf_release(&hints);
	buf_release(&v.file);
	pair_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the vectors of docs/pairing.md", test_vectors, NULL, NULL, NULL },
		{ "a pairing ends with the same keys at both", test_whole, NULL, NULL,
		    NULL },
		{ "nothing is sent under a provisional root", test_nothing_before_join,
		    NULL, NULL, NULL },
		{ "another pairing has other words", test_words_differ, NULL, NULL,
		    NULL },
		{ "a repeated JOIN makes the same CONFIRM due again", test_join_repeated,
		    NULL, NULL, NULL },
		{ "another JOIN on a spent token is counted and unheard", test_other_join,
		    NULL, NULL, NULL },
		{ "an expired or revoked token makes no friend", test_too_late, NULL,
		    NULL, NULL },
		{ "a clock that leaps by centuries expires no token",
		    test_expiry_is_running_time, NULL, NULL, NULL },
		{ "a joiner from before CONFIRM agrees on the same root again",
		    test_joiner_rolled_back, NULL, NULL, NULL },
		{ "friends who pair again get generation 2, unverified", test_again, NULL,
		    NULL, NULL },
		{ "who was cut and invites again overtakes the old root", test_after_cut,
		    NULL, NULL, NULL },
		{ "crossing invitations end with one root at both", test_crossing, NULL,
		    NULL, NULL },
		{ "every open invitation has room for its root", test_room, NULL, NULL,
		    NULL },
		{ "a bad JOIN is refused and costs nothing", test_bad_joins, NULL, NULL,
		    NULL },
		{ "a bad CONFIRM is refused and costs nothing", test_bad_confirms, NULL,
		    NULL, NULL },
		{ "pairing items are for roots in their state alone", test_wrong_state,
		    NULL, NULL, NULL },
		{ "a token is recognized by who made or answered it", test_knows, NULL,
		    NULL, NULL },
	};

	crypto_init();
	return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
