#include "reader/refs.h"

#include <string.h>

#include "lib/b32.h"
#include "lib/group.h"
#include "lib/msgid.h"
#include "reader/column.h"

/* Exactly <base32 of 32 bytes @hearsay.invalid>: no other spelling names an article. */
static bool
native_exact(struct view id)
{
	const size_t len = B32_LEN(DIGEST_LEN);
	unsigned char hash[DIGEST_LEN];

	return id.len > len + 1 &&
	    view_eqs(view_slice(id, len + 1, id.len), "@hearsay.invalid>") &&
	    b32_decode_id(view_slice(id, 1, len), hash, sizeof hash) == ERR_OK;
}

static enum err
is_local(struct spool *sp, const struct spool_meta *m, bool *local)
{
	struct spool_group g;
	enum err e;

	*local = false;
	for (unsigned i = 0; i < m->groups && i < GROUPS_FOREIGN_MAX; i++) {
		if ((e = spool_group_by_id(sp, m->in[i].group, &g)) != ERR_OK)
			return e;
		if (group_local(view_str(g.name)))
			*local = true;
	}
	return ERR_OK;
}

bool
refs_reserved(struct view id)
{
	return msgid_native(id) &&
	    id.len == B32_LEN(DIGEST_LEN) + sizeof "<@hearsay.invalid>" - 1;
}

enum err
refs_public(struct spool *sp, struct view msgid, struct buf *out)
{
	char id[MSGID_MAX + 1];
	struct spool_meta m;
	uint64_t arrival;
	bool local;
	enum err e;

	if (!msgid_valid(msgid))
		return ERR_NOTFOUND;
	if (native_exact(msgid)) {
		buf_addv(out, msgid);
		return buf_err(out);
	}
	if ((e = spool_find(sp, msgid, &arrival)) != ERR_OK ||
	    (e = spool_meta(sp, arrival, &m)) != ERR_OK ||
	    (e = is_local(sp, &m, &local)) != ERR_OK)
		return e;
	if (local || m.groups == 0)
		return ERR_NOTFOUND;
	if ((e = column_msgid(sp, m.in[0].group, m.in[0].number, id)) != ERR_OK)
		return e;
	buf_adds(out, id);
	return buf_err(out);
}

/* Takes the last id of a value: references are kept from both ends. */
static size_t
count(struct view references)
{
	struct view id;
	size_t n = 0;

	while (article_next_ref(&references, &id))
		n++;
	return n;
}

enum err
refs_translate(struct spool *sp, struct view references, struct buf *out)
{
	struct buf all = BUF_INIT(HEADER_MAX);
	struct view rest = references, id;
	size_t n, i = 0;
	enum err e = ERR_OK;

	while (e == ERR_OK && article_next_ref(&rest, &id)) {
		size_t at = all.len;

		if (at > 0)
			buf_addc(&all, ' ');
		e = refs_public(sp, id, &all);
		if (e == ERR_NOTFOUND) {
			buf_truncate(&all, at);
			e = buf_err(&all);
		}
	}
	if (e != ERR_OK)
		goto out;
	rest = buf_view(&all);
	n = count(rest);
	for (; article_next_ref(&rest, &id); i++) {
		if (i > 0 && i < n - REFERENCES_MAX + 1 && n > REFERENCES_MAX)
			continue;
		if (i > 0)
			buf_addc(out, ' ');
		buf_addv(out, id);
	}
	e = buf_err(out);
out:
	buf_release(&all);
	return e;
}
