#include "reader/local.h"

#include <sys/random.h>

#include "lib/b32.h"
#include "lib/date.h"
#include "lib/msgid.h"

#define RANDOM_LEN 16

/* The head, with another value for that field where it has one. */
static void
replace(struct view head, const char *name, struct view value, struct buf *out)
{
	struct view old = article_field(head, name);
	size_t at = old.p == NULL ? head.len : (size_t)(old.p - head.p);

	if (value.len == 0 || old.p == NULL) {
		buf_addv(out, head);
		return;
	}
	buf_addv(out, view_slice(head, 0, at));
	buf_addv(out, value);
	buf_addv(out, view_slice(head, at + old.len, head.len));
}

static enum err
make_id(struct buf *out)
{
	unsigned char id[RANDOM_LEN];

	if (getrandom(id, sizeof id, 0) != sizeof id)
		return ERR_IO;
	buf_addc(out, '<');
	b32_lower(out, (struct view){ id, sizeof id });
	buf_adds(out, "@localhost.invalid>");
	return buf_err(out);
}

enum err
local_complete(const struct draft *d, struct view from, int64_t now, struct buf *out)
{
	struct buf id = BUF_INIT(MSGID_MAX), head = BUF_INIT(ARTICLE_MAX + HEADER_MAX);
	struct view given = d->value[F_MESSAGE_ID];
	enum err e = ERR_OK;

	/* newsreaders make ids of the host in From, but those of this one are the nodes' */
	if ((given.p == NULL || msgid_native(given)) && (e = make_id(&id)) != ERR_OK)
		goto out;
	if (given.p == NULL) {
		buf_adds(out, "Message-ID: ");
		buf_addv(out, buf_view(&id));
		buf_adds(out, "\r\n");
	}
	if (d->value[F_DATE].p == NULL) {
		buf_adds(out, "Date: ");
		date_rfc5322(out, now);
		buf_adds(out, "\r\n");
	}
	replace(d->head, "Message-ID", buf_view(&id), &head);
	if ((e = buf_err(&head)) != ERR_OK)
		goto out;
	replace(buf_view(&head), "From", from, out);
	buf_adds(out, "\r\n");
	buf_addv(out, d->body);
	e = buf_err(out);
out:
	buf_release(&id);
	buf_release(&head);
	return e;
}
