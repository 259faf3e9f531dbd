#include "reader/grant.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>

#include "lib/text.h"

enum err
grant_key_make(struct grant_key *k)
{
	return getrandom(k->bytes, sizeof k->bytes, 0) == sizeof k->bytes ? ERR_OK
									  : ERR_IO;
}

/* Names are filled up to one length: of what has a fixed length, a hash with the key in
 * front cannot be extended to that of something else. */
void
grant_make(const struct grant_key *k, struct view user, unsigned char out[GRANT_LEN])
{
	unsigned char name[NAME_MAX_LEN] = { 0 };

	assert(user.len > 0 && user.len <= sizeof name);
	memcpy(name, user.p, user.len);
	digest_sha256_2((struct view){ k->bytes, sizeof k->bytes },
	    (struct view){ name, sizeof name }, out);
}

enum err
grant_check(const struct grant_key *k, struct view who, struct view *user)
{
	unsigned char right[GRANT_LEN];
	struct view name = view_slice(who, GRANT_LEN, who.len);

	if (!text_name(name))
		return ERR_DENIED;
	grant_make(k, name, right);
	if (CRYPTO_memcmp(right, who.p, GRANT_LEN) != 0)
		return ERR_DENIED;
	*user = name;
	return ERR_OK;
}
