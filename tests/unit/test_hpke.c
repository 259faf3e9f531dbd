/* RFC 9180 A.2.4: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, AuthPSK. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/hpke.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define INFO "4f6465206f6e2061204772656369616e2055726e"
#define PK_E "656a2e00dc9990fd189e6e473459392df556e9a2758754a09db3f51179a3fc02"
#define SK_E "5e6dd73e82b856339572b7245d3cbb073a7561c0bee52873490e305cbb710410"
#define PK_R "a5099431c35c491ec62ca91df1525d6349cb8aa170c51f9581f8627be6334851"
#define SK_R "7b36a42822e75bf3362dfabbe474b3016236408becb83b859a6909e22803cb0c"
#define PK_S "3ac5bd4dd66ff9f2740bef0d6ccb66daa77bff7849d7895182b07fb74d087c45"
#define SK_S "90761c5b0a7ef0985ed66687ad708b921d9803d51637c8d1cb72d03ed0f64418"
#define PSK "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82"
#define PSK_ID "456e6e796e20447572696e206172616e204d6f726961"
#define SHARED "86a6c0ed17714f11d2951747e660857a5fd7616c933ef03207808b7a7123fe67"
#define KEY "49c7e6d7d2d257aded2a746fe6a9bf12d4de8007c4862b1fdffe8c35fb65054c"
#define BASE_NONCE "abac79931e8c1bcb8a23960a"
#define EXPORTER "7c6cc1bb98993cd93e2599322247a58fd41fdecd3db895fb4c5fd8d6bbe606b5"
#define PT "4265617574792069732074727574682c20747275746820626561757479"

static const struct {
	uint64_t seq;
	const char *aad, *ct;
} encryptions[] = {
	{ 0, "436f756e742d30",
	    "9aa52e29274fc6172e38a4461361d2342585d3aeec67fb3b721ecd63f059577c"
	    "7fe886be0ede01456ebc67d597" },
	{ 1, "436f756e742d31",
	    "59460bacdbe7a920ef2806a74937d5a691d6d5062d7daafcad7db7e4d8c649ad"
	    "ffe575c1889c5c2e3a49af8e3e" },
	{ 2, "436f756e742d32",
	    "5688ff6a03ba26ae936044a5c800f286fb5d1eccdd2a0f268f6ff9773b511693"
	    "18d1a1466bb36263415071db00" },
	{ 4, "436f756e742d34",
	    "d936b7a01f5c7dc4c3dc04e322cc694684ee18dd71719196874e5235aed3cfb0"
	    "6cadcd3bc7da0877488d7c551d" },
	{ 255, "436f756e742d323535",
	    "4d4c462f7b9b637eaf1f4e15e325b7bc629c0af6e3073422c86064cc3c98cff8"
	    "7300f054fd56dd57dc34358beb" },
	{ 256, "436f756e742d323536",
	    "9b7f84224922d2a9edd7b2c2057f3bcf3a547f17570575e626202e593bfdd99e"
	    "9878a1af9e41ded58c7fb77d2f" },
};

/* Turns one bit over. */
static void
flip(unsigned char *p, size_t bit)
{
	p[bit / 8] = (unsigned char)(p[bit / 8] ^ 1u << bit % 8);
}

static struct view
hex(const char *s, unsigned char *out, size_t room)
{
	size_t len = strlen(s) / 2;

	assert_true(len <= room);
	assert_int_equal(text_unhex(view_str(s), out, len), ERR_OK);
	return (struct view){ out, len };
}

static struct key
hex_key(const char *s)
{
	struct key k;

	assert_int_equal(hex(s, k.b, sizeof(k.b)).len, KEY_LEN);
	return k;
}

static void
assert_hex(const unsigned char *got, size_t len, const char *want)
{
	struct buf b = BUF_INIT(4096);

	text_hex(&b, (struct view){ got, len });
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

/* The RFC's terms, in memory that lives as long as the program. */
static struct hpke_terms
terms(void)
{
	static unsigned char info[32], psk[32], psk_id[32];

	return (struct hpke_terms){ hex(INFO, info, sizeof(info)),
		hex(PSK, psk, sizeof(psk)), hex(PSK_ID, psk_id, sizeof(psk_id)) };
}

static void
send_rfc(struct hpke *h)
{
	struct key e = hex_key(SK_E), s = hex_key(SK_S), r = hex_key(PK_R);
	struct hpke_terms t = terms();
	unsigned char enc[KEY_LEN];

	assert_int_equal(hpke_send(&e, &s, r.b, &t, enc, h), ERR_OK);
	assert_hex(enc, sizeof(enc), PK_E);
}

static void
receive_rfc(struct hpke *h)
{
	struct key r = hex_key(SK_R), s = hex_key(PK_S), enc = hex_key(PK_E);
	struct hpke_terms t = terms();

	assert_int_equal(hpke_receive(&r, s.b, &t, enc.b, h), ERR_OK);
}

static void
the_key_schedule_is_that_of_rfc_9180(void **state)
{
	struct key e = hex_key(SK_E), s = hex_key(SK_S), r = hex_key(PK_R), dh[2], shared;
	struct hpke_context context;
	struct hpke_terms t = terms();
	struct hpke h;

	(void)state;
	assert_int_equal(x25519(&e, r.b, &dh[0]), ERR_OK);
	assert_int_equal(x25519(&s, r.b, &dh[1]), ERR_OK);
	hex(PK_E, context.enc, KEY_LEN);
	hex(PK_R, context.recipient, KEY_LEN);
	hex(PK_S, context.sender, KEY_LEN);
	assert_int_equal(hpke_shared(dh, &context, &shared), ERR_OK);
	assert_hex(shared.b, KEY_LEN, SHARED);
	assert_int_equal(hpke_schedule(&shared, &t, &h), ERR_OK);
	assert_hex(h.key.b, KEY_LEN, KEY);
	assert_hex(h.base_nonce, HPKE_NONCE_LEN, BASE_NONCE);
	assert_hex(h.exporter.b, KEY_LEN, EXPORTER);
}

static void
sender_and_receiver_hold_the_keys_of_rfc_9180(void **state)
{
	struct hpke h[2];

	(void)state;
	send_rfc(&h[0]);
	receive_rfc(&h[1]);
	for (size_t i = 0; i < COUNT(h); i++) {
		assert_hex(h[i].key.b, KEY_LEN, KEY);
		assert_hex(h[i].base_nonce, HPKE_NONCE_LEN, BASE_NONCE);
		assert_hex(h[i].exporter.b, KEY_LEN, EXPORTER);
		hpke_release(&h[i]);
		assert_true(key_zero(&h[i].key));
	}
}

static void
texts_seal_as_in_rfc_9180_and_open_in_any_order(void **state)
{
	struct hpke from, to;

	(void)state;
	send_rfc(&from);
	receive_rfc(&to);
	for (size_t i = COUNT(encryptions); i-- > 0;) {
		unsigned char room[32], text[32], sealed[64], opened[32];
		struct view aad = hex(encryptions[i].aad, room, sizeof(room));
		struct view pt = hex(PT, text, sizeof(text));
		size_t len = pt.len + HPKE_TAG_LEN;

		assert_int_equal(
		    hpke_seal(&from, encryptions[i].seq, aad, pt, sealed), ERR_OK);
		assert_hex(sealed, len, encryptions[i].ct);
		assert_int_equal(hpke_open(&to, encryptions[i].seq, aad,
				     (struct view){ sealed, len }, opened),
		    ERR_OK);
		assert_hex(opened, pt.len, PT);
	}
}

static void
a_text_opens_only_whole_and_in_its_place(void **state)
{
	unsigned char sealed[29 + HPKE_TAG_LEN], out[29], zero[29] = { 0 };
	struct view all = { sealed, sizeof(sealed) }, aad = VIEW_LIT("Count-0");
	struct hpke h;

	(void)state;
	receive_rfc(&h);
	hex(encryptions[0].ct, sealed, sizeof(sealed));
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		flip(sealed, bit);
		memset(out, 0x5a, sizeof(out));
		assert_int_equal(hpke_open(&h, 0, aad, all, out), ERR_CRYPTO);
		assert_memory_equal(out, zero, sizeof(out));
		flip(sealed, bit);
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		assert_int_equal(
		    hpke_open(&h, 0, aad, view_slice(all, 0, len), out), ERR_CRYPTO);
	assert_int_equal(hpke_open(&h, 1, aad, all, out), ERR_CRYPTO);
	assert_int_equal(hpke_open(&h, 1ull << 32, aad, all, out), ERR_CRYPTO);
	assert_int_equal(hpke_open(&h, 0, VIEW_LIT("Count-1"), all, out), ERR_CRYPTO);
	assert_int_equal(hpke_open(&h, 0, VIEW_LIT(""), all, out), ERR_CRYPTO);
	assert_int_equal(hpke_open(&h, 0, aad, all, out), ERR_OK);
	assert_hex(out, sizeof(out), PT);
}

static void
an_empty_text_seals_to_its_tag_alone(void **state)
{
	unsigned char sealed[HPKE_TAG_LEN], out[1] = { 9 };
	struct view aad = VIEW_LIT("aad"), none = { NULL, 0 };
	struct hpke h;

	(void)state;
	receive_rfc(&h);
	assert_int_equal(hpke_seal(&h, 7, aad, none, sealed), ERR_OK);
	assert_int_equal(
	    hpke_open(&h, 7, aad, (struct view){ sealed, sizeof(sealed) }, out), ERR_OK);
	sealed[3] ^= 1;
	assert_int_equal(
	    hpke_open(&h, 7, aad, (struct view){ sealed, sizeof(sealed) }, out),
	    ERR_CRYPTO);
	assert_int_equal(out[0], 9);
}

/* Every term and key matters: change one, and the keys that come out are others. */
static void
each_term_and_key_decides_the_keys(void **state)
{
	struct key sk[3] = { hex_key(SK_E), hex_key(SK_S), hex_key(PK_R) };
	unsigned char enc[KEY_LEN];
	struct hpke want;

	(void)state;
	send_rfc(&want);
	for (size_t i = 0; i < 6; i++) {
		struct key k[3] = { sk[0], sk[1], sk[2] };
		struct hpke_terms t = terms();
		struct view *v = i == 3 ? &t.info : i == 4 ? &t.psk : &t.psk_id;
		unsigned char changed[64] = { 0 };
		struct hpke got;

		if (i < 3) {
			k[i].b[5] ^= 1;
		} else {
			memcpy(changed, v->p, v->len);
			changed[5] ^= 1;
			*v = (struct view){ changed, v->len };
		}
		assert_int_equal(hpke_send(&k[0], &k[1], k[2].b, &t, enc, &got), ERR_OK);
		assert_false(key_equal(&got.key, &want.key));
		assert_memory_not_equal(got.base_nonce, want.base_nonce, HPKE_NONCE_LEN);
	}
}

static void
keys_of_small_order_are_refused(void **state)
{
	struct key k = hex_key(SK_E), s = hex_key(SK_S), good = hex_key(PK_R);
	unsigned char small[KEY_LEN] = { 1 }, enc[KEY_LEN] = { 9 };
	struct hpke_terms t = terms();
	struct hpke h;

	(void)state;
	assert_int_equal(hpke_send(&k, &s, small, &t, enc, &h), ERR_CRYPTO);
	assert_int_equal(enc[0], 9);
	assert_int_equal(hpke_receive(&k, small, &t, good.b, &h), ERR_CRYPTO);
	assert_int_equal(hpke_receive(&k, good.b, &t, small, &h), ERR_CRYPTO);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_schedule_is_that_of_rfc_9180),
		cmocka_unit_test(sender_and_receiver_hold_the_keys_of_rfc_9180),
		cmocka_unit_test(texts_seal_as_in_rfc_9180_and_open_in_any_order),
		cmocka_unit_test(a_text_opens_only_whole_and_in_its_place),
		cmocka_unit_test(an_empty_text_seals_to_its_tag_alone),
		cmocka_unit_test(each_term_and_key_decides_the_keys),
		cmocka_unit_test(keys_of_small_order_are_refused),
	};

	crypto_init();
	return cmocka_run_group_tests_name("hpke", tests, NULL, NULL);
}
