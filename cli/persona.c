#include "cli/persona.h"

#include "lib/article.h"
#include "lib/b32.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/text.h"

/* U+00C0 to U+017F without their accents; '-' is no letter of a name. */
static const char plain[] =
    "aaaaaaaceeeeiiiidnooooo-ouuuuytsaaaaaaaceeeeiiiidnooooo-ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkk"
    "llllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
#define PLAIN_FIRST 0xc0u

bool
persona_display(struct view v, const char **why)
{
	const char *trouble = NULL;

	if (v.len == 0 || text_trim(v).len != v.len)
		trouble = "a name begins and ends with a letter or sign";
	else if (v.len > DISPLAY_MAX)
		trouble = "it is longer than 64 bytes";
	else if (!text_utf8(v))
		trouble = "it is not UTF-8";
	else if (!article_display(v))
		trouble =
		    "a name in From holds none of @ < > \" ( ) , : ; [ ] \\, no control "
		    "characters, and no name.KEY";
	*why = trouble;
	return trouble == NULL;
}

static int
letter(uint32_t rune)
{
	if (rune < 0x80)
		return text_isalnum((int)rune) || rune == '-' ? text_lower((int)rune) : 0;
	if (rune >= PLAIN_FIRST && rune - PLAIN_FIRST < sizeof plain - 1 &&
	    plain[rune - PLAIN_FIRST] != '-')
		return plain[rune - PLAIN_FIRST];
	return 0;
}

void
persona_short(struct view display, struct buf *out)
{
	struct view rest = display, word = { 0 };
	uint32_t rune;
	size_t n = 0;
	int c;

	text_word(&rest, &word);
	while (word.len > 0 && n < NAME_MAX_LEN && text_rune(&word, &rune) == ERR_OK)
		if ((c = letter(rune)) != 0 && (c != '-' || n > 0)) {
			buf_addc(out, c);
			n++;
		}
	if (n == 0)
		buf_adds(out, "me");
}

static enum err
read_file(const struct node *n, struct view name, struct buf *file)
{
	if (!text_name(name))
		return ERR_NOTFOUND;
	return fs_read(
	    NODE_PATH(n, "personas/%.*s", (int)name.len, (const char *)name.p), file);
}

enum err
persona_named(const struct node *n, struct view name, struct buf *out)
{
	struct buf file = BUF_INIT(CONF_MAX);
	enum err e = read_file(n, name, &file);

	if (e == ERR_OK) {
		buf_addv(out, conf_get(buf_view(&file), "display", name));
		e = buf_err(out);
	}
	buf_release(&file);
	return e;
}

enum err
persona_rename(const struct node *n, struct view name, struct view display)
{
	struct buf file = BUF_INIT(CONF_MAX), named = BUF_INIT(CONF_MAX);
	struct buf out = BUF_INIT(CONF_MAX), word = BUF_INIT(NAME_MAX_LEN + 1);
	enum err e;

	if ((e = read_file(n, name, &file)) != ERR_OK)
		goto out;
	persona_short(display, &word);
	conf_set(buf_view(&file), "name", buf_view(&word), &named);
	conf_set(buf_view(&named), "display", display, &out);
	if ((e = buf_err(&word)) == ERR_OK && (e = buf_err(&named)) == ERR_OK &&
	    (e = buf_err(&out)) == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(n, "personas/%.*s", (int)name.len, (const char *)name.p),
		    buf_view(&out), false);
out:
	buf_release(&file);
	buf_release(&named);
	buf_release(&out);
	buf_release(&word);
	return e;
}

/* batcher writes base32; what a person pasted may be hexadecimal. */
static bool
key_value(struct view v, unsigned char key[ARTICLE_KEY_LEN])
{
	return text_unhex(v, key, ARTICLE_KEY_LEN) == ERR_OK ||
	    b32_decode_id(v, key, ARTICLE_KEY_LEN) == ERR_OK;
}

enum err
persona_from(const struct node *n, struct view name, struct buf *out)
{
	struct buf file = BUF_INIT(CONF_MAX);
	unsigned char key[ARTICLE_KEY_LEN];
	struct view none = { 0 };
	enum err e;

	if ((e = read_file(n, name, &file)) != ERR_OK)
		goto out;
	if (!key_value(conf_get(buf_view(&file), "key", none), key)) {
		e = ERR_CORRUPT;
		goto out;
	}
	buf_addv(out, conf_get(buf_view(&file), "display", name));
	buf_adds(out, " <");
	article_address(out, conf_get(buf_view(&file), "name", name), key);
	buf_addc(out, '>');
	e = buf_err(out);
out:
	buf_release(&file);
	return e;
}
