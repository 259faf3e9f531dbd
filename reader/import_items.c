#include "reader/import_items.h"

#include <errno.h>
#include <string.h>

#include "reader/mbox.h"

#define SNIFF 1024 /* bytes that tell what a file is */

struct items {
	struct source *src;
	const char *path;
	struct buf *window;
	const struct import_sink *sink;
	bool stop;
};

static void read_content(struct items *it);

static struct import_place
place(const struct items *it, size_t ahead)
{
	return (struct import_place){ it->path, source_offset(it->src) + ahead,
		it->src->top > 0 };
}

static void
refuse(struct items *it, unsigned reason)
{
	struct import_place at = place(it, 0);

	it->sink->refused(it->sink->arg, reason, 0, &at);
}

/* The source failed: what was whole before it has been taken. */
static void
source_failed(struct items *it, enum err e)
{
	struct import_place at = place(it, 0);
	int errnum = e == ERR_NOMEM ? ENOMEM : errno;
	unsigned reason = REASON_UNREADABLE;

	if (e == ERR_SYNTAX)
		reason = REASON_DAMAGED;
	else if (e == ERR_TOOBIG)
		reason = REASON_BOMB;
	it->sink->refused(it->sink->arg, reason, errnum, &at);
}

static void
hand_over(struct items *it, struct view raw, size_t ahead)
{
	struct import_place at = place(it, ahead);

	if (!it->sink->article(it->sink->arg, raw, &at))
		it->stop = true;
}

/* Reads what is packed here; false when it was damaged, so that what stands behind it
 * cannot be told. */
static bool
read_packed(struct items *it)
{
	struct view v;
	bool end = false;
	enum err e;

	e = source_push(it->src);
	if (e == ERR_TOOBIG)
		refuse(it, REASON_NESTED);
	else if (e == ERR_SYNTAX)
		refuse(it, REASON_DAMAGED);
	else if (e != ERR_OK)
		source_failed(it, e);
	if (e != ERR_OK)
		return false;
	read_content(it);
	e = source_peek(it->src, 1, &v, &end);
	source_pop(it->src);
	return e == ERR_OK && end && v.len == 0;
}

/* A whole file that is packed; what stands behind it is none of ours. */
static void
read_packed_file(struct items *it)
{
	struct view v;
	bool end;

	if (!read_packed(it) || it->stop || source_peek(it->src, 1, &v, &end) != ERR_OK)
		return;
	if (v.len > 0)
		refuse(it, REASON_JUNK);
}

static void
take_batch_item(
    struct items *it, struct rnews *state, const struct rnews_item *item, size_t used)
{
	if (item->kind == RNEWS_ARTICLE)
		hand_over(it, item->article, used - item->article.len);
	else if (item->kind == RNEWS_BAD)
		refuse(it, reason_of_batch(item->bad));
	source_take(it->src, used);
	if (item->kind == RNEWS_PACKED && !read_packed(it))
		state->lost = true;
}

static void
read_batch(struct items *it)
{
	struct rnews state = { 0 };
	struct rnews_item item;
	struct view v, rest;
	size_t want = 1;
	bool end;
	enum err e, r;

	while (!it->stop) {
		e = source_peek(it->src, want, &v, &end);
		rest = v;
		r = rnews_next(&state, &rest, end, &item);
		if (r == ERR_OK)
			take_batch_item(it, &state, &item, v.len - rest.len);
		else if (e != ERR_OK)
			return source_failed(it, e);
		else if (r != ERR_MORE)
			return;
		want = r == ERR_MORE ? item.need : 1;
	}
}

static void
take_message(struct items *it, const struct mbox_item *item, size_t used)
{
	if (item->kind == MBOX_BIG)
		refuse(it, FAULT_TOOBIG);
	if (item->kind == MBOX_MESSAGE && it->sink->count)
		hand_over(it, item->message, 0);
	else if (item->kind == MBOX_MESSAGE) {
		buf_reset(it->window);
		mbox_unquote(item->message, it->window);
		hand_over(it, buf_view(it->window), 0);
	}
	source_take(it->src, used);
}

static void
read_mbox(struct items *it)
{
	struct mbox state = { 0 };
	struct mbox_item item;
	struct view v, rest;
	size_t want = 1;
	bool end;
	enum err e, r;

	while (!it->stop) {
		e = source_peek(it->src, want, &v, &end);
		rest = v;
		r = mbox_next(&state, &rest, end, &item);
		if (r == ERR_OK)
			take_message(it, &item, v.len - rest.len);
		else if (e != ERR_OK)
			return source_failed(it, e);
		else if (r != ERR_MORE)
			return;
		want = r != ERR_MORE       ? 1
		    : v.len < MBOX_MAX / 2 ? 2 * v.len + 1
					   : MBOX_MAX;
	}
}

#define WIRE_END "\r\n.\r\n"
#define WIRE_END_LEN 5

/* INN's tradspool keeps articles as they were on the wire (inn.conf: wireformat): ended
 * by a dot alone, other dots at the start of a line doubled. A file with such an end
 * where a single dot begins another line is no such thing. */
static bool
from_wire(struct view v, struct buf *out)
{
	size_t n;

	if (v.len < WIRE_END_LEN ||
	    !view_eqs(view_slice(v, v.len - WIRE_END_LEN, WIRE_END_LEN), WIRE_END))
		return false;
	v.len -= WIRE_END_LEN - 2;
	buf_reset(out);
	while ((n = view_find(v, "\n.")) < v.len) {
		if (n + 2 == v.len || v.p[n + 2] != '.')
			return false;
		buf_add(out, v.p, n + 2);
		v = view_slice(v, n + 3, v.len);
	}
	buf_addv(out, v);
	return buf_err(out) == ERR_OK;
}

/* RNEWS_MAX is also what one file may hold: an article and its trace headers. */
static void
read_article(struct items *it)
{
	struct view v;
	bool end;
	enum err e;

	if (it->sink->count)
		return hand_over(it, (struct view){ 0 }, 0);
	e = source_peek(it->src, RNEWS_MAX + 1, &v, &end);
	if (e != ERR_OK)
		return source_failed(it, e);
	if (v.len > RNEWS_MAX)
		return refuse(it, FAULT_TOOBIG);
	hand_over(it, from_wire(v, it->window) ? buf_view(it->window) : v, 0);
	source_take(it->src, v.len);
}

static bool
begins_batch(struct view v, bool end)
{
	(void)end;
	return rnews_begins(v);
}

static bool
begins_packed(struct view v, bool end)
{
	(void)end;
	return source_packed(v);
}

/* A header field: a name without blanks and a colon. */
static bool
begins_article(struct view v, bool end)
{
	size_t i = 0;

	(void)end;
	while (i < v.len && v.p[i] > ' ' && v.p[i] < 127 && v.p[i] != ':')
		i++;
	return i > 0 && i < v.len && v.p[i] == ':';
}

static bool
begins_bzip2(struct view v, bool end)
{
	(void)end;
	return view_starts(v, "BZh") && v.len > 4 && v.p[4] == 0x31;
}

static const struct {
	bool (*begins)(struct view, bool end);
	void (*read)(struct items *);
} forms[] = {
	{ begins_packed, read_packed_file },
	{ begins_batch, read_batch },
	{ mbox_begins, read_mbox },
	{ begins_article, read_article },
};

static void
read_content(struct items *it)
{
	struct view v;
	bool end;
	enum err e;

	e = source_peek(it->src, SNIFF, &v, &end);
	if (e != ERR_OK && v.len == 0)
		return source_failed(it, e);
	if (v.len == 0)
		return refuse(it, REASON_EMPTY);
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (forms[i].begins(v, end || e != ERR_OK))
			return forms[i].read(it);
	refuse(it, begins_bzip2(v, end) ? REASON_BZIP2 : REASON_UNKNOWN);
}

bool
import_items(struct source *src, const char *path, struct buf *window,
    const struct import_sink *sink)
{
	struct items it = { .src = src, .path = path, .window = window, .sink = sink };

	read_content(&it);
	return !it.stop;
}
