#include "lib/hmac.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

struct hmac {
	EVP_MAC *mac;
	EVP_MAC_CTX *ctx;
};

void
hmac_free(struct hmac *h)
{
	if (h == NULL)
		return;
	EVP_MAC_CTX_free(h->ctx);
	EVP_MAC_free(h->mac);
	free(h);
}

enum err
hmac_new(const struct key *k, struct hmac **out)
{
	char sha256[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	struct hmac *h = calloc(1, sizeof *h);

	if (h == NULL)
		return ERR_NOMEM;
	if ((h->mac = EVP_MAC_fetch(NULL, "HMAC", NULL)) == NULL ||
	    (h->ctx = EVP_MAC_CTX_new(h->mac)) == NULL ||
	    EVP_MAC_init(h->ctx, k->b, KEY_LEN, params) != 1) {
		ERR_clear_error();
		hmac_free(h);
		return ERR_CRYPTO;
	}
	*out = h;
	return ERR_OK;
}

enum err
hmac_of(struct hmac *h, struct view v, unsigned char out[HMAC_LEN])
{
	size_t len;

	/* without a key: once more under the same one, which costs no new padding */
	if (EVP_MAC_init(h->ctx, NULL, 0, NULL) != 1 ||
	    (v.len > 0 && EVP_MAC_update(h->ctx, v.p, v.len) != 1) ||
	    EVP_MAC_final(h->ctx, out, &len, HMAC_LEN) != 1 || len != HMAC_LEN) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}
