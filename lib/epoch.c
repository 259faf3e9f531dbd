#include "lib/epoch.h"

#include <assert.h>

#include <openssl/crypto.h>

static enum err
derive(const struct key *from, struct view info, unsigned char *out, size_t len)
{
	return hkdf(
	    (struct view){ NULL, 0 }, (struct view){ from->b, KEY_LEN }, info, out, len);
}

enum err
epoch_first(const struct key *root, int side, struct key *chain)
{
	unsigned char info[] = "hearsay epoch 1\0"; /* the last byte is the side */

	assert(side == 0 || side == 1);
	info[sizeof(info) - 1] = (unsigned char)side;
	return derive(root, (struct view){ info, sizeof(info) }, chain->b, KEY_LEN);
}

enum err
epoch_next(const struct key *chain, struct key *next)
{
	struct key k = { 0 };
	enum err e;

	if ((e = derive(chain, VIEW_LABEL("hearsay step 1"), k.b, KEY_LEN)) == ERR_OK)
		*next = k;
	key_release(&k);
	return e;
}

enum err
epoch_keys(const struct key *chain, struct seal_keys *out)
{
	struct seal_keys k = { 0 };
	enum err e;

	if ((e = derive(chain, VIEW_LABEL("hearsay tag 1"), k.tag.b, KEY_LEN)) !=
		ERR_OK ||
	    (e = derive(chain, VIEW_LABEL("hearsay header 1"), k.header,
		 sizeof(k.header))) != ERR_OK ||
	    (e = derive(chain, VIEW_LABEL("hearsay psk 1"), k.psk.b, KEY_LEN)) !=
		ERR_OK ||
	    (e = derive(chain, VIEW_LABEL("hearsay session 1"), k.session.b, KEY_LEN)) !=
		ERR_OK)
		goto out;
	*out = k;
out:
	seal_keys_release(&k);
	return e;
}

void
seal_keys_release(struct seal_keys *k)
{
	if (k != NULL)
		OPENSSL_cleanse(k, sizeof(*k));
}
