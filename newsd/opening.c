#include "newsd/opening.h"

#include <string.h>

void
opening_make(const struct key *k, uint64_t counter, unsigned char out[OPENING_LEN])
{
	unsigned char plain[OPENING_LEN] = { 0 };

	for (unsigned i = 0; i < 8; i++)
		plain[i] = (unsigned char)(counter >> (56 - 8 * i));
	aes256_encrypt(k, plain, out, sizeof plain);
}

bool
opening_try(const struct key *k, const unsigned char in[OPENING_LEN], uint64_t *counter)
{
	static const unsigned char zero[OPENING_LEN - 8];
	unsigned char plain[OPENING_LEN];
	struct view v = { plain, sizeof plain };

	aes256_decrypt(k, in, plain, sizeof plain);
	if (!secret_equal(plain + 8, zero, sizeof zero))
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
