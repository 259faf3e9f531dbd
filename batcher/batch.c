#include "batcher/batch.h"

#include "lib/article.h"
#include "lib/limits.h"

enum { REF_NONE = 0, REF_DICTIONARY = 1 };

#define HAS_SIGNATURE 1

static size_t
varint_size(uint64_t n)
{
	size_t len = 1;

	for (; n > 127; n >>= 7)
		len++;
	return len;
}

void
item_add(struct buf *b, uint64_t type, struct view bytes)
{
	buf_addvarint(b, type);
	buf_addvarint(b, bytes.len);
	buf_addv(b, bytes);
}

enum err
item_next(struct view *rest, struct item *out)
{
	struct view v = *rest;
	struct item it;
	uint64_t len;
	enum err e;

	if ((e = view_varint(&v, &it.type)) != ERR_OK ||
	    (e = view_varint(&v, &len)) != ERR_OK)
		return e;
	if (len > CHUNK_MAX)
		return ERR_TOOBIG;
	if ((e = view_take(&v, (size_t)len, &it.bytes)) != ERR_OK)
		return e;
	*rest = v;
	*out = it;
	return ERR_OK;
}

size_t
item_article_size(size_t article, bool has_signature)
{
	size_t len = 1 + (has_signature ? ARTICLE_SIG_LEN : 0) + article;

	return 1 + varint_size(len) + len;
}

void
item_add_article(struct buf *b, struct view article, const unsigned char *signature)
{
	buf_addvarint(b, ITEM_ARTICLE);
	buf_addvarint(b, 1 + (signature != NULL ? ARTICLE_SIG_LEN : 0) + article.len);
	buf_addc(b, signature != NULL ? HAS_SIGNATURE : 0);
	if (signature != NULL)
		buf_add(b, signature, ARTICLE_SIG_LEN);
	buf_addv(b, article);
}

enum err
item_article(struct view v, struct item_article *out)
{
	struct item_article it = { 0 };
	uint8_t flags;

	if (view_u8(&v, &flags) != ERR_OK || (flags & ~HAS_SIGNATURE) != 0)
		return ERR_SYNTAX;
	if ((flags & HAS_SIGNATURE) &&
	    view_take(&v, ARTICLE_SIG_LEN, &it.signature) != ERR_OK)
		return ERR_SYNTAX;
	it.article = v;
	*out = it;
	return ERR_OK;
}

enum err
batch_pack(struct zip *z, struct view items, struct buf *out)
{
	enum err e;

	buf_addc(out, REF_DICTIONARY);
	buf_addu32(out, zip_dict_id());
	buf_addu24(out, (uint32_t)items.len);
	if ((e = zip_pack(z, items, out)) != ERR_OK)
		return e;
	return buf_err(out);
}

enum err
batch_unpack(struct zip *z, struct view v, struct buf *out)
{
	uint8_t ref;
	uint32_t dict = 0, len;

	if (view_u8(&v, &ref) != ERR_OK)
		return ERR_SYNTAX;
	if (ref > REF_DICTIONARY)
		return ERR_VERSION;
	if (ref == REF_DICTIONARY && view_u32(&v, &dict) != ERR_OK)
		return ERR_SYNTAX;
	if (ref == REF_DICTIONARY && dict != zip_dict_id())
		return ERR_VERSION;
	if (view_u24(&v, &len) != ERR_OK)
		return ERR_SYNTAX;
	if (len > CHUNK_MAX)
		return ERR_TOOBIG;
	return zip_unpack(z, v, len, ref == REF_DICTIONARY, out);
}
