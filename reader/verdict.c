#include "reader/verdict.h"

#include <string.h>

static void
add_text(struct buf *b, const char *text)
{
	struct view v = view_str(text);

	buf_addu16(b, (uint16_t)v.len);
	buf_addv(b, v);
}

void
verdict_add(struct buf *b, enum verdict v)
{
	buf_addc(b, (int)v);
}

void
verdict_add_in(struct buf *b, const struct user *u, const unsigned char grant[GRANT_LEN])
{
	verdict_add(b, VERDICT_IN);
	buf_addc(b, u->feed);
	add_text(b, u->name);
	add_text(b, u->persona);
	add_text(b, u->read);
	add_text(b, u->post);
	buf_add(b, grant, GRANT_LEN);
}

static enum err
take_text(struct view *in, size_t max, struct view *out)
{
	uint16_t n;

	if (view_u16(in, &n) != ERR_OK || n > max || view_take(in, n, out) != ERR_OK)
		return ERR_SYNTAX;
	return ERR_OK;
}

static void
set_name(char out[NAME_MAX_LEN + 1], struct view v)
{
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
}

static enum err
read_in(struct view in, struct access *a)
{
	struct view name, persona, read, post, grant;
	uint8_t feed;

	if (view_u8(&in, &feed) != ERR_OK ||
	    take_text(&in, NAME_MAX_LEN, &name) != ERR_OK ||
	    take_text(&in, NAME_MAX_LEN, &persona) != ERR_OK ||
	    take_text(&in, USER_WILDMAT_MAX, &read) != ERR_OK ||
	    take_text(&in, USER_WILDMAT_MAX, &post) != ERR_OK ||
	    view_take(&in, GRANT_LEN, &grant) != ERR_OK || in.len != 0)
		return ERR_SYNTAX;
	a->feed = a->feed || feed != 0;
	set_name(a->user, name);
	set_name(a->persona, persona);
	access_release(a);
	buf_init(&a->read, USER_WILDMAT_MAX);
	buf_addv(&a->read, read);
	buf_init(&a->post_groups, USER_WILDMAT_MAX);
	buf_addv(&a->post_groups, post);
	memcpy(a->grant, grant.p, GRANT_LEN);
	return buf_err(&a->read) != ERR_OK ? buf_err(&a->read) : buf_err(&a->post_groups);
}

enum err
verdict_read(struct view in, enum verdict *out, struct access *a)
{
	uint8_t v;
	enum err e;

	if (view_u8(&in, &v) != ERR_OK || v >= VERDICTS)
		return ERR_SYNTAX;
	if (v == VERDICT_IN && (e = read_in(in, a)) != ERR_OK)
		return e;
	*out = v;
	return ERR_OK;
}
