/* Articles of both forms: whatever the bytes, the parser keeps its promises. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/article.h"
#include "lib/msgid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct view part, struct view whole)
{
	if (part.len > 0)
		assert(part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

/* Walks that must end, over values that may be anything. */
static void
walk(struct view v)
{
	struct view rest = v, item, value;
	struct buf b = BUF_INIT(1 << 22);

	while (article_next_group(&rest, &item))
		inside(item, v);
	rest = v;
	while (article_next_ref(&rest, &item))
		assert(msgid_valid(item));
	rest = v;
	while (article_next_field(&rest, &item, &value))
		inside(value, v);
	assert(rest.len == 0);
	article_unfold(v, &b);
	assert(b.len <= v.len);
	(void)article_reserved(v);
	buf_release(&b);
}

static void
accepted(const struct article *a, struct view bytes)
{
	const struct view parts[] = { a->head, a->body, a->from, a->subject, a->datetext,
		a->newsgroups, a->references, a->followup_to, a->supersedes, a->control,
		a->expires, a->distribution, a->approved, a->cancel_lock, a->cancel_key };
	struct view display, name, key;
	struct buf b = BUF_INIT(1 << 22);
	size_t tabs = 0;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		inside(parts[i], bytes);
	assert(msgid_valid(view_str(a->msgid)));
	assert(a->native == msgid_native(view_str(a->msgid)));
	assert(a->newsgroups.len > 0);
	assert(
	    !a->native || a->version > 1 || article_from(a->from, &display, &name, &key));
	article_overview(a, bytes.len, &b);
	for (size_t i = 0; i < b.len; i++) {
		assert(b.p[i] != '\r' && b.p[i] != '\n');
		tabs += b.p[i] == '\t';
	}
	assert(tabs == 6);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { data, size };
	struct buf once = BUF_INIT(1 << 22), twice = BUF_INIT(1 << 22);
	struct article a;
	enum fault why;

	walk(in);
	if (article_parse(in, &a, &why) == ERR_OK)
		accepted(&a, in);
	if (article_clean(in, &once, &why) == ERR_OK) {
		assert(article_parse(buf_view(&once), &a, &why) == ERR_OK && !a.native);
		accepted(&a, buf_view(&once));
		assert(article_clean(buf_view(&once), &twice, &why) == ERR_OK);
		assert(view_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
