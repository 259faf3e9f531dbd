#include "lib/sign.h"

#include <assert.h>
#include <string.h>

static_assert(
    ARTICLE_KEY_LEN == KEY_LEN && ARTICLE_SIG_LEN == SIG_LEN, "Ed25519's lengths");

#define LABEL "hearsay article 1"
#define SIGNED_LEN (sizeof(LABEL) + DIGEST_LEN)

static void
signed_text(const struct article *a, unsigned char out[SIGNED_LEN])
{
	memcpy(out, LABEL, sizeof(LABEL));
	memcpy(out + sizeof(LABEL), a->hash, DIGEST_LEN);
}

enum err
article_sign(
    const struct article *a, const struct key *author, unsigned char sig[ARTICLE_SIG_LEN])
{
	unsigned char text[SIGNED_LEN], pub[KEY_LEN];

	ed25519_public(author, pub);
	if (!a->native || memcmp(pub, a->author, KEY_LEN) != 0)
		return ERR_CRYPTO;
	signed_text(a, text);
	return ed25519_sign(author, (struct view){ text, sizeof(text) }, sig);
}

enum err
article_signed(const struct article *a, const unsigned char sig[ARTICLE_SIG_LEN])
{
	unsigned char text[SIGNED_LEN];

	if (!a->native)
		return ERR_CRYPTO;
	signed_text(a, text);
	return ed25519_verify(a->author, (struct view){ text, sizeof(text) }, sig);
}
