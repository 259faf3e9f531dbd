#include "lib/kdf.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lib/keys_evp.h"

/* OpenSSL takes pointers to what it only reads, and none of them may be NULL */
static OSSL_PARAM
octets(const char *name, struct view v)
{
	static const unsigned char none[1];
	union {
		const unsigned char *ours;
		void *theirs;
	} p = { .ours = v.p != NULL ? v.p : none };

	return OSSL_PARAM_construct_octet_string(name, p.theirs, v.len);
}

static enum err
derive(int mode, struct view key, OSSL_PARAM third, unsigned char *out, size_t len)
{
	char sha256[] = "SHA256";
	OSSL_PARAM params[5];
	EVP_KDF_CTX *ctx;
	enum err e = ERR_OK;

	if ((ctx = EVP_KDF_CTX_new(evp()->hkdf)) == NULL)
		return ERR_NOMEM;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0);
	params[1] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[2] = octets(OSSL_KDF_PARAM_KEY, key);
	params[3] = third;
	params[4] = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, out, len, params) <= 0) {
		ERR_clear_error();
		e = ERR_CRYPTO;
	}
	EVP_KDF_CTX_free(ctx);
	return e;
}

enum err
kdf_extract(struct view salt, struct view ikm, unsigned char prk[KDF_LEN])
{
	return derive(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, ikm,
	    octets(OSSL_KDF_PARAM_SALT, salt), prk, KDF_LEN);
}

enum err
kdf_expand(
    const unsigned char prk[KDF_LEN], struct view info, unsigned char *out, size_t len)
{
	return derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, (struct view){ prk, KDF_LEN },
	    octets(OSSL_KDF_PARAM_INFO, info), out, len);
}
