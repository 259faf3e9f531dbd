/* An envelope from anybody, and from a friend whose node is broken: with the keys of
 * "three" of tests/vectors/seal.txt, so that the fuzzer gets behind each lock. The first
 * byte says how far: the rest is an envelope, the plain header, or what chunk 0 holds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hpke.h"
#include "lib/seal.h"

#define STREAM 0xfedcba9876543210
#define ROOM (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct friendship {
	struct key static_key, sign, prekey;
	struct seal_keys keys;
	struct seal_from from;
	unsigned char tag[SEAL_TAG_LEN];
};

static void
run_of(struct key *k, int first)
{
	for (size_t i = 0; i < KEY_LEN; i++)
		k->b[i] = (unsigned char)(first + (int)i);
}

static void
friendship(struct friendship *f)
{
	unsigned char plain[SEAL_TAG_LEN] = { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32,
		0x10 };
	struct key chain;

	memset(f, 0, sizeof(*f));
	run_of(&chain, 0x10);
	run_of(&f->static_key, 0x31);
	run_of(&f->sign, 0x52);
	run_of(&f->prekey, 0x73);
	if (epoch_first(&chain, 1, &chain) != ERR_OK ||
	    epoch_next(&chain, &chain) != ERR_OK ||
	    epoch_next(&chain, &chain) != ERR_OK ||
	    epoch_keys(&chain, &f->keys) != ERR_OK)
		abort();
	for (size_t i = 0; i < sizeof(f->from.root_id); i++)
		f->from.root_id[i] = (unsigned char)(0xb0 + i);
	f->from.keys = &f->keys;
	f->from.my_key = &f->prekey;
	x25519_public(&f->static_key, f->from.their_static);
	ed25519_public(&f->sign, f->from.their_sign);
	aes256_encrypt(&f->keys.tag, plain, f->tag, sizeof(f->tag));
}

static void
open_all(const struct friendship *f, const struct seal_envelope *e, struct view all)
{
	struct buf plain = BUF_INIT(ROOM);
	struct seal_opening *o = NULL;

	if (seal_opening_new(&f->from, e, &o) != ERR_OK)
		goto out;
	for (unsigned i = 0; i < e->n; i++) {
		buf_reset(&plain);
		(void)seal_open_chunk(
		    o, i, view_slice(all, e->offset[i], e->len[i]), &plain);
	}
out:
	seal_opening_free(o);
	buf_release(&plain);
}

static void
any_bytes(const struct friendship *f, struct view all)
{
	struct seal_envelope e;
	uint64_t streams[4];
	size_t at[4], n;

	n = seal_find(&f->keys.tag, all, 64, at, streams, 4);
	for (size_t i = 0; i < n; i++) {
		struct view rest = view_slice(all, at[i] * 64, all.len);

		if (seal_open_header(&f->keys, streams[i],
			view_slice(rest, 0, SEAL_HEAD_LEN), &e) == ERR_OK)
			open_all(f, &e, rest);
	}
}

/* A header that the friend's key made of any 96 bytes, and any chunks behind it. */
static void
any_header(const struct friendship *f, struct view v)
{
	unsigned char head[SEAL_HEAD_LEN], plain[96] = { 0 };
	struct seal_envelope e;
	size_t sum = SEAL_HEAD_LEN;

	if (v.len > 0)
		memcpy(plain, v.p, v.len < sizeof(plain) ? v.len : sizeof(plain));
	memcpy(head, f->tag, SEAL_TAG_LEN);
	if (siv_seal(f->keys.header, (struct view){ f->tag, SEAL_TAG_LEN },
		(struct view){ plain, sizeof(plain) }, head + SEAL_TAG_LEN) != ERR_OK)
		abort();
	if (seal_open_header(&f->keys, STREAM, (struct view){ head, sizeof(head) }, &e) !=
	    ERR_OK)
		return;
	if (e.n < 1 || e.n > ENVELOPE_CHUNKS)
		abort();
	for (size_t i = 0; i < e.n; i++) {
		if (e.offset[i] != sum || e.len[i] < 17 || e.len[i] > CHUNK_MAX)
			abort();
		sum += e.len[i];
	}
	if (e.total != sum)
		abort();
	open_all(f, &e, v);
}

/* Chunk 0 sealed under the right keys, holding any signature, list and content. */
static void
any_first_chunk(const struct friendship *f, struct view v)
{
	unsigned char enc[KEY_LEN], aad[SEAL_TAG_LEN + 2], their[KEY_LEN], *sealed;
	struct buf info = BUF_INIT(64), b = BUF_INIT(ROOM);
	struct hpke_terms t = { .psk = { f->keys.psk.b, KEY_LEN },
		.psk_id = VIEW_LABEL("hearsay psk id 1") };
	struct seal_envelope e = { .stream = STREAM, .n = 1 + v.len % ENVELOPE_CHUNKS };
	struct hpke h;
	struct key ephemeral;

	run_of(&ephemeral, 0x94);
	x25519_public(&f->prekey, their);
	buf_addv(&info, VIEW_LABEL("hearsay seal 1"));
	buf_add(&info, f->from.root_id, sizeof(f->from.root_id));
	buf_addu64(&info, STREAM);
	t.info = buf_view(&info);
	if (hpke_send(&ephemeral, &f->static_key, their, &t, enc, &h) != ERR_OK)
		abort();
	memcpy(e.enc, enc, KEY_LEN);
	memcpy(aad, f->tag, SEAL_TAG_LEN);
	aad[SEAL_TAG_LEN] = 0;
	aad[SEAL_TAG_LEN + 1] = (unsigned char)e.n;
	if ((sealed = buf_grow(&b, v.len + HPKE_TAG_LEN)) == NULL ||
	    hpke_seal(&h, 0, (struct view){ aad, sizeof(aad) }, v, sealed) != ERR_OK)
		goto out;
	for (size_t i = 0; i < e.n; i++)
		e.len[i] = b.len;
	open_all(f, &e, buf_view(&b));
out:
	buf_release(&b);
	buf_release(&info);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	struct friendship f;
	uint8_t how;

	crypto_init();
	if (view_u8(&v, &how) != ERR_OK)
		return 0;
	friendship(&f);
	if (how == 'e')
		any_bytes(&f, v);
	else if (how == 'h')
		any_header(&f, v);
	else
		any_first_chunk(&f, v);
	return 0;
}
