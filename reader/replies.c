#include "reader/replies.h"

#include <assert.h>

#include "lib/limits.h"

/* An entry: u8 kind, u32 bytes of the article, u16 length, line or msgid. */
enum { OWED_IHAVE = REPLY_IHAVE, OWED_TAKETHIS = REPLY_TAKETHIS, LINE };

#define QUEUE_FULL (256u << 10) /* some 4,000 articles */
#define QUEUE_MAX (QUEUE_FULL + 4 * LINE_MAX_NNTP)

struct entry {
	uint8_t kind;
	uint32_t bytes;
	struct view text;
	size_t size; /* of the entry */
};

void
replies_init(struct replies *r)
{
	*r = (struct replies){ 0 };
	buf_init(&r->queue, QUEUE_MAX);
}

void
replies_release(struct replies *r)
{
	buf_release(&r->queue);
}

bool
replies_full(const struct replies *r)
{
	return r->bytes >= FEED_WINDOW || r->queue.len - r->at >= QUEUE_FULL;
}

static void
add(struct replies *r, int kind, size_t bytes, struct view text)
{
	/* what was answered goes when it is most of the queue: not once a reply */
	if (r->at > r->queue.len / 2) {
		buf_consume(&r->queue, r->at);
		r->at = 0;
	}
	buf_addc(&r->queue, kind);
	buf_addu32(&r->queue, (uint32_t)bytes);
	buf_addu16(&r->queue, (uint16_t)text.len);
	buf_addv(&r->queue, text);
}

static bool
first(const struct replies *r, struct entry *e)
{
	struct view in = view_slice(buf_view(&r->queue), r->at, r->queue.len);
	size_t all = in.len;
	uint16_t len;

	if (view_u8(&in, &e->kind) != ERR_OK || view_u32(&in, &e->bytes) != ERR_OK ||
	    view_u16(&in, &len) != ERR_OK || view_take(&in, len, &e->text) != ERR_OK)
		return false;
	e->size = all - in.len;
	return true;
}

static void
write_line(struct view line, struct buf *out)
{
	buf_addv(out, line);
	buf_add(out, "\r\n", 2);
}

void
replies_line(struct replies *r, struct view line, struct buf *out)
{
	if (r->owed == 0)
		write_line(line, out);
	else
		add(r, LINE, 0, line);
}

void
replies_owe(struct replies *r, enum reply_to to, struct view msgid, size_t bytes)
{
	add(r, (int)to, bytes, msgid);
	r->owed++;
	r->bytes += bytes;
}

bool
replies_owed(const struct replies *r, enum reply_to *to, struct view *msgid)
{
	struct entry e;

	if (r->owed == 0 || !first(r, &e))
		return false;
	*to = e.kind;
	*msgid = e.text;
	return true;
}

void
replies_settle(struct replies *r, struct view line, struct buf *out)
{
	struct entry e;

	if (!first(r, &e))
		return;
	assert(e.kind != LINE);
	r->owed--;
	r->bytes -= e.bytes;
	r->at += e.size;
	write_line(line, out);
	while (first(r, &e) && e.kind == LINE) {
		write_line(e.text, out);
		r->at += e.size;
	}
	if (r->at == r->queue.len) {
		r->at = 0;
		buf_reset(&r->queue);
	}
}
