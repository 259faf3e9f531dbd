/* links: hearsay */
#include <assert.h>
#include <stddef.h>

#include "cli/links.h"
#include "cli/moment.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What newsd wrote, or something else in its name, and a time that a person typed: what is
 * shown of it is text of one line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size }, rest = v;
	struct links_line l;
	int64_t at;

	while (links_next(&rest, &l)) {
		struct buf out = BUF_INIT(16384);

		assert(text_name(l.name));
		links_tell(&l, 1700000000, &out);
		buf_addc(&out, ' ');
		links_machine(&l, &out);
		assert(view_chr(buf_view(&out), '\n') == out.len);
		assert(view_chr(buf_view(&out), 0x1b) == out.len);
		buf_release(&out);
	}
	if (moment_parse(v, 1700000000, &at) == ERR_OK)
		assert(at >= 0);
	return 0;
}
