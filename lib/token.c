#include "lib/token.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/b32.h"
#include "lib/digest.h"

#define CHECK_LEN 4
#define HOUR 3600

void
token_release(struct token *t)
{
	if (t != NULL)
		OPENSSL_cleanse(t, sizeof(*t));
}

static bool
hint_valid(struct view v)
{
	if (v.len < 1 || v.len > HINT_MAX)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~')
			return false;
	return true;
}

static void
check_of(struct view v, unsigned char out[CHECK_LEN])
{
	unsigned char full[DIGEST_LEN];

	digest_sha256(v, full);
	memcpy(out, full, CHECK_LEN);
}

enum err
token_write(const struct token *t, struct buf *out)
{
	struct buf b = BUF_INIT(TOKEN_TEXT_MAX);
	unsigned char check[CHECK_LEN];
	enum err e = ERR_SYNTAX;

	if (t->hints > HINTS_MAX || t->expires < 0 || t->expires % HOUR != 0 ||
	    t->expires / HOUR > UINT32_MAX)
		goto out;
	buf_reserve(&b, TOKEN_TEXT_MAX); /* no copy of the secret is left behind */
	buf_addc(&b, TOKEN_VERSION);
	buf_addu32(&b, (uint32_t)(t->expires / HOUR));
	buf_add(&b, t->key, KEY_LEN);
	buf_add(&b, t->secret.b, KEY_LEN);
	buf_addc(&b, (int)t->hints);
	for (unsigned i = 0; i < t->hints; i++) {
		struct view hint = { (const unsigned char *)t->hint[i],
			strnlen(t->hint[i], sizeof(t->hint[i])) };

		if (!hint_valid(hint))
			goto out;
		buf_addc(&b, (int)hint.len);
		buf_addv(&b, hint);
	}
	check_of(buf_view(&b), check);
	buf_add(&b, check, sizeof(check));
	if ((e = buf_err(&b)) != ERR_OK)
		goto out;
	buf_reserve(out, B32_LEN(b.len));
	b32_upper(out, buf_view(&b));
	e = buf_err(out);
out:
	buf_wipe(&b);
	return e;
}

/* Keeps base32's characters of text; *at is where the first that is none stands. */
static enum err
squeeze(struct view text, struct buf *out, size_t *at)
{
	for (size_t i = 0; i < text.len; i++) {
		int c = text.p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-')
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '2' && c <= '7'))) {
			*at = i + 1;
			return ERR_SYNTAX;
		}
		buf_addc(out, c);
	}
	return buf_err(out);
}

/* Version 1, after the version byte and without the checksum. */
static enum err
fields(struct view v, struct token *t)
{
	struct view key, secret, hint;
	uint8_t hints, len;
	uint32_t hours;

	if (view_u32(&v, &hours) != ERR_OK || view_take(&v, KEY_LEN, &key) != ERR_OK ||
	    view_take(&v, KEY_LEN, &secret) != ERR_OK || view_u8(&v, &hints) != ERR_OK ||
	    hints > HINTS_MAX)
		return ERR_SYNTAX;
	t->expires = (int64_t)hours * HOUR;
	memcpy(t->key, key.p, KEY_LEN);
	key_from(&t->secret, secret.p);
	t->hints = hints;
	for (unsigned i = 0; i < hints; i++) {
		if (view_u8(&v, &len) != ERR_OK || view_take(&v, len, &hint) != ERR_OK ||
		    !hint_valid(hint))
			return ERR_SYNTAX;
		memcpy(t->hint[i], hint.p, hint.len);
	}
	return v.len == 0 ? ERR_OK : ERR_SYNTAX;
}

enum err
token_parse(struct view text, struct token *out, size_t *at)
{
	struct buf letters = BUF_INIT(TOKEN_TEXT_MAX), bytes = BUF_INIT(TOKEN_TEXT_MAX);
	unsigned char check[CHECK_LEN];
	struct token t;
	struct view v;
	enum err e;

	memset(&t, 0, sizeof(t));
	*at = 0;
	buf_reserve(&letters, TOKEN_TEXT_MAX);
	buf_reserve(&bytes, TOKEN_TEXT_MAX);
	if ((e = squeeze(text, &letters, at)) != ERR_OK ||
	    (e = b32_decode(buf_view(&letters), &bytes)) != ERR_OK)
		goto out;
	e = ERR_SYNTAX;
	if (bytes.len < 1 + CHECK_LEN)
		goto out;
	v = view_slice(buf_view(&bytes), 0, bytes.len - CHECK_LEN);
	check_of(v, check);
	/* before the version: a mistyped token is not taken for a newer one */
	e = ERR_CRYPTO;
	if (!secret_equal(check, v.p + v.len, CHECK_LEN))
		goto out;
	e = ERR_VERSION;
	if (v.p[0] != TOKEN_VERSION)
		goto out;
	if ((e = fields(view_slice(v, 1, v.len), &t)) == ERR_OK)
		*out = t;
out:
	token_release(&t);
	buf_wipe(&bytes);
	buf_wipe(&letters);
	return e;
}
