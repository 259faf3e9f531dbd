#include "lib/idsum.h"

#include <assert.h>
#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digest.h"

#define TEXT_MAX (NEGENTROPY_ID_LEN + 10)

struct idsum_trial {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* One search. */
struct search {
	struct idsum_trial *t;
	const struct negentropy_item *items;
	size_t lo, hi;
	const unsigned char *print;
	uint64_t *left;
	struct idsum all;
};

void
idsum_add(struct idsum *s, const unsigned char id[NEGENTROPY_ID_LEN])
{
	bool carry = false;
	uint64_t v;

	for (unsigned k = 0; k < 4; k++) {
		bool one, two;

		memcpy(&v, id + 8 * k, sizeof v);
		one = __builtin_add_overflow(s->limb[k], le64toh(v), &s->limb[k]);
		two = __builtin_add_overflow(s->limb[k], carry, &s->limb[k]);
		carry = one || two;
	}
	s->count++;
}

void
idsum_sub(struct idsum *s, const unsigned char id[NEGENTROPY_ID_LEN])
{
	bool borrow = false;
	uint64_t v;

	for (unsigned k = 0; k < 4; k++) {
		bool one, two;

		memcpy(&v, id + 8 * k, sizeof v);
		one = __builtin_sub_overflow(s->limb[k], le64toh(v), &s->limb[k]);
		two = __builtin_sub_overflow(s->limb[k], borrow, &s->limb[k]);
		borrow = one || two;
	}
	s->count--;
}

unsigned
idsum_varint(uint64_t v, unsigned char out[10])
{
	unsigned n = 1;

	for (uint64_t rest = v >> 7; rest > 0; rest >>= 7)
		n++;
	for (unsigned i = n; i-- > 0; v >>= 7)
		out[i] = (unsigned char)((v & 0x7f) | (i + 1 < n ? 0x80 : 0));
	return n;
}

static unsigned
text(const struct idsum *s, unsigned char out[TEXT_MAX])
{
	for (unsigned k = 0; k < 4; k++) {
		uint64_t v = htole64(s->limb[k]);

		memcpy(out + 8 * k, &v, sizeof v);
	}
	return NEGENTROPY_ID_LEN + idsum_varint(s->count, out + NEGENTROPY_ID_LEN);
}

void
idsum_print(const struct idsum *s, unsigned char out[IDSUM_PRINT_LEN])
{
	unsigned char b[TEXT_MAX], hash[DIGEST_LEN];

	digest_sha256((struct view){ b, text(s, b) }, hash);
	memcpy(out, hash, IDSUM_PRINT_LEN);
}

/* ---- trials ---------------------------------------------------------------------------- */

struct idsum_trial *
idsum_trial_new(void)
{
	struct idsum_trial *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	/* fetched once: the one-shot call looks it up each time, at four times the cost */
	t->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	t->ctx = EVP_MD_CTX_new();
	if (t->md == NULL || t->ctx == NULL) {
		idsum_trial_free(t);
		return NULL;
	}
	return t;
}

void
idsum_trial_free(struct idsum_trial *t)
{
	if (t == NULL)
		return;
	EVP_MD_CTX_free(t->ctx);
	EVP_MD_free(t->md);
	free(t);
}

static bool
fits(struct search *s, const struct idsum *sum)
{
	unsigned char b[TEXT_MAX], hash[DIGEST_LEN];
	int ok;

	if (*s->left == 0)
		return false;
	--*s->left;
	ok = EVP_DigestInit_ex(s->t->ctx, s->t->md, NULL) == 1 &&
	    EVP_DigestUpdate(s->t->ctx, b, text(sum, b)) == 1 &&
	    EVP_DigestFinal_ex(s->t->ctx, hash, NULL) == 1;
	assert(ok);
	return memcmp(hash, s->print, IDSUM_PRINT_LEN) == 0;
}

static bool
one(struct search *s, struct idsum_surplus *out)
{
	/* of a long range the newest: what is lacking is mostly new */
	for (size_t i = s->hi, n = 0; i-- > s->lo && n < NEGENTROPY_TRIALS_RANGE; n++) {
		struct idsum sum = s->all;

		idsum_sub(&sum, s->items[i].id);
		if (fits(s, &sum)) {
			*out = (struct idsum_surplus){ { { i, i + 1 } }, 1 };
			return true;
		}
	}
	return false;
}

/* A stretch of time that the other end slept through begins or ends in the range. */
static bool
end(struct search *s, struct idsum_surplus *out)
{
	size_t n = s->hi - s->lo;
	struct idsum sum = s->all;

	if (n > NEGENTROPY_TRIALS_RANGE)
		n = NEGENTROPY_TRIALS_RANGE;
	for (size_t i = 0; i < n; i++) {
		idsum_sub(&sum, s->items[s->hi - 1 - i].id);
		if (fits(s, &sum)) {
			*out = (struct idsum_surplus){ { { s->hi - 1 - i, s->hi } }, 1 };
			return true;
		}
	}
	if (n < s->hi - s->lo)
		return false;
	sum = s->all;
	for (size_t i = 0; i < n; i++) {
		idsum_sub(&sum, s->items[s->lo + i].id);
		if (fits(s, &sum)) {
			*out = (struct idsum_surplus){ { { s->lo, s->lo + i + 1 } }, 1 };
			return true;
		}
	}
	return false;
}

static bool
two(struct search *s, struct idsum_surplus *out)
{
	size_t n = s->hi - s->lo;

	if (n > NEGENTROPY_TRIALS_RANGE || n * (n - 1) / 2 > NEGENTROPY_TRIALS_RANGE)
		return false;
	for (size_t i = s->lo; i < s->hi; i++) {
		struct idsum less = s->all;

		idsum_sub(&less, s->items[i].id);
		for (size_t k = i + 1; k < s->hi; k++) {
			struct idsum sum = less;

			idsum_sub(&sum, s->items[k].id);
			if (fits(s, &sum)) {
				*out = (struct idsum_surplus){
					{ { i, i + 1 }, { k, k + 1 } }, 2
				};
				return true;
			}
		}
	}
	return false;
}

bool
idsum_solve(struct idsum_trial *t, const struct negentropy_item *items, size_t lo,
    size_t hi, const unsigned char print[IDSUM_PRINT_LEN], uint64_t *left,
    struct idsum_surplus *out)
{
	struct search s = { t, items, lo, hi, print, left, { { 0 }, 0 } };

	if (*left == 0)
		return false;
	for (size_t i = lo; i < hi; i++)
		idsum_add(&s.all, items[i].id);
	return one(&s, out) || end(&s, out) || two(&s, out);
}
