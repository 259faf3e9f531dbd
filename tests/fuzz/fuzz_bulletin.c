/* links: reader */
/* Files of gateway/: the first byte says which one. What is accepted is accepted again as it
 * was written, and packed and unpacked the same. */
#include <stdint.h>
#include <stdlib.h>

#include "reader/bulletin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(BULLETIN_MAX), twice = BUF_INIT(2 * BULLETIN_MAX);
	enum bulletin_kind kind;
	struct bulletins b;
	unsigned line;

	if (size == 0)
		return 0;
	kind = data[0] % BULLETINS;
	bulletins_init(&b);
	(void)bulletins_unpack((struct view){ data, size }, &b);
	if (bulletin_parse(kind, (struct view){ data + 1, size - 1 }, &once, &line) ==
		ERR_OK &&
	    (bulletin_parse(kind, buf_view(&once), &twice, &line) != ERR_OK ||
		!view_eq(buf_view(&once), buf_view(&twice))))
		abort();
	bulletins_release(&b);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
