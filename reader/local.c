#include "reader/local.h"

#include <sys/random.h>

#include "lib/b32.h"
#include "lib/date.h"

#define RANDOM_LEN 16

/* The head, its From replaced where there is another. */
static void
add_head(struct view head, struct view from, struct buf *out)
{
	struct view old = article_field(head, "From");
	size_t at = old.p == NULL ? head.len : (size_t)(old.p - head.p);

	if (from.len == 0) {
		buf_addv(out, head);
		return;
	}
	buf_addv(out, view_slice(head, 0, at));
	buf_addv(out, from);
	buf_addv(out, view_slice(head, at + old.len, head.len));
}

enum err
local_complete(const struct draft *d, struct view from, int64_t now, struct buf *out)
{
	unsigned char id[RANDOM_LEN];

	if (d->value[F_MESSAGE_ID].p == NULL) {
		if (getrandom(id, sizeof id, 0) != sizeof id)
			return ERR_IO;
		buf_adds(out, "Message-ID: <");
		b32_lower(out, (struct view){ id, sizeof id });
		buf_adds(out, "@localhost.invalid>\r\n");
	}
	if (d->value[F_DATE].p == NULL) {
		buf_adds(out, "Date: ");
		date_rfc5322(out, now);
		buf_adds(out, "\r\n");
	}
	add_head(d->head, from, out);
	buf_adds(out, "\r\n");
	buf_addv(out, d->body);
	return buf_err(out);
}
