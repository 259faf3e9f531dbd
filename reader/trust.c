#include "reader/trust.h"

#include "spool/moderate.h"

enum err
trust_add(struct spool *sp, const struct personas *personas,
    const unsigned char key[ARTICLE_KEY_LEN], struct buf *out)
{
	struct spool_author a = { 0 };
	enum err e;

	if (personas != NULL && persona_by_key(personas, key) != NULL) {
		buf_adds(out, "self");
		return buf_err(out);
	}
	if ((e = spool_author(sp, key, &a)) != ERR_OK && e != ERR_NOTFOUND)
		return e;
	if (a.name[0] != '\0')
		buf_adds(out, a.name);
	else if (a.posts > 1) {
		buf_adds(out, "known ");
		buf_addnum(out, a.posts);
		buf_adds(out, " posts");
	} else
		buf_adds(out, "new");
	return buf_err(out);
}
