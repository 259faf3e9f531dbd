#include "newsd/opening.h"

/* one block needs no provider, and newsd none of what providers can do */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <assert.h>
#include <string.h>

#include <openssl/aes.h>
#include <openssl/crypto.h>

#define BITS (8 * KEY_LEN)

void
opening_make(const struct key *k, uint64_t counter, unsigned char out[OPENING_LEN])
{
	unsigned char plain[OPENING_LEN] = { 0 };
	AES_KEY aes;
	int rc = AES_set_encrypt_key(k->b, BITS, &aes);

	assert(rc == 0);
	for (unsigned i = 0; i < 8; i++)
		plain[i] = (unsigned char)(counter >> (56 - 8 * i));
	AES_encrypt(plain, out, &aes);
	OPENSSL_cleanse(&aes, sizeof aes);
}

bool
opening_try(const struct key *k, const unsigned char in[OPENING_LEN], uint64_t *counter)
{
	static const unsigned char zero[OPENING_LEN - 8];
	unsigned char plain[OPENING_LEN];
	struct view v = { plain, sizeof plain };
	AES_KEY aes;
	int rc = AES_set_decrypt_key(k->b, BITS, &aes);

	assert(rc == 0);
	AES_decrypt(in, plain, &aes);
	OPENSSL_cleanse(&aes, sizeof aes);
	if (CRYPTO_memcmp(plain + 8, zero, sizeof zero) != 0)
		return false;
	return view_u64(&v, counter) == ERR_OK;
}

bool
opening_burn(struct opening_seen *s, uint64_t counter)
{
	uint64_t by;

	if (counter > s->highest) {
		by = counter - s->highest;
		/* the old highest becomes one of the lower */
		s->lower = by <= OPENING_LOWER && s->highest > 0
		    ? (by < 64 ? s->lower << by : 0) | 1ull << (by - 1)
		    : 0;
		s->highest = counter;
		return true;
	}
	by = s->highest - counter;
	if (counter == 0 || by == 0 || by > OPENING_LOWER || s->lower >> (by - 1) & 1)
		return false;
	s->lower |= 1ull << (by - 1);
	return true;
}

uint64_t
opening_counter(uint64_t last, uint64_t wall_ms)
{
	if (last == UINT64_MAX)
		return last;
	return wall_ms > last + 1 ? wall_ms : last + 1;
}
