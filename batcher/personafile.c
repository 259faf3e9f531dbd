#include "batcher/personafile.h"

#include <string.h>

#include <openssl/crypto.h>

#include "batcher/words.h"
#include "lib/b32.h"
#include "lib/conf.h"
#include "lib/digest.h"
#include "lib/text.h"

#define FIRST "hearsay-persona-file "
#define WORDS_BYTES                                                                      \
	(PERSONAFILE_SECRET_LEN + 1) /* and a byte that tells a mistyped word */
#define PLAIN_MAX 1024
#define LINE 64 /* characters of base32 in one line of the file */

_Static_assert(WORDS_BYTES * 8 == PERSONAFILE_WORDS * WORD_BITS, "24 words hold it");

static void
with_check(
    const unsigned char secret[PERSONAFILE_SECRET_LEN], unsigned char out[WORDS_BYTES])
{
	unsigned char h[DIGEST_LEN];

	memcpy(out, secret, PERSONAFILE_SECRET_LEN);
	digest_sha256((struct view){ secret, PERSONAFILE_SECRET_LEN }, h);
	out[PERSONAFILE_SECRET_LEN] = h[0];
	OPENSSL_cleanse(h, sizeof h);
}

static enum err
key_of(const unsigned char secret[PERSONAFILE_SECRET_LEN], unsigned char key[SIV_KEY_LEN])
{
	return hkdf((struct view){ 0 }, (struct view){ secret, PERSONAFILE_SECRET_LEN },
	    VIEW_LABEL("hearsay persona file 1"), key, SIV_KEY_LEN);
}

static void
write_lines(struct buf *file, struct view sealed)
{
	struct buf text = BUF_INIT(B32_LEN(PLAIN_MAX + SIV_TAG_LEN));
	struct view rest;

	b32_lower(&text, sealed);
	buf_adds(file, FIRST "1\n");
	for (rest = buf_view(&text); rest.len > 0;
	     rest = view_slice(rest, LINE, rest.len)) {
		buf_addv(file, view_slice(rest, 0, LINE));
		buf_addc(file, '\n');
	}
	buf_release(&text);
}

enum err
personafile_seal_with(const unsigned char secret[PERSONAFILE_SECRET_LEN],
    const struct persona *p, struct view display, struct buf *file, struct buf *words)
{
	unsigned char bits[WORDS_BYTES], key[SIV_KEY_LEN],
	    sealed[PLAIN_MAX + SIV_TAG_LEN];
	struct buf plain = BUF_INIT(PLAIN_MAX);
	enum err e;

	buf_reserve(&plain, PLAIN_MAX);
	buf_adds(&plain, "key ");
	text_hex(&plain, (struct view){ p->key.b, KEY_LEN });
	buf_addf(&plain, "\nname %s\ndisplay ", p->name);
	buf_addv(&plain, display);
	buf_adds(&plain, "\n");
	with_check(secret, bits);
	if ((e = buf_err(&plain)) == ERR_OK && (e = key_of(secret, key)) == ERR_OK)
		e = siv_seal(
		    key, VIEW_LABEL("hearsay persona file 1"), buf_view(&plain), sealed);
	if (e == ERR_OK) {
		write_lines(file, (struct view){ sealed, plain.len + SIV_TAG_LEN });
		words_add(words, (struct view){ bits, sizeof bits }, PERSONAFILE_WORDS);
		e = buf_err(file) != ERR_OK ? buf_err(file) : buf_err(words);
	}
	buf_wipe(&plain);
	OPENSSL_cleanse(bits, sizeof bits);
	OPENSSL_cleanse(key, sizeof key);
	return e;
}

enum err
personafile_seal(
    const struct persona *p, struct view display, struct buf *file, struct buf *words)
{
	unsigned char secret[PERSONAFILE_SECRET_LEN];
	enum err e;

	random_bytes(secret, sizeof secret);
	e = personafile_seal_with(secret, p, display, file, words);
	OPENSSL_cleanse(secret, sizeof secret);
	return e;
}

/* ---- opening --------------------------------------------------------------------- */

static enum err
read_lines(struct view file, struct buf *sealed)
{
	struct buf text = BUF_INIT(PERSONAFILE_MAX);
	struct view line;
	enum err e = ERR_SYNTAX;

	if (file.len > PERSONAFILE_MAX || !text_line(&file, &line) ||
	    !view_starts(line, FIRST))
		goto out;
	if (!view_eqs(text_trim(line), FIRST "1")) {
		e = ERR_VERSION;
		goto out;
	}
	while (text_line(&file, &line))
		buf_addv(&text, text_trim(line));
	e = b32_decode(buf_view(&text), sealed);
	if (e == ERR_OK && sealed->len <= SIV_TAG_LEN)
		e = ERR_SYNTAX;
out:
	buf_release(&text);
	return e;
}

static enum err
read_plain(struct view plain, struct persona *out, struct buf *display)
{
	static const struct view none = { 0 };
	struct view name = conf_get(plain, "name", none);
	struct persona p = { 0 };

	if (!text_name(name) || name.len > NAME_MAX_LEN ||
	    text_unhex(conf_get(plain, "key", none), p.key.b, KEY_LEN) != ERR_OK)
		return ERR_CRYPTO;
	memcpy(p.name, name.p, name.len);
	ed25519_public(&p.key, p.pub);
	buf_addv(display, conf_get(plain, "display", name));
	*out = p;
	persona_release(&p);
	return buf_err(display);
}

enum err
personafile_open(
    struct view file, struct view words, struct persona *out, struct buf *display)
{
	unsigned char bits[WORDS_BYTES], again[WORDS_BYTES], key[SIV_KEY_LEN];
	unsigned char plain[PLAIN_MAX];
	struct buf sealed = BUF_INIT(PLAIN_MAX + SIV_TAG_LEN);
	enum err e;

	if ((e = words_read(words, PERSONAFILE_WORDS, bits)) != ERR_OK)
		goto out;
	with_check(bits, again);
	if (!secret_equal(bits, again, sizeof bits)) {
		e = ERR_SYNTAX;
		goto out;
	}
	if ((e = read_lines(file, &sealed)) != ERR_OK ||
	    (e = key_of(bits, key)) != ERR_OK ||
	    (e = siv_open(key, VIEW_LABEL("hearsay persona file 1"), buf_view(&sealed),
		 plain)) != ERR_OK)
		goto out;
	e = read_plain((struct view){ plain, sealed.len - SIV_TAG_LEN }, out, display);
out:
	OPENSSL_cleanse(bits, sizeof bits);
	OPENSSL_cleanse(again, sizeof again);
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(plain, sizeof plain);
	buf_release(&sealed);
	return e;
}
