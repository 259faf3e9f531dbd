/* The primitives of lib/keys.h against the vectors of their RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/kdf.h"
#include "lib/keys.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Turns one bit over. */
static void
flip(unsigned char *p, size_t bit)
{
	p[bit / 8] = (unsigned char)(p[bit / 8] ^ 1u << bit % 8);
}

/* Bytes of a hexadecimal string; the caller's array must hold them all. */
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

#define ALICE "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define BOB "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
#define ALICE_PUB "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define BOB_PUB "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
#define SHARED "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

static void
x25519_gives_the_secrets_of_rfc_7748(void **state)
{
	static const struct {
		const char *private, *public, *shared;
	} c[] = {
		{ "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		    "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552" },
		{ "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		    "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957" },
		{ ALICE, BOB_PUB, SHARED },
		{ BOB, ALICE_PUB, SHARED },
	};
	struct key alice = hex_key(ALICE), bob = hex_key(BOB);
	unsigned char pub[KEY_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct key mine = hex_key(c[i].private), theirs = hex_key(c[i].public),
			   out;

		assert_int_equal(x25519(&mine, theirs.b, &out), ERR_OK);
		assert_hex(out.b, KEY_LEN, c[i].shared);
	}
	x25519_public(&alice, pub);
	assert_hex(pub, KEY_LEN, ALICE_PUB);
	x25519_public(&bob, pub);
	assert_hex(pub, KEY_LEN, BOB_PUB);
}

static void
x25519_refuses_a_result_of_zeros(void **state)
{
	/* the points of small order, and those of the twist */
	static const char *const c[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct key mine = hex_key(ALICE);

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct key theirs = hex_key(c[i]), out;

		memset(&out, 0x5a, sizeof(out));
		assert_int_equal(x25519(&mine, theirs.b, &out), ERR_CRYPTO);
		assert_int_equal(out.b[0], 0x5a);
		assert_int_equal(out.b[KEY_LEN - 1], 0x5a);
	}
}

static void
ed25519_signs_as_in_rfc_8032(void **state)
{
	static const struct {
		const char *seed, *public, *msg, *sig;
	} c[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		    "",
		    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		    "72",
		    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		    "af82",
		    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct key seed = hex_key(c[i].seed);
		unsigned char pub[KEY_LEN], sig[SIG_LEN], room[64];
		struct view msg = hex(c[i].msg, room, sizeof(room));

		ed25519_public(&seed, pub);
		assert_hex(pub, sizeof(pub), c[i].public);
		assert_int_equal(ed25519_sign(&seed, msg, sig), ERR_OK);
		assert_hex(sig, sizeof(sig), c[i].sig);
		assert_int_equal(ed25519_verify(pub, msg, sig), ERR_OK);
	}
}

static void
a_signature_with_any_bit_flipped_does_not_verify(void **state)
{
	struct key seed = hex_key(ALICE);
	unsigned char pub[KEY_LEN], sig[SIG_LEN], text[] = "text";
	struct view msg = { text, 4 };

	(void)state;
	ed25519_public(&seed, pub);
	assert_int_equal(ed25519_sign(&seed, msg, sig), ERR_OK);
	for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
		flip(sig, bit);
		assert_int_equal(ed25519_verify(pub, msg, sig), ERR_CRYPTO);
		flip(sig, bit);
	}
	for (size_t bit = 0; bit < 8 * sizeof(pub); bit++) {
		flip(pub, bit);
		assert_int_equal(ed25519_verify(pub, msg, sig), ERR_CRYPTO);
		flip(pub, bit);
	}
	text[0] ^= 1;
	assert_int_equal(ed25519_verify(pub, msg, sig), ERR_CRYPTO);
	text[0] ^= 1;
	assert_int_equal(ed25519_verify(pub, msg, sig), ERR_OK);
}

/* What OpenSSL alone says: it takes keys of small order. */
static bool
openssl_verifies(const unsigned char *pub, struct view msg, const unsigned char *sig)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool yes;

	yes = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1 &&
	    EVP_DigestVerify(ctx, sig, SIG_LEN, msg.p, msg.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	return yes;
}

static void
keys_of_small_order_verify_nothing(void **state)
{
	/* y, without and with the sign of x */
	static const char *const y[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	/* R is the neutral point, S is 0: fits a message whose hash the order divides */
	static const unsigned char sig[SIG_LEN] = { 1 };
	size_t forged = 0;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(y); i++) {
		struct key k = hex_key(y[i / 2]);
		size_t hits = 0;

		k.b[KEY_LEN - 1] |= i % 2 << 7;
		for (unsigned n = 0; n < 256; n++) {
			unsigned char byte = (unsigned char)n;

			hits += openssl_verifies(k.b, (struct view){ &byte, 1 }, sig);
			assert_int_equal(
			    ed25519_verify(k.b, (struct view){ &byte, 1 }, sig),
			    ERR_CRYPTO);
		}
		forged += hits > 0;
	}
	/* the list is not made up: OpenSSL alone was fooled by those that decode */
	assert_true(forged >= 8);
}

static void
hkdf_gives_the_vectors_of_rfc_5869(void **state)
{
	static const struct {
		const char *ikm, *salt, *info, *prk, *okm;
	} c[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		    "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
		    "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
		    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		    "34007208d5b887185865" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
		  "404142434445464748494a4b4c4d4e4f",
		    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
		    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
		    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
		    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
		    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		    "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
		    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
		    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
		    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		    "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
		    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		    "9d201395faa4b61a96c8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		unsigned char a[96], b[96], d[96], out[128], prk[KDF_LEN];
		size_t len = strlen(c[i].okm) / 2;
		struct view ikm = hex(c[i].ikm, a, sizeof(a));
		struct view salt = hex(c[i].salt, b, sizeof(b));
		struct view info = hex(c[i].info, d, sizeof(d));

		assert_int_equal(kdf_extract(salt, ikm, prk), ERR_OK);
		assert_hex(prk, sizeof(prk), c[i].prk);
		assert_int_equal(kdf_expand(prk, info, out, len), ERR_OK);
		assert_hex(out, len, c[i].okm);
		memset(out, 0, sizeof(out));
		assert_int_equal(hkdf(salt, ikm, info, out, len), ERR_OK);
		assert_hex(out, len, c[i].okm);
	}
}

static void
a_missing_salt_or_info_is_an_empty_one(void **state)
{
	unsigned char a[32], b[32];
	struct view ikm = VIEW_LIT("ikm"), none = { NULL, 0 };

	(void)state;
	assert_int_equal(hkdf(none, ikm, none, a, sizeof(a)), ERR_OK);
	assert_int_equal(hkdf(VIEW_LIT(""), ikm, VIEW_LIT(""), b, sizeof(b)), ERR_OK);
	assert_memory_equal(a, b, sizeof(a));
}

static void
aes_256_gives_the_blocks_of_sp_800_38a(void **state)
{
	static const char in[] =
	    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
	    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
	static const char out[] =
	    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
	    "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7";
	struct key k =
	    hex_key("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
	unsigned char plain[64], sealed[64];

	(void)state;
	hex(in, plain, sizeof(plain));
	aes256_encrypt(&k, plain, sealed, sizeof(plain));
	assert_hex(sealed, sizeof(sealed), out);
	aes256_decrypt(&k, sealed, sealed, sizeof(sealed));
	assert_hex(sealed, sizeof(sealed), in);
	aes256_encrypt(&k, plain, sealed, 0);
	assert_hex(sealed, sizeof(sealed), in);
}

static void
cmac(struct view key, struct view in, unsigned char out[16])
{
	char name[] = "AES-256-CBC";
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[2];
	size_t len;

	if (key.len == 16)
		memcpy(name, "AES-128", 7);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_MAC_init(ctx, key.p, key.len, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, in.p, in.len), 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &len, 16), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void
twice(unsigned char d[16]) /* dbl() of RFC 5297 2.3 */
{
	unsigned top = d[0] >> 7;

	for (size_t i = 0; i < 15; i++)
		d[i] = (unsigned char)(d[i] << 1 | d[i + 1] >> 7);
	d[15] = (unsigned char)(d[15] << 1 ^ (top ? 0x87 : 0));
}

/* RFC 5297 2.4 and 2.6 as they are written, for any key; plain of 1 to 256 bytes. */
static void
siv_spelled_out(struct view key, struct view ad, struct view plain, unsigned char *out)
{
	static const unsigned char zero[16];
	struct view mac_key = view_slice(key, 0, key.len / 2);
	unsigned char d[16], m[16], t[256], ctr[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	cmac(mac_key, (struct view){ zero, 16 }, d);
	twice(d);
	cmac(mac_key, ad, m);
	for (size_t i = 0; i < 16; i++)
		d[i] ^= m[i];
	memset(t, 0, sizeof(t));
	memcpy(t, plain.p, plain.len);
	if (plain.len < 16) {
		twice(d);
		t[plain.len] = 0x80;
		for (size_t i = 0; i < 16; i++)
			t[i] ^= d[i];
	} else {
		for (size_t i = 0; i < 16; i++)
			t[plain.len - 16 + i] ^= d[i];
	}
	cmac(mac_key, (struct view){ t, plain.len < 16 ? 16 : plain.len }, out);
	memcpy(ctr, out, 16);
	ctr[8] &= 0x7f;
	ctr[12] &= 0x7f;
	assert_int_equal(EVP_EncryptInit_ex2(ctx,
			     key.len == 32 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(),
			     key.p + key.len / 2, ctr, NULL),
	    1);
	assert_int_equal(
	    EVP_EncryptUpdate(ctx, out + 16, &n, plain.p, (int)plain.len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

#define SIV_AD "101112131415161718191a1b1c1d1e1f2021222324252627"
#define SIV_PLAIN "112233445566778899aabbccddee"

static void
siv_is_that_of_rfc_5297(void **state)
{
	unsigned char key[64], ad[64], plain[200], want[256], got[256];
	struct view a, p;

	(void)state;
	/* A.1: our reading of the RFC gives its vector, which is for AES-128 */
	siv_spelled_out(
	    hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", key,
		sizeof(key)),
	    hex(SIV_AD, ad, sizeof(ad)), hex(SIV_PLAIN, plain, sizeof(plain)), want);
	assert_hex(
	    want, 30, "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
	/* and the same reading gives what siv_seal makes with AES-256 */
	for (size_t len = 1; len <= sizeof(plain); len++) {
		random_bytes(key, sizeof(key));
		random_bytes(ad, sizeof(ad));
		random_bytes(plain, sizeof(plain));
		a = (struct view){ ad, 1 + len % sizeof(ad) };
		p = (struct view){ plain, len };
		siv_spelled_out((struct view){ key, 64 }, a, p, want);
		assert_int_equal(siv_seal(key, a, p, got), ERR_OK);
		assert_memory_equal(got, want, SIV_TAG_LEN + len);
		assert_int_equal(
		    siv_open(key, a, (struct view){ want, SIV_TAG_LEN + len }, got),
		    ERR_OK);
		assert_memory_equal(got, plain, len);
	}
}

static void
a_flipped_bit_keeps_siv_shut_and_its_output_untouched(void **state)
{
	unsigned char key[SIV_KEY_LEN] = { 7 }, sealed[SIV_TAG_LEN + 20], out[20],
		      before[20];
	struct view ad = VIEW_LIT("tag"), plain = VIEW_LIT("twenty bytes of text");
	struct view all = { sealed, sizeof(sealed) };

	(void)state;
	memset(before, 0x5a, sizeof(before));
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(siv_seal(key, ad, plain, sealed), ERR_OK);
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		flip(sealed, bit);
		assert_int_equal(siv_open(key, ad, all, out), ERR_CRYPTO);
		assert_memory_equal(out, before, sizeof(out));
		flip(sealed, bit);
	}
	assert_int_equal(siv_open(key, VIEW_LIT("tab"), all, out), ERR_CRYPTO);
	for (size_t len = 0; len < sizeof(sealed); len++)
		assert_int_equal(
		    siv_open(key, ad, view_slice(all, 0, len), out), ERR_CRYPTO);
	assert_memory_equal(out, before, sizeof(out));
	assert_int_equal(siv_open(key, ad, all, out), ERR_OK);
	assert_memory_equal(out, plain.p, plain.len);
}

static void
keys_are_compared_copied_and_wiped(void **state)
{
	struct key a, b, zero = { 0 };

	(void)state;
	key_random(&a);
	key_random(&b);
	assert_false(key_equal(&a, &b));
	assert_false(key_zero(&a));
	key_from(&b, a.b);
	assert_true(key_equal(&a, &b));
	b.b[KEY_LEN - 1] ^= 1;
	assert_false(key_equal(&a, &b));
	key_release(&a);
	assert_true(key_zero(&a));
	assert_memory_equal(&a, &zero, sizeof(a));
	key_release(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(x25519_gives_the_secrets_of_rfc_7748),
		cmocka_unit_test(x25519_refuses_a_result_of_zeros),
		cmocka_unit_test(ed25519_signs_as_in_rfc_8032),
		cmocka_unit_test(a_signature_with_any_bit_flipped_does_not_verify),
		cmocka_unit_test(keys_of_small_order_verify_nothing),
		cmocka_unit_test(hkdf_gives_the_vectors_of_rfc_5869),
		cmocka_unit_test(a_missing_salt_or_info_is_an_empty_one),
		cmocka_unit_test(aes_256_gives_the_blocks_of_sp_800_38a),
		cmocka_unit_test(siv_is_that_of_rfc_5297),
		cmocka_unit_test(a_flipped_bit_keeps_siv_shut_and_its_output_untouched),
		cmocka_unit_test(keys_are_compared_copied_and_wiped),
	};

	crypto_init();
	crypto_init();
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
