/* Ed25519 signatures of authors (RFC 8032, pure). batcher and hearsay only. */
#ifndef LIB_SIGN_H
#define LIB_SIGN_H

#include "lib/article.h"
#include "lib/keys.h"

/* Signs a native article: over "hearsay article 1" NUL and its hash. Signing again gives
 * the same signature. ERR_CRYPTO: the key is not the article's author's. */
enum err article_sign(
    const struct article *, const struct key *author, unsigned char sig[ARTICLE_SIG_LEN]);
/* ERR_CRYPTO: does not verify, or the author key is of small order. */
enum err article_signed(const struct article *, const unsigned char sig[ARTICLE_SIG_LEN]);

#endif
