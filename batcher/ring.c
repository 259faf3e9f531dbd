#include "batcher/ring.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define PREKEY_RUN 86400 /* a fresh one at most once a day */

static const char *const states[ROOT_STATES] = {
	[ROOT_INVITED] = "invited",
	[ROOT_CONFIRMED] = "confirmed",
	[ROOT_REVOKED] = "revoked",
	[ROOT_JOINING] = "joining",
	[ROOT_JOINED] = "joined",
	[ROOT_AGREED] = "agreed",
};

const char *
root_state_text(enum root_state s)
{
	return (unsigned)s < ROOT_STATES ? states[s] : "unknown";
}

struct root *
ring_add(struct ring *r)
{
	struct root *root;

	if (r->count == ROOTS_MAX || (root = calloc(1, sizeof *root)) == NULL)
		return NULL;
	buf_init(&root->token, 4096);
	buf_init(&root->join, 4096);
	buf_init(&root->confirm, 4096);
	root->prekey_made = -1;
	root->their_prekey_made = -1;
	r->root[r->count++] = root;
	r->dirty = true;
	return root;
}

static void
root_free(struct root *root)
{
	if (root == NULL)
		return;
	buf_wipe(&root->token);
	buf_wipe(&root->join);
	buf_wipe(&root->confirm);
	OPENSSL_cleanse(root, sizeof *root);
	free(root);
}

void
ring_drop(struct ring *r, unsigned i)
{
	root_free(r->root[i]);
	memmove(&r->root[i], &r->root[i + 1], (r->count - i - 1) * sizeof r->root[0]);
	r->count--;
	r->dirty = true;
}

void
ring_release(struct ring *r)
{
	while (r->count > 0)
		root_free(r->root[--r->count]);
	memset(r, 0, sizeof *r);
}

enum err
root_begin(struct ring *r, struct root *root, const struct key *secret)
{
	struct view ikm = { secret->b, KEY_LEN }, none = { 0 };
	enum err e;

	if ((e = epoch_first(secret, root->side, &root->send.key)) != ERR_OK ||
	    (e = epoch_first(secret, !root->side, &root->recv.key)) != ERR_OK ||
	    (e = hkdf(none, ikm, VIEW_LABEL("hearsay root id 1"), root->id, 16)) !=
		ERR_OK ||
	    (e = hkdf(none, ikm, VIEW_LABEL("hearsay verify 1"), root->words, 8)) !=
		ERR_OK)
		return e;
	root->send.have = root->recv.have = true;
	root->send.epoch = root->recv.epoch = 0;
	root->send_since = r->ran;
	r->dirty = true;
	return ERR_OK;
}

static void
prekey_erase(struct root *root, unsigned i)
{
	key_release(&root->prekeys[i].key);
	memmove(&root->prekeys[i], &root->prekeys[i + 1],
	    (root->prekey_count - i - 1) * sizeof root->prekeys[0]);
	root->prekey_count--;
	OPENSSL_cleanse(&root->prekeys[root->prekey_count], sizeof root->prekeys[0]);
}

/* Epoch step of what we send, and erasure of what is due. */
static void
root_age(struct ring *r, struct root *root)
{
	if (root->send.have && root->send_acked &&
	    r->ran - root->send_since >= EPOCH_RUN) {
		struct key next;

		if (epoch_next(&root->send.key, &next) == ERR_OK) {
			root->send.key = next;
			root->send.epoch++;
			root->send_since = r->ran;
			root->send_acked = false;
			key_release(&next);
			r->dirty = true;
		}
	}
	if (root->recv_old.have && r->ran >= root->recv_old_drop) {
		key_release(&root->recv_old.key);
		root->recv_old = (struct chain){ 0 };
		r->dirty = true;
	}
	for (unsigned i = root->prekey_count; i-- > 0;)
		if (root->prekeys[i].drop != 0 && r->ran >= root->prekeys[i].drop) {
			prekey_erase(root, i);
			r->dirty = true;
		}
}

/* Higher generation first; of equals the smaller transcript. */
static bool
better(const struct root *a, const struct root *b)
{
	if (a->gen != b->gen)
		return a->gen > b->gen;
	return memcmp(a->transcript, b->transcript, sizeof a->transcript) < 0;
}

/* Of the agreed roots up to that generation. */
static struct root *
best_root(struct ring *r, uint32_t gen)
{
	struct root *best = NULL;

	for (unsigned i = 0; i < r->count; i++) {
		struct root *root = r->root[i];

		if (root->state == ROOT_AGREED && root->gen <= gen &&
		    (best == NULL || better(root, best)))
			best = root;
	}
	return best;
}

struct root *
ring_sending(struct ring *r)
{
	struct root *best = best_root(r, UINT32_MAX), *held = NULL;

	if (r->friend_gen_known)
		held = best_root(r, r->friend_gen);
	/* heard under best once, and now it holds only less: it was rolled back */
	if (best != NULL && best->heard && held != NULL)
		return held;
	return best;
}

/* Once the friend was heard under the best root, the others may go. While it was rolled
 * back to an older one, nothing is given up: the best one may be all that it comes back to. */
static void
roots_retire(struct ring *r)
{
	struct root *best = best_root(r, UINT32_MAX);

	if (best == NULL || ring_sending(r) != best)
		return;
	if (best->drop != 0) {
		best->drop = 0;
		r->dirty = true;
	}
	for (unsigned i = 0; i < r->count && best->heard; i++) {
		struct root *root = r->root[i];
		bool open = root->state == ROOT_INVITED || root->state == ROOT_JOINING;

		if (root != best && !open && root->drop == 0) {
			root->drop = r->ran + EPOCH_RUN;
			r->dirty = true;
		}
	}
}

/* Only at a look at the clock: whoever holds a root while it opens something keeps it. */
static void
roots_erase(struct ring *r)
{
	struct root *best = best_root(r, UINT32_MAX);
	bool back = ring_sending(r) != best;

	for (unsigned i = r->count; i-- > 0;) {
		struct root *root = r->root[i];
		bool revoked = root->state == ROOT_REVOKED;

		if (root->state == ROOT_INVITED && r->ran >= root->expires + EPOCH_RUN)
			ring_drop(r, i);
		else if (root != best && (revoked || !back) && root->drop != 0 &&
		    r->ran >= root->drop)
			ring_drop(r, i);
	}
}

void
ring_look(struct ring *r, int64_t now)
{
	int64_t passed;

	/* the file's numbers may be anything: no overflow, never back, never a leap */
	if (__builtin_sub_overflow(now, r->looked, &passed) || passed < 0)
		passed = 0;
	if (passed > LOOK_MAX)
		passed = LOOK_MAX;
	if (r->looked == 0)
		passed = 0;
	if (now != r->looked) {
		r->looked = now;
		r->ran += passed;
		r->dirty = true;
	}
	for (unsigned i = 0; i < r->count; i++)
		root_age(r, r->root[i]);
	roots_retire(r);
	roots_erase(r);
}

uint32_t
ring_highest_gen(const struct ring *r)
{
	uint32_t gen = 0;

	for (unsigned i = 0; i < r->count; i++)
		if (r->root[i]->state == ROOT_AGREED && r->root[i]->gen > gen)
			gen = r->root[i]->gen;
	return gen;
}

size_t
root_trials(const struct root *root, struct chain out[ROOT_TRIALS])
{
	size_t n = 0;
	struct chain c = root->recv;

	if (!root->recv.have)
		return 0;
	if (root->recv_old.have)
		out[n++] = root->recv_old;
	out[n++] = c;
	for (int i = 0; i < EPOCHS_AHEAD && c.epoch < UINT32_MAX - 1; i++) {
		struct key next;

		if (epoch_next(&c.key, &next) != ERR_OK)
			break;
		c.key = next;
		c.epoch++;
		out[n++] = c;
		key_release(&next);
	}
	key_release(&c.key);
	return n;
}

void
root_opened(struct ring *r, struct root *root, const struct chain *c, uint32_t prekey_id)
{
	if (!root->heard || !root->opened)
		r->dirty = true;
	root->heard = root->opened = true;
	if (c->epoch > root->recv.epoch) {
		root->recv_old = root->recv;
		root->recv_old_drop = r->ran + EPOCH_RUN;
		root->recv = *c;
		r->dirty = true;
	}
	for (unsigned i = 0; i < root->prekey_count; i++) {
		struct prekey *p = &root->prekeys[i];

		/* older ones and the order of making: the array is by time */
		if (p->id == prekey_id)
			break;
		if (prekey_id > 1 && root_private(root, prekey_id) != NULL &&
		    p->drop == 0) {
			p->drop = r->ran + EPOCH_RUN;
			r->dirty = true;
		}
	}
	roots_retire(r);
}

void
root_told_epoch(struct ring *r, struct root *root, uint32_t epoch)
{
	if (epoch == UINT32_MAX || epoch <= root->send.epoch ||
	    epoch - root->send.epoch > 1000)
		return;
	while (root->send.epoch < epoch) {
		struct key next;

		if (epoch_next(&root->send.key, &next) != ERR_OK)
			return;
		root->send.key = next;
		root->send.epoch++;
		key_release(&next);
	}
	root->send_since = r->ran;
	root->send_acked = false;
	r->dirty = true;
}

void
root_acked(struct ring *r, struct root *root, uint32_t epoch)
{
	if (root->send.epoch != epoch || root->send_acked)
		return;
	root->send_acked = true;
	r->dirty = true;
}

const struct key *
root_private(const struct root *root, uint32_t id)
{
	if (id == 0)
		return &root->my_static;
	for (unsigned i = 0; i < root->prekey_count; i++)
		if (root->prekeys[i].id == id)
			return &root->prekeys[i].key;
	return NULL;
}

const struct prekey *
root_prekey(struct ring *r, struct root *root)
{
	struct prekey *p;

	if (root->prekey_count > 0 && root->prekey_made >= 0 &&
	    r->ran - root->prekey_made < PREKEY_RUN)
		return &root->prekeys[root->prekey_count - 1];
	if (root->prekey_count == PREKEYS_MAX)
		prekey_erase(root, 0);
	p = &root->prekeys[root->prekey_count++];
	*p = (struct prekey){ .made = r->ran };
	key_random(&p->key);
	do
		random_bytes(&p->id, sizeof p->id);
	while (p->id < 2);
	root->prekey_made = r->ran;
	r->dirty = true;
	return p;
}
