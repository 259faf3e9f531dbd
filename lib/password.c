#include "lib/password.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lib/text.h"

#define SALT_LEN 16
#define HASH_LEN 32
#define N (1u << 15)
#define R 8
#define P 1
#define MEMORY_MAX (256u << 20) /* OpenSSL's own limit is 32 MiB, a little too low */

struct record {
	uint64_t n, r, p;
	unsigned char salt[SALT_LEN], hash[HASH_LEN];
};

/* Takes what stands before the next colon, or the rest. */
static struct view
part(struct view *rest)
{
	size_t colon = view_chr(*rest, ':');
	struct view v = view_slice(*rest, 0, colon);

	*rest = view_slice(*rest, colon + 1, rest->len);
	return v;
}

static enum err
parse(struct view text, struct record *out)
{
	struct record r;

	if (text.len > PASSWORD_TEXT_MAX || !view_eqs(part(&text), "scrypt") ||
	    text_num(part(&text), 2, N * 4, &r.n) != ERR_OK || (r.n & (r.n - 1)) != 0 ||
	    text_num(part(&text), 1, R, &r.r) != ERR_OK ||
	    text_num(part(&text), 1, 4, &r.p) != ERR_OK ||
	    text_unhex(part(&text), r.salt, SALT_LEN) != ERR_OK ||
	    text_unhex(part(&text), r.hash, HASH_LEN) != ERR_OK || text.len != 0)
		return ERR_SYNTAX;
	*out = r;
	return ERR_OK;
}

static enum err
derive(const struct record *r, struct view password, unsigned char out[HASH_LEN])
{
	static const char none[1] = "";
	const char *p = password.len > 0 ? (const char *)password.p : none;

	return EVP_PBE_scrypt(p, password.len, r->salt, SALT_LEN, r->n, r->r, r->p,
		   MEMORY_MAX, out, HASH_LEN) == 1
	    ? ERR_OK
	    : ERR_NOMEM;
}

enum err
password_hash(struct view password, struct buf *out)
{
	struct record r = { .n = N, .r = R, .p = P };
	enum err e;

	if (getrandom(r.salt, sizeof r.salt, 0) != sizeof r.salt)
		return ERR_IO;
	if ((e = derive(&r, password, r.hash)) != ERR_OK)
		return e;
	buf_addf(out, "scrypt:%u:%d:%d:", N, R, P);
	text_hex(out, (struct view){ r.salt, sizeof r.salt });
	buf_addc(out, ':');
	text_hex(out, (struct view){ r.hash, sizeof r.hash });
	OPENSSL_cleanse(&r, sizeof r);
	return buf_err(out);
}

enum err
password_check(struct view text, struct view password)
{
	unsigned char got[HASH_LEN];
	struct record r;
	enum err e;

	if ((e = parse(text, &r)) != ERR_OK || (e = derive(&r, password, got)) != ERR_OK)
		return e;
	e = CRYPTO_memcmp(got, r.hash, HASH_LEN) == 0 ? ERR_OK : ERR_DENIED;
	OPENSSL_cleanse(got, sizeof got);
	OPENSSL_cleanse(&r, sizeof r);
	return e;
}

bool
password_valid(struct view text)
{
	struct record r;

	return parse(text, &r) == ERR_OK;
}
