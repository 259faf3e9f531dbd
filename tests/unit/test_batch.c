/* links: batcher */
/* The content of a chunk (docs/batch.md) and its items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "batcher/batch.h"
#include "lib/article.h"
#include "lib/limits.h"
#include "lib/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A frame of one raw block, by hand: descriptor 00, window byte 58 (2 MiB), last block. */
#define ITEMS "0203616263100008017f" /* ACK abc, WANT without bytes, type 8: 7f */
#define RAW(len) "0058" len

static struct view
unhex(const char *hex, unsigned char *out, size_t room)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= room);
	assert_int_equal(text_unhex(view_str(hex), out, n), ERR_OK);
	return (struct view){ out, n };
}

static struct zip *
zip(void)
{
	struct zip *z = NULL;

	assert_int_equal(zip_new(3, &z), ERR_OK);
	return z;
}

/* ---- items ---------------------------------------------------------------------------- */

static void
test_items(void **state)
{
	static const struct {
		const char *hex;
		enum err want;
		uint64_t type;
		size_t len, left;
	} c[] = {
		{ "0203616263", ERR_OK, ITEM_ACK, 3, 0 },
		{ "0200", ERR_OK, ITEM_ACK, 0, 0 },
		{ "02006162", ERR_OK, ITEM_ACK, 0, 2 },
		{ "7f0141", ERR_OK, 127, 1, 0 },
		{ "80010141", ERR_OK, 128, 1, 0 },
		{ "ffffffffffffffffff010141", ERR_OK, UINT64_MAX, 1, 0 },
		{ "", ERR_MORE, 0, 0, 0 },
		{ "02", ERR_MORE, 0, 0, 1 },
		{ "8001", ERR_MORE, 0, 0, 2 },
		{ "02036162", ERR_MORE, 0, 0, 4 },
		{ "0280", ERR_MORE, 0, 0, 2 },
		{ "02810061", ERR_SYNTAX, 0, 0, 4 }, /* not the shortest spelling */
		{ "80000161", ERR_SYNTAX, 0, 0, 4 },
		{ "ffffffffffffffffff020141", ERR_SYNTAX, 0, 0, 12 },
		{ "02ffffffff0f", ERR_TOOBIG, 0, 0, 6 },
	};
	unsigned char bytes[64];

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct view rest = unhex(c[i].hex, bytes, sizeof(bytes));
		struct item it = { 0 };

		if (item_next(&rest, &it) != c[i].want)
			fail_msg("%s: other answer", c[i].hex);
		assert_int_equal(it.type, c[i].type);
		assert_int_equal(it.bytes.len, c[i].len);
		assert_int_equal(rest.len, c[i].left);
	}
}

static void
test_article_items(void **state)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct view article = VIEW_LIT("an article");

	(void)state;
	memset(sig, 7, sizeof(sig));
	for (int has = 0; has < 2; has++) {
		struct buf b = BUF_INIT(4096);
		struct item_article a;
		struct view rest;
		struct item it;

		item_add_article(&b, article, has ? sig : NULL);
		assert_int_equal(b.len, item_article_size(article.len, has));
		rest = buf_view(&b);
		assert_int_equal(item_next(&rest, &it), ERR_OK);
		assert_int_equal(it.type, ITEM_ARTICLE);
		assert_int_equal(rest.len, 0);
		assert_int_equal(item_article(it.bytes, &a), ERR_OK);
		assert_true(view_eq(a.article, article));
		assert_int_equal(a.signature.len, has ? ARTICLE_SIG_LEN : 0);
		if (has)
			assert_memory_equal(a.signature.p, sig, sizeof(sig));
		/* reserved flags, a signature that is cut, nothing at all */
		for (int bit = 1; bit < 8; bit++) {
			b.p[b.len - it.bytes.len] = (unsigned char)(has | 1 << bit);
			assert_int_equal(item_article(it.bytes, &a), ERR_SYNTAX);
		}
		assert_int_equal(
		    item_article(view_slice(it.bytes, 0, 0), &a), ERR_SYNTAX);
		buf_release(&b);
	}
	sig[0] = 1;
	for (size_t n = 1; n < ARTICLE_SIG_LEN; n++) {
		struct item_article a;

		assert_int_equal(item_article((struct view){ sig, n }, &a), ERR_SYNTAX);
	}
}

/* ---- content --------------------------------------------------------------------------- */

static void
test_content(void **state)
{
	/* D: the shipped dictionary's name. All plain texts are ITEMS. */
	static const struct {
		const char *what, *head, *rest;
		enum err want;
	} c[] = {
		{ "plain", "0000000a", RAW("510000") ITEMS, ERR_OK },
		{ "with the dictionary", "01D00000a", RAW("510000") ITEMS, ERR_OK },
		{ "repeated bytes", "0000000a", RAW("53000061"), ERR_OK },
		{ "another dictionary", "010000000000000a", RAW("510000") ITEMS,
		    ERR_VERSION },
		{ "an unknown reference", "0200000a", RAW("510000") ITEMS, ERR_VERSION },
		{ "the highest reference", "ff00000a", RAW("510000") ITEMS, ERR_VERSION },
		{ "a length too short", "00000009", RAW("510000") ITEMS, ERR_SYNTAX },
		{ "a length too long", "0000000b", RAW("510000") ITEMS, ERR_SYNTAX },
		{ "trailing bytes", "0000000a", RAW("510000") ITEMS "00", ERR_SYNTAX },
		{ "a second frame", "0000000a", RAW("510000") ITEMS RAW("510000") ITEMS,
		    ERR_SYNTAX },
		{ "a frame that is cut", "0000000a", RAW("510000") "020361", ERR_SYNTAX },
		{ "no frame", "0000000a", "", ERR_SYNTAX },
		{ "a bomb: 2 MiB of one byte", "0000000a",
		    "00580200106102001061020010610300106100", ERR_SYNTAX },
		{ "a length over the limit", "00ffffff", RAW("510000") ITEMS,
		    ERR_TOOBIG },
		{ "half a head", "0000", "", ERR_SYNTAX },
		{ "half a name", "0100", "", ERR_SYNTAX },
		{ "nothing", "", "", ERR_SYNTAX },
	};
	struct zip *z = zip();
	unsigned char bytes[256];
	char name[9];

	(void)state;
	snprintf(name, sizeof(name), "%08x", zip_dict_id());
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf hex = BUF_INIT(512), out = BUF_INIT(CHUNK_MAX);
		struct view v;
		enum err e;

		for (const char *p = c[i].head; *p != '\0'; p++)
			if (*p == 'D')
				buf_adds(&hex, name);
			else
				buf_addc(&hex, *p);
		buf_adds(&hex, c[i].rest);
		assert_non_null(buf_cstr(&hex));
		v = unhex((const char *)hex.p, bytes, sizeof(bytes));
		if ((e = batch_unpack(z, v, &out)) != c[i].want)
			fail_msg("%s: %s", c[i].what, err_text(e));
		assert_int_equal(out.len, e == ERR_OK ? 10 : 0);
		buf_release(&hex);
		buf_release(&out);
	}
	zip_free(z);
}

static void
test_round_trip(void **state)
{
	struct zip *z = zip();

	(void)state;
	for (size_t n = 0; n <= 1 << 20; n = n * 8 + 1) {
		struct buf items = BUF_INIT(CHUNK_MAX), content = BUF_INIT(CHUNK_MAX),
			   out = BUF_INIT(CHUNK_MAX);

		while (items.len < n)
			item_add(&items, ITEM_WANT, VIEW_LIT("comp.*,!comp.binaries.*"));
		assert_int_equal(batch_pack(z, buf_view(&items), &content), ERR_OK);
		assert_int_equal(batch_unpack(z, buf_view(&content), &out), ERR_OK);
		assert_true(view_eq(buf_view(&items), buf_view(&out)));
		/* cut anywhere, it is refused */
		for (size_t cut = 0; cut < content.len; cut += 1 + content.len / 50) {
			buf_reset(&out);
			assert_int_not_equal(
			    batch_unpack(z, view_slice(buf_view(&content), 0, cut), &out),
			    ERR_OK);
			assert_int_equal(out.len, 0);
		}
		buf_release(&items);
		buf_release(&content);
		buf_release(&out);
	}
	zip_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "items are taken whole, in the shortest spelling", test_items, NULL,
		    NULL, NULL },
		{ "an article item has flags, perhaps a signature, and bytes",
		    test_article_items, NULL, NULL, NULL },
		{ "content is one whole frame of the length it names", test_content, NULL,
		    NULL, NULL },
		{ "what is packed unpacks the same, cut it does not", test_round_trip,
		    NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
