#include "reader/local.h"

#include <sys/random.h>

#include "lib/b32.h"
#include "lib/date.h"

#define RANDOM_LEN 16

enum err
local_complete(const struct draft *d, int64_t now, struct buf *out)
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
	buf_addv(out, d->head);
	buf_adds(out, "\r\n");
	buf_addv(out, d->body);
	return buf_err(out);
}
