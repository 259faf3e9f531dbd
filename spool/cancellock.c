#include "spool/cancellock.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
cancellock_next(struct view *rest, struct view *element)
{
	struct view v = *rest, w;
	size_t n;

	while (v.len > 0) {
		for (n = 0; n < v.len && is_space(v.p[n]); n++)
			;
		v = view_slice(v, n, v.len);
		for (n = 0; n < v.len && !is_space(v.p[n]); n++)
			;
		w = view_slice(v, 0, n);
		v = view_slice(v, n, v.len);
		n = view_chr(w, ':');
		if (w.len <= CANCELLOCK_KEY_MAX && n > 0 && n + 1 < w.len) {
			*rest = v;
			*element = w;
			return true;
		}
	}
	*rest = v;
	return false;
}

static bool
split(struct view element, struct view *scheme, struct view *text)
{
	size_t n = view_chr(element, ':');

	if (n == element.len)
		return false;
	*scheme = view_slice(element, 0, n);
	*text = view_slice(element, n + 1, element.len);
	return true;
}

bool
cancellock_opens(struct view lock, struct view key)
{
	unsigned char digest[EVP_MAX_MD_SIZE], code[EVP_MAX_MD_SIZE * 2];
	struct view scheme, text, element, ls, lt;
	const EVP_MD *md;
	unsigned int len = 0;
	int n;

	if (key.len > CANCELLOCK_KEY_MAX || !split(key, &scheme, &text))
		return false;
	md = view_caseeqs(scheme, "sha256") ? EVP_sha256()
	    : view_caseeqs(scheme, "sha1")  ? EVP_sha1()
					    : NULL;
	/* the hash is over the key's text as it stands, not over what it encodes */
	if (md == NULL || EVP_Digest(text.p, text.len, digest, &len, md, NULL) != 1)
		return false;
	n = EVP_EncodeBlock(code, digest, (int)len);
	while (cancellock_next(&lock, &element))
		if (split(element, &ls, &lt) && view_caseeq(ls, scheme) &&
		    lt.len == (size_t)n && CRYPTO_memcmp(lt.p, code, lt.len) == 0)
			return true;
	return false;
}
